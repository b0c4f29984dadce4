"""`normalize` reads back what it wrote, and takes its digest from that: so whatever byte comes back otherwise than it was
written has to be refused, wherever it is. A shim around pread(2) flips single bits of unnamed temporary files."""
import io
import os
import pathlib
import tarfile
import tempfile

import harness
from harness import tool, touchstone

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t flipped(int fd, char *bytes, ssize_t count, off_t offset) {
    char link[64], target[4096], *rest = getenv("FLIPPED");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0 || count <= 0 || rest == NULL) return count;
    target[length] = 0;
    if (strstr(target, "(deleted)") == NULL) return count;
    while (*rest != 0) {
        off_t place = strtoll(rest, &rest, 10);
        if (place >= offset && place < offset + count) bytes[place - offset] ^= 1;
        if (*rest == ',') ++rest;
    }
    return count;
}

typedef ssize_t (*Read)(int, void *, size_t, off_t);
ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
    return flipped(fd, bytes, ((Read)dlsym(RTLD_NEXT, "pread"))(fd, bytes, count, offset), offset);
}
ssize_t pread64(int fd, void *bytes, size_t count, off_t offset) {
    return flipped(fd, bytes, ((Read)dlsym(RTLD_NEXT, "pread64"))(fd, bytes, count, offset), offset);
}
"""
NAME, MODE = 0, 100  # of the fields of a header (pax(1)); "a" is odd, "0" even, so that both flips keep the checksum
STEP = 29  # bytes between those that are tried; a prime, so that it meets every field of some header


class ReadBackTestCase(harness.TestCase):
    def setUp(self):
        harness.need("gcc", root=False)
        folder = tempfile.TemporaryDirectory(prefix="touchstone-read-back-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "shim.c").write_text(SHIM)
        tool("gcc", "-shared", "-fPIC", "-o", self.folder / "shim.so", self.folder / "shim.c", "-ldl")

    def layer(self, *names):
        """A layer of small files, in the order of `names`; (its path, what it is normalized to)."""
        path = self.folder / f"{'-'.join(names)}.tar"
        with tarfile.open(path, "w") as tar:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = 700
                tar.addfile(info, io.BytesIO(name.encode() * info.size))
        expected = self.folder / f"{path.name}.canonical"
        done = self.normalize(path, expected)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path, expected

    def normalize(self, layer, target, *flipped):
        environment = {**os.environ, "LD_PRELOAD": str(self.folder / "shim.so"), "FLIPPED": ",".join(map(str, flipped))}
        return touchstone("normalize", "--quiet", f"tar:{layer}", "-o", target, env=environment)

    def refused(self, layer, *flipped):
        target = self.folder / "out.tar"
        done = self.normalize(layer, target, *flipped)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse(target.exists())

    def test_no_byte_of_a_form_that_was_streamed_can_change(self):
        layer, expected = self.layer("a", "b")
        for place in range(0, expected.stat().st_size, STEP):
            with self.subTest(place=place):
                self.refused(layer, place)

    def test_a_header_that_keeps_its_checksum_is_another_header(self):
        layer, _ = self.layer("a", "b")
        self.refused(layer, NAME, MODE)

    def test_an_intact_file_is_taken(self):
        layer, expected = self.layer("a", "b")
        target = self.folder / "out.tar"
        done = self.normalize(layer, target, expected.stat().st_size)
        self.assertEqual((done.returncode, target.read_bytes()), (0, expected.read_bytes()))

    def test_nor_can_one_of_a_form_that_was_written_from_what_was_kept(self):
        layer, expected = self.layer("b", "a")
        for place in range(0, expected.stat().st_size, 4 * STEP):
            with self.subTest(place=place):
                self.refused(layer, place)


if __name__ == "__main__":
    harness.main()
