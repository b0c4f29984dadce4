"""`touchstone normalize --compress`: to gzip(1), zstd(1), umoci and skopeo the blobs are the canonical bytes; and they
are what the library that the descriptor's record names makes of those bytes elsewhere: in CPython's zlib module, and
in the zstd tool."""
import functools
import json
import pathlib
import re
import struct
import subprocess
import tempfile
import zlib

import documents_test
import harness
import images
import normalize_test
import tars
import truth

RECORD = "org.touchstone.compression"
PIECE = 131072  # docs/canonical-layer.md, section 9
KINDS = ("gzip", "zstd")
IMAGES = ("published", "umoci_layers")  # GNU tar, and umoci's own writer with whiteouts
ALL = (*IMAGES, "by_buildah")
WORK = tempfile.TemporaryDirectory(prefix="touchstone-compress-")  # removed when the program ends


def deflated(data):
    """What zlib makes of it with the parameters of the documentation; -15: a window of 2^15, and no wrapping."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY)
    return b"".join(packer.compress(data[n : n + PIECE]) for n in range(0, len(data), PIECE)) + packer.flush()


def one_gzip_member(data):
    """RFC 1952, 2.3: magic, method, FLG, MTIME, XFL, OS, then the deflated bytes, their CRC-32 and their number."""
    header = struct.pack("<2sBBIBB", b"\x1f\x8b", 8, 0, 0, 0, 255)
    return header + deflated(data) + struct.pack("<II", zlib.crc32(data), len(data) % 2**32)


def one_zstd_frame(data):
    return tars.zstd("-3", "--single-thread", "--zstd=wlog=21", "--check")(data)


def library_of(kind):
    """The version that this machine's other user of the library runs with: CPython, or the zstd tool."""
    if kind == "gzip":
        return zlib.ZLIB_RUNTIME_VERSION
    return re.search(r"v(\d+\.\d+\.\d+)", harness.tool("zstd", "-V").decode())[1]


def need_same_library(kind, record):
    """Bytes are promised for equal records only (docs/canonical-layer.md, section 9)."""
    if f"-{library_of(kind)} " not in record:
        raise AssertionError(f"this machine's other user of the library has {library_of(kind)}, not that of: {record}")


def unpacked_by_tool(kind, blob):
    return subprocess.run([kind, "-dc"], input=blob, capture_output=True, check=True).stdout


@functools.lru_cache
def compressed(name, kind):
    """An image of SOURCES by `normalize --compress`, once for all tests here."""
    layout = pathlib.Path(WORK.name) / f"{name}-{kind}"
    normalize_test.NormalizeTestCase().normalize(f"oci:{images.source(name)}", f"oci:{layout}", "--compress", kind)
    return layout


class CompressTestCase(normalize_test.NormalizeTestCase):
    def setUp(self):
        super().setUp()
        harness.need("gzip", "zstd")

    def again(self, kind, *options):
        """`published` anew, with other options."""
        layout = self.temp / f"{kind}{''.join(options)}"
        self.normalize(f"oci:{images.published()}", f"oci:{layout}", "--compress", kind, *options)
        return layout

    def layers(self, layout):
        """[(descriptor, blob)]"""
        descriptors = truth.manifest_of(layout)["layers"]
        return [(layer, truth.blob_path(layout, layer["digest"]).read_bytes()) for layer in descriptors]


