"""A layer has one canonical form, however its tar was written: real layers, rewritten by GNU tar, bsdtar and Python."""
import copy
import functools
import gzip
import pathlib
import re
import struct
import tempfile

import harness
import images
import tars
import truth

SURROGATES = re.compile("[\udc80-\udcff]")  # how Python spells bytes that are not UTF-8
GNU_XATTRS = ("--format=posix", "--xattrs", "--xattrs-include=*")
USTAR_FITS = {  # writers of dialects that hold no xattrs, no ids over 2097151, and names only in part
    "GNU tar, ustar": tars.gnu_tar("--format=ustar"),
    "GNU tar, v7": tars.gnu_tar("--format=v7"),
    "bsdtar, ustar": tars.bsdtar("--format=ustar"),
    "GNU tar, oldgnu": tars.gnu_tar("--format=oldgnu", "--numeric-owner"),
}
NO_XATTRS = {
    "GNU tar, gnu": tars.gnu_tar("--format=gnu", "--sort=name"),
    "GNU tar, gnu, sparse": tars.gnu_tar("--format=gnu", "--sparse"),
    "GNU tar, gnu, backwards": tars.gnu_tar("--format=gnu", "--record-size=512", backwards=True),
    "bsdtar, gnutar": tars.bsdtar("--format=gnutar", "--no-xattrs", "--no-acls", "--no-fflags"),
}
ALL_FIT = {
    "GNU tar, posix": tars.gnu_tar(*GNU_XATTRS, "--numeric-owner"),
    "GNU tar, posix, backwards": tars.gnu_tar(*GNU_XATTRS, "--pax-option=exthdr.name=elsewhere/%p", backwards=True),
    "GNU tar, posix, whole seconds": tars.gnu_tar(*GNU_XATTRS, "--pax-option=delete=atime,delete=ctime"),
    "bsdtar, pax": tars.bsdtar("--format=pax", "--xattrs"),
    "bsdtar, pax, names": tars.bsdtar("--format=pax", "--xattrs", "--uname=someone", "--gname=some group"),
}
for version in ("0.0", "0.1", "1.0"):
    ALL_FIT[f"GNU tar, posix, sparse {version}"] = tars.gnu_tar(
        *GNU_XATTRS, "--sparse", f"--sparse-version={version}"
    )
COMPRESSIONS = {
    "none": bytes,
    "gzip -1": lambda data: gzip.compress(data, 1, mtime=1),
    "gzip, two members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "zstd -1": tars.zstd("-1"),
    "zstd -9 without a checksum": tars.zstd("-9", "--no-check"),
    "zstd, two frames and a skippable one": lambda data: (
        tars.zstd()(data[:1000]) + struct.pack("<II", 0x184D2A50, 3) + b"any" + tars.zstd()(data[1000:])
    ),
}
LAYERS = (  # image, layer, which writers can hold it
    ("published", 0, {**ALL_FIT, **NO_XATTRS, **USTAR_FITS}),
    ("published", 1, ALL_FIT),
    ("published", 2, {**ALL_FIT, **NO_XATTRS, **USTAR_FITS}),
    ("umoci_layers", 1, {**ALL_FIT, **NO_XATTRS, **USTAR_FITS}),
    ("umoci_layers", 2, {**ALL_FIT, **NO_XATTRS, **USTAR_FITS}),
)


@functools.lru_cache
def layer(name, number):
    """An uncompressed layer of one of images.SOURCES."""
    layout = images.SOURCES[name]()
    return truth.plain(truth.blob_path(layout, truth.manifest_of(layout)["layers"][number]["digest"]).read_bytes())


class EncodingsTestCase(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS, "bsdtar", "zstd")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-encodings-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)

    def file(self, data):
        """A new file of these bytes."""
        return tars.written(self.temp / f"{len(list(self.temp.iterdir()))}.tar", data)

    def digests_of(self, tar, *options):
        """(clf1, crf1) of a layer tar."""
        return self.digests_of_all([tar], *options)[0]

    def digests_of_all(self, tars, *options):
        """The same of each, by one run of the program."""
        lines = self.digests(*(f"tar:{tar}" for tar in tars), *options)
        self.assertEqual([len(line["layers"]) for line in lines], [1] * len(tars))
        return [(line["layers"][0], line["tree"]) for line in lines]

    def canonical(self, tar, *options):
        target = f"{tar}.{len(list(self.temp.iterdir()))}.canonical"
        self.normalize(f"tar:{tar}", target, *options)
        return pathlib.Path(target).read_bytes()


