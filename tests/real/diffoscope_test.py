"""`touchstone diff --diffoscope` with Debian's diffoscope: what is handed over and what never is, where the pages go, and
what is said where there is none. A program of ours stands in where diffoscope would have to be slow or broken."""
import os
import pathlib

import harness
import images
from trees import scratch, write


def pair(folder, files):
    """Two images; `files` maps paths to what each side holds there."""
    references = []
    for number, created in enumerate((images.FIRST_BUILD, images.SECOND_BUILD)):
        tree = folder / f"tree{number}"
        for path, contents in files.items():
            write(tree / path, contents[number])
        images.image_of(folder / f"image{number}", [tree], created)
        references.append(f"oci:{folder / f'image{number}'}")
    return references


def stand_in(folder, script):
    """A diffoscope on PATH that is a shell script; returns the environment."""
    path = folder / "bin/diffoscope"
    write(path, "#!/bin/sh\n" + script)
    path.chmod(0o755)
    return os.environ | {"PATH": f"{path.parent}:{os.environ['PATH']}", "TMPDIR": str(folder / "tmp")}


SOME = {"data": ("first line\nsecond line\n", "another\nline that differs\n"), "same": ("x\n", "x\n")}
# Its last word but one and its last are the files; the one behind --html is its page.
PAGE = 'while [ "$1" != --html ]; do shift; done; page=$2\n'


