"""The OCI documents and archives that `touchstone normalize` writes: digests and sizes by hashlib, a config that says
the same, copies by skopeo, and the same bytes from every wrapping, from another build, and from the result itself."""
import functools
import json
import os
import pathlib
import tarfile
import tempfile

import harness
import images
import normalize_test
import truth

WORK = tempfile.TemporaryDirectory(prefix="touchstone-documents-")  # removed when the program ends


def config_of(layout):
    return json.loads(truth.blob_path(layout, truth.manifest_of(layout)["config"]["digest"]).read_text())


def without_times_and_layers(config):
    """What a config says about running the image: all but `created` and the diffIDs, which normalize must change."""
    config = json.loads(json.dumps(config))
    del config["rootfs"]["diff_ids"]
    for part in (config, *config.get("history", [])):
        part.pop("created", None)
    return config


@functools.lru_cache
def canonical(name):
    """An image of SOURCES by `normalize`, once for all tests here."""
    layout = pathlib.Path(WORK.name) / name
    normalize_test.NormalizeTestCase().normalize(f"oci:{images.source(name)}", f"oci:{layout}")
    return layout


class Documents(normalize_test.NormalizeTestCase):
    """The OCI documents: digests and sizes by hashlib, skopeo reads them, and every wrapping gives the same."""

    def test_each_digest_and_size_is_that_of_the_bytes(self):
        for name in images.REAL:
            with self.subTest(image=name):
                layout = canonical(name)
                for blob in (layout / "blobs/sha256").iterdir():
                    self.assertEqual("sha256:" + blob.name, truth.sha256(blob.read_bytes()))
                manifest = truth.manifest_of(layout)
                index = json.loads((layout / "index.json").read_text())
                descriptors = [*index["manifests"], manifest["config"], *manifest["layers"]]
                self.assertEqual(
                    {(d["digest"].removeprefix("sha256:"), d["size"]) for d in descriptors},
                    {(blob.name, blob.stat().st_size) for blob in (layout / "blobs/sha256").iterdir()},
                )
                self.assertEqual(
                    config_of(layout)["rootfs"]["diff_ids"], [layer["digest"] for layer in manifest["layers"]]
                )
                self.assertEqual(
                    {layer["mediaType"] for layer in manifest["layers"]}, {"application/vnd.oci.image.layer.v1.tar"}
                )
                self.assertEqual(json.loads((layout / "oci-layout").read_text()), {"imageLayoutVersion": "1.0.0"})

    def test_the_config_says_the_same_about_running_it(self):
        for name in images.REAL:
            with self.subTest(image=name):
                layout = canonical(name)
                source = config_of(images.source(name))
                self.assertEqual(without_times_and_layers(config_of(layout)), without_times_and_layers(source))

    def test_times_of_the_config_follow_the_profile(self):
        late = images.FIRST_BUILD  # of 2024, after EPOCH
        for options, time in (
            ((), "1970-01-01T00:00:00Z"),
            (("--mtime", f"clamp:{normalize_test.EPOCH}"), "2023-11-14T22:13:20Z"),  # date -u -d @1700000000
            (("--mtime", "keep"), late),
        ):
            with self.subTest(options=options):
                layout = self.temp / f"times{''.join(options)}"
                self.normalize(f"oci:{images.published()}", f"oci:{layout}", *options)
                config = config_of(layout)
                self.assertEqual({part["created"] for part in (config, *config["history"])}, {time})

    def test_skopeo_copies_it_and_finds_every_digest_right(self):
        for name in images.REAL:
            with self.subTest(image=name):
                layout, archive = canonical(name), self.temp / f"{name}.tar"
                self.normalize(f"oci:{images.source(name)}", f"oci-archive:{archive}")
                for number, reference in enumerate((f"oci:{layout}:latest", f"oci-archive:{archive}:latest")):
                    copy = self.temp / f"{name}-copy{number}"
                    images.copied(reference, f"dir:{copy}")
                    index = json.loads((layout / "index.json").read_text())
                    manifest = (copy / "manifest.json").read_bytes()
                    self.assertEqual(truth.sha256(manifest), index["manifests"][0]["digest"])
                    for layer in json.loads(manifest)["layers"]:
                        blob = (copy / layer["digest"].removeprefix("sha256:")).read_bytes()
                        self.assertEqual(truth.sha256(blob), layer["digest"])
                saved = self.temp / f"{name}-saved.tar"
                images.copied(f"oci:{layout}:latest", f"docker-archive:{saved}:app:latest")
                report = self.diff(f"oci:{images.source(name)}", f"docker-archive:{saved}")
                self.assertEqual(report.verdict, "equivalent")

    def test_every_transport_of_an_image_becomes_the_same_blobs(self):
        for name in images.REAL:
            expected = canonical(name)
            for transport in images.TRANSPORTS:
                with self.subTest(image=name, transport=transport):
                    layout = self.temp / f"{name}-{transport}"
                    self.normalize(f"{transport}:{images.packed(transport, name)}", f"oci:{layout}")
                    self.assertTrue(truth.same_layout(expected / "blobs", layout / "blobs"))

    def test_compression_does_not_matter(self):
        harness.need("zstd")
        expected = canonical("published")
        for compression in ("gzip", "zstd", "plain"):
            with self.subTest(compression=compression):
                self.normalize(f"oci:{images.as_oci(compression)}", f"oci:{self.temp / compression}")
                self.assertTrue(truth.same_layout(expected, self.temp / compression))

    def test_an_archive_is_the_directory_in_a_tar(self):
        for name in ("published", "umoci_layers"):
            with self.subTest(image=name):
                layout, archive, opened = canonical(name), self.temp / f"{name}.tar", self.temp / f"{name}-opened"
                self.normalize(f"oci:{images.source(name)}", f"oci-archive:{archive}")
                opened.mkdir()
                harness.tool("tar", "-C", opened, "-xf", archive)
                self.assertTrue(truth.same_layout(layout, opened))
                with tarfile.open(archive) as members:
                    self.assertEqual({member.mtime for member in members}, {0})

    def test_where_files_cannot_be_linked_their_copies_are_the_same(self):
        harness.need("unshare", "mount")
        hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc || exit 99; exec "$@"', "sh")
        layout = self.temp / "copied"
        done = harness.touchstone(
            "normalize", "--quiet", f"oci:{images.source('published')}", "-o", f"oci:{layout}", prefix=hidden
        )
        if done.returncode in (1, 99):  # unshare's or mount's own failure: a container that forbids it
            harness.possible(self.fail, f"nothing can be mounted here: {done.stderr.decode()}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(truth.same_layout(canonical("published"), layout))


class Canonical(normalize_test.NormalizeTestCase):
    """Made from itself, the same bytes; made from another build, too."""

    def test_normalizing_twice_changes_nothing(self):
        for name in images.REAL:
            for profile, options, variables, _ in normalize_test.PROFILES[: 4 if name == "published" else 1]:
                with self.subTest(image=name, profile=profile):
                    first, second = (self.temp / f"{name}-{profile}-{turn}.tar".replace(":", "") for turn in (1, 2))
                    environment = {**os.environ, **variables}
                    self.normalize(f"oci:{images.source(name)}", f"oci-archive:{first}", *options, env=environment)
                    summary = self.normalize(f"oci-archive:{first}", f"oci-archive:{second}", *options, env=environment)
                    self.assertEqual(first.read_bytes(), second.read_bytes())
                    self.assertIn("changed: nothing", summary)

    def test_the_same_trees_built_again_are_the_same_archive(self):
        first, second = self.temp / "first.tar", self.temp / "second.tar"
        self.normalize(f"oci:{images.published()}", f"oci-archive:{first}")
        self.normalize(f"oci:{images.rebuilt()}", f"oci-archive:{second}")
        self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_the_layers_of_a_dockerfile_built_again_are_the_same(self):
        """The image is not: buildah 1.28 writes the random ids of its intermediate images into history comments."""
        harness.need("buildah")
        layers = []
        for time in (images.FIRST_BUILD, images.SECOND_BUILD):
            layout = self.temp / f"canonical-{len(layers)}"
            self.normalize(f"oci:{harness.possible(images.by_buildah, time)}", f"oci:{layout}")
            layers.append(truth.manifest_of(layout)["layers"])
        self.assertEqual(*layers)


if __name__ == "__main__":
    harness.main()
