"""`touchstone base` and `diff --ledger`: which recorded image others are built on, as real tools stack, recompress, squash and
annotate them; claims beside it that hold, fail or cannot be judged; tags that move."""
import json
import pathlib
import shutil

import harness
import images
import provenance_test
import record_test
import tars
import toy_registry
import trees
import truth
from harness import tool

NAME = "org.opencontainers.image.base.name"
DIGEST = "org.opencontainers.image.base.digest"
FILES = 60  # of a base; a base by files needs 16


def base_tree(folder, words="of the base", files=FILES):
    for number in range(files):
        trees.write(folder / f"usr/lib/base/{number}", f"file {number} {words}\n")
    trees.write(folder / "var/lib/dpkg/status", f"Package: base {words}\n")
    (folder / "usr/lib/base/link").symlink_to("0")


def app_tree(folder, words="of the app"):
    for number in range(5):
        trees.write(folder / f"srv/{number}", f"file {number} {words}\n")
    trees.write(folder / "var/lib/dpkg/status", "Package: base, app\n")  # a later layer changes it


class BasesTestCase(record_test.RecordTestCase):
    def setUp(self):
        super().setUp()
        self.layers = {}

    def layer(self, name, builder, *options):
        """A layer tar by GNU tar, made once for each name."""
        if name not in self.layers:
            with trees.scratch() as folder:
                builder(folder / name, *options)
                self.layers[name] = self.temp / f"{name}.tar"
                images.tar_layer(folder / name, self.layers[name])
        return self.layers[name]

    def stacked(self, name, *layers):
        """An OCI layout with these layers."""
        if not (self.temp / name).exists():
            images.assemble(self.temp / name, [self.layer(*layer) for layer in layers], images.FIRST_BUILD)
        return f"oci:{self.temp / name}"

    def base(self, name="base", *options):
        return self.stacked(name, (f"{name}-tree", base_tree, *options))

    def app(self, name="app", base="base", *options):
        """Above the tree of that base; `options` are app_tree's."""
        self.base(base)
        return self.stacked(name, (f"{base}-tree", base_tree), (f"{name}-tree", app_tree, *options))

    def enter(self, image, *options, time="2026-03-02T10:00:00Z"):
        self.run_ok("record", image, "--ledger", self.ledger, "--time", time, "-q", *options)

    def found(self, image, *options, status=0):
        done = harness.touchstone("base", image, "--ledger", self.ledger, "--json", *options)
        self.assertEqual(done.returncode, status, done.stderr.decode(errors="replace") + done.stdout.decode())
        return self.valid(done.stdout)

    def shown(self, image, *options):
        done = harness.touchstone("base", image, "--ledger", self.ledger, *options)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        return done.stdout.decode()

    def manifest_of(self, layout):
        return json.loads((pathlib.Path(str(layout).removeprefix("oci:")) / "index.json").read_text())["manifests"][0]["digest"]


class ByLayers(BasesTestCase):
    def test_what_skopeo_compressed_anew_has_the_same_base(self):
        app = self.app()
        self.enter(self.base())
        for target, options in ((f"dir:{self.temp / 'zstd'}", ("--dest-compress", "--dest-compress-format", "zstd")),
                                (f"dir:{self.temp / 'plain'}", ("--dest-decompress",)),
                                (f"docker-archive:{self.temp / 'docker.tar'}", ())):
            with self.subTest(target=target):
                found = self.found(self.copy(f"{app}:latest", target, *options))
                self.assertEqual((found["base"]["sequence"], found["base"]["by"]), (0, "diff-id"))

    def test_a_broken_ledger_is_trouble_before_the_image_is_looked_at(self):
        self.enter(self.base())
        self.file.write_bytes(self.file.read_bytes()[:-9])
        for command in (("base", "oci:/nonexistent"), ("diff", "oci:/nonexistent", "oci:/nonexistent")):
            self.assert_trouble(harness.touchstone(*command, "--ledger", self.ledger), "line 1: torn")


