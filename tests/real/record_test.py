"""Records and ledgers: an image is recognized by what was written down of it, whatever tool encoded it anew and wherever it
comes from; a ledger that anybody touched says where."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import harness
import images
import registries
import tars
import trees
import truth
from harness import tool

TIME = ("--time", "2024-05-06T07:08:09Z")


def schema():
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads((harness.REPOSITORY / "docs/outputs.schema.json").read_text()))


class RecordTestCase(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS, "zstd")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-record-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)
        self.image = f"oci:{images.published()}"
        self.ledger = self.temp / "ledger"
        self.file = self.ledger / "ledger.jsonl"

    def valid(self, text):
        document = json.loads(text)
        self.assertEqual([error.message for error in schema().iter_errors(document)], [])
        return document

    def run_ok(self, *arguments):
        done = harness.touchstone(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace"))
        return done.stdout.decode()

    def record(self, *options, image=None):
        return self.run_ok("record", image or self.image, *TIME, *options)

    def recorded(self, *options, image=None):
        file = self.temp / f"record-{len(os.listdir(self.temp))}.json"
        self.record("-o", file, *options, image=image)
        return file

    def recognized(self, image, *options):
        """The recognition as JSON; the status must agree with it."""
        done = harness.touchstone("verify", image, "--json", *options)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        found = self.valid(done.stdout)
        self.assertEqual(done.returncode, 0 if found["pass"] else 1)
        return found

    def copy(self, source, target, *options):
        tool("skopeo", "--insecure-policy", "copy", "--quiet", *options, source, target)
        return target


class Contents(RecordTestCase):
    def test_a_record_holds_what_other_tools_say_of_the_image(self):
        record = self.valid(self.record())
        manifest_bytes = tool("skopeo", "inspect", "--raw", f"{self.image}:latest")
        manifest = json.loads(manifest_bytes)
        config_bytes = tool("skopeo", "inspect", "--raw", "--config", f"{self.image}:latest")
        self.assertEqual(record["manifest"], "sha256:" + hashlib.sha256(manifest_bytes).hexdigest())
        self.assertEqual(record["manifest_size"], len(manifest_bytes))
        self.assertEqual(record["config"], manifest["config"]["digest"])
        self.assertEqual(record["config_document"].encode(), config_bytes)
        self.assertEqual([layer["digest"] for layer in record["layers"]], [one["digest"] for one in manifest["layers"]])
        diff_ids = json.loads(config_bytes)["rootfs"]["diff_ids"]
        self.assertEqual([layer["diff_id"] for layer in record["layers"]], diff_ids)
        chain = diff_ids[0]  # image-spec config.md, "Layer ChainID"
        for layer, diff_id in zip(record["layers"][1:], diff_ids[1:]):
            chain = "sha256:" + hashlib.sha256(f"{chain} {diff_id}".encode()).hexdigest()
            self.assertEqual(layer["chain_id"], chain)
        digests = self.digests(self.image)[0]
        self.assertEqual([layer["canonical"] for layer in record["layers"]], digests["layers"])
        self.assertEqual((record["tree"], record["image"]), (digests["tree"], digests["image"]))
        self.assertEqual(record["time"], "2024-05-06T07:08:09Z")

    def test_the_same_image_at_the_same_time_gives_the_same_bytes(self):
        first, second = self.recorded("--files"), self.recorded("--files", "--jobs", "7")
        self.assertEqual(first.read_bytes(), second.read_bytes())
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1714979289"}  # date -u -d 2024-05-06T07:08:09Z +%s
        self.assertEqual(harness.touchstone("record", self.image, env=environment).stdout.decode(), self.record())

    def test_the_listing_is_what_ls_shows_and_has_the_digest_of_the_record(self):
        file = self.recorded("--files")
        text = tool("zstd", "-dc", f"{file}.files.zst")
        name = json.loads(file.read_text())["listing"]
        lines = [self.valid(line) for line in text.splitlines()]
        self.assertEqual(name, {"digest": "sha256:" + hashlib.sha256(text).hexdigest(), "size": len(text),
                                "entries": len(lines)})
        shared = ("path", "path_base64", "type", "mode", "uid", "gid", "size", "content", "link", "hardlink")
        expected = [{key: node[key] for key in shared if key in node} for node in self.ls(self.image)]
        found = [{key: line[key] for key in shared if key in line} for line in lines if line["path"] != "."]
        self.assertEqual(found, expected)

    def test_what_exists_is_kept_without_force(self):
        file = self.recorded()
        before = file.read_bytes()
        self.assert_trouble(harness.touchstone("record", self.image, "-o", file), "exists")
        self.assertEqual(file.read_bytes(), before)
        self.record("-o", file, "--force", image=f"oci:{images.rebuilt()}")
        self.assertNotEqual(file.read_bytes(), before)


class Recognized(RecordTestCase):
    def rung(self, image, verdict, *options):
        found = self.recognized(image, "--record", self.recorded("--files"), *options)
        self.assertEqual(found["verdict"], verdict, found["findings"][:5])
        return found

    def test_the_same_bytes_are_identical(self):
        self.rung(self.image, "identical")

    def test_other_encodings_are_equivalent(self):
        recorded = self.valid(self.record())
        for target in (
            f"dir:{images.as_dir('zstd')}",
            f"oci:{images.as_oci('zstd')}",
            self.copy(f"{self.image}:latest", f"docker-archive:{self.temp / 'docker.tar'}"),
            self.copy(f"{self.image}:latest", f"dir:{self.temp / 'dir'}", "--format", "v2s2"),
        ):
            with self.subTest(encoding=target):
                self.assertNotEqual(self.valid(self.record(image=target))["manifest"], recorded["manifest"])
                found = self.rung(target, "equivalent")
                self.assertEqual({layer["relation"] for layer in found["layers"]}, {"same-stream"})

    def test_an_image_built_again_is_equivalent(self):
        found = self.rung(f"oci:{images.rebuilt()}", "equivalent")
        self.assertEqual({layer["relation"] for layer in found["layers"]}, {"same-content"})

    def test_require_decides_what_passes(self):
        self.assertFalse(self.rung(f"oci:{images.rebuilt()}", "equivalent", "--require", "identical")["pass"])

    def test_layers_that_are_cut_differently_are_the_same_files(self):
        for layout in (images.in_four(), images.squashed()):
            self.assertEqual(self.diff(self.image, f"oci:{layout}").verdict, "same-files")  # the judge to agree with
            self.rung(f"oci:{layout}", "same-files")

    def test_a_changed_file_is_named_with_what_differs(self):
        with trees.scratch() as temp:
            images.copy_tree(images.app_tree(), temp / "app")
            files = sorted(path for path in (temp / "app").rglob("*") if path.is_file() and not path.is_symlink()
                           and path.stat().st_nlink == 1 and path.stat().st_size > 0)
            content, mode, gone = files[:3]
            content.write_bytes(content.read_bytes() + b"!")
            mode.chmod(mode.stat().st_mode ^ 0o100)
            gone.unlink()
            (temp / "app/new-file").write_text("new")
            images.image_of(self.temp / "changed", [images.base_tree(), images.odd_tree(), temp / "app"])
            name = lambda path: os.fsdecode(path.relative_to(temp / "app"))  # noqa: E731
            expected = {(name(content), "content"), (name(content), "size"), (name(mode), "mode"),
                        (name(gone), "presence"), ("new-file", "presence")}
        found = self.rung(f"oci:{self.temp / 'changed'}", "divergent")
        self.assertTrue(found["files_compared"])
        self.assertEqual({(f["path"], f["fact"]) for f in found["findings"] if f["place"] == "file"}, expected)
        without = self.recognized(f"oci:{self.temp / 'changed'}", "--record", self.recorded())
        self.assertEqual([(f["place"], f["fact"]) for f in without["findings"]], [("image", "tree")])

    def test_another_configuration_is_divergent(self):
        shutil.copytree(images.published(), self.temp / "config")
        tool("umoci", "config", "--image", f"{self.temp / 'config'}:latest", "--config.user", "nobody")
        found = self.rung(f"oci:{self.temp / 'config'}:latest", "divergent")
        self.assertEqual([(f["place"], f["path"]) for f in found["findings"]], [("config", "/config/User")])

    def test_a_listing_that_was_changed_is_trouble(self):
        file = self.recorded("--files")
        text = tool("zstd", "-dc", f"{file}.files.zst").replace(b'"uid": 0', b'"uid": 1', 1)
        stored = subprocess.run(["zstd", "-c"], input=text, capture_output=True, check=True).stdout
        pathlib.Path(f"{file}.files.zst").write_bytes(stored)
        other = f"oci:{images.small()}"
        self.assert_trouble(harness.touchstone("verify", other, "--record", file), "files.zst", "sha256:")

    def test_a_record_that_was_changed_is_trouble(self):
        file = self.recorded()
        for old, new in (("server", "ServEr"), ("touchstone.record/1", "touchstone.record/9"), ('"layers"', '"Layers"')):
            with self.subTest(change=new):
                changed = self.temp / "changed.json"
                changed.write_text(file.read_text().replace(old, new))
                self.assert_trouble(harness.touchstone("verify", self.image, "--record", changed), "changed.json")

    def test_an_image_from_a_registry_is_recognized(self):
        harness.need("docker-registry")
        registry = registries.Registry()
        self.addCleanup(registry.close)
        registries.push(f"{self.image}:latest", registry, "app:1")
        name = f"docker://{registry.host}/app:1"
        record = self.valid(self.run_ok("record", name, "--plain-http", registry.host, "--ledger", self.ledger, "-q")
                            or self.run_ok("ledger", "show", self.ledger, "0"))
        self.assertEqual(record["reference"], name)
        found = self.recognized(self.image, "--ledger", self.ledger)
        self.assertEqual((found["verdict"], found["recorded"]["matched_by"]), ("identical", "manifest"))


class Chained(RecordTestCase):
    """A ledger of a few entries, made once."""

    def setUp(self):
        super().setUp()
        for layout in (images.published(), images.rebuilt(), images.small(), images.published()):
            self.record("--ledger", self.ledger, image=f"oci:{layout}")

    def check(self):
        done = harness.touchstone("ledger", "verify", self.ledger, "--json")
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        found = self.valid(done.stdout)
        self.assertEqual(done.returncode, 0 if found["pass"] else 1)
        return found

    def rules(self):
        return [(problem["line"], problem["rule"]) for problem in self.check()["problems"]]

    def test_each_line_names_the_line_before(self):
        previous = None
        for number, line in enumerate(self.file.read_bytes().splitlines(keepends=True)):
            entry = self.valid(line)
            self.assertEqual((entry["sequence"], entry["previous"]), (number, previous))
            record = line[line.index(b'"record": ') + 10 : -2]
            self.assertEqual(entry["digest"], "sha256:" + hashlib.sha256(record).hexdigest())
            previous = "sha256:" + hashlib.sha256(line).hexdigest()
        self.assertEqual(self.check()["head"], previous)

    def test_each_changed_byte_is_found(self):
        whole = self.file.read_bytes()
        lines = whole.splitlines(keepends=True)
        choose = random.Random(7)
        starts = [sum(map(len, lines[:n])) for n in range(len(lines))]
        frame = [start + at for start in starts for at in range(0, 180, 11)]
        for at in frame + choose.sample(range(len(whole)), 60):
            changed = bytearray(whole)
            changed[at] ^= choose.choice((1, 2, 4, 8, 16, 32))
            self.file.write_bytes(changed)
            found = self.check()
            self.assertFalse(found["pass"], f"byte {at}")
            line = whole[:at].count(b"\n") + 1
            self.assertIn(found["problems"][0]["line"], (line, line + 1), f"byte {at}")

    def test_lines_dropped_repeated_moved_or_cut_are_named(self):
        lines = self.file.read_bytes().splitlines(keepends=True)
        for name, changed, expected in (
            ("dropped", lines[:1] + lines[2:], [(2, "sequence"), (2, "previous")]),
            ("first dropped", lines[1:], [(1, "sequence"), (1, "previous")]),
            ("repeated", lines[:2] + lines[1:], [(3, "sequence"), (3, "previous")]),
            ("cut", lines[:3] + [lines[3][:-9]], [(4, "torn")]),
        ):
            with self.subTest(change=name):
                self.file.write_bytes(b"".join(changed))
                self.assertEqual(self.rules(), expected)
                self.assert_trouble(harness.touchstone("verify", self.image, "--ledger", self.ledger), "line")
        self.file.write_bytes(b"".join([lines[0], lines[2], lines[1], lines[3]]))
        self.assertEqual({line for line, _ in self.rules()}, {2, 3, 4})

    def test_a_chain_made_anew_does_not_have_the_old_head(self):
        head = self.check()["head"]
        self.run_ok("ledger", "verify", self.ledger, "--head", head)
        self.record("--ledger", self.ledger)
        self.run_ok("ledger", "verify", self.ledger, "--head", head)  # one of the lines still has it
        lines = self.file.read_bytes().splitlines(keepends=True)
        self.file.write_bytes(b"".join(lines[:2]))  # a whole chain, but shorter
        done = harness.touchstone("ledger", "verify", self.ledger, "--head", head)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no line with this digest", done.stdout)

    def test_a_torn_line_is_set_aside_by_the_next_append(self):
        whole = self.file.read_bytes()
        torn = whole.splitlines()[3][:200]
        self.file.write_bytes(whole + torn)
        self.assertEqual(self.rules(), [(5, "torn")])
        done = harness.touchstone("record", self.image, "--ledger", self.ledger)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"torn", done.stderr)
        self.assertTrue(self.file.read_bytes().startswith(whole))
        self.assertEqual((self.rules(), self.check()["lines"]), ([], 5))
        (aside,) = self.ledger.glob("torn-*")
        self.assertEqual(aside.read_bytes(), torn)

    def test_nothing_is_appended_to_a_damaged_last_line(self):
        damaged = self.file.read_bytes().replace(b'"claims"', b'"Claims"')
        self.file.write_bytes(damaged)
        self.assert_trouble(harness.touchstone("record", self.image, "--ledger", self.ledger), "last line")
        self.assertEqual(self.file.read_bytes(), damaged)

    def test_the_newest_entry_that_fits_best_is_chosen(self):
        found = self.recognized(self.image, "--ledger", self.ledger)
        self.assertEqual((found["recorded"]["sequence"], found["recorded"]["matched_by"]), (3, "manifest"))
        archive = self.copy(f"{self.image}:latest", f"docker-archive:{self.temp / 'docker.tar'}")
        found = self.recognized(archive, "--ledger", self.ledger)
        self.assertEqual(found["recorded"]["matched_by"], "image")
        found = self.recognized(f"oci:{images.in_four()}", "--ledger", self.ledger)
        self.assertEqual((found["verdict"], found["recorded"]["matched_by"]), ("same-files", "tree"))
        self.assert_trouble(harness.touchstone("verify", f"tar:{self.tar()}", "--ledger", self.ledger), "no entry")

    def tar(self):
        (self.temp / "some").mkdir()
        (self.temp / "some/file").write_text("of no image")
        images.tar_layer(self.temp / "some", self.temp / "some.tar")
        return self.temp / "some.tar"

    def test_entries_are_shown_by_number_and_digest(self):
        record = self.valid(self.run_ok("ledger", "show", self.ledger, "1"))
        self.assertIn(record["manifest"], self.run_ok("ledger", "list", self.ledger))
        for digest in (record["manifest"], record["config"], record["layers"][0]["diff_id"]):
            self.assertIn(record, [json.loads(line) for line in
                                   self.run_ok("ledger", "show", self.ledger, digest).splitlines()])
        self.assertEqual(harness.touchstone("ledger", "show", self.ledger, "99").returncode, 1)


class Written(RecordTestCase):
    def check(self):
        return json.loads(self.run_ok("ledger", "verify", self.ledger, "--json"))

    def start(self, **options):
        return subprocess.Popen([harness.PROGRAM, "record", f"oci:{images.small()}", "--ledger", self.ledger],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def test_eight_writers_at_once_make_one_chain(self):
        writers = [self.start() for _ in range(8)]
        numbers = []
        for writer in writers:
            out, err = writer.communicate(timeout=harness.TIMEOUT)
            self.assertEqual(writer.returncode, 0, err)
            numbers.append(int(out.split()[0]))
        self.assertEqual(sorted(numbers), list(range(8)))
        self.assertEqual(self.check()["lines"], 8)

    def test_a_writer_that_is_killed_leaves_a_ledger_that_goes_on(self):
        for delay in range(24):
            writer = self.start()
            time.sleep(delay / 400)
            writer.send_signal(signal.SIGKILL)
            writer.communicate()
        self.record("--ledger", self.ledger)
        self.assertGreaterEqual(self.check()["lines"], 1)

    def test_files_of_a_ledger_are_found_by_their_digest(self):
        self.record("--ledger", self.ledger, "--files")
        record = json.loads(self.run_ok("ledger", "show", self.ledger, "0"))
        stored = self.ledger / "listings" / f"{record['listing']['digest'].removeprefix('sha256:')}.jsonl.zst"
        text = tool("zstd", "-dc", stored)
        self.assertEqual("sha256:" + hashlib.sha256(text).hexdigest(), record["listing"]["digest"])


class Based(RecordTestCase):
    def test_a_base_is_found_by_its_layers_and_held_against_the_claim(self):
        base = self.temp / "base"
        layers = [tars.written(self.temp / f"{number}.tar",
                               truth.plain(truth.blob_path(images.published(), layer["digest"]).read_bytes()))
                  for number, layer in enumerate(truth.manifest_of(images.published())["layers"][:2])]
        images.assemble(base, layers, images.FIRST_BUILD)
        images.assemble(self.temp / "lower", layers[:1], images.FIRST_BUILD)
        for layout in (self.temp / "lower", base, images.published()):
            self.record("--ledger", self.ledger, image=f"oci:{layout}")
        found = self.valid(self.run_ok("base", self.image, "--ledger", self.ledger, "--json"))
        self.assertEqual((found["base"]["sequence"], found["base"]["layers"], found["base"]["by"]), (1, 2, "diff-id"))
        self.assertEqual(found["claims"]["digest"], "none")
        found = self.valid(self.run_ok("base", f"oci:{images.rebuilt()}", "--ledger", self.ledger, "--json"))
        self.assertEqual((found["base"]["sequence"], found["base"]["by"]), (1, "canonical"))
        for digest, claim, status in ((found["base"]["manifest"], "holds", 0), ("sha256:" + "0" * 64, "fails", 1)):
            with self.subTest(claim=claim):
                claims = self.temp / f"claims-{claim}"
                shutil.copytree(images.published(), claims)
                tool("umoci", "config", "--image", f"{claims}:latest", "--manifest.annotation",
                     f"org.opencontainers.image.base.digest={digest}")
                done = harness.touchstone("base", f"oci:{claims}:latest", "--ledger", self.ledger, "--json")
                self.assertEqual((done.returncode, self.valid(done.stdout)["claims"]["digest"]), (status, claim))
        self.assertEqual(harness.touchstone("base", f"oci:{self.temp / 'lower'}", "--ledger", self.ledger).returncode, 1)


if __name__ == "__main__":
    harness.main()
