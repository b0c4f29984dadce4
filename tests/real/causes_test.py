"""Why files differ, on files that real tools made twice (cause_pairs.py): on two days, in two directories, by two
users, in two orders … and the causes that must come out, no more and no fewer. Beside them the traps: pairs that look
like a harmless cause and are not. At the end, every cause of the catalogue must have been seen."""
import json
import os
import pathlib
import subprocess
import tempfile

import cause_pairs
import harness
import images
import truth
from harness import need, touchstone, TestCase
from trees import write

HARMLESS = ("benign-metadata", "hygiene")


def build(root, pair, number, locales):
    """One of the two builds: a copy of the sources in a directory of its own, the script run at that time."""
    folder = root / f"build{number}"
    for name, content in cause_pairs.SOURCES.items():
        write(folder / name, content)
        os.utime(folder / name, (1771000000, 1771000000))
    environment = {
        "N": str(number), "PATH": os.environ["PATH"], "HOME": "/root", "TERM": "dumb", "TZ": "UTC", "LC_ALL": "C",
        "LOCPATH": str(locales), "PYTHONDONTWRITEBYTECODE": "1", "GOCACHE": str(root.parent / "go-cache"),
        "GIT_CONFIG_NOSYSTEM": "1", "NO_FAKE_STAT": "1", "FAKE_UTIME": "0",
    }
    done = subprocess.run(
        ["faketime", "-f", f"@{pair.clocks[number - 1]}", "bash", "-eo", "pipefail", "-c", pair.script],
        cwd=folder, env=environment, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise AssertionError(f"{pair.script}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return folder


class Causes(TestCase):
    @classmethod
    def setUpClass(cls):
        need(*cause_pairs.TOOLS, root=False)
        cls.temp = tempfile.TemporaryDirectory(prefix="touchstone-causes-", dir="/tmp")  # where temporary paths are
        cls.root = pathlib.Path(cls.temp.name)
        cls.locales = cls.root / "locales"
        cls.locales.mkdir()
        for name in cause_pairs.LOCALES:
            subprocess.run(["localedef", "-i", name, "-f", "UTF-8", cls.locales / f"{name}.UTF-8"], check=True)
        for name in ("a", "b"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", cls.root / "key.pem", "-subj", f"/CN={name}", "-out", cls.root / f"{name}.pem"],
                           check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def explain(self, pair):
        """The explanation of one file that was built twice."""
        if pair.root:
            need()
        root = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        for name in ("key.pem", "a.pem", "b.pem"):
            (root / name).symlink_to(self.root / name)
        first = build(root, pair, 1, self.locales)
        second = build(root, pair, 2, self.locales)
        built = ",".join(clock.replace(" ", "T") + "Z" for clock in pair.clocks)
        # The name goes as it is in an image: relative, from inside the directory.
        done = touchstone("explain", "--json", "--built", built, pair.file, second / pair.file, cwd=first)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        report = json.loads(done.stdout)
        self.assertFalse(report["same"], "the two builds are the same bytes")
        return report["explanation"]["files"][0]

    def check(self, pair):
        found = self.explain(pair)
        text = json.dumps(found)[:3000]
        self.assertEqual(" ".join(sorted(found["causes"])), pair.causes, text)
        self.assertEqual(found["explained"], pair.explained, text)
        return found

    def test_what_real_tools_leave_has_these_causes(self):
        for pair in cause_pairs.PAIRS:
            with self.subTest(pair.name):
                self.check(pair)

    def test_what_looks_harmless_and_is_not_stays_visible(self):
        for pair in cause_pairs.TRAPS:
            with self.subTest(pair.name):
                found = self.check(pair)
                self.assertFalse(found["explained"] and found["class"] in HARMLESS, json.dumps(found)[:3000])

    def test_every_cause_has_a_pair_or_a_reason(self):
        rules = json.loads(touchstone("rules", "--causes", "--json").stdout)
        shown = set()
        for pair in cause_pairs.PAIRS:
            if pair.explained:
                shown.update(pair.causes.split())
        for row in (*cause_pairs.IMAGE_ROWS, cause_pairs.PLATFORM_ROW):
            shown.update(row.causes.split())
        elsewhere = set(cause_pairs.NOT_HERE)
        self.assertEqual({cause["code"] for cause in rules["causes"]}, shown | elsewhere)
        self.assertEqual(shown & elsewhere, set(), "has a pair by now")


def change_config(layout, architecture, **changes):
    """Sets the architecture and members of the config's "config" that umoci does not know."""
    manifest = truth.manifest_of(layout)
    config = json.loads(truth.blob_path(layout, manifest["config"]["digest"]).read_text())
    config["architecture"] = architecture
    config.setdefault("config", {}).update(changes)
    manifest["config"].update(images.add_blob(layout, json.dumps(config).encode()))
    images.set_manifest(layout, manifest)


class CausesInImages(TestCase):
    """What one file alone does not show: facts of layers, and what the config and the other files say."""

    @classmethod
    def setUpClass(cls):
        need(*images.TOOLS, *cause_pairs.TOOLS)
        cls.temp = tempfile.TemporaryDirectory(prefix="touchstone-causes-")
        cls.root = pathlib.Path(cls.temp.name)

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def image(self, number, rows, architecture):
        """The image of one build: what all rows make, in one layer."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        tree = folder / "tree"
        tree.mkdir(mode=0o755)
        for row in rows:
            write(tree / row.path, "")
            environment = {
                "N": str(number), "FILE": row.path, "HOST": cause_pairs.HOSTS[number - 1],
                "COMMIT": cause_pairs.COMMITS[number - 1], "PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC",
            }
            done = subprocess.run(["bash", "-eo", "pipefail", "-c", row.script], cwd=tree, env=environment,
                                  capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
        for path in tree.rglob("*"):
            if path.name != "touched":
                os.utime(path, (1709280000, 1709280000), follow_symlinks=False)
        layout = folder / "image"
        images.image_of(layout, [tree], (images.FIRST_BUILD, images.SECOND_BUILD)[number - 1])
        change_config(layout, architecture, Hostname=cause_pairs.HOSTS[number - 1],
                      Labels={"org.opencontainers.image.revision": cause_pairs.COMMITS[number - 1]})
        return layout

    def check(self, rows, *architectures):
        layouts = [self.image(number, rows, architectures[number - 1]) for number in (1, 2)]
        references = [f"oci:{layout}" for layout in layouts]
        files = {}
        for rules in sorted({row.rules for row in rows}):
            report = self.diff(*references, *(["--rules", rules] if rules else []))
            files[rules] = {file["path"]: file for file in report.json["explanation"]["files"]}
        for row in rows:
            with self.subTest(row.path):
                found = files[row.rules][row.path]
                text = json.dumps(found)[:3000]
                self.assertEqual(" ".join(sorted(found["causes"])), row.causes, text)
                self.assertEqual(found["explained"], row.explained, text)

    def test_what_images_say_beside_their_files_has_these_causes(self):
        self.check(cause_pairs.IMAGE_ROWS, "amd64", "amd64")

    def test_images_of_two_platforms(self):
        self.check([cause_pairs.PLATFORM_ROW], "386", "amd64")


if __name__ == "__main__":
    harness.main()
