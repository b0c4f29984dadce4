"""`touchstone normalize` of whole images: what it writes runs, and holds what its source holds, as other tools see it.
The expected trees come from the source, by umoci and lstat and by tarfile, and plain arithmetic for the profile."""
import base64
import collections
import json
import os
import pathlib
import pickle
import subprocess
import tarfile
import tempfile

import harness
import images
import tars
import truth
from trees import once, scratch

EPOCH = 1_700_000_000  # between the times of the packages' files and those of the files made by the tests


def at_most(limit):
    return lambda seconds: min(max(seconds, 0), limit)


def owned_by(*owner):
    return lambda uid, gid: owner


def shifted(uid, gid):
    """--owner map:0:100000:1000,1000:7: the first thousand ids go up, 1000 becomes 7, all others stay."""
    return tuple(7 if number == 1000 else number + 100000 if number < 1000 else number for number in (uid, gid))


PROFILES = (
    ("the default", (), {}, {}),
    ("keep", ("--mtime", "keep"), {}, {"mtime": at_most(2**62)}),
    ("clamp:N", ("--mtime", f"clamp:{EPOCH}"), {}, {"mtime": at_most(EPOCH)}),
    ("clamp", ("--mtime", "clamp"), {"SOURCE_DATE_EPOCH": str(EPOCH + 1)}, {"mtime": at_most(EPOCH + 1)}),
    ("0:0", ("--owner", "0:0"), {}, {"owner": owned_by(0, 0)}),
    ("map", ("--owner", "map:0:100000:1000,1000:7"), {}, {"owner": shifted}),
    ("both", ("--mtime", "keep", "--owner", "5:4000000"), {}, {"mtime": at_most(2**62), "owner": owned_by(5, 4000000)}),
)


@once
def by_umoci(target, name):
    """What umoci makes of an image below images.WORK, pickled: the tree."""
    with scratch() as temp:
        truth.unpacked(images.WORK / name, "latest", temp / "bundle")
        target.write_bytes(pickle.dumps(truth.tree_of(temp / "bundle/rootfs")))


@once
def by_tarfile(target, name):
    target.write_bytes(pickle.dumps(tars.merged(images.WORK / name)))


def merged(layout):
    """tars.merged(), of images that tests share once a run."""
    return pickle.loads(by_tarfile(layout.name).read_bytes()) if layout.parent == images.WORK else tars.merged(layout)


