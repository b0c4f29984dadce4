"""What `touchstone normalize` says it changed, on standard error, against counts of the input by CPython's tarfile. The
kinds are those of `touchstone rules --canonical`; each expected count is that of the members it is about."""
import collections
import functools
import os
import pathlib
import re
import tempfile

import counts
import documents_test
import harness
import images
import tars
import truth

WORK = tempfile.TemporaryDirectory(prefix="touchstone-summary-")  # removed when the program ends


@functools.lru_cache
def tree():
    """A small tree with what counts differ by: links, a device, owners, times, a long name, names that sort apart."""
    target = pathlib.Path(WORK.name) / "tree"
    images.copy_tree(images.app_tree(), target)
    for name in ("a", "a/b", "a.c", "a!"):
        (target / name).mkdir()
        images.write(target / name / "file", name)
    images.write(target / ("n" * 120) / "long", "a name over 100 bytes")
    os.link(target / "a/file", target / "zz")
    os.link(target / "a/file", target / "a!/aa")
    os.mknod(target / "null", 0o666 | 0o020000, os.makedev(1, 3))
    os.chown(target / "a.c/file", 5, 0)
    os.utime(target / "a.c/file", (0, 0))
    os.utime(target / "a!", ns=(0, 500_000_000))  # a fraction only
    return target


def told(standard_error, ambiguous=False):
    """{kind: count} of the summary, which is one line; where names are ambiguous, a note says so in another."""
    line, *notes = standard_error.splitlines()
    if [note.startswith("touchstone: note: ") for note in notes] != [True] * ambiguous:
        raise AssertionError(standard_error)
    prefix = "touchstone: changed: "
    if not line.startswith(prefix):
        raise AssertionError(line)
    parts = [part.split(" ", 1) for part in line.removeprefix(prefix).split(", ") if part != "nothing"]
    if [kind for _, kind in parts] != sorted(kind for _, kind in parts):
        raise AssertionError(f"not sorted: {line}")
    return {kind: int(count) for count, kind in parts}


