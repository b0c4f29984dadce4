"""GNU tar, bsdtar and Python read one tree from what `touchstone normalize` writes: that of the layer it came from."""
import os
import pathlib
import tempfile

import harness
import images
import tars
import truth



def layers_of(layout):
    """The uncompressed layers of an OCI layout."""
    for layer in truth.manifest_of(layout)["layers"]:
        yield truth.plain(truth.blob_path(layout, layer["digest"]).read_bytes())


class Readers(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS, "bsdtar", "zstd")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-readers-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)

    def check(self, name, *options, **changes):
        """Each canonical layer of an image by three readers, against its source by GNU tar and lstat."""
        source = images.source(name)
        self.normalize(f"oci:{source}", f"oci:{self.temp / 'layout'}", *options)
        pairs = list(zip(layers_of(source), layers_of(self.temp / "layout"), strict=True))
        for number, (before, after) in enumerate(pairs):
            with self.subTest(image=name, layer=number):
                given, written = (
                    tars.written(self.temp / f"{number}{end}", data)
                    for end, data in ((".source.tar", before), (".tar", after))
                )
                tars.extracted_by_gnu_tar(given, self.temp / f"{number}-source")
                expected = truth.canonical_tree(truth.tree_of(self.temp / f"{number}-source"), **changes)
                found = tars.tree(after)
                expected = self.listed(expected, found)
                for path in filter(tars.is_whiteout, expected):  # only their names mean anything (CLF-1, W16)
                    expected[path] = {**found[path], "size": 0, "type": "file", "mode": "0000", "uid": 0, "gid": 0}
                self.assert_same_tree(expected, found)
                for extract in (tars.extracted_by_gnu_tar, tars.extracted_by_bsdtar):
                    target = self.temp / f"{number}-{extract.__name__}"
                    extract(written, target)
                    seen = self.listed(truth.tree_of(target), found)
                    if extract is tars.extracted_by_bsdtar and b"." in seen:  # never sets the time of where it stands
                        seen[b"."]["mtime"] = expected[b"."]["mtime"]
                    self.assert_same_tree(expected, seen)
                self.check_listings(written, sorted(found))

    def listed(self, extracted, members):
        """The nodes that the tar has members for; all others are folders that it only implies."""
        implied = set(extracted) - set(members)
        above = {os.path.dirname(path) for path in extracted} | {b"."}
        self.assertEqual({path for path in implied if path not in above or extracted[path]["type"] != "dir"}, set())
        return {path: node for path, node in extracted.items() if path in members}

    def check_listings(self, tar, paths):
        """Listings show what extraction hides: that each path is there once, and that no reader needs names."""
        by_gnu = harness.tool("tar", "--quoting-style=literal", "--show-transformed-names", "-tf", tar)
        by_bsd = harness.tool("bsdtar", "-tf", tar, env=tars.LOCALE)
        plain = [path for path in paths if not any(byte < 0x20 or byte > 0x7E or byte == 0x5C for byte in path)]
        for listing in (by_gnu, by_bsd):
            lines = [os.path.normpath(line) for line in listing.split(b"\n") if line]
            self.assertEqual([path for path in plain if lines.count(path) != 1], [])
        verbose = harness.tool("tar", "--quoting-style=escape", "-tvf", tar).split(b"\n")
        self.assertEqual(len([line for line in verbose if line]), len(paths))
        owners = {line.split()[1] for line in verbose if line}
        self.assertTrue(all(part.isdigit() for owner in owners for part in owner.split(b"/")), owners)

    def test_odd_nodes_hardlinks_and_capabilities(self):
        self.check("published")

    def test_layers_with_whiteouts(self):
        self.check("umoci_layers")

    def test_layers_by_buildah(self):
        self.check("by_buildah")

    def test_a_debian_tree(self):
        self.check("by_mmdebstrap")

    def test_times_that_are_kept_and_owners_that_are_large(self):
        """uids that need base-256 and a pax record, times that need neither."""
        self.check(
            "published",
            "--mtime",
            "keep",
            "--owner",
            "map:0:3000000000",
            mtime=lambda seconds: seconds,
            owner=lambda uid, gid: (uid or 3000000000, gid or 3000000000),
        )

    def test_a_layer_tar_is_written_as_within_its_image(self):
        for name in ("published", "umoci_layers"):
            source = images.SOURCES[name]()
            self.normalize(f"oci:{source}", f"oci:{self.temp / name}")
            for number, (before, after) in enumerate(zip(layers_of(source), layers_of(self.temp / name), strict=True)):
                with self.subTest(image=name, layer=number):
                    target = self.temp / f"{name}-{number}.out"
                    given = tars.written(self.temp / f"{name}-{number}.tar", before)
                    self.normalize(f"tar:{given}", target)
                    self.assertEqual(target.read_bytes(), after)

    def test_gnu_tar_finds_nothing_different_from_what_it_extracted(self):
        """tar --compare is a reader of its own: contents, modes, owners, times, links and device numbers."""
        self.normalize(f"oci:{images.published()}", f"oci:{self.temp / 'layout'}", "--mtime", "keep")
        for number, data in enumerate(layers_of(images.published())):
            with self.subTest(layer=number):
                given = tars.written(self.temp / f"{number}.tar", data)
                tars.extracted_by_gnu_tar(given, self.temp / str(number))
                for path, node in truth.tree_of(self.temp / str(number)).items():  # fractions are dropped, and compared
                    place = os.path.join(os.fsencode(self.temp / str(number)), path)
                    os.utime(place, (node["mtime"], node["mtime"]), follow_symlinks=False)
                written = tars.written(self.temp / f"{number}.out", list(layers_of(self.temp / "layout"))[number])
                out = harness.tool("tar", "-C", self.temp / str(number), "--numeric-owner", "--compare", "-f", written)
                self.assertEqual(out, b"")


if __name__ == "__main__":
    harness.main()
