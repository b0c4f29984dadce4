"""Tables of contents for lazy pulling: zstd:chunked as skopeo writes it, and eStargz written here by its specification
(docs/estargz.md of stargz-snapshotter), because no tool of Debian 12 does. Good ones are worth no word; a table that says
something else than the tar is ambiguous, with all digests and annotations right."""
import base64
import gzip
import hashlib
import io
import json
import os
import pathlib
import struct
import tarfile
import tempfile

import harness
import images
import tars
import truth

ESTARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
CHECKSUM = "io.containers.zstd-chunked.manifest-checksum"
POSITION = "io.containers.zstd-chunked.manifest-position"
TYPES = {
    tarfile.REGTYPE: "reg", tarfile.LNKTYPE: "hardlink", tarfile.SYMTYPE: "symlink", tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block", tarfile.DIRTYPE: "dir", tarfile.FIFOTYPE: "fifo",
}
CHUNK = 30000  # bytes; small enough for some real files to have several


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entries_of(data):
    """The table's entries for a tar, as the Go writer has them; the offsets of contents are not made up."""
    entries = []
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        for member in archive:
            entry = {"name": member.name, "type": TYPES[member.type], "mode": member.mode, "uid": member.uid,
                     "gid": member.gid, "modtime": "2024-01-01T00:00:00Z"}
            if member.isdir():
                entry["name"] += "/"
            if member.islnk() or member.issym():
                entry["linkName"] = member.linkname
            if member.isdev() and not member.isfifo():
                entry.update(devMajor=member.devmajor, devMinor=member.devminor)
            prefix = "SCHILY.xattr."
            entry["xattrs"] = {
                key.removeprefix(prefix): base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()
                for key, value in member.pax_headers.items() if key.startswith(prefix)
            }
            entries.append(entry)
            if not member.isreg():
                continue
            content = archive.extractfile(member).read()
            entry.update(size=len(content), digest=sha256(content))
            for start in range(0, len(content), CHUNK):
                part = content[start:start + CHUNK]
                if start:
                    entry = {"name": member.name, "type": "chunk", "chunkOffset": start}
                    entries.append(entry)
                entry["chunkDigest"] = sha256(part)
                entry["offset"] = member.offset_data + start
                if start + CHUNK < len(content):
                    entry["chunkSize"] = CHUNK
    return entries


def footer(offset):
    extra = b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % offset
    head = b"\x1f\x8b\x08\x04" + bytes(4) + b"\x00\xff" + struct.pack("<H", len(extra)) + extra
    return head + b"\x01\x00\x00\xff\xff" + bytes(8)