class ByFiles(BasesTestCase):
    """The base has 62 files that are no directories, of which the application's layer changes one."""

    def squashed(self, image, name="squashed"):
        self.normalize(image, f"oci:{self.temp / name}", "--merge")
        return f"oci:{self.temp / name}"

    def test_a_squashed_image_is_recognized_by_the_recorded_files(self):
        self.enter(self.base(), "--files")
        squashed = self.squashed(self.app())
        found = self.found(squashed)["base"]
        self.assertEqual((found["by"], found["files_held"], found["files_recorded"]), ("files", 61, 62))
        self.assertIn("by files: 61 of 62 recorded files are in it unchanged", self.shown(squashed))

    def test_images_that_buildah_squashed(self):
        harness.need("buildah")
        with trees.scratch() as folder:
            trees.write(folder / "policy.json", '{"default": [{"type": "insecureAcceptAnything"}]}')
            base_tree(folder / "context/base")
            app_tree(folder / "context/app")
            buildah = ["buildah", "--root", folder / "storage", "--runroot", folder / "run", "--storage-driver", "vfs"]

            def build(name, lines, *options):
                (folder / "context/Dockerfile").write_text(lines)
                harness.possible(tool, *buildah, "bud", "--signature-policy", folder / "policy.json", "--isolation",
                                 "chroot", "--network", "host", *options, "-t", f"oci:{self.temp / name}:latest",
                                 folder / "context")
                return f"oci:{self.temp / name}"

            self.enter(build("alone", "FROM scratch\nCOPY base/ /\n"), "--files")
            squashed = build("all", "FROM scratch\nCOPY base/ /\nCOPY app/ /\n", "--squash", "--layers=false")
        self.assertEqual(len(truth.manifest_of(self.temp / "all")["layers"]), 1)
        found = self.found(squashed)["base"]
        self.assertEqual((found["by"], found["files_held"], found["files_recorded"]), ("files", 61, 62))

    def test_other_files_are_no_base(self):
        self.enter(self.base("old", "of an older base"), "--files")
        self.enter(self.base("tiny", "of the base", 10), "--files")
        squashed = self.squashed(self.app())
        found = self.found(squashed, status=1)
        self.assertEqual((found["base"], found["not_judged"]), (None, {"without_listing": 0, "unreadable": 0}))

    def test_the_image_itself_is_no_base(self):
        squashed = self.squashed(self.app())
        self.enter(squashed, "--files")
        self.enter(self.app(), "--files")  # the same tree
        self.assertIsNone(self.found(squashed, status=1)["base"])

    def test_layers_win_over_files(self):
        self.enter(self.base(), "--files")
        self.assertEqual(self.found(self.app())["base"]["by"], "diff-id")

    def test_entries_that_cannot_be_judged_are_counted_and_a_changed_listing_is_trouble(self):
        squashed = self.squashed(self.app())
        self.enter(self.base())
        self.enter(self.base(), "--files")
        self.enter(self.base("other", "of another base"), "--files")
        (listing, *_) = self.ledger.glob(f"listings/{self.listing(2)}*")
        kept = listing.read_bytes()
        listing.unlink()
        found = self.found(squashed)
        self.assertEqual((found["base"]["sequence"], found["not_judged"]), (1, {"without_listing": 1, "unreadable": 1}))
        self.assertIn("1 entry could not be judged by files", self.shown(squashed))
        text = tars.written(self.temp / "listing", kept)
        self.assertTrue(text.exists())
        changed = tool("zstd", "-dc", text).replace(b'"uid": 0', b'"uid": 1', 1)
        tars.written(self.temp / "changed", changed)
        tool("zstd", "-q", "-o", listing, self.temp / "changed")
        self.assert_trouble(harness.touchstone("base", squashed, "--ledger", self.ledger), "jsonl.zst")

    def listing(self, number):
        record = json.loads(self.run_ok("ledger", "show", self.ledger, str(number)))
        return record["listing"]["digest"].removeprefix("sha256:")


