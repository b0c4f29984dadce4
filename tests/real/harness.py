"""What every test here shares: where things are, running tools and the program, checking reports, and the exit status.

A tool that is missing is a loud skip (exit status 77, which ctest shows as "Skipped") on a developer's machine and a
failure where CI=true, so that a green run always means that everything was compared."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TOUCHSTONE_PROGRAM", str(REPOSITORY / "build/dev/cli/touchstone"))
IN_CI = os.environ.get("CI") == "true"
TIMEOUT = 120  # seconds; a program that waits for a FIFO waits for ever
SKIPPED = 77
# Nothing can be made there: a test that wants a cache says so, and none finds what another left.
os.environ["XDG_CACHE_HOME"] = "/nonexistent/for/tests"
# Debian's tools first, which is what tests are about; a version manager's stand-in for python3 takes ten times as long.
os.environ["PATH"] = "/usr/bin:/bin:" + os.environ["PATH"]


def need(*tools, root=True):
    """Skips (or fails in CI) when a tool, or the right to make device nodes and owners, is missing."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if root and os.geteuid() != 0:
        missing.append("root")
    if missing:
        message = "needs " + ", ".join(missing) + " (scripts/setup.sh --tests)"
        if IN_CI:
            raise AssertionError(message)
        raise unittest.SkipTest(message)


def possible(builder, *arguments):
    """builder(*arguments); where a container forbids what the tool needs or a mirror is away, a skip (fails in CI)."""
    try:
        return builder(*arguments)
    except AssertionError as error:
        if IN_CI:
            raise
        raise unittest.SkipTest(str(error)) from error


def tool(*command, **options):
    """Runs a real tool; its output is shown only when it fails."""
    command = [os.fspath(part) for part in command]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise AssertionError(
            f"{' '.join(map(os.fsdecode, command))}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}"
        )
    return done.stdout


def touchstone(*arguments, prefix=(), program=PROGRAM, **options):
    """Runs the program, with standard output and error as bytes; never raises for an exit status."""
    command = [*prefix, program, *map(os.fspath, arguments)]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, **options)


def validator():
    import jsonschema

    schema = json.loads((REPOSITORY / "docs/report.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


class Report:
    """A JSON report, valid against the schema, with the questions that tests ask of it."""

    def __init__(self, raw):
        self.raw = raw
        self.json = json.loads(raw)
        errors = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator().iter_errors(self.json)]
        if errors:
            raise AssertionError("report breaks its schema:\n" + "\n".join(errors[:10]))

    verdict = property(lambda self: self.json["verdict"])
    findings = property(lambda self: self.json["findings"])

    def files(self):
        """{(path, fact): weight} of every finding about a file that is not noise."""
        return {
            (f["path"], f["fact"]): f["weight"]
            for f in self.findings
            if f["place"] == "file" and f["weight"] != "noise"
        }

    def outside_files(self):
        """The findings about anything but files that are not noise."""
        return [f for f in self.findings if f["place"] != "file" and f["weight"] != "noise"]


class TestCase(unittest.TestCase):
    """Running the program inside a test."""

    maxDiff = 20000

    def diff(self, published, rebuilt, *options):
        """The report of a comparison that must not be trouble; the exit status must agree with it."""
        done = touchstone("diff", published, rebuilt, "-o", "json", *options)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        report = Report(done.stdout)
        self.assertEqual(done.returncode, 0 if report.json["pass"] else 1)
        return report

    def text(self, published, rebuilt, *options):
        done = touchstone("diff", published, rebuilt, *options)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        return done.stdout.decode()

    def ls(self, image, *options):
        done = touchstone("ls", image, "--json", *options)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def normalize(self, source, target, *options, **run):
        """Runs `touchstone normalize`, which must succeed; returns its standard error, the summary of changes."""
        done = touchstone("normalize", source, "-o", target, *options, **run)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stderr.decode()

    def digests(self, *references):
        """The lines of `touchstone digest --json`, one object for each image."""
        done = touchstone("digest", "--json", *references)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_same_tree(self, expected, found):
        """Names what differs, not everything that is there."""
        self.assertEqual(sorted(expected), sorted(found))
        different = [(path, node, found[path]) for path, node in expected.items() if node != found[path]]
        self.assertEqual(different[:5], [], f"{len(different)} of {len(expected)} paths differ")

    def assert_trouble(self, done, *patterns):
        """Exit 2, a message that matches the patterns, and nothing on standard output that reads like a verdict."""
        error = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, 2, f"stdout: {done.stdout[:500]!r}\nstderr: {error}")
        for pattern in patterns:
            self.assertRegex(error, pattern)
        self.assertNotRegex(
            done.stdout.decode(errors="replace"), re.compile(r"identical|equivalent|same-files|divergent")
        )


def main():
    """unittest.main with an exit status that tells skipped from passed."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    for _, reason in result.skipped:
        print(f"SKIP: {reason}", file=sys.stderr)
    sys.exit(1 if not result.wasSuccessful() else SKIPPED if result.skipped else 0)
