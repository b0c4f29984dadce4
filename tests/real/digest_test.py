"""`touchstone digest`: one image has one set of digests, from every transport and compression; they are those of the
bytes that `touchstone normalize` writes, by hashlib; and a list of them can be checked later."""
import json
import pathlib
import re
import shutil
import tempfile

import harness
import images
import tars
import truth


class DigestTestCase(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS, "zstd")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-digest-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)

    def lines(self, *arguments):
        done = harness.touchstone("digest", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode().splitlines()

    def facts(self, reference, *options):
        """{what: id} of the lines of one image: `layer 0`, `tree`, `image`."""
        facts = {}
        for line in self.lines(*options, reference):
            digest, rest = line.split("  ", 1)
            self.assertTrue(rest.startswith(reference + " "), line)
            facts[rest[len(reference) + 1 :]] = digest
        return facts


class SameContent(DigestTestCase):
    """What does not depend on how an image is stored."""

    def check(self, expected, references):
        for reference in references:
            with self.subTest(reference=reference):
                self.assertEqual(self.facts(reference), expected)

    def test_every_transport_has_the_same_digests(self):
        for name in images.REAL:
            references = [f"{t}:{images.packed(t, name)}" for t in images.TRANSPORTS if images.source(name)]
            self.check(self.facts(f"oci:{images.source(name)}"), references)

    def test_every_compression_has_the_same_digests(self):
        expected = self.facts(f"oci:{images.published()}")
        for compression in ("gzip", "zstd", "plain"):
            self.check(expected, (f"oci:{images.as_oci(compression)}", f"dir:{images.as_dir(compression)}"))

    def test_zstd_chunked_has_the_same_digests(self):
        self.check(self.facts(f"oci:{images.small()}"), (f"oci:{images.as_oci('zstd:chunked', 'small')}",))

    def test_two_builds_of_the_same_sources_have_the_same_digests(self):
        self.check(self.facts(f"oci:{images.published()}"), (f"oci:{images.rebuilt()}",))
        # The two do differ, in every layer and in the config, or nothing was shown.
        manifests = [truth.manifest_of(layout) for layout in (images.published(), images.rebuilt())]
        for first, second in zip(*([m["config"], *m["layers"]] for m in manifests), strict=True):
            self.assertNotEqual(first["digest"], second["digest"])

    def test_packages_unpacked_twice_have_the_same_digests(self):
        harness.need("mmdebstrap")
        first, second = (harness.possible(images.by_mmdebstrap, run) for run in (1, 2))
        self.check(self.facts(f"oci:{first}"), (f"oci:{second}",))

    def test_a_dockerfile_built_twice_has_the_same_layers_and_tree(self):
        """Not the same image: buildah 1.28 writes random ids of intermediate images into the history's comments."""
        harness.need("buildah")
        first, second = (
            self.facts(f"oci:{harness.possible(images.by_buildah, time)}")
            for time in (images.FIRST_BUILD, images.SECOND_BUILD)
        )
        self.assertEqual({**first, "image": ""}, {**second, "image": ""})

    def test_images_that_hold_other_files_have_other_digests(self):
        names = ("published", "small", "umoci_layers")
        facts = [self.facts(f"oci:{images.SOURCES[name]()}") for name in names]
        for what in ("tree", "image"):
            self.assertEqual(len({fact[what] for fact in facts}), len(names))

    def test_an_image_cut_otherwise_has_the_same_tree_and_another_image_digest(self):
        """Where layers are cut is part of an image, and no part of its tree."""
        facts = [self.facts(f"oci:{build()}") for build in (images.published, images.squashed, images.in_four)]
        self.assertEqual([len({fact[what] for fact in facts}) for what in ("tree", "image")], [1, 3])


class OfTheCanonicalForm(DigestTestCase):
    """What is printed is what sha256sum says of what normalize writes."""

    def test_layers_and_image_are_those_of_the_normalized_layout(self):
        for name in images.REAL:
            for options, profile in (
                ((), ""),
                (("--mtime", "keep"), "mtime=keep,owner=keep:"),
                (("--mtime", "clamp:1700000000", "--owner", "1:2"), "mtime=clamp:1700000000,owner=1:2:"),
            ):
                with self.subTest(image=name, options=options):
                    layout = self.temp / f"{name}{len(options)}"
                    self.normalize(f"oci:{images.source(name)}", f"oci:{layout}", *options)
                    facts = self.facts(f"oci:{images.source(name)}", *options)
                    index = json.loads((layout / "index.json").read_text())
                    manifest = truth.blob_path(layout, index["manifests"][0]["digest"]).read_bytes()
                    layers = [
                        truth.blob_path(layout, descriptor["digest"]).read_bytes()
                        for descriptor in json.loads(manifest)["layers"]
                    ]
                    self.assertEqual(facts.pop("image"), truth.sha256(manifest))
                    self.assertTrue(facts.pop("tree").startswith(f"crf1:{profile}sha256:"))
                    self.assertEqual(
                        facts,
                        {f"layer {n}": f"clf1:{profile}{truth.sha256(data)}" for n, data in enumerate(layers)},
                    )

    def test_the_tree_of_one_layer_without_whiteouts_is_the_layer(self):
        """CRF-1 and CLF-1 agree where each folder is a member, the root too: by_mmdebstrap is such a layer."""
        facts = self.facts(f"oci:{images.source('by_mmdebstrap')}")
        self.assertEqual(facts["tree"], facts["layer 0"].replace("clf1", "crf1"))

    def test_the_normalized_image_has_the_digests_of_its_source(self):
        for name in images.REAL:
            with self.subTest(image=name):
                self.normalize(f"oci:{images.source(name)}", f"oci-archive:{self.temp / name}")
                facts = self.facts(f"oci-archive:{self.temp / name}")
                self.assertEqual(facts, self.facts(f"oci:{images.source(name)}"))

    def test_json_says_the_same(self):
        layer = tars.written(self.temp / "layer.tar", tars.store(tars.load(self.layer())))
        references = [f"oci:{images.published()}", f"oci:{images.umoci_layers()}", f"tar:{layer}"]
        found = self.digests(*references)
        for reference, line in zip(references, found, strict=True):
            facts = self.facts(reference)
            layers = [facts[f"layer {number}"] for number in range(len(facts) - len({"tree", "image"} & set(facts)))]
            expected = {"reference": reference, "layers": layers, "tree": facts["tree"]}
            if not reference.startswith("tar:"):
                expected["image"] = facts["image"]
            self.assertEqual(line, expected)
        keys = ["reference", "layers", "tree", "image"]
        self.assertEqual([list(line) for line in found], [keys, keys, keys[:3]])

    def layer(self):
        layout = images.small()
        return truth.plain(truth.blob_path(layout, truth.manifest_of(layout)["layers"][0]["digest"]).read_bytes())

    def test_the_lines_of_several_images_stand_together(self):
        first, second = f"oci:{images.published()}", f"oci:{images.small()}"
        self.assertEqual(self.lines(first, second), self.lines(first) + self.lines(second))
        for line in self.lines(first, second):
            self.assertRegex(line, r"^(?:c[lr]f1:)?sha256:[0-9a-f]{64}  oci:\S+ (?:layer \d+|tree|image)$")

    def test_an_image_that_is_broken_has_no_digests(self):
        good, bad = images.small(), self.temp / "bad"
        images.copy_tree(good, bad)
        digest = truth.manifest_of(bad)["layers"][1]["digest"]
        path = truth.blob_path(bad, digest)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        done = harness.touchstone("digest", f"oci:{bad}")
        self.assert_trouble(done, digest.removeprefix("sha256:")[:12])
        self.assertEqual(done.stdout, b"")


class Check(DigestTestCase):
    """--check of a list that was written earlier."""

    def setUp(self):
        super().setUp()
        self.images = [self.temp / "first", self.temp / "second"]
        for layout, source in zip(self.images, (images.small(), images.umoci_layers())):
            images.copy_tree(source, layout)
        references = [f"oci:{layout}" for layout in self.images]
        self.said = [*self.lines(*references), *self.lines("--mtime", "keep", "--owner", "0:0", references[0])]
        self.list = tars.written(self.temp / "list", "\n".join([*self.said, ""]).encode())

    def check(self, status, *options):
        done = harness.touchstone("digest", "--check", self.list, *options)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode().splitlines()

    def names(self):
        return [line.split("  ", 1)[1] for line in self.said]

    def test_all_lines_hold(self):
        self.assertEqual(self.check(0), [f"{name}: OK" for name in self.names()])
        self.assertEqual(self.check(0, "--quiet"), [])

    def test_each_wrong_line_fails_and_no_other(self):
        for number in range(len(self.said)):
            with self.subTest(line=self.said[number]):
                wrong = list(self.said)
                last = "0" if wrong[number].split("  ")[0][-1] != "0" else "1"
                wrong[number] = re.sub(r"[0-9a-f](  )", last + r"\1", wrong[number], count=1)
                self.list.write_text("\n".join([*wrong, ""]))
                self.assertEqual(
                    self.check(1),
                    [f"{name}: {'FAILED' if n == number else 'OK'}" for n, name in enumerate(self.names())],
                )
                self.assertEqual(self.check(1, "--quiet"), [f"{self.names()[number]}: FAILED"])

    def test_an_image_that_was_built_again_holds_and_another_one_does_not(self):
        shutil.rmtree(self.images[0])
        images.copied(f"oci:{images.small()}:latest", f"oci:{self.images[0]}:other", "--dest-compress-format", "zstd")
        self.assertEqual(self.check(0), [f"{name}: OK" for name in self.names()])
        shutil.rmtree(self.images[0])
        images.copy_tree(images.in_four(), self.images[0])
        found = self.check(1)
        failed = {line.removesuffix(": FAILED") for line in found if line.endswith(": FAILED")}
        self.assertEqual(failed, {name for name in self.names() if str(self.images[0]) in name})

    def test_an_image_that_is_gone_is_trouble(self):
        shutil.rmtree(self.images[1])
        done = harness.touchstone("digest", "--check", self.list)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"second", done.stderr)
        unread = [line for line in done.stdout.splitlines() if b": FAILED open or read" in line]
        self.assertEqual({b"second" in line for line in unread}, {True})
        self.assertIn(b"first tree: OK", done.stdout)

    def test_a_list_that_is_none_is_trouble(self):
        for content, pattern in (
            ("", "no digest lines"),
            ("anything\n", "line 1"),
            ("\n".join(self.said) + "\nsha256:00  image\n", f"line {len(self.said) + 1}"),
        ):
            with self.subTest(content=content[-30:]):
                self.list.write_text(content)
                self.assert_trouble(harness.touchstone("digest", "--check", self.list), pattern)
        self.assert_trouble(harness.touchstone("digest", "--check", self.temp / "nothing"), "nothing")


if __name__ == "__main__":
    harness.main()
