"""Broken and hostile stores around a real image: exit 2, a message that names the blob, no verdict, never a hang."""
import gzip
import json
import os
import pathlib
import shutil
import tempfile

import harness
import images
import truth


def layer_blob(layout, number=0):
    digest = truth.manifest_of(layout)["layers"][number]["digest"]
    return truth.blob_path(layout, digest), digest


def config_blob(layout):
    digest = truth.manifest_of(layout)["config"]["digest"]
    return truth.blob_path(layout, digest), digest


def manifest_blob(layout):
    digest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
    return truth.blob_path(layout, digest), digest


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def append(path):
    path.write_bytes(path.read_bytes() + b"\0")


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def folder(path):
    path.unlink()
    path.mkdir()


def link_elsewhere(path):
    """A symlink to the very bytes, outside of the layout: following it would let a layout name any file."""
    outside = path.parents[3] / "outside"
    path.rename(outside)
    path.symlink_to(outside)


def endless_device(path):
    path.unlink()
    os.mknod(path, 0o020644, os.makedev(1, 5))  # /dev/zero: endless


DAMAGES = (truncate, flip, append, pathlib.Path.unlink, fifo, folder, link_elsewhere, endless_device)


def rewrite_config(layout, change):
    """Another config, with every digest above it made right again."""
    manifest = truth.manifest_of(layout)
    config = json.loads(config_blob(layout)[0].read_text())
    change(config)
    manifest["config"].update(images.add_blob(layout, json.dumps(config).encode()))
    images.set_manifest(layout, manifest)


class Broken(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS)
        self.temp = tempfile.TemporaryDirectory(prefix="touchstone-broken-")
        self.addCleanup(self.temp.cleanup)
        self.layout = pathlib.Path(self.temp.name) / "layout"

    def fresh(self):
        shutil.rmtree(self.layout, ignore_errors=True)
        images.copy_tree(images.small(), self.layout)

    def check(self, *patterns, both=()):
        """On either side, and with both sides broken alike: equal broken bytes are no evidence. Where the broken blob
        has its digest, it takes the options `both` to look into it on both sides at once."""
        good, bad = f"oci:{images.small()}", f"oci:{self.layout}"
        for pair in ((good, bad), (bad, good), (bad, bad, *both)):
            self.assert_trouble(harness.touchstone("diff", *pair), *patterns)
        self.assert_trouble(harness.touchstone("diff", good, bad, "-o", "json"), *patterns)
        self.assert_trouble(harness.touchstone("verify", bad), *patterns)

    def test_each_damage_of_each_kind_of_blob(self):
        for blob in (layer_blob, config_blob, manifest_blob):
            for damage in DAMAGES:
                with self.subTest(blob=blob.__name__, damage=damage.__name__):
                    self.fresh()
                    path, digest = blob(self.layout)
                    damage(path)
                    self.check(digest[len("sha256:") :][:12])

    def test_a_file_that_may_not_be_read(self):
        harness.need("setpriv")
        self.fresh()
        path, digest = layer_blob(self.layout)
        program = shutil.copy(harness.PROGRAM, self.temp.name)
        good = pathlib.Path(self.temp.name) / "good"
        images.copy_tree(images.small(), good)
        harness.tool("chmod", "-R", "a+rX", self.temp.name)
        path.chmod(0)
        done = harness.touchstone(
            "diff",
            f"oci:{good}",
            f"oci:{self.layout}",
            program=program,
            prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"),
        )
        self.assert_trouble(done, digest[len("sha256:") :][:12], "[Pp]ermission denied")

    def test_a_diff_id_that_is_not_the_layers(self):
        self.fresh()
        wrong = "sha256:" + "0" * 64
        rewrite_config(self.layout, lambda config: config["rootfs"]["diff_ids"].__setitem__(0, wrong))
        self.check("0{12}", both=["--whole"])

    def test_fewer_diff_ids_than_layers(self):
        self.fresh()
        rewrite_config(self.layout, lambda config: config["rootfs"]["diff_ids"].pop())
        self.check("diff")

    def test_a_layer_with_trailing_garbage_after_its_gzip_stream(self):
        self.fresh()
        manifest = truth.manifest_of(self.layout)
        data = layer_blob(self.layout)[0].read_bytes() + b"garbage"
        manifest["layers"][0].update(images.add_blob(self.layout, data))
        images.set_manifest(self.layout, manifest)
        self.check(manifest["layers"][0]["digest"][len("sha256:") :][:12], both=["--whole"])

    def test_a_layer_that_ends_in_the_middle_of_a_member(self):
        """Every digest is right: the tar itself is cut."""
        self.fresh()
        manifest = truth.manifest_of(self.layout)
        data = truth.plain(layer_blob(self.layout)[0].read_bytes())
        data = data[: len(data) // 2 + 100]
        manifest["layers"][0].update(images.add_blob(self.layout, gzip.compress(data)))
        images.set_manifest(self.layout, manifest)
        rewrite_config(self.layout, lambda config: config["rootfs"]["diff_ids"].__setitem__(0, truth.sha256(data)))
        self.check(manifest["layers"][0]["digest"][len("sha256:") :][:12], both=["--whole"])

    def test_a_layout_without_its_index(self):
        self.fresh()
        (self.layout / "index.json").unlink()
        self.check("index.json")

    def test_an_index_that_is_no_json(self):
        self.fresh()
        (self.layout / "index.json").write_text('{"manifests": [')
        self.check("index.json")

    def test_an_archive_that_is_cut(self):
        for transport in ("oci-archive", "docker-archive"):
            with self.subTest(transport=transport):
                path = pathlib.Path(self.temp.name) / "cut.tar"
                shutil.copy(images.as_archive(transport), path)
                truncate(path)
                self.assert_trouble(
                    harness.touchstone("diff", f"{transport}:{path}", f"oci:{images.small()}"), "cut.tar"
                )

    def test_a_path_that_is_not_there(self):
        self.assert_trouble(
            harness.touchstone("diff", f"oci:{images.small()}", f"oci:{self.temp.name}/nothing"), "nothing"
        )


if __name__ == "__main__":
    harness.main()
