"""`touchstone normalize` of what is not sound: exit 2, a message that names the file and the rule, and nothing written:
no output, no log, no temporary file, not a byte on standard output; an old file stays, also with --force."""
import gzip
import io
import json
import os
import subprocess
import tarfile

import harness
import images
import outputs_test
import tars
import truth


def broken_checksum(data):
    """The tar with one more byte in the sum of a header in the middle."""
    with tarfile.open(fileobj=io.BytesIO(data), **tars.TEXT) as archive:
        members = archive.getmembers()
    place = members[len(members) // 2].offset_data - 512 + 150
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


TAR_DAMAGES = (  # and what the message says
    ("a header with a wrong checksum", broken_checksum, "checksum"),
    ("cut in the middle of a member", lambda data: data[: len(data) // 2 + 100], "ends|truncated|cut"),
    ("no tar at all", lambda data: b"not a tar, but longer than a block of 512 bytes\n" * 20, "checksum"),
    ("gzip cut short", lambda data: gzip.compress(data)[:-4000], "gzip"),
    ("gzip with a wrong sum", lambda data: gzip.compress(data)[:-8] + bytes(8), "gzip"),
    ("zstd cut short", lambda data: tars.zstd()(data)[:-4000], "zstd"),
)


def repacked(source, target, change, number=0):
    """A layout with one layer changed, by default the lowest, and with every digest made right again."""
    images.copy_tree(source, target)
    manifest = truth.manifest_of(target)
    layer = manifest["layers"][number]
    data = change(truth.plain(truth.blob_path(source, layer["digest"]).read_bytes()))
    layer.update(images.add_blob(target, data))
    config = json.loads(truth.blob_path(target, manifest["config"]["digest"]).read_text())
    try:
        config["rootfs"]["diff_ids"][number] = truth.sha256(truth.plain(data))
    except (EOFError, OSError, subprocess.CalledProcessError):
        pass  # a stream that cannot be decompressed has no diffID
    manifest["config"].update(images.add_blob(target, json.dumps(config).encode()))
    images.set_manifest(target, manifest)
    return layer["digest"]


class Refused(outputs_test.OutputsTestCase):
    def refuse_all(self, source, *patterns):
        """An image into every form of output, on new names and over old files."""
        for form in ("oci", "oci-archive"):
            self.refused(*patterns, arguments=self.command(form, self.out / "new", source))
        tars.written(self.out / "mine", b"not yours\n")
        arguments = self.command("oci-archive", self.out / "mine", source)
        self.refused(*patterns, arguments=(*arguments, "--force", "--log", self.out / "log"))

    def test_blobs_that_are_not_what_their_digests_say(self):
        for what, damage, pattern in (
            ("cut", lambda data: data[: len(data) // 2], "size"),
            ("changed", lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "sha256"),
            ("gone", None, "no such|not there|missing|No such"),
        ):
            for kind in ("layers", "config"):
                with self.subTest(blob=kind, what=what):
                    layout = self.temp / f"{kind}-{what}"
                    images.copy_tree(images.published(), layout)
                    manifest = truth.manifest_of(layout)
                    digest = (manifest["layers"][-1] if kind == "layers" else manifest["config"])["digest"]
                    path = truth.blob_path(layout, digest)
                    path.write_bytes(damage(path.read_bytes())) if damage else path.unlink()
                    self.refuse_all(layout, digest.removeprefix("sha256:")[:12], pattern)

    def test_a_diff_id_that_is_not_the_layers(self):
        layout = self.temp / "wrong"
        images.copy_tree(images.published(), layout)
        manifest = truth.manifest_of(layout)
        config = json.loads(truth.blob_path(layout, manifest["config"]["digest"]).read_text())
        config["rootfs"]["diff_ids"][1] = "sha256:" + "0" * 64
        manifest["config"].update(images.add_blob(layout, json.dumps(config).encode()))
        images.set_manifest(layout, manifest)
        self.refuse_all(layout, "layer 1", "0{12}", "diff")

    def test_layers_that_are_no_sound_tars(self):
        for what, damage, pattern in TAR_DAMAGES:
            with self.subTest(what=what):
                layout = self.temp / what
                digest = repacked(images.published(), layout, damage)
                self.refuse_all(layout, "layer 0|" + digest.removeprefix("sha256:")[:12], pattern)

    def test_layer_tars_that_are_no_sound_tars(self):
        for what, damage, pattern in TAR_DAMAGES:
            with self.subTest(what=what):
                tar = tars.written(self.temp / "broken.tar", damage(self.layer.read_bytes()))
                for target in (self.out / "new", "-"):
                    self.refused("broken.tar", pattern, arguments=("normalize", f"tar:{tar}", "-o", target))
                with open(tar, "rb") as stdin:
                    done = subprocess.run(
                        [harness.PROGRAM, "normalize", "-", "-o", "-"], stdin=stdin, capture_output=True
                    )
                self.assert_trouble(done, "standard input|-", pattern)
                self.assertEqual(done.stdout, b"")

    def test_a_pipe_that_ends_early(self):
        """Within a header, a pax header's records, and a file's content. An end between members is one (CLF-1, R9)."""
        data = self.layer.read_bytes()
        for end in (0, 511, 513, len(data) // 2):
            with self.subTest(end=end):
                done = subprocess.run(
                    [harness.PROGRAM, "normalize", "-", "-o", self.out / "new"], input=data[:end], capture_output=True
                )
                if end == 0:  # the empty stream is an empty layer (CLF-1, R9): two blocks of zeros
                    self.assertEqual((done.returncode, (self.out / "new").read_bytes()), (0, bytes(1024)))
                    (self.out / "new").unlink()
                    continue
                self.assert_trouble(done, "ends")
                self.assertEqual(os.listdir(self.out), [])

    def test_archives_that_are_cut(self):
        for transport in ("oci-archive", "docker-archive"):
            with self.subTest(transport=transport):
                data = images.as_archive(transport).read_bytes()
                cut = tars.written(self.temp / "cut.tar", data[: len(data) // 2])
                arguments = ("normalize", f"{transport}:{cut}", "-o", f"oci:{self.out / 'new'}")
                self.refused("cut.tar", arguments=arguments)


if __name__ == "__main__":
    harness.main()
