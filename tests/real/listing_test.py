"""`touchstone ls --json` of real images, node by node against what umoci unpacks and lstat sees."""
import base64
import os
import tempfile

import harness
import images
import truth

COMPARED = ("type", "size", "mode", "uid", "gid", "mtime", "link", "device", "xattrs", "content", "layer")


def raw_path(node):
    """The bytes of a path: in full in path_base64 where they are not UTF-8."""
    if "path_base64" in node:
        return base64.b64decode(node["path_base64"])
    return os.fsencode(node["path"])


class Listing(harness.TestCase):
    def check(self, reference, layout, tag="latest"):
        with tempfile.TemporaryDirectory() as temp:
            expected, groups = truth.unpacked(layout, tag, os.path.join(temp, "bundle"))
        for path, layer in truth.layer_of_paths(layout).items():
            expected[path]["layer"] = layer
        nodes = {raw_path(node): node for node in self.ls(reference)}
        nodes.pop(b"", None)  # the root itself: no entry of a layer needs to describe it
        nodes.pop(b".", None)
        self.assertEqual(sorted(nodes), sorted(expected))
        shared = {}
        for path, node in nodes.items():
            if "hardlink" in node:
                shared.setdefault(node["hardlink"], set()).add(path)
        self.assertEqual({frozenset(group) for group in shared.values()}, groups)
        for path, truly in expected.items():
            shown = {
                key: nodes[path][key]
                for key in COMPARED
                if key in nodes[path] and not (key == "size" and truly["type"] != "file")
            }
            shown["mtime"] = int(shown["mtime"] // 1)
            if "link" in truly:
                truly["link"] = os.fsdecode(truly["link"])
            if truly["type"] == "symlink":
                shown["mode"] = truly["mode"]
            self.assertEqual(shown, truly, path)

    def test_an_image_of_odd_nodes_is_listed_as_umoci_unpacks_it(self):
        harness.need(*images.TOOLS)
        self.check(f"oci:{images.published()}", images.published())

    def test_whiteouts_replacements_and_broken_hardlinks_are_applied(self):
        harness.need(*images.TOOLS)
        self.check(f"oci:{images.umoci_layers()}", images.umoci_layers())

    def test_a_real_debian_tree_is_listed_as_umoci_unpacks_it(self):
        harness.need(*images.TOOLS, "mmdebstrap")
        layout = harness.possible(images.by_mmdebstrap, 1)
        self.check(f"oci:{layout}", layout)

    def test_an_image_by_buildah_is_listed_as_umoci_unpacks_it(self):
        harness.need(*images.TOOLS, "buildah")
        layout = harness.possible(images.by_buildah, images.FIRST_BUILD)
        self.check(f"oci:{layout}", layout)

    def test_the_shipped_pair_is_listed_as_umoci_unpacks_it(self):
        harness.need(*images.TOOLS)
        for side in ("published", "rebuilt"):
            archive = harness.REPOSITORY / f"fixtures/{side}.oci.tar"
            with self.subTest(side=side), tempfile.TemporaryDirectory() as temp:
                layout = os.path.join(temp, "layout")
                images.copied(f"oci-archive:{archive}", f"oci:{layout}:app")
                self.check(f"oci-archive:{archive}", layout, "app")

    def test_a_single_layer_is_listed_with_its_whiteouts(self):
        harness.need(*images.TOOLS)
        layout = images.umoci_layers()
        layer = truth.manifest_of(layout)["layers"][1]
        listed = {(node["type"], raw_path(node)) for node in self.ls(f"oci:{layout}", "--layer", "1")}
        with tempfile.TemporaryDirectory() as temp:
            tar = os.path.join(temp, "layer.tar")
            with open(tar, "wb") as file:
                file.write(truth.plain(truth.blob_path(layout, layer["digest"]).read_bytes()))
            names = harness.tool("tar", "--quoting-style=literal", "-tf", tar).split(b"\n")
        members = {os.path.normpath(name) for name in names if name}
        whiteouts = {member for member in members if os.path.basename(member).startswith(b".wh.")}
        self.assertIn(b"usr/bin/.wh.touch", whiteouts)
        self.assertIn(b".wh.odd", whiteouts)
        self.assertEqual({path for kind, path in listed if kind == "whiteout"}, whiteouts)


if __name__ == "__main__":
    harness.main()