def estargz(data, change, buildkit):
    """(blob, uncompressed, annotations): the table as the last member, or after the end marker where BuildKit puts it."""
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        end = max(member.offset_data + (member.size + 511) // 512 * 512 * member.isreg() for member in archive)
    body = data if buildkit else data[:end]
    entries = entries_of(data)
    change(entries)
    toc = json.dumps({"version": 1, "entries": entries}, indent="\t").encode()
    own = io.BytesIO()
    with tarfile.open(fileobj=own, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo("stargz.index.json")
        info.size = len(toc)
        archive.addfile(info, io.BytesIO(toc))
    packed = gzip.compress(body, mtime=0)
    blob = packed + gzip.compress(own.getvalue(), mtime=0) + footer(len(packed))
    return blob, body + own.getvalue(), {ESTARGZ_DIGEST: sha256(toc)}


def rechunked(blob, annotations, change):
    """(blob, annotations) of a zstd:chunked layer whose table was changed, and all that vouches for it."""
    offset, length, _, kind = map(int, annotations[POSITION].split(":"))
    toc = json.loads(truth.plain(blob[offset:offset + length]))
    change(toc["entries"])
    text = json.dumps(toc).encode()
    packed = tars.zstd()(text)
    numbers = struct.pack("<4Q", offset, len(packed), len(text), kind)
    frames = struct.pack("<II", 0x184D2A50, len(packed)) + packed + struct.pack("<II", 0x184D2A50, 40)
    return blob[:offset - 8] + frames + numbers + b"GnUlInUx", {
        CHECKSUM: sha256(packed), POSITION: f"{offset}:{len(packed)}:{len(text)}:{kind}"}


def nothing(entries):
    del entries  # which stay as they are


def entry_of(entries, name):
    (found,) = [entry for entry in entries if entry["type"] != "chunk" and os.path.normpath(entry["name"]) == name]
    return found


def setuid(entries):
    entry_of(entries, "usr/local/bin/server")["mode"] = 0o4755


def other_content(entries):
    entry = entry_of(entries, "etc/server.conf")
    entry["digest"] = sha256(b"other")
    if "chunkDigest" in entry:
        entry["chunkDigest"] = entry["digest"]


def other_chunk(entries):
    chunks = [entry for entry in entries if entry["type"] == "chunk"]
    chunks[-1]["chunkDigest"] = sha256(b"other")


def hidden(entries):
    entries.append({"name": "usr/bin/backdoor", "type": "reg", "mode": 0o755, "size": 5, "digest": sha256(b"hello")})


def missing(entries):
    entries.remove(entry_of(entries, "etc/server.conf"))


CHANGES = (  # what, path, part of what is said
    (setuid, "usr/local/bin/server", "in the tar, 4755 in the table"),
    (other_content, "etc/server.conf", "in the table"),
    (other_chunk, "usr/local/bin/server", "content of chunk"),
    (hidden, "usr/bin/backdoor", "in the table of contents only: file, mode 0755"),
    (missing, "etc/server.conf", "not in the table of contents"),
)


class LazyViews(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS, "zstd")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-lazy-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)

    def layout(self, source, change_layer):
        """A copy of the layout with each layer replaced by change_layer(number, descriptor, blob)."""
        target = self.temp / str(len(list(self.temp.iterdir())))
        images.copy_tree(source, target)
        manifest = truth.manifest_of(target)
        config = json.loads(truth.blob_path(target, manifest["config"]["digest"]).read_bytes())
        for number, layer in enumerate(manifest["layers"]):
            blob, uncompressed, annotations = change_layer(
                number, layer, truth.blob_path(target, layer["digest"]).read_bytes())
            layer.update(images.add_blob(target, blob), annotations=annotations)
            if uncompressed is not None:
                config["rootfs"]["diff_ids"][number] = sha256(uncompressed)
        manifest["config"].update(images.add_blob(target, json.dumps(config).encode()))
        images.set_manifest(target, manifest)
        return f"oci:{target}"

    def stargz(self, change=nothing, buildkit=False, promise=None):
        def convert(number, layer, blob):
            data = truth.plain(blob)
            blob, uncompressed, annotations = estargz(data, change if number == 0 else nothing, buildkit)
            return blob, uncompressed, promise or annotations
        return self.layout(images.spelt(), convert)

    def chunked(self, change=nothing, promise=None):
        def convert(number, layer, blob):
            if number == 0:
                blob, annotations = rechunked(blob, layer["annotations"], change)
                return blob, None, promise or annotations
            return blob, None, layer["annotations"]
        return self.layout(images.as_oci("zstd:chunked", "spelt"), convert)

    def oddities(self, image):
        """[(code, path, detail)] of what is ambiguous."""
        done = harness.touchstone("verify", "--json", image)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        answer = json.loads(done.stdout)
        return [(o["code"], o.get("path", ""), o.get("detail", "")) for o in answer["images"][0]["oddities"]
                if o["weight"] == "ambiguous"]

    def test_good_tables_are_worth_no_word(self):
        plain = f"oci:{images.spelt()}"
        for image in (self.stargz(), self.stargz(buildkit=True), self.chunked(),
                      f"oci:{images.as_oci('zstd:chunked', 'spelt')}"):
            with self.subTest(image=image):
                self.assertEqual(self.oddities(image), [])
        self.assertEqual(self.diff(plain, self.chunked()).verdict, "equivalent")

    def test_a_changed_table_is_ambiguous_in_verify_and_in_diff(self):
        good = {"stargz": self.stargz(), "buildkit": self.stargz(buildkit=True), "chunked": self.chunked()}
        for change, path, part in CHANGES:
            changed = {"stargz": self.stargz(change), "buildkit": self.stargz(change, True),
                       "chunked": self.chunked(change)}
            for kind, image in changed.items():
                with self.subTest(change=change.__name__, kind=kind):
                    ((code, found, detail),) = self.oddities(image)
                    self.assertEqual((code, found), ("lazy-view-differs", path))
                    self.assertIn(part, detail)
                    for pair in ((good[kind], image), (image, good[kind])):
                        report = self.diff(*pair)
                        self.assertEqual(report.verdict, "divergent")
                        facts = [f["fact"] for f in report.outside_files()]
                        self.assertIn("ambiguous", facts)
                    self.assertEqual(self.diff(image, image).verdict, "identical")

    def test_a_table_counts_beside_the_same_stream_and_without_annotations(self):
        """The plain layer has the same diffID: it must not stand in for one with a table of its own."""
        plain = f"oci:{images.spelt()}"
        self.assertEqual(self.diff(plain, self.chunked(promise={"org.example": "x"})).verdict, "equivalent")
        for promise in (None, {"org.example": "x"}):
            image = self.chunked(setuid, promise)
            self.assertEqual(len(self.oddities(image)), 1)
            for pair in ((plain, image), (image, plain)):
                self.assertEqual(self.diff(*pair).verdict, "divergent")

    def test_a_promise_that_the_table_does_not_keep_is_ambiguous(self):
        other = sha256(b"other")
        for image in (self.stargz(promise={ESTARGZ_DIGEST: other}), self.chunked(promise={CHECKSUM: other}),
                      self.chunked(promise={POSITION: "1:2:3:1"})):
            with self.subTest(image=image):
                self.assertEqual({code for code, _, _ in self.oddities(image)}, {"lazy-view-unreadable"})
                self.assertEqual(self.diff(f"oci:{images.spelt()}", image).verdict, "divergent")

    def test_names_that_json_cannot_hold_are_shown_otherwise_by_a_lazy_runtime(self):
        """skopeo writes U+FFFD for what is not UTF-8: podman then has a file of another name."""
        found = self.oddities(f"oci:{images.as_oci('zstd:chunked', 'small')}")
        self.assertEqual(len(found), 2, found)
        self.assertTrue(all("utf8" in path for _, path, _ in found), found)


if __name__ == "__main__":
    harness.main()
