"""References that are mistyped: a path that is not there is said at once, and a host that nobody knows is not asked for
half a minute."""
import os
import tempfile
import time

import harness
from harness import TestCase, touchstone

# glibc's resolver: one question, one second. What stays is how often it is asked, and the pauses between.
QUICK_RESOLVER = {**os.environ, "RES_OPTIONS": "timeout:1 attempts:1"}


class Mistyped(TestCase):
    def refused(self, reference, *patterns, folder=None):
        begun = time.monotonic()
        self.assert_trouble(touchstone("ls", reference, cwd=folder), *patterns)
        self.assertLess(time.monotonic() - begun, 5)

    def test_a_path_that_is_not_there_is_said_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(f"{folder}/images")
            self.refused("nosuch.tar", "no such file or directory: nosuch.tar", "docker://nosuch.tar", folder=folder)
            self.refused("images/app", "images is a directory here", "docker://images/app", folder=folder)
            self.refused("./app", r"no such file or directory: \./app", folder=folder)
            self.refused("~/app", "no such file or directory: ~/app", folder=folder)

    def test_a_host_that_is_not_known_is_asked_for_twice(self):
        begun = time.monotonic()
        done = touchstone("ls", "registry.invalid/app:1", env=QUICK_RESOLVER)
        self.assertEqual(done.returncode, 75, done.stderr)
        error = done.stderr.decode()
        self.assertIn("`registry.invalid/app:1` is no path here", error)
        self.assertRegex(error, "Could not resolve host: registry.invalid")
        self.assertIn("given up after 2 tries", error)
        self.assertLess(time.monotonic() - begun, 12)


if __name__ == "__main__":
    harness.main()