class Blobs(CompressTestCase):
    def test_decompressed_by_other_tools_they_are_the_canonical_layers(self):
        for name in ALL:
            ids = self.digests(f"oci:{images.source(name)}")[0]["layers"]
            plain = compressed(name, "none")
            for kind in KINDS:
                with self.subTest(image=name, kind=kind):
                    layout = compressed(name, kind)
                    found = [unpacked_by_tool(kind, blob) for _, blob in self.layers(layout)]
                    self.assertEqual([truth.plain(blob) for _, blob in self.layers(layout)], found)
                    self.assertTrue(found == [blob for _, blob in self.layers(plain)])
                    self.assertEqual([f"clf1:{truth.sha256(data)}" for data in found], ids)
                    config = documents_test.config_of(layout)
                    self.assertEqual([f"clf1:{diff_id}" for diff_id in config["rootfs"]["diff_ids"]], ids)
                    self.assertEqual(config, documents_test.config_of(plain))

    def test_descriptors_say_what_the_blobs_are_and_how_they_were_made(self):
        for kind, record in (
            ("gzip", r"gzip zlib-(\d+\.\d+\.\d+\S*) level=6 window=15 memory=8"),
            ("zstd", r"zstd libzstd-(\d+\.\d+\.\d+) level=3 window=21 checksum"),
        ):
            for name in IMAGES:
                with self.subTest(image=name, kind=kind):
                    for layer, blob in self.layers(compressed(name, kind)):
                        self.assertEqual(set(layer), {"mediaType", "digest", "size", "annotations"})
                        self.assertEqual(layer["mediaType"], f"application/vnd.oci.image.layer.v1.tar+{kind}")
                        self.assertEqual((layer["digest"], layer["size"]), (truth.sha256(blob), len(blob)))
                        self.assertEqual(set(layer["annotations"]), {RECORD})
                        self.assertRegex(layer["annotations"][RECORD], f"^{record}$")
        layers = self.layers(compressed("published", "none"))
        self.assertEqual([set(layer) for layer, _ in layers], [{"mediaType", "digest", "size"}] * 3)

    def test_gzip_is_one_member_without_time_name_and_system(self):
        for name in IMAGES:
            for number, (_, blob) in enumerate(self.layers(compressed(name, "gzip"))):
                with self.subTest(image=name, layer=number):
                    magic, method, flags, time, extra, system = struct.unpack("<2sBBIBB", blob[:10])
                    self.assertEqual((magic, method, flags, time, extra, system), (b"\x1f\x8b", 8, 0, 0, 0, 255))
                    reader = zlib.decompressobj(-15)
                    data = reader.decompress(blob[10:])
                    self.assertTrue(reader.eof)
                    self.assertEqual(reader.unused_data, struct.pack("<II", zlib.crc32(data), len(data)))  # no more

    def test_zstd_is_one_frame_with_a_checksum_and_no_size(self):
        for name in IMAGES:
            for number, (_, blob) in enumerate(self.layers(compressed(name, "zstd"))):
                with self.subTest(image=name, layer=number):
                    file = tars.written(self.temp / f"{name}{number}.zst", blob)
                    listed = harness.tool("zstd", "-lv", file).decode()
                    self.assertRegex(listed, r"Zstandard Frames: 1\n")
                    self.assertRegex(listed, r"Check: XXH64 [0-9a-f]{8}\n")
                    self.assertRegex(listed, r"Window Size: .*\(2097152 B\)")
                    self.assertNotIn("Decompressed Size", listed)
                    # RFC 8878, 3.1.1.1.1: the only bit set is that of the checksum; 3.1.1.1.2: 2^(10+11), no mantissa.
                    self.assertEqual(blob[:6], b"\x28\xb5\x2f\xfd\x04\x58")

    def test_they_are_what_the_named_library_makes_with_the_named_parameters(self):
        for kind, pack in (("gzip", one_gzip_member), ("zstd", one_zstd_frame)):
            for name in IMAGES:
                for number, (layer, blob) in enumerate(self.layers(compressed(name, kind))):
                    with self.subTest(kind=kind, image=name, layer=number):
                        harness.possible(need_same_library, kind, layer["annotations"][RECORD])
                        self.assertTrue(pack(truth.plain(blob)) == blob)

    def test_neither_threads_nor_the_wrapping_have_a_part_in_them(self):
        for kind in KINDS:
            expected = compressed("published", kind)
            for options in (("--jobs", "1"), ("--jobs", "8")):
                with self.subTest(kind=kind, options=options):
                    self.assertTrue(truth.same_layout(expected, self.again(kind, *options)))
            for transport in ("oci-archive", "docker-archive"):
                with self.subTest(kind=kind, transport=transport):
                    layout = self.temp / f"{kind}-from-{transport}"
                    source = f"{transport}:{images.packed(transport, 'published')}"
                    self.normalize(source, f"oci:{layout}", "--compress", kind)
                    self.assertTrue(truth.same_layout(expected / "blobs", layout / "blobs"))

    def test_normalizing_it_again_changes_nothing(self):
        for kind in KINDS:
            for name in IMAGES:
                with self.subTest(kind=kind, image=name):
                    first, again = compressed(name, kind), self.temp / f"{name}-{kind}-again"
                    summary = self.normalize(f"oci:{first}", f"oci:{again}", "--compress", kind)
                    self.assertTrue(truth.same_layout(first, again))
                    self.assertIn("changed: nothing", summary)