class NormalizeTestCase(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS)
        temp = tempfile.TemporaryDirectory(prefix="touchstone-normalize-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)

    def unpacked(self, layout):
        """The tree that umoci makes of an image; without the root where no layer describes that."""
        if layout.parent == images.WORK:  # shared by many tests
            nodes = pickle.loads(by_umoci(layout.name).read_bytes())
        else:
            bundle = self.temp / f"bundle-{layout.name}"
            truth.unpacked(layout, "latest", bundle)
            nodes = truth.tree_of(bundle / "rootfs")
        if b"." not in merged(layout):
            del nodes[b"."]
        return nodes


class Runs(NormalizeTestCase):
    """The result runs: two readers see the tree of the source in it, under every profile."""

    def check(self, name):
        source = images.source(name)
        expected = self.unpacked(source)
        self.assert_same_tree(expected, merged(source))  # else the two readers prove nothing
        layout = self.temp / "canonical"
        self.normalize(f"oci:{source}", f"oci:{layout}")
        expected = truth.canonical_tree(expected)
        self.assert_same_tree(expected, self.unpacked(layout))
        self.assert_same_tree(expected, merged(layout))

    def test_an_image_of_odd_nodes_unpacks_to_the_same_tree(self):
        self.check("published")

    def test_whiteouts_replacements_and_broken_hardlinks_unpack_to_the_same_tree(self):
        self.check("umoci_layers")

    def test_an_image_by_buildah_unpacks_to_the_same_tree(self):
        self.check("by_buildah")

    def test_a_real_debian_tree_unpacks_to_the_same_tree(self):
        self.check("by_mmdebstrap")

    def test_each_profile_changes_what_it_says_and_nothing_else(self):
        for name, profiles in (("published", PROFILES[1:]), ("umoci_layers", PROFILES[-1:])):  # [0]: check() above
            expected = self.unpacked(images.source(name))
            times = {node["mtime"] for node in expected.values()}
            self.assertTrue(min(times) < EPOCH < max(times))
            for number, (profile, options, variables, changes) in enumerate(profiles):
                with self.subTest(image=name, profile=profile):
                    layout = self.temp / f"{name}-{number}"
                    self.normalize(
                        f"oci:{images.source(name)}", f"oci:{layout}", *options, env={**os.environ, **variables}
                    )
                    changed = truth.canonical_tree(expected, **changes)
                    self.assert_same_tree(changed, self.unpacked(layout))
                    self.assert_same_tree(changed, merged(layout))

    def test_diff_says_equivalent(self):
        for name in images.REAL:
            for options in ((), ("--mtime", "keep"), ("--mtime", f"clamp:{EPOCH}")):
                with self.subTest(image=name, options=options):
                    target = self.temp / f"{name}{''.join(options)}.tar"
                    self.normalize(f"oci:{images.source(name)}", f"oci-archive:{target}", *options)
                    for pair in (
                        (f"oci:{images.source(name)}", f"oci-archive:{target}"),
                        (f"oci-archive:{target}", f"oci:{images.source(name)}"),
                    ):
                        report = self.diff(*pair)
                        self.assertEqual((report.verdict, report.files()), ("equivalent", {}))

    def test_owners_by_profile_are_seen_by_diff(self):
        target = self.temp / "owned.tar"
        self.normalize(f"oci:{images.published()}", f"oci-archive:{target}", "--owner", "0:0")
        report = self.diff(f"oci:{images.published()}", f"oci-archive:{target}")
        expected = self.unpacked(images.published())
        changed = {os.fsdecode(path) for path, node in expected.items() if (node["uid"], node["gid"]) != (0, 0)}
        self.assertEqual(report.verdict, "divergent")
        self.assertEqual({path for path, fact in report.files() if fact in ("uid", "gid")}, changed)
        self.assertLessEqual({fact for _, fact in report.files()}, {"uid", "gid"})


class LinksBelow(NormalizeTestCase):
    """A hard link to a file of a lower layer, which is what is left when a layer is made of what changed."""

    def setUp(self):
        super().setUp()
        self.below, self.above = self.temp / "below.tar", self.temp / "above.tar"
        images.tar_layer(images.app_tree(), self.below)
        link = tarfile.TarInfo("./srv/third.html")
        link.type, link.linkname, link.mtime = tarfile.LNKTYPE, "./srv/index.html", EPOCH
        self.above.write_bytes(tars.store([(link, None)]))
        images.assemble(self.temp / "linked", [self.below, self.above], images.FIRST_BUILD)

    def test_the_image_unpacks_with_all_three_names_on_one_inode(self):
        self.normalize(f"oci:{self.temp / 'linked'}", f"oci:{self.temp / 'canonical'}")
        trees = []
        for layout in ("linked", "canonical"):
            truth.unpacked(self.temp / layout, "latest", self.temp / f"{layout}-bundle")
            trees.append(truth.tree_of(self.temp / f"{layout}-bundle/rootfs"))
        self.assertEqual(len(trees[0][b"srv/third.html"]["names"]), 3)
        self.assert_same_tree(truth.canonical_tree(trees[0]), trees[1])
        report = self.diff(f"oci:{self.temp / 'linked'}", f"oci:{self.temp / 'canonical'}")
        self.assertEqual(report.verdict, "equivalent")

    def test_the_layer_alone_stays_a_link(self):
        """Docs, section 3, 4: it needs a lower layer; either way it is not the same as a file."""
        self.normalize(f"oci:{self.temp / 'linked'}", f"oci:{self.temp / 'canonical'}")
        within = truth.manifest_of(self.temp / "canonical")["layers"][1]["digest"]
        self.normalize(f"tar:{self.above}", self.temp / "alone.tar")
        self.assertEqual(truth.sha256((self.temp / "alone.tar").read_bytes()), within)


class Log(NormalizeTestCase):
    """--log has each change of an entry, and the summary counts what is in it."""

    def check(self, source, *options):
        log = self.temp / "log"
        summary = self.normalize(source, f"oci:{self.temp / 'out'}", "--log", log, *options)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        for line in lines:
            self.assertLessEqual({"layer", "path", "what", "before", "after"}, set(line))
            self.assertLessEqual(set(line), {f"{key}{end}" for key in line for end in ("", "_base64")})
            self.assertNotEqual(line["before"], line["after"])
        counted = collections.Counter(line["what"] for line in lines)
        told = summary.strip().removeprefix("touchstone: changed: ").split(", ")
        told = {what: int(count) for count, what in (part.split(" ", 1) for part in told)}
        of_documents = {what: n for what, n in told.items() if what.startswith(("config-", "media-type"))}
        self.assertEqual({what: n for what, n in told.items() if what not in of_documents}, counted)
        return lines

    def test_each_entry_that_changes_has_a_line_for_each_change(self):
        lines = self.check(f"oci:{images.published()}", "--owner", "0:0")
        expected = set()
        for layer, descriptor in enumerate(truth.manifest_of(images.published())["layers"]):
            blob = truth.blob_path(images.published(), descriptor["digest"])
            for path, node in tars.tree(truth.plain(blob.read_bytes())).items():
                facts = (("mtime", str(node["mtime"]), node["mtime"]), ("uid", str(node["uid"]), node["uid"]))
                facts += (("gid", str(node["gid"]), node["gid"]),)
                expected |= {(layer, path, what, before) for what, before, number in facts if number != 0}
        found = {
            (line["layer"], tars.clean(os.fsdecode(raw(line, "path"))), line["what"], raw(line, "before").decode())
            for line in lines
            if line["what"] in ("mtime", "uid", "gid")
        }
        whole = {(layer, path, what, before.split(".")[0]) for layer, path, what, before in found}
        self.assertEqual(len(found), len(whole))
        self.assertEqual(whole, expected)

    def test_whiteouts_and_an_image_by_another_builder(self):
        self.check(f"oci:{images.umoci_layers()}")

    def test_an_existing_log_is_kept(self):
        log = tars.written(self.temp / "log", b"mine\n")
        done = harness.touchstone("normalize", f"oci:{images.small()}", "-o", f"oci:{self.temp / 'out'}", "--log", log)
        self.assert_trouble(done, "log", "exists")
        self.assertEqual((log.read_bytes(), sorted(os.listdir(self.temp))), (b"mine\n", ["log"]))


def raw(line, key):
    return base64.b64decode(line[f"{key}_base64"]) if f"{key}_base64" in line else os.fsencode(line[key])


class Pipes(NormalizeTestCase):
    """Layers from standard input and to standard output."""

    def test_a_layer_in_a_pipe_is_written_as_from_a_file(self):
        harness.need("zstd", "gzip")
        for name in ("published", "small"):
            for number, layer in enumerate(truth.manifest_of(images.SOURCES[name]())["layers"]):
                plain = truth.plain(truth.blob_path(images.SOURCES[name](), layer["digest"]).read_bytes())
                file = tars.written(self.temp / f"{name}-{number}.tar", plain)
                self.normalize(f"tar:{file}", self.temp / f"{name}-{number}.out")
                expected = (self.temp / f"{name}-{number}.out").read_bytes()
                for packer in ("cat", "gzip -n", "zstd -q", "zstd -9 -q --no-check"):
                    with self.subTest(image=name, layer=number, packer=packer):
                        self.assertEqual(self.piped(f"{packer} < {file}"), expected)

    def piped(self, producer):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f'{producer} | "{harness.PROGRAM}" normalize -q - -o - | cat'],
            capture_output=True,
            timeout=harness.TIMEOUT,
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout

    def test_an_archive_in_a_pipe(self):
        for transport in ("oci-archive", "docker-archive"):
            with self.subTest(transport=transport):
                with open(images.packed(transport, "published"), "rb") as archive:
                    done = subprocess.run(
                        [harness.PROGRAM, "normalize", f"{transport}:-", "-o", f"oci:{self.temp / transport}"],
                        stdin=archive,
                        capture_output=True,
                        timeout=harness.TIMEOUT,
                    )
                self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(truth.same_layout(self.temp / "oci-archive/blobs", self.temp / "docker-archive/blobs"))


if __name__ == "__main__":
    harness.main()
