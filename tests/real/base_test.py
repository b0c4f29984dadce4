"""`touchstone normalize --base`: layers shared with a base image stay as they are stored, others become canonical. The
base is made of the same layer tars as the image, then stored in other ways; expected bytes are those of the source
layout, expected trees umoci's, and the layer of each path tarfile's."""
import functools
import json
import pathlib
import tempfile

import documents_test
import harness
import images
import normalize_test
import tars
import truth

WORK = tempfile.TemporaryDirectory(prefix="touchstone-base-")  # removed when the program ends
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"


@functools.lru_cache
def layer_tars():
    """The layers of `published`, uncompressed, as files."""
    files = []
    for number, layer in enumerate(truth.manifest_of(images.published())["layers"]):
        data = truth.plain(truth.blob_path(images.published(), layer["digest"]).read_bytes())
        files.append(tars.written(pathlib.Path(WORK.name) / f"{number}.tar", data))
    return files


@functools.lru_cache
def base_of(*layers, created=images.SECOND_BUILD):
    """An image of some of those layers, with a configuration of its own."""
    layout = pathlib.Path(WORK.name) / f"base-of-{'-'.join(map(str, layers))}"
    images.assemble(layout, [layer_tars()[number] for number in layers], created)
    return layout


class BaseTestCase(normalize_test.NormalizeTestCase):
    source_tree = {}  # of `published`, by umoci, for all tests here

    def setUp(self):
        super().setUp()
        harness.need("zstd")

    def based(self, source, base, *options, name="based"):
        layout = self.temp / name
        self.normalize(source, f"oci:{layout}", "--base", base, *options)
        return layout

    def blobs(self, layout):
        return [truth.blob_path(layout, layer["digest"]).read_bytes() for layer in truth.manifest_of(layout)["layers"]]

    def plain(self, *options):
        """`published` by normalize without a base: what those layers must be that are not shared."""
        layout = self.temp / f"plain{''.join(options)}"
        if not layout.exists():
            self.normalize(f"oci:{images.published()}", f"oci:{layout}", *options)
        return layout

    def check(self, source, shared, layout, *options):
        """The lowest `shared` layers are those of the layout `source`, the others those of plain()."""
        before, plain, after = (truth.manifest_of(one)["layers"] for one in (source, self.plain(*options), layout))
        self.assertEqual(len(after), 3)
        self.assertTrue(self.blobs(layout) == self.blobs(source)[:shared] + self.blobs(self.plain(*options))[shared:])
        self.assertEqual(after[shared:], plain[shared:])
        for kept, layer in zip(before[:shared], after):
            self.assertEqual(layer, {key: kept[key] for key in ("mediaType", "digest", "size")})
        config = documents_test.config_of(layout)
        self.assertEqual(config["rootfs"]["diff_ids"], [truth.sha256(truth.plain(blob)) for blob in self.blobs(layout)])
        for one in (config, expected := documents_test.config_of(self.plain(*options))):
            del one["rootfs"]["diff_ids"]
        self.assertEqual(config, expected)

    def check_tree(self, layout, shared, **changes):
        """Paths of shared layers are as they were; those of the others are changed by the profile."""
        if not self.source_tree:
            self.source_tree.update(self.unpacked(images.published()))
        layers = {b".": 2, **truth.layer_of_paths(images.published())}  # each of the three has the root
        changed = truth.canonical_tree(self.source_tree, **changes)
        expected = {path: (node if layers[path] < shared else changed[path]) for path, node in self.source_tree.items()}
        self.assert_same_tree(expected, self.unpacked(layout))


