"""`touchstone diff` says why: two builds of one image by umoci, with logs, caches, checksums, packages and owners that
differ as they do in practice, and what may and may not be accepted of it."""
import hashlib
import json
import os
import pathlib
import subprocess
import unittest

import harness
import images
from trees import scratch, write

STATUS = """Package: {name}
Status: install ok installed
Architecture: amd64
Version: {version}
Description: a package

"""


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def package(tree, name, version, files):
    """As dpkg leaves a package: its stanza, its list and its checksums."""
    for path, content in files.items():
        write(tree / path, content)
    info = tree / "var/lib/dpkg/info"
    write(info / f"{name}.list", "/.\n" + "".join(f"/{path}\n" for path in files))
    write(info / f"{name}.md5sums", "".join(f"{md5(tree / path)}  {path}\n" for path in files))
    status = tree / "var/lib/dpkg/status"
    status.write_text((status.read_text() if status.exists() else "") + STATUS.format(name=name, version=version))


def build(tree, number):
    """One of two builds of the same Dockerfile, a day apart."""
    when = ("2024-03-01 10:00:00", "2024-06-15 08:30:00")[number]
    library = ("3.0.15-1", "3.0.17-1")[number]
    write(tree / "etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    write(tree / "usr/share/app/build.txt", f"app 1.0\nbuilt {when}\n")
    write(tree / "usr/share/app/build.txt.sha256",
          hashlib.sha256((tree / "usr/share/app/build.txt").read_bytes()).hexdigest() + "  build.txt\n")
    write(tree / "var/log/dpkg.log", f"{when} startup archives unpack\n{when} status installed x\n" * (3 + number))
    write(tree / "var/cache/ldconfig/aux-cache", f"glibc-ld.so.auxcache-{number}" * 10)
    write(tree / "usr/share/app/text", "an ordinary text\n" * 100)
    os.utime(tree / "usr/share/app/text", (1709287200 + number * 9153000,) * 2)
    subprocess.run(["gzip", "-f", tree / "usr/share/app/text"], check=True)
    package(tree, "base", "1.0", {"usr/share/base/data": "the same\n", "etc/base.conf": "a = 1\n"})
    package(tree, "libssl3", library, {f"usr/share/libssl3/{i}": f"{library} {i}\n" for i in range(9)})


def pair(folder, change=lambda tree: None):
    """References of both builds; `change` is made to the second one."""
    references = []
    for number, created in enumerate((images.FIRST_BUILD, images.SECOND_BUILD)):
        tree = folder / f"tree{number}"
        tree.mkdir()
        build(tree, number)
        if number == 1:
            change(tree)
        images.image_of(folder / f"image{number}", [tree], created)
        references.append(f"oci:{folder / f'image{number}'}")
    return references


class Explain(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.need(*images.TOOLS, "gzip")

    def explained(self, change=lambda tree: None, *options):
        with scratch() as folder:
            report = self.diff(*pair(folder, change), *options)
        explanation = report.json["explanation"]
        return report, {file["path"]: file for file in explanation["files"]}, explanation

    def test_causes_of_an_ordinary_rebuild(self):
        _, files, _ = self.explained()
        causes = {path: file["cause"] for path, file in files.items()}
        self.assertEqual(causes["usr/share/app/build.txt"], "T2")
        self.assertEqual(causes["usr/share/app/build.txt.sha256"], "C2")
        self.assertEqual(files["usr/share/app/build.txt.sha256"]["derived_of"], "usr/share/app/build.txt")
        self.assertEqual(causes["usr/share/app/text.gz"], "T3")
        self.assertEqual(causes["var/log/dpkg.log"], "C1")
        self.assertEqual(causes["var/cache/ldconfig/aux-cache"], "C1")
        self.assertEqual(causes["usr/share/libssl3/4"], "V1")

    def test_drift_is_one_finding_with_its_files(self):
        _, _, explanation = self.explained()
        self.assertEqual(len(explanation["drift"]), 1)
        drift = explanation["drift"][0]
        self.assertEqual((drift["package"], drift["published"], drift["rebuilt"]), ("libssl3", "3.0.15-1", "3.0.17-1"))
        self.assertEqual(len([f for f in drift["files"] if f.startswith("usr/")]), 9)

    def test_the_package_says_which_side_was_changed(self):
        def change(tree):
            (tree / "usr/share/base/data").write_text("not the same\n")

        _, files, _ = self.explained(change)
        owner = files["usr/share/base/data"]["package"]
        text = json.dumps(files["usr/share/base/data"])
        self.assertIn("base", json.dumps(owner))
        self.assertFalse(files["usr/share/base/data"]["explained"], text)
        self.assertIn("matches", text)
        self.assertIn("differs", text)

    def test_a_new_directory_has_the_causes_of_what_is_in_it(self):
        def change(tree):
            for path in ("var/log/app/1.log", "var/log/app/more/2.log", "srv/data"):
                write(tree / path, "a line\n")

        _, files, _ = self.explained(change)
        self.assertEqual(files["var/log/app"]["cause"], "C1")
        self.assertEqual(files["var/log/app/more"]["cause"], "C1")
        self.assertFalse(files["srv"]["explained"])

    def test_remedies_settle_what_they_say(self):
        _, files, explanation = self.explained()
        settled = sum(remedy["settles"] for remedy in explanation["remedies"])
        self.assertLessEqual(settled, sum(file["explained"] for file in files.values()))
        self.assertGreaterEqual(settled, 12)

    def test_accepting_by_name_hides_and_lists(self):
        report, _, explanation = self.explained(
            lambda tree: None, "--accept", "hygiene", "--require", "accepted"
        )
        accepted = {file["path"]: file["rule"] for file in explanation["accepted"]}
        for path in ("var/log/dpkg.log", "var/cache/ldconfig/aux-cache", "usr/share/app/text.gz",
                     "usr/share/app/build.txt"):
            self.assertIn(path, accepted)
        self.assertNotIn("usr/share/libssl3/4", accepted)
        self.assertNotIn("var/log/dpkg.log", {path for path, _ in report.files()})
        self.assertEqual(report.verdict, "divergent")  # the packages differ

    def test_a_verdict_of_accepted(self):
        def same_library(tree):
            for number in range(9):
                (tree / f"usr/share/libssl3/{number}").write_text(f"3.0.15-1 {number}\n")
            for name in ("status", "info/libssl3.md5sums"):
                path = tree / "var/lib/dpkg" / name
                path.write_text(path.read_text().replace("3.0.17-1", "3.0.15-1"))
            sums = "".join(f"{md5(tree / f'usr/share/libssl3/{i}')}  usr/share/libssl3/{i}\n" for i in range(9))
            (tree / "var/lib/dpkg/info/libssl3.md5sums").write_text(sums)

        report, _, explanation = self.explained(same_library, "--accept", "hygiene", "--require", "accepted")
        self.assertEqual(report.verdict, "accepted", json.dumps(report.findings)[:3000])
        for file in explanation["accepted"]:
            self.assertRegex(json.dumps(file), "sha256:[0-9a-f]{64}.*sha256:[0-9a-f]{64}")
        # and without being asked, nothing is hidden
        report, _, _ = self.explained(same_library)
        self.assertEqual(report.verdict, "divergent")

    def test_what_could_run_is_never_accepted(self):
        def payload(tree):
            (tree / "var/log/dpkg.log").write_text("#!/bin/sh\nevil\n")
            (tree / "var/log/dpkg.log").chmod(0o755)
            cache = tree / "var/cache/ldconfig/aux-cache"
            cache.unlink()
            cache.symlink_to("/bin/sh")

        report, files, explanation = self.explained(payload, "--accept", "hygiene")
        accepted = {file["path"] for file in explanation["accepted"]}
        self.assertNotIn("var/log/dpkg.log", accepted)
        self.assertNotIn("var/cache/ldconfig/aux-cache", accepted)
        self.assertFalse(files["var/log/dpkg.log"]["explained"])

    def test_the_same_report_for_any_number_of_jobs(self):
        with scratch() as folder:
            references = pair(folder)
            for form in ("json", "text", "html", "markdown"):
                reports = {
                    harness.touchstone("diff", *references, "-o", form, "--jobs", jobs).stdout for jobs in ("1", "8")
                }
                self.assertEqual(len(reports), 1, form)

    def test_explaining_can_be_switched_off(self):
        with scratch() as folder:
            references = pair(folder)
            report = self.diff(*references, "--explain", "none")
            self.assertIsNone(report.json.get("explanation"))
            self.assertEqual(report.verdict, "divergent")
            done = harness.touchstone("diff", *references, "--explain", "some")
            self.assert_trouble(done, "--explain")
            done = harness.touchstone("diff", *references, "--accept", "everything")
            self.assert_trouble(done, "no rule")

    def test_a_budget_of_nothing_is_said(self):
        with scratch() as folder:
            report = self.diff(*pair(folder), "--explain-budget", "0")
        self.assertIn("--explain-budget", json.dumps(report.json["explanation"]))
        self.assertEqual(report.verdict, "divergent")

    def test_files_too_large_to_keep_are_shown_by_windows(self):
        def change(tree):
            data = bytearray(b"x" * 300_000)
            data[200_000:200_004] = b"DIFF"
            (tree / "usr/share/app/large").write_bytes(data)

        with scratch() as folder:
            references = pair(folder, change)
            # the first build has the file, too
            tree = folder / "tree0"
            (tree / "usr/share/app/large").write_bytes(b"x" * 300_000)
            images.image_of(folder / "again", [tree], images.FIRST_BUILD)
            report = self.diff(f"oci:{folder / 'again'}", references[1], "--max-explained-file", "100K")
        file = next(f for f in report.json["explanation"]["files"] if f["path"] == "usr/share/app/large")
        self.assertFalse(file["explained"])
        self.assertIn("larger than", json.dumps(file))
        self.assertIn("DIFF", json.dumps(file))


if __name__ == "__main__":
    unittest.main()
