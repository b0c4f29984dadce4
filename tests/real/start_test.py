"""What a start costs: libraries that bring a dozen others each (libcurl, libarchive, libgit2) are loaded when something
needs them, and not before. Asked of the dynamic loader (LD_DEBUG of ld.so(8)), not of the clock."""
import io
import lzma
import os
import pathlib
import re
import tarfile
import tempfile

import harness

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures"
PAIR = [FIXTURES / f"{side}.oci.tar" for side in ("published", "rebuilt")]
NOBODY_LISTENS = "docker://127.0.0.1:1/app:1"
LINES = [f"line {number} of a text\n" for number in range(40)]
# What differs, and what is needed to say how.
NEEDS = {
    "libgit2": ("text", "".join(LINES).encode(), "".join(LINES[:7] + LINES[9:20] + LINES[3:5] + LINES[20:]).encode()),
    "libarchive": ("text.xz", lzma.compress(b"text" * 999, preset=0), lzma.compress(b"text" * 999, preset=6)),
}
FILES = {"libcurl": "libcurl.so.4", "libarchive": "libarchive.so.13", "libgit2": "libgit2.so.1.5"}


def loaded(*arguments):
    """Those that were looked for."""
    done = harness.touchstone(*arguments, env={**os.environ, "LD_DEBUG": "libs"})
    return sorted(set(re.findall(r"find library=(libcurl|libarchive|libgit2)", done.stderr.decode(errors="replace"))))


def layer(path, name, content):
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return f"tar:{path}"


class StartTestCase(harness.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="touchstone-start-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def pair(self, name, *contents):
        return [layer(self.folder / f"{side}.tar", name, content) for side, content in enumerate(contents)]

    def without(self, file):
        """An environment in which a library is none."""
        (self.folder / file).write_bytes(b"no library")
        return {**os.environ, "LD_LIBRARY_PATH": str(self.folder)}

    def test_what_needs_none_of_them_loads_none(self):
        for arguments in (["--version"], ["--help"], ["diff", "--help"], ["diff", *PAIR], ["ls", PAIR[0]]):
            with self.subTest(arguments[0]):
                self.assertEqual(loaded(*arguments), [])

    def test_a_registry_loads_libcurl(self):
        asked = loaded("inspect", "--plain-http", "127.0.0.1", "--retry-delay", "0", NOBODY_LISTENS)
        self.assertEqual(asked, ["libcurl"])

    def test_what_explains_a_file_is_loaded_for_that_file(self):
        for library, difference in NEEDS.items():
            with self.subTest(library):
                pair = self.pair(*difference)
                self.assertEqual(loaded("diff", *pair), [library])
                self.assertEqual(loaded("diff", "--explain", "none", *pair), [])

    def test_without_a_library_the_error_says_what_is_missing(self):
        for library, file in FILES.items():
            with self.subTest(library):
                arguments = ["diff", *self.pair(*NEEDS[library])] if library in NEEDS else ["inspect", NOBODY_LISTENS]
                done = harness.touchstone(*arguments, env=self.without(file))
                self.assert_trouble(done, re.escape(f"{library} ({file})"), r"cannot be loaded")


if __name__ == "__main__":
    harness.main()