class Runs(CompressTestCase):
    """Other tools take it, and see the files of the source."""

    def test_umoci_unpacks_gzip_to_the_tree_of_the_source(self):
        for name in ALL:
            with self.subTest(image=name):
                expected = truth.canonical_tree(self.unpacked(images.source(name)))
                self.assert_same_tree(expected, self.unpacked(compressed(name, "gzip")))

    def test_zstd_unpacks_to_the_tree_of_the_source(self):
        """By tarfile and the zstd tool, and by umoci, which knows no zstd, after skopeo made it gzip."""
        for name in IMAGES:
            with self.subTest(image=name):
                expected = truth.canonical_tree(self.unpacked(images.source(name)))
                layout, other = compressed(name, "zstd"), self.temp / f"{name}-by-skopeo"
                self.assert_same_tree(expected, tars.merged(layout))
                images.copied(
                    f"oci:{layout}:latest", f"oci:{other}:latest", "--dest-compress", "--dest-compress-format", "gzip"
                )
                self.assertNotEqual(truth.manifest_of(layout)["layers"], truth.manifest_of(other)["layers"])
                self.assert_same_tree(expected, self.unpacked(other))

    def test_skopeo_copies_it_and_finds_every_digest_right(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                layout, copy = compressed("published", kind), self.temp / f"copy-{kind}"
                images.copied(f"oci:{layout}:latest", f"dir:{copy}")
                index = json.loads((layout / "index.json").read_text())
                manifest = (copy / "manifest.json").read_bytes()
                self.assertEqual(truth.sha256(manifest), index["manifests"][0]["digest"])
                for layer in json.loads(manifest)["layers"]:
                    blob = (copy / layer["digest"].removeprefix("sha256:")).read_bytes()
                    self.assertEqual(truth.sha256(blob), layer["digest"])
                report = self.diff(f"oci:{images.published()}", f"dir:{copy}")
                self.assertEqual((report.verdict, report.files()), ("equivalent", {}))

    def test_skopeo_makes_a_docker_archive_of_gzip(self):
        """It refuses to do so of zstd, also of its own."""
        layout, saved = compressed("published", "gzip"), self.temp / "saved.tar"
        images.copied(f"oci:{layout}:latest", f"docker-archive:{saved}:app:latest")
        report = self.diff(f"oci:{images.published()}", f"docker-archive:{saved}")
        self.assertEqual((report.verdict, report.files()), ("equivalent", {}))

    def test_diff_says_equivalent_of_source_and_of_each_other(self):
        for name in IMAGES:
            layouts = [images.source(name), *(compressed(name, kind) for kind in ("none", *KINDS))]
            for first, second in zip(layouts, (*layouts[1:], layouts[0])):
                with self.subTest(image=name, pair=(first.name, second.name)):
                    report = self.diff(f"oci:{first}", f"oci:{second}")
                    self.assertEqual((report.verdict, report.files()), ("equivalent", {}))

    def test_profiles_go_with_it(self):
        options = ("--mtime", "clamp:1700000000", "--owner", "0:0")
        ids = self.digests(f"oci:{images.published()}", *options)[0]["layers"]
        for kind in KINDS:
            blobs = [blob for _, blob in self.layers(self.again(kind, *options))]
            found = [truth.sha256(unpacked_by_tool(kind, blob)) for blob in blobs]
            self.assertEqual([f"clf1:mtime=clamp:1700000000,owner=0:0:{digest}" for digest in found], ids)


class LayerTars(CompressTestCase):
    def test_a_layer_tar_is_compressed_as_in_an_image(self):
        for kind in KINDS:
            sources = truth.manifest_of(images.published())["layers"]
            for number, (_, blob) in enumerate(self.layers(compressed("published", kind))):
                source = truth.blob_path(images.published(), sources[number]["digest"])
                target = self.temp / f"{number}.{kind}"
                with self.subTest(kind=kind, layer=number):
                    self.normalize(f"tar:{source}", target, "--compress", kind)
                    self.assertTrue(target.read_bytes() == blob)
                    done = harness.touchstone("normalize", "-q", f"tar:{source}", "-o", "-", "--compress", kind)
                    self.assertEqual((done.returncode, done.stderr), (0, b""))
                    self.assertTrue(done.stdout == blob)

    def test_an_empty_layer(self):
        """1024 zero bytes, by section 6."""
        empty = tars.written(self.temp / "empty.tar", b"")
        for kind, pack in (("gzip", one_gzip_member), ("zstd", one_zstd_frame)):
            self.normalize(f"tar:{empty}", self.temp / kind, "--compress", kind)
            self.assertEqual(unpacked_by_tool(kind, (self.temp / kind).read_bytes()), bytes(1024))

    def test_other_kinds_are_refused(self):
        for kind in ("xz", "", "GZIP", "gzip:9", "zstd:chunked"):
            for source, target in (("oci", "oci:"), ("tar", "")):
                with self.subTest(kind=kind, source=source):
                    path = images.published() if source == "oci" else tars.written(self.temp / "in.tar", bytes(1024))
                    target = f"{target}{self.temp / 'out'}"
                    done = harness.touchstone("normalize", f"{source}:{path}", "-o", target, "--compress", kind)
                    self.assert_trouble(done, "--compress", "none, gzip or zstd")
                    self.assertFalse((self.temp / "out").exists())


if __name__ == "__main__":
    harness.main()