class Shared(BaseTestCase):
    def test_shared_layers_are_the_same_files_and_others_are_canonical(self):
        for layers in ((0,), (0, 1), (0, 1, 2)):
            with self.subTest(shared=len(layers)):
                layout = self.based(f"oci:{images.published()}", f"oci:{base_of(*layers)}", name=f"{len(layers)}")
                self.check(images.published(), len(layers), layout)
                self.check_tree(layout, len(layers))
                report = self.diff(f"oci:{images.published()}", f"oci:{layout}")
                self.assertEqual((report.verdict, report.files()), ("equivalent", {}))
                first, second = self.digests(f"oci:{images.published()}", f"oci:{layout}")
                self.assertEqual((first["layers"], first["tree"]), (second["layers"], second["tree"]))

    def test_the_base_may_be_stored_in_any_way(self):
        for transport in images.TRANSPORTS:
            with self.subTest(transport=transport):
                end = {"oci": ":latest", "oci-archive": ":latest", "docker-archive": ":base:1", "dir": ""}[transport]
                base = f"{transport}:{self.temp / transport}"
                images.copied(f"oci:{base_of(0, 1)}:latest", base + end)
                layout = self.based(f"oci:{images.published()}", base, name=f"by-{transport}")
                self.check(images.published(), 2, layout)

    def test_a_base_compressed_otherwise_gives_nothing_but_its_diff_ids(self):
        """The blobs that stay are those of the image, never those of the base."""
        for kind, suffix in (("gzip", "+gzip"), ("zstd", "+zstd"), ("plain", "")):
            source = images.as_oci(kind)
            for other in ("gzip", "zstd"):
                with self.subTest(image=kind, base=other):
                    base = self.temp / f"base-{kind}-{other}"
                    how = ("--dest-compress", "--dest-compress-format", other)
                    images.copied(f"oci:{base_of(0, 1)}:latest", f"oci:{base}:latest", *how)
                    layout = self.based(f"oci:{source}", f"oci:{base}", name=f"{kind}-{other}")
                    self.check(source, 2, layout)
                    types = [layer["mediaType"] for layer in truth.manifest_of(layout)["layers"]]
                    self.assertEqual(types, [f"{OCI_LAYER}{suffix}"] * 2 + [OCI_LAYER])

    def test_an_image_from_a_docker_archive_keeps_its_plain_layers(self):
        """The names of the media types become those of OCI; the base's own are Docker's, as skopeo's dir has them."""
        base = self.temp / "base"
        images.copied(f"oci:{base_of(0)}:latest", f"dir:{base}", "--format", "v2s2")
        self.assertIn("docker", json.loads((base / "manifest.json").read_text())["layers"][0]["mediaType"])
        layout = self.based(f"docker-archive:{images.as_archive('docker-archive')}", f"dir:{base}")
        self.assertTrue(self.blobs(layout)[0] == layer_tars()[0].read_bytes())
        self.assertTrue(self.blobs(layout)[1:] == self.blobs(self.plain())[1:])
        self.assertEqual({layer["mediaType"] for layer in truth.manifest_of(layout)["layers"]}, {OCI_LAYER})

    def test_docker_layers_that_stay_get_the_name_of_oci(self):
        source = self.temp / "docker"
        images.copied(f"oci:{images.published()}:latest", f"dir:{source}", "--format", "v2s2")
        layout = self.based(f"dir:{source}", f"oci:{base_of(0)}")
        kept = truth.manifest_of(layout)["layers"][0]
        digest = json.loads((source / "manifest.json").read_text())["layers"][0]["digest"]
        self.assertEqual((kept["mediaType"], kept["digest"]), (f"{OCI_LAYER}+gzip", digest))
        self.assertTrue(self.blobs(layout)[0] == (source / digest.removeprefix("sha256:")).read_bytes())

    def test_what_is_shared_ends_at_the_first_layer_that_is_not(self):
        """A base with more layers, with another second layer, or with the layers of the image above others."""
        for layers, shared in (((0, 2), 1), ((0, 2, 1), 1), ((0, 1, 0), 2), ((0, 1, 2, 0), 3)):
            with self.subTest(base=layers):
                layout = self.based(f"oci:{images.published()}", f"oci:{base_of(*layers)}", name=f"{layers}")
                self.check(images.published(), shared, layout)

    def test_it_goes_with_profiles_and_compression(self):
        clamp = normalize_test.EPOCH
        for options, mtime in (
            (("--mtime", "keep"), lambda seconds: seconds),
            (("--mtime", f"clamp:{clamp}", "--compress", "gzip"), normalize_test.at_most(clamp)),
            (("--compress", "gzip"), lambda seconds: 0),
        ):
            with self.subTest(options=options):
                name = "-".join(options).replace(":", "")  # what follows a colon is a tag
                layout = self.based(f"oci:{images.published()}", f"oci:{base_of(0, 1)}", *options, name=name)
                self.check(images.published(), 2, layout, *options)
                self.check_tree(layout, 2, mtime=mtime)
        records = ["annotations" in layer for layer in truth.manifest_of(layout)["layers"]]
        self.assertEqual(records, [False, False, True])

    def test_owners_change_above_the_base_only(self):
        layout = self.based(f"oci:{images.published()}", f"oci:{base_of(0, 1)}", "--owner", "77:88")
        self.check_tree(layout, 2, owner=normalize_test.owned_by(77, 88))

    def test_threads_and_a_second_run_change_nothing(self):
        expected = self.based(f"oci:{images.published()}", f"oci:{base_of(0, 1)}")
        for jobs in ("1", "8"):
            again = self.based(f"oci:{expected}", f"oci:{base_of(0, 1)}", "--jobs", jobs, name=f"again{jobs}")
            self.assertTrue(truth.same_layout(expected, again))

    def test_skopeo_copies_it(self):
        layout = self.based(f"oci:{images.published()}", f"oci:{base_of(0, 1)}", "--compress", "zstd")
        images.copied(f"oci:{layout}:latest", f"dir:{self.temp / 'copy'}")
        report = self.diff(f"oci:{images.published()}", f"dir:{self.temp / 'copy'}")
        self.assertEqual(report.verdict, "equivalent")