class Claims(BasesTestCase):
    def annotated(self, name, base_name, digest):
        layout = self.temp / name
        shutil.copytree(self.app().removeprefix("oci:"), layout)
        tool("umoci", "config", "--image", f"{layout}:latest", "--manifest.annotation", f"{NAME}={base_name}",
             "--manifest.annotation", f"{DIGEST}={digest}")
        return f"oci:{layout}:latest"

    def test_annotations_hold_fail_or_are_unknown(self):
        base = self.base()
        right, wrong = self.manifest_of(base), "sha256:" + "0" * 64
        self.assertEqual(self.found_empty(self.annotated("early", "x", right))["claims"]["digest"], "unknown")
        self.enter(base)
        for digest, claim, status in ((right, "holds", 0), (wrong, "fails", 1)):
            image = self.annotated(claim, "\x1b[31mx", digest)
            found = self.found(image, status=status)
            self.assertEqual((found["claims"]["digest"], found["base"]["sequence"]), (claim, 1))
            shown = self.shown(image)
            self.assertIn(f"{digest}: {claim}", shown)
            self.assertNotIn("\x1b", shown)

    def found_empty(self, image):
        self.enter(f"oci:{images.small()}")
        return self.found(image, status=1)

    def materials(self, name, digests, form):
        """The application with provenance that names these digests."""
        layout = self.temp / name
        shutil.copytree(self.app().removeprefix("oci:"), layout)
        listed = [{"uri": f"pkg:docker/stage{number}@1?platform=linux%2Famd64", "digest": {"sha256": digest[7:]}}
                  for number, digest in enumerate(digests)]
        listed.append({"uri": "https://example.org/source.tar", "digest": {"sha256": "1" * 64}})

        def change(text):
            statement = json.loads(text)
            predicate = statement["predicate"]
            if form == "v0.2":
                predicate["materials"] = listed
            else:
                predicate["buildDefinition"]["resolvedDependencies"] = listed
            return json.dumps(statement)

        provenance_test.attest(layout, form=form, change=change)
        return f"oci:{layout}"

    def test_of_the_images_in_provenance_one_should_be_the_base(self):
        base = self.base()
        self.enter(base)
        right, wrong, other = self.manifest_of(base), "sha256:" + "0" * 64, "sha256:" + "2" * 64
        for form in ("v0.2", "v1"):
            for digests, claim, status in (((wrong, right), "holds", 0), ((wrong, other), "fails", 1), ((), "none", 0)):
                with self.subTest(form=form, claim=claim):
                    image = self.materials(f"{form}-{claim}", digests, form)
                    found = self.found(image, status=status)
                    self.assertEqual((found["claims"]["provenance"], found["base"]["sequence"]), (claim, 0))
                    self.assertEqual([one["digest"] for one in found["claims"]["images"]], list(digests))
                    if claim == "holds":
                        self.assertIn(f"stage1@1?platform=linux%2Famd64 {right}: holds (1 more of the build)",
                                      self.shown(image))

    def test_claims_never_lead_the_search(self):
        self.enter(self.base("other", "of another base"))
        other = self.manifest_of(self.base("other"))
        self.assertIsNone(self.found(self.materials("led", (other,), "v0.2"), status=1)["base"])
        self.assertIsNone(self.found(self.annotated("led-too", "other", other), status=1)["base"])