class Rewritten(EncodingsTestCase):
    """The same members in other words: the same digests, and the same bytes from normalize."""

    def written(self, original, folder, writers):
        """The members of a tar, which are extracted to the folder, by each writer: {what: path}."""
        writings, paths = {}, list(tars.tree(original.read_bytes()))
        for what, write in writers.items():
            writings[what] = folder.with_name(f"{folder.name}, {what}.tar")
            write(folder, writings[what], paths)
        return writings

    def check(self, original, writings):
        """`writings`: {what: path of a tar}."""
        for options in ((), ("--mtime", "keep")):
            digests, *others = self.digests_of_all([original, *writings.values()], *options)
            form = self.canonical(original, *options)
            self.assertEqual(digests[0].rsplit(":", 1)[1], truth.sha256(form).removeprefix("sha256:"))
            for (what, tar), other in zip(writings.items(), others, strict=True):
                with self.subTest(writing=what, options=options):
                    self.assertEqual(other, digests)
                    self.assertTrue(self.canonical(tar, *options) == form)

    def test_by_gnu_tar_and_bsdtar_from_the_extracted_files(self):
        for name, number, writers in LAYERS:
            with self.subTest(image=name, layer=number):
                original = self.file(layer(name, number))
                folder = self.temp / f"{name}-{number}"
                tars.extracted_by_gnu_tar(original, folder)
                self.check(original, self.written(original, folder, writers))

    def test_a_layer_of_odd_nodes_in_dialects_without_xattrs(self):
        members = tars.load(layer("published", 1))
        for info, _ in members:
            info.pax_headers = {}
        original, folder = self.file(tars.store(members)), self.temp / "bare"
        tars.extracted_by_gnu_tar(original, folder)
        self.check(original, self.written(original, folder, NO_XATTRS))

    def test_by_bsdtar_from_one_tar_to_another(self):
        for name, number, _ in LAYERS:
            with self.subTest(image=name, layer=number):
                members = tars.load(layer(name, number))
                valid = [member for member in members if not SURROGATES.search(member[0].name)]
                original = self.file(tars.store(valid))  # libarchive stops at a name that is not UTF-8
                target = self.temp / f"{name}-{number}.pax"
                harness.tool("bsdtar", "--format=pax", "-cf", target, f"@{original}", env=tars.LOCALE)
                self.check(original, {"bsdtar, pax": target})

    def test_by_python_in_another_order_with_other_masters_prefixes_and_names(self):
        for name, number, _ in LAYERS:
            with self.subTest(image=name, layer=number):
                data = layer(name, number)
                writings = {}
                for seed, prefix in enumerate(("./", "/", "", "././", "none/../")):
                    members = tars.shuffled(tars.load(data), seed, prefix)
                    writings[f"order {seed}, prefix {prefix}"] = self.file(tars.store(members))
                self.check(self.file(data), writings)

    def test_with_members_that_later_ones_replace(self):
        """What `tar --append` leaves: an old version first, with another mode, owner, content and capability."""
        members = tars.load(layer("published", 1))
        old = []
        for info, content in members:
            if info.isreg() and content:
                info, content = copy.copy(info), content[::-1] + b"old"
                info.size, info.mode, info.uid = len(content), 0o4711, 12
                info.pax_headers = {"SCHILY.xattr.user.old": "old", "SCHILY.xattr.security.capability": "\x01old"}
                old.append((info, content))
        self.assertGreater(len(old), 10)
        self.check(self.file(tars.store(members)), {"appended": self.file(tars.store(old + members))})

    def test_in_other_compressions(self):
        for name, number, _ in LAYERS:
            with self.subTest(image=name, layer=number):
                data = layer(name, number)
                self.check(self.file(data), {what: self.file(pack(data)) for what, pack in COMPRESSIONS.items()})

    def test_the_canonical_form_is_its_own(self):
        for name, number, _ in LAYERS:
            for options in ((), ("--mtime", "clamp:1700000000"), ("--owner", "0:0"), ("--owner", "map:0:9,33:1000")):
                with self.subTest(image=name, layer=number, options=options):
                    form = self.canonical(self.file(layer(name, number)), *options)
                    again = options if "map:0:9,33:1000" not in options else ()  # a map moves what it moved before
                    self.assertEqual(self.canonical(self.file(form), *again), form)


if __name__ == "__main__":
    harness.main()