class SummaryTestCase(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS)
        temp = tempfile.TemporaryDirectory(prefix="touchstone-summary-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)

    def tar(self, *options, paths=None):
        """tree() by GNU tar; `paths` names members in that order, or else it walks."""
        file = self.temp / "layer.tar"
        if paths is None:
            harness.tool("tar", "-C", tree(), *options, "-cf", file, ".")
        else:
            names = tars.written(self.temp / "names", b"\0".join(paths))
            harness.tool("tar", "-C", tree(), "--no-recursion", *options, "--null", "-T", names, "-cf", file)
        return file.read_bytes()

    def told_of(self, data, *options, ambiguous=False):
        file = tars.written(self.temp / "in.tar", data)
        return told(self.normalize(f"tar:{file}", self.temp / "out.tar", "--force", *options), ambiguous)

    def check(self, data, *kinds, **how):
        """All counts are tarfile's, and those `kinds` are among them, so that something is shown."""
        expected = counts.Input(data).summary()
        self.assertLessEqual(set(kinds), set(expected))
        self.assertEqual(self.told_of(data, **how), expected)
        return expected


class OfGnuTar(SummaryTestCase):
    def test_the_gnu_format(self):
        data = self.tar("--format=gnu", "--sort=name")
        expected = self.check(data, "dialect", "mtime", "owner-names", "path-spelling")
        members = len(counts.Input(data).members)
        self.assertEqual(expected["dialect"], members)
        self.assertEqual(expected["path-spelling"], members - 1)  # the root is "./" in the canonical form, too
        self.assertEqual(expected["owner-names"], members)
        self.assertEqual(expected["mtime"], members - 2)  # two have second 0; this format has no fractions

    def test_the_pax_format(self):
        data = self.tar("--format=pax", "--sort=name")
        expected = self.check(data, "atime-ctime", "mtime", "owner-names", "path-spelling")
        self.assertEqual(expected["mtime"], len(counts.Input(data).members) - 1)  # a fraction is a time, too

    def test_the_default_format_of_debian(self):
        self.check(self.tar("--sort=name"), "dialect")

    def test_without_owner_names(self):
        self.assertNotIn("owner-names", self.check(self.tar("--format=gnu", "--numeric-owner")))

    def test_without_times(self):
        self.assertNotIn("mtime", self.check(self.tar("--format=gnu", "--mtime=@0")))

    def test_names_as_the_canonical_form_has_them(self):
        data = self.tar("--format=gnu", "--transform=s,^\\./,,", "--show-transformed-names")
        self.assertNotIn("path-spelling", self.check(data))

    def test_names_with_other_beginnings(self):
        for prefix, ambiguous in ((".//", False), ("././", False), ("/", True), ("x/../", True)):
            with self.subTest(prefix=prefix):
                data = self.tar("--format=gnu", "-P", f"--transform=s,^\\./,{prefix},rSH", paths=self.named())
                self.assertEqual(self.check(data, ambiguous=ambiguous)["path-spelling"], len(self.named()))

    def named(self, key=counts.sort_key, reverse=False):
        """All paths but the root, as GNU tar has them, in the canonical order or its reverse."""
        nodes, _ = truth.walk(tree())
        return [b"./" + path for path in sorted(nodes, key=key, reverse=reverse)]

    def test_canonical_order_is_not_counted(self):
        self.assertNotIn("order", self.check(self.tar("--format=gnu", paths=self.named()), "path-spelling"))

    def test_reversed_order(self):
        """Each member stands before the one that comes before it, and the last name of each inode has the data."""
        names = self.named(reverse=True)
        expected = self.check(self.tar("--format=gnu", paths=names), "order", "hardlink-carrier")
        self.assertEqual(expected["order"], len(names) - 1)
        self.assertEqual(expected["hardlink-carrier"], 4)  # srv's two names, and the two ends of the group of three

    def test_order_by_plain_bytes(self):
        """"a!" and "a.c" come before "a/" there, and after all of a/ in the canonical order."""
        expected = self.check(self.tar("--format=gnu", paths=self.named(key=None)), "order")
        self.assertLess(expected["order"], len(self.named()) - 1)

    def test_records_of_any_size(self):
        """Padding to records, 10240 bytes by default, is counted once. One block a record leaves exactly two."""
        whole = self.tar("--format=gnu", "--blocking-factor=1")
        self.assertNotIn("padding", self.check(whole))
        counted = []
        for factor in (7, 20, 64):
            data = self.tar("--format=gnu", f"--blocking-factor={factor}")
            self.assertEqual(len(data) % (factor * counts.BLOCK), 0)
            counted.append("padding" in self.check(data))
            self.assertEqual(counted[-1], len(data) != len(whole))
        self.assertIn(True, counted)
        self.assertEqual(self.check(whole + bytes(counts.BLOCK))["padding"], 1)

    def test_a_tar_without_an_end(self):
        whole = self.tar("--format=gnu", "--blocking-factor=1")
        for blocks in (1, 2):
            with self.subTest(removed=blocks):
                self.assertEqual(self.check(whole[: -blocks * counts.BLOCK])["padding"], 1)


class Profiles(SummaryTestCase):
    def test_owners_by_profile(self):
        data = self.tar("--format=gnu", "--sort=name")
        found = self.told_of(data, "--owner", "0:33")
        expected = counts.Input(data).summary()
        expected.update(uid=counts.Input(data).owners("uid", 0), gid=counts.Input(data).owners("gid", 33))
        self.assertEqual(found, expected)

    def test_times_that_are_kept_change_by_their_fractions_only(self):
        for format in ("gnu", "pax"):
            with self.subTest(format=format):
                data = self.tar(f"--format={format}", "--sort=name")
                self.assertEqual(self.told_of(data, "--mtime", "keep"), counts.Input(data, keep_times=True).summary())

    def test_quiet_says_nothing(self):
        file = tars.written(self.temp / "in.tar", self.tar("--format=gnu"))
        self.assertEqual(self.normalize(f"tar:{file}", self.temp / "out.tar", "--quiet"), "")

    def test_the_result_itself_is_told_as_nothing(self):
        file = tars.written(self.temp / "in.tar", self.tar("--format=gnu"))
        self.normalize(f"tar:{file}", self.temp / "out.tar")
        summary = self.normalize(f"tar:{self.temp / 'out.tar'}", self.temp / "again.tar")
        self.assertEqual(summary, "touchstone: changed: nothing\n")


class OfImages(SummaryTestCase):
    """The counts of all layers, and those of the documents."""

    def expected(self, layout, compressed=""):
        told_of_all = collections.Counter()
        manifest = truth.manifest_of(layout)
        for layer in manifest["layers"]:
            data = truth.plain(truth.blob_path(layout, layer["digest"]).read_bytes())
            told_of_all.update(counts.Input(data).summary())
        config = documents_test.config_of(layout)
        times = [part["created"] for part in (config, *config["history"])]
        told_of_all["config-time"] = len([time for time in times if time != "1970-01-01T00:00:00Z"])
        written = "application/vnd.oci.image.layer.v1.tar" + compressed
        told_of_all["media-type"] = len([1 for layer in manifest["layers"] if layer["mediaType"] != written])
        return dict(+told_of_all)

    def test_layers_and_documents(self):
        for name in ("published", "rebuilt", "small"):
            layout = getattr(images, name)()
            for kind, suffix in (("none", ""), ("gzip", "+gzip"), ("zstd", "+zstd")):
                with self.subTest(image=name, kind=kind):
                    out = self.temp / f"{name}-{kind}"
                    found = told(self.normalize(f"oci:{layout}", f"oci:{out}", "--compress", kind))
                    self.assertEqual(found, self.expected(layout, suffix))

    def test_each_kind_is_one_that_rules_explains(self):
        listed = harness.touchstone("rules", "--canonical").stdout.decode()
        names = set(re.findall(r"^  (\S.*?)(?:  |$)", listed, re.MULTILINE))
        self.assertLessEqual({"mtime", "order", "config-time", "media-type"}, names)
        base = f"oci:{images.squashed()}"
        for number, (layout, options) in enumerate(
            (
                (images.umoci_layers(), ()),
                (images.umoci_layers(), ("--compress", "zstd", "--owner", "3:4")),
                (images.umoci_layers(), ("--merge",)),
                (images.squashed(), ("--base", base)),
            )
        ):
            with self.subTest(options=options):
                summary = self.normalize(f"oci:{layout}", f"oci:{self.temp / str(number)}", *options)
                self.assertLessEqual(set(told(summary)), names)


if __name__ == "__main__":
    harness.main()