class Moved(BasesTestCase):
    def setUp(self):
        super().setUp()
        self.registry = toy_registry.ToyRegistry()
        self.addCleanup(self.registry.close)
        self.name = f"docker://{self.registry.host}/base:1"
        self.push(self.base())

    def push(self, layout):
        """As a client would, byte for byte: skopeo 1.9 sends no Content-Range, which this registry wants."""
        folder = pathlib.Path(layout.removeprefix("oci:"))
        (entry,) = json.loads((folder / "index.json").read_text())["manifests"]
        for blob in (folder / "blobs/sha256").iterdir():
            self.registry.blobs["base", f"sha256:{blob.name}"] = blob.read_bytes()
        for name in ("1", entry["digest"]):
            self.registry.manifests["base", name] = (entry["mediaType"], truth.blob_path(folder, entry["digest"]).read_bytes())

    def enter_name(self, time):
        self.enter(self.name, "--plain-http", self.registry.host, time=time)

    def ask(self):
        return self.found(self.app(), "--ask", "--plain-http", self.registry.host)

    def test_a_later_entry_of_the_same_name_says_that_the_tag_has_moved(self):
        self.enter_name("2026-03-02T10:00:00Z")
        self.assertIsNone(self.found(self.app())["moved"])
        self.enter_name("2026-04-01T10:00:00Z")  # nothing new
        self.assertIsNone(self.found(self.app())["moved"])
        later = self.base("later", "of a later base")
        self.push(later)
        self.enter_name("2026-05-01T10:00:00Z")
        found = self.found(self.app())
        self.assertEqual((found["base"]["sequence"], found["moved"]["sequence"]), (1, 2))
        self.assertEqual(found["moved"]["manifest"], self.manifest_of(later))
        self.assertIn(f"the tag has since moved: entry 2 of 2026-05-01 is {self.manifest_of(later)}",
                      self.shown(self.app()))

    def test_ask_asks_the_registry_and_nobody_is_asked_without(self):
        self.enter_name("2026-03-02T10:00:00Z")
        before = len(self.registry.requests)
        self.assertNotIn("asked", self.found(self.app()))
        self.assertEqual(len(self.registry.requests), before)
        self.assertEqual(self.ask()["asked"]["answer"], "same")
        later = self.base("later", "of a later base")
        self.push(later)
        found = self.ask()
        self.assertEqual((found["asked"]["answer"], found["asked"]["manifest"]), ("moved", self.manifest_of(later)))
        self.assertIsNone(found["moved"])
        self.registry.manifests.pop(("base", "1"))
        self.assertEqual(self.ask()["asked"]["answer"], "gone")

    def test_an_index_whose_image_for_the_platform_is_the_same_has_not_moved(self):
        self.enter_name("2026-03-02T10:00:00Z")
        digest = self.manifest_of(self.base())
        kind, data = self.registry.manifests["base", digest]
        entry = {"mediaType": kind, "digest": digest, "size": len(data),
                 "platform": {"architecture": "amd64", "os": "linux"}}

        def tag(entries):
            index = json.dumps({"schemaVersion": 2, "mediaType": toy_registry.INDEX, "manifests": entries}).encode()
            for name in ("1", toy_registry.digest_of(index)):
                self.registry.manifests["base", name] = (toy_registry.INDEX, index)
            return toy_registry.digest_of(index)

        index = tag([entry])
        self.assertEqual(self.ask()["asked"], {"answer": "same", "index": index, "manifest": digest})
        index = tag([{**entry, "platform": {"architecture": "arm64", "os": "linux"}}])
        self.assertEqual(self.ask()["asked"], {"answer": "moved", "index": index, "manifest": None})

    def test_a_base_from_no_registry_cannot_be_asked_for(self):
        self.enter(self.base())
        self.assertEqual(self.ask()["asked"]["answer"], "not-asked")

    def test_a_registry_that_is_away_is_trouble(self):
        self.enter_name("2026-03-02T10:00:00Z")
        self.registry.before = lambda _, handler: handler.send(503, []) or True
        done = harness.touchstone("base", self.app(), "--ledger", self.ledger, "--ask", "--retry-delay", "0",
                                  "--plain-http", self.registry.host)
        self.assertEqual((done.returncode, done.stdout), (75, b""))