class Diffoscope(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS)

    def looks(self, report):
        return {file["path"]: file["diffoscope"] for file in report.json["explanation"]["files"] if "diffoscope" in file}

    def run_with(self, folder, script, *options, files=None, pairs="--diffoscope"):
        (folder / "tmp").mkdir(exist_ok=True)
        environment = stand_in(folder, script)
        done = harness.touchstone(
            "diff", *pair(folder, files or SOME), "-o", "json", pairs, "--diffoscope-output", folder / "out",
            *options, env=environment,
        )
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        self.assertEqual(os.listdir(folder / "tmp"), [])  # nothing is left behind
        return self.looks(harness.Report(done.stdout))

    def test_an_unexplained_pair_gets_a_page_that_every_report_names(self):
        harness.need("diffoscope")
        with scratch() as folder:
            out = folder / "out"
            references = pair(folder, SOME)
            reports = ["-o", f"json={folder}/r.json", "-o", f"html={folder}/r.html", "-o", f"markdown={folder}/r.md"]
            text = self.text(*references, "-o", "text", *reports, "--diffoscope=1", "--diffoscope-output", out)
            page = out / "0001.html"
            self.assertEqual(os.listdir(out), ["0001.html"])
            self.assertIn("that<span class=\"dp\">·</span>differs", page.read_text())
            self.assertNotIn("touchstone-", page.read_text())
            self.assertIn(f"diffoscope: {page}", text)
            self.assertIn(f'href="file://{page}"', (folder / "r.html").read_text())
            self.assertIn("0001.html", (folder / "r.md").read_text())
            report = harness.Report((folder / "r.json").read_text())
            self.assertEqual(self.looks(report), {"data": {"output": str(page)}})

    def test_the_names_are_ours_and_the_directory_is_private(self):
        script = PAGE + 'stat -c %a . > "$page"; pwd -P >> "$page"; printf "%s\\n" "$@" >> "$page"; exit 1\n'
        with scratch() as folder:
            name = "a b;touch $(pwned)'\"\n--html.json"
            looks = self.run_with(folder, script, files={f"etc/{name}": SOME["data"]})
            self.assertEqual(len(looks), 1)
            mode, place, *words = (folder / "out/0001.html").read_text().splitlines()
            self.assertEqual(mode, "700")
            self.assertTrue(place.startswith(str((folder / "tmp").resolve())), place)
            self.assertEqual(words[2:], ["published/0001.json", "rebuilt/0001.json"])

    def test_a_timeout_kills_all_that_was_started(self):
        with scratch() as folder:
            script = f"sleep 300 & echo $! > {folder}/child; wait\n"
            looks = self.run_with(folder, script, "--diffoscope-timeout", "1")
            self.assertRegex(looks["data"]["why"], "longer than 1 s")
            child = pathlib.Path("/proc") / (folder / "child").read_text().strip()
            self.assertFalse(child.exists() and "sleep" in (child / "cmdline").read_text())

    def test_a_failure_is_said_with_its_status(self):
        with scratch() as folder:
            self.assertRegex(self.run_with(folder, "exit 7\n")["data"]["why"], "exit status 7")
        with scratch() as folder:  # it says that they differ, and writes nothing
            self.assertRegex(self.run_with(folder, "exit 1\n")["data"]["why"], "exit status 1")
        with scratch() as folder:  # a link where its page should be is not followed
            script = PAGE + 'ln -s /etc/passwd "$page"; exit 1\n'
            self.assertIn("why", self.run_with(folder, script)["data"])

    def test_secrets_are_not_handed_over(self):
        key = "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n"
        files = {
            "etc/shadow": ("root:$6$salt$aaaaaaaa:19000:0:99999:7:::\n", "root:$6$salt$bbbbbbbb:19000:0:99999:7:::\n"),
            "etc/app.key": (key.format("QUFB" * 16), key.format("QkJC" * 16)),
            "opt/config": (key.format("QUFB" * 16) + "colour = red\n", key.format("QUFB" * 16) + "shape is round\n"),
            "opt/users": ("bob:$y$j9T$salt$hash:x\na quite other line\n", "bob:$y$j9T$salt$hash:x\nwords beside\n"),
        }
        with scratch() as folder:
            looks = self.run_with(folder, f"echo called >> {folder}/called; exit 7\n", files=files)
            self.assertTrue(looks)
            for path, look in looks.items():
                self.assertRegex(look["why"], "secrets", path)
            self.assertFalse((folder / "called").exists())

    def test_only_so_many_and_not_too_large(self):
        files = {f"data/{i}": (f"first {i} x\n" * 40, f"quite {i} other words\n" * 30) for i in range(4)}
        files["data/large"] = ("a\n" * 40000, "b c\n" * 40000)
        script = PAGE + 'echo page > "$page"; exit 1\n'
        with scratch() as folder:
            options = ("--max-explained-file", "50K")
            looks = self.run_with(folder, script, *options, files=files, pairs="--diffoscope=2")
            self.assertEqual(sorted(os.listdir(folder / "out")), ["0001.html", "0002.html"])
            self.assertRegex(looks["data/large"]["why"], "larger than")
            whys = [look["why"] for path, look in looks.items() if path != "data/large" and "why" in look]
            self.assertEqual(len(whys), 2)
            for why in whys:
                self.assertRegex(why, "beyond the first 2 pairs")

    def test_what_cannot_work_is_said_before_an_image_is_opened(self):
        with scratch() as folder:
            write(folder / "full/file", "x")
            nothing = os.environ | {"PATH": str(folder)}
            for words, options, message in (
                (["--diffoscope"], {}, "--diffoscope-output DIR"),
                (["--diffoscope-output", folder / "out"], {}, "without --diffoscope"),
                (["--diffoscope", "--diffoscope-output", folder / "full"], {}, "not an empty directory"),
                (["--diffoscope=0", "--diffoscope-output", folder / "out"], {}, "--diffoscope"),
                (["--diffoscope=x", "--diffoscope-output", folder / "out"], {}, "--diffoscope"),
                (["--diffoscope", "--diffoscope-output", folder / "out", "--explain", "none"], {}, "--explain none"),
                (["--diffoscope", "--diffoscope-output", folder / "out"], {"env": nothing}, "no diffoscope on PATH"),
            ):
                done = harness.touchstone("diff", "oci:not-there", "oci:nor-this", *words, **options)
                self.assert_trouble(done, message)


if __name__ == "__main__":
    harness.main()
