"""The same inputs give byte-identical reports: with any number of threads, in any locale and folder, for any user."""
import os
import pathlib
import shutil
import tempfile

import harness
import images
import truth

ORDINARY_USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--")


class Determinism(harness.TestCase):
    def setUp(self):
        """Copies that an ordinary user can reach, wherever the clone lies."""
        harness.need(*images.TOOLS, "setpriv")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-same-")
        self.addCleanup(temp.cleanup)
        self.folder = pathlib.Path(temp.name)
        self.folder.chmod(0o755)
        self.program = shutil.copy(harness.PROGRAM, self.folder)
        for name, source in (("a", images.published()), ("b", images.umoci_layers())):
            images.copy_tree(source, self.folder / name)
            harness.tool("chmod", "-R", "a+rX", self.folder / name)

    def report(self, *options, prefix=(), environment=None, **more):
        done = harness.touchstone(
            "diff",
            f"oci:{self.folder}/a",
            f"oci:{self.folder}/b",
            "--all",
            "-o",
            "json",
            *options,
            program=self.program,
            prefix=prefix,
            env={"PATH": os.environ["PATH"], **(environment or {})},
            **more,
        )
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        return done.stdout

    def test_reports_do_not_depend_on_where_and_how_they_are_made(self):
        expected = self.report("--jobs", "1", environment={"LC_ALL": "C"})
        ways = {
            "eight threads": self.report("--jobs", "8", environment={"LC_ALL": "C"}),
            "the default number of threads": self.report(),
            "another locale": self.report(environment={"LC_ALL": "C.UTF-8"}),
            "another time zone": self.report(environment={"TZ": "Pacific/Kiritimati"}),
            "another folder": self.report(cwd="/"),
            "an ordinary user": self.report(prefix=ORDINARY_USER),
        }
        for way, found in ways.items():
            self.assertEqual(found, expected, way)

    def test_repeated_runs_with_many_threads_agree(self):
        self.assertEqual(len({self.report("--jobs", "8") for _ in range(8)}), 1)

    def test_a_report_in_a_file_is_the_report_on_standard_output(self):
        path = self.folder / "report.json"
        expected = self.report()
        done = harness.touchstone(
            "diff", f"oci:{self.folder}/a", f"oci:{self.folder}/b", "--all", "-o", f"json={path}", "--quiet"
        )
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        self.assertEqual(path.read_bytes(), expected)

    def test_texts_agree_too(self):
        one, many = (
            harness.touchstone("diff", f"oci:{self.folder}/a", f"oci:{self.folder}/b", "--jobs", jobs)
            for jobs in ("1", "8")
        )
        self.assertEqual((one.returncode, many.returncode), (1, 1), one.stderr.decode())
        self.assertIn(b"divergent", one.stdout.lower())
        self.assertEqual(one.stdout, many.stdout)

    def test_every_change_between_two_layerings_is_what_the_file_systems_show(self):
        """Added, removed and changed paths of a merged tree against the same comparison of two unpacked ones."""
        with tempfile.TemporaryDirectory() as temp:
            a = truth.unpacked(self.folder / "a", "latest", f"{temp}/a")[0]
            b = truth.unpacked(self.folder / "b", "latest", f"{temp}/b")[0]
        report = harness.Report(self.report())
        presence = {
            f["path_base64"] if "path_base64" in f else f["path"] for f in report.findings if f["fact"] == "presence"
        }
        expected = {os.fsdecode(path) for path in set(a) ^ set(b)}
        plain = {path for path in expected if path.isascii() and path.isprintable() and "\\" not in path}
        self.assertEqual(len(presence), len(expected))
        self.assertLessEqual(plain, presence)
        same = {path for path in set(a) & set(b) if stripped(a[path]) == stripped(b[path])}
        summary = report.json["summary"]
        self.assertEqual(summary["added"], len(set(b) - set(a)))
        self.assertEqual(summary["removed"], len(set(a) - set(b)))
        self.assertGreaterEqual(summary["changed"], len(set(a) & set(b)) - len(same))


def stripped(node):
    return {key: value for key, value in node.items() if key != "mtime"}


if __name__ == "__main__":
    harness.main()