class InReports(BasesTestCase):
    def bases(self, published, rebuilt, *options):
        """The member of the JSON report; exchanging the sides exchanges its sides."""
        found = self.diff(published, rebuilt, "--ledger", self.ledger, *options).json["bases"]
        mirror = self.diff(rebuilt, published, "--ledger", self.ledger, *options).json["bases"]
        self.assertEqual(found["relation"], mirror["relation"])
        self.assertEqual((found["published"], found["rebuilt"]), (mirror["rebuilt"], mirror["published"]))
        return found

    def line(self, published, rebuilt):
        text = self.text(published, rebuilt, "--ledger", self.ledger)
        return [line.removeprefix("base").strip() for line in text.split("\n\n")[0:4] for line in line.splitlines()
                if "stand" in line or "bases differ" in line or "no base" in line]

    def test_both_stand_on_one_base(self):
        self.enter(self.base())
        first, second = self.app(), self.app("again", "base", "of the app, again")
        found = self.bases(first, second)
        self.assertEqual((found["relation"], found["published"]["by"]), ("same", "diff-id"))
        (line,) = self.line(first, second)
        self.assertEqual(line, f"both stand on {self.base()}@{self.manifest_of(self.base())}, recorded 2026-03-02")
        for name in ("html", "markdown"):
            shown = harness.touchstone("diff", first, second, "--ledger", self.ledger, "-o", name).stdout.decode()
            self.assertIn("both stand on", shown)

    def test_the_bases_differ(self):
        self.enter(self.base())
        self.enter(self.base("old", "of an older base"), time="2025-01-01T00:00:00Z")
        first, second = self.app(), self.app("above-old", "old")
        found = self.bases(first, second)
        self.assertEqual((found["relation"], found["published"]["sequence"], found["rebuilt"]["sequence"]),
                         ("different", 0, 1))
        lines = self.line(first, second)
        self.assertEqual(lines[0], "the bases differ: start there")
        self.assertIn(self.manifest_of(self.base("old")) + ", recorded 2025-01-01", lines[2])

    def test_one_base_is_recorded_or_none(self):
        self.base("old", "of an older base")
        first, second = self.app(), self.app("above-old", "old")
        self.enter(f"oci:{images.small()}")
        self.assertEqual(self.bases(first, second), {"relation": "none", "published": None, "rebuilt": None})
        self.enter(self.base())
        self.assertEqual(self.bases(first, second)["relation"], "one")

    def test_a_base_in_another_encoding_is_found_where_canonical_digests_are_computed(self):
        with trees.scratch() as folder:
            base_tree(folder / "tree")
            trees.set_times(folder / "tree", images.SECOND_BUILD)
            images.tar_layer(folder / "tree", self.temp / "late.tar", "--sort=none", "--numeric-owner")
        self.layers["late-tree"] = self.temp / "late.tar"
        first, second = self.app(), self.stacked("late", ("late-tree", None), ("app-tree", app_tree))
        self.enter(self.base())
        self.assertEqual(self.bases(first, second, "--canonical")["rebuilt"]["by"], "canonical")
        self.assertEqual(self.bases(first, second, "--canonical")["relation"], "same")
        self.enter(self.stacked("late-base", ("late-tree", None)))
        self.assertEqual(self.bases(first, second, "--canonical")["relation"], "same-content")

    def test_layers_that_were_not_listed_are_known_by_their_blobs_else_promised(self):
        self.enter(self.base())
        first, second = self.app(), self.app("again", "base", "of the app, again")
        self.assertEqual(self.bases(first, second)["published"]["by"], "diff-id")  # the same blob was recorded
        zstd = [self.copy(f"{image}:latest", f"dir:{self.temp / f'zstd{number}'}", "--dest-compress",
                          "--dest-compress-format", "zstd") for number, image in enumerate((first, second))]
        report = self.diff(*zstd, "--ledger", self.ledger)
        self.assertEqual(report.json["summary"]["unlisted_layers"], 1)
        self.assertEqual(report.json["bases"]["published"]["by"], "promised-diff-id")
        self.assertEqual(self.bases(*zstd, "--whole")["published"]["by"], "diff-id")

    def test_without_a_ledger_nothing_is_said(self):
        report = self.diff(self.app(), self.app("again", "base", "of the app, again"))
        self.assertNotIn("bases", report.json)

    def test_each_platform_has_its_own(self):
        self.enter(self.base())
        self.base("old", "of an older base")
        pair = []
        for side in ("first", "second"):  # their arm64 images stand on the older base
            layout = self.temp / side
            shutil.copytree(self.app(f"amd-{side}").removeprefix("oci:"), layout)
            arm = pathlib.Path(self.app(f"arm-{side}", "old").removeprefix("oci:"))
            tool("umoci", "config", "--image", f"{arm}:latest", "--architecture", "arm64")
            index = json.loads((layout / "index.json").read_text())
            index["manifests"] += json.loads((arm / "index.json").read_text())["manifests"]
            for entry, architecture in zip(index["manifests"], ("amd64", "arm64")):
                entry["platform"] = {"os": "linux", "architecture": architecture}
            shutil.copytree(arm / "blobs", layout / "blobs", dirs_exist_ok=True)
            (layout / "index.json").write_text(json.dumps(index))
            pair.append(f"oci:{layout}")
        reports = self.diff(*pair, "--all-platforms", "--ledger", self.ledger).json["reports"]
        self.assertEqual([part["bases"]["relation"] for part in reports], ["same", "none"])
        self.enter(self.base("old"))
        reports = self.diff(*pair, "--all-platforms", "--ledger", self.ledger).json["reports"]
        self.assertEqual([part["bases"]["published"]["sequence"] for part in reports], [0, 1])


if __name__ == "__main__":
    harness.main()