class Refused(BaseTestCase):
    def refused(self, *arguments, patterns):
        done = harness.touchstone("normalize", *arguments)
        self.assert_trouble(done, *patterns)
        self.assertFalse((self.temp / "out").exists())

    def test_an_image_that_is_not_the_base(self):
        """None of its layers, or none at the bottom."""
        source, out = f"oci:{images.published()}", f"oci:{self.temp / 'out'}"
        for base in (images.umoci_layers(), base_of(1), base_of(1, 0)):
            with self.subTest(base=base.name):
                self.refused(source, "-o", out, "--base", f"oci:{base}", patterns=("--base", base.name, "no layer"))

    def test_the_same_trees_built_again_are_another_base(self):
        """Their layers hold the same files and have other diffIDs: nothing can stay as it is."""
        arguments = (f"oci:{images.published()}", "-o", f"oci:{self.temp / 'out'}", "--base", f"oci:{images.rebuilt()}")
        self.refused(*arguments, patterns=("--base", "rebuilt"))

    def test_a_base_that_is_not_there(self):
        arguments = (f"oci:{images.published()}", "-o", f"oci:{self.temp / 'out'}", "--base", f"oci:{self.temp / 'no'}")
        self.refused(*arguments, patterns=(str(self.temp / "no"),))

    def test_merge_and_base_exclude_each_other(self):
        arguments = (f"oci:{images.published()}", "-o", f"oci:{self.temp / 'out'}", "--base", f"oci:{base_of(0)}")
        self.refused(*arguments, "--merge", patterns=("--merge", "--base"))

    def test_a_layer_tar_has_no_base(self):
        arguments = (f"tar:{layer_tars()[0]}", "-o", self.temp / "out", "--base", f"oci:{base_of(0)}")
        self.refused(*arguments, patterns=("--base", "layer tar"))

    def test_a_shared_layer_that_is_damaged_is_not_carried_over(self):
        source = self.temp / "damaged"
        images.copy_tree(images.published(), source)
        digest = truth.manifest_of(source)["layers"][0]["digest"]
        path = truth.blob_path(source, digest)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        arguments = (f"oci:{source}", "-o", f"oci:{self.temp / 'out'}", "--base", f"oci:{base_of(0)}")
        self.refused(*arguments, patterns=(digest.removeprefix("sha256:")[:12],))


if __name__ == "__main__":
    harness.main()
