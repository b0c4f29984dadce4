"""What a start costs: libcurl and the libraries that it brings are loaded when a registry or an engine is asked, and not
before. Asked of the dynamic loader (LD_DEBUG of ld.so(8)), not of the clock."""
import os
import pathlib
import tempfile

import harness

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures"
PAIR = [FIXTURES / f"{side}.oci.tar" for side in ("published", "rebuilt")]
NOBODY_LISTENS = "docker://127.0.0.1:1/app:1"


def loads_curl(*arguments):
    done = harness.touchstone(*arguments, env={**os.environ, "LD_DEBUG": "libs"})
    return b"libcurl" in done.stderr


class StartTestCase(harness.TestCase):
    def test_what_needs_no_network_loads_no_libcurl(self):
        for arguments in (["--version"], ["--help"], ["diff", "--help"], ["diff", *PAIR], ["ls", PAIR[0]]):
            with self.subTest(arguments[0]):
                self.assertFalse(loads_curl(*arguments))

    def test_a_registry_loads_it(self):
        self.assertTrue(loads_curl("inspect", "--plain-http", "127.0.0.1", "--retry-delay", "0", NOBODY_LISTENS))

    def test_without_libcurl_the_error_says_what_is_missing(self):
        with tempfile.TemporaryDirectory(prefix="touchstone-start-") as folder:
            pathlib.Path(folder, "libcurl.so.4").write_bytes(b"no library")
            done = harness.touchstone("inspect", NOBODY_LISTENS, env={**os.environ, "LD_LIBRARY_PATH": folder})
            self.assert_trouble(done, r"libcurl \(libcurl\.so\.4\)", r"cannot be loaded")


if __name__ == "__main__":
    harness.main()
