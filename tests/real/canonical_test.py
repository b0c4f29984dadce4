"""The digests of canonical forms in the reports of `touchstone diff`: when they are there, that they are those of
`touchstone digest`, and that they are equal where the files are, and differ in the layer that differs."""
import hashlib
import pathlib
import tarfile
import tempfile

import harness
import images
import refused_test
import tars
import truth

PROFILES = (  # --rules of diff, and the profile of digest that says the same
    ((), (), ""),
    (("--rules", "+owner"), ("--owner", "0:0"), "mtime=zero,owner=0:0:"),
    (("--rules=-mtime",), ("--mtime", "keep"), "mtime=keep,owner=keep:"),
    (("--rules", "+owner,-mtime"), ("--mtime", "keep", "--owner", "0:0"), "mtime=keep,owner=0:0:"),
)


def ids(report):
    """[(ids of the layers, id of the tree)] of both sides; None for what the report does not have."""
    return [([layer.get("canonical") for layer in side["layers"]], side.get("tree")) for side in report.json["sides"]]


class CanonicalTestCase(harness.TestCase):
    def setUp(self):
        harness.need(*images.TOOLS, "zstd")
        temp = tempfile.TemporaryDirectory(prefix="touchstone-canonical-")
        self.addCleanup(temp.cleanup)
        self.temp = pathlib.Path(temp.name)

    def by_digest(self, *references):
        """The same of `touchstone digest`."""
        return [(line["layers"], line["tree"]) for line in self.digests(*references)]

    def changed(self, number, change):
        """`published` with another tar for one of its layers, every digest made right again."""
        layout = self.temp / f"changed-{number}"
        refused_test.repacked(images.published(), layout, change, number)
        return layout

    def more(self, number):
        return self.changed(number, lambda data: tars.store([*tars.load(data), one_more_file(number)]))


def one_more_file(number):
    return tarfile.TarInfo(f"added-to-{number}"), b""


class Equivalent(CanonicalTestCase):
    def check(self, published, rebuilt, layers):
        report = self.diff(published, rebuilt)
        self.assertEqual(report.verdict, "equivalent")
        first, second = ids(report)
        self.assertEqual(first, second)
        self.assertEqual([first, second], self.by_digest(published, rebuilt))
        self.assertEqual(len(set(first[0])), layers)
        self.assertTrue(all(one.startswith("clf1:sha256:") for one in first[0]))
        self.assertTrue(first[1].startswith("crf1:sha256:"))

    def test_the_same_trees_built_again(self):
        self.check(f"oci:{images.published()}", f"oci:{images.rebuilt()}", 3)

    def test_a_dockerfile_built_again_by_buildah(self):
        harness.need("buildah")
        times = (images.FIRST_BUILD, images.SECOND_BUILD)
        self.check(*(f"oci:{harness.possible(images.by_buildah, time)}" for time in times), 3)

    def test_packages_unpacked_again_by_mmdebstrap(self):
        harness.need("mmdebstrap")
        self.check(*(f"oci:{harness.possible(images.by_mmdebstrap, run)}" for run in (1, 2)), 1)

    def test_other_transports_and_compressions(self):
        self.check(f"oci:{images.published()}", f"docker-archive:{images.as_archive('docker-archive')}", 3)
        self.check(f"dir:{images.as_dir('zstd')}", f"oci:{images.published()}", 3)

    def test_what_normalize_writes(self):
        """There the ids are the sums of the blobs, by hashlib."""
        self.normalize(f"oci:{images.umoci_layers()}", f"oci:{self.temp / 'plain'}")
        self.check(f"oci:{images.umoci_layers()}", f"oci:{self.temp / 'plain'}", 3)
        self.normalize(f"oci:{images.umoci_layers()}", f"oci:{self.temp / 'merged'}", "--merge")
        found = ids(self.diff(f"oci:{images.umoci_layers()}", f"oci:{self.temp / 'plain'}"))[1]
        sums = [
            [hashlib.sha256(truth.blob_path(layout, layer["digest"]).read_bytes()).hexdigest() for layer in layers]
            for layout in (self.temp / "plain", self.temp / "merged")
            for layers in (truth.manifest_of(layout)["layers"],)
        ]
        self.assertEqual(found, ([f"clf1:sha256:{one}" for one in sums[0]], f"crf1:sha256:{sums[1][0]}"))


class WhereTheyAre(CanonicalTestCase):
    """By default only where the verdict is equivalent; with --canonical always."""

    def pairs(self):
        return {
            "identical": (f"oci:{images.published()}", f"oci-archive:{images.as_archive('oci-archive')}"),
            "same-files": (f"oci:{images.published()}", f"oci:{images.squashed()}"),
            "divergent": (f"oci:{images.published()}", f"oci:{self.more(1)}"),
        }

    def test_without_the_option_other_verdicts_have_none(self):
        for verdict, pair in self.pairs().items():
            with self.subTest(verdict=verdict):
                report = self.diff(*pair)
                self.assertEqual(report.verdict, verdict)
                self.assertEqual({one for layers, tree in ids(report) for one in (*layers, tree)}, {None})
                self.assertNotRegex(report.raw, rb"c[lr]f1")

    def test_with_the_option_every_verdict_has_those_of_digest(self):
        for verdict, pair in self.pairs().items():
            with self.subTest(verdict=verdict):
                report = self.diff(*pair, "--canonical")
                self.assertEqual(report.verdict, verdict)
                self.assertEqual(ids(report), self.by_digest(*pair))

    def test_the_option_changes_nothing_else(self):
        for verdict, pair in self.pairs().items():
            with self.subTest(verdict=verdict):
                plain, with_ids = self.diff(*pair).json, self.diff(*pair, "--canonical").json
                for side in with_ids["sides"]:
                    del side["tree"]
                    for layer in side["layers"]:
                        del layer["canonical"]
                self.assertEqual(plain, with_ids)

    def test_they_do_not_depend_on_threads(self):
        pair = self.pairs()["divergent"]
        one, many = (self.diff(*pair, "--canonical", "--jobs", jobs) for jobs in ("1", "8"))
        self.assertEqual(one.raw, many.raw)

    def test_the_text_has_the_id_of_the_tree_on_demand(self):
        again = (f"oci:{images.published()}", f"oci:{images.rebuilt()}")
        for verdict, pair in {"equivalent": again, **self.pairs()}.items():
            with self.subTest(verdict=verdict):
                trees = [tree for _, tree in self.by_digest(*pair)]
                text = self.text(*pair, "--canonical")
                self.assertEqual([word for word in text.split() if word.startswith("crf1:")], trees)
                self.assertNotRegex(self.text(*pair), "c[lr]f1:")


class Divergent(CanonicalTestCase):
    def test_they_differ_in_the_layer_that_differs_and_in_the_tree(self):
        for number in range(3):
            with self.subTest(layer=number):
                report = self.diff(f"oci:{images.published()}", f"oci:{self.more(number)}", "--canonical")
                self.assertEqual(report.verdict, "divergent")
                self.assertEqual({path for path, _ in report.files()}, {f"added-to-{number}"})
                (first, first_tree), (second, second_tree) = ids(report)
                self.assertEqual([a != b for a, b in zip(first, second, strict=True)], [n == number for n in range(3)])
                self.assertNotEqual(first_tree, second_tree)

    def test_what_an_upper_layer_hides_changes_its_layer_and_not_the_tree(self):
        """A file below that the layer above removes: shipped, and in no merged tree."""
        hidden = b"usr/bin/touch"  # umoci_layers removes it in its second layer
        layout = self.temp / "hidden"

        def other_content(data):
            members = tars.load(data)
            place = [tars.clean(info.name) for info, _ in members].index(hidden)
            members[place] = (members[place][0], bytes(members[place][0].size))
            return tars.store(members)

        refused_test.repacked(images.umoci_layers(), layout, other_content)
        report = self.diff(f"oci:{images.umoci_layers()}", f"oci:{layout}", "--canonical")
        (first, first_tree), (second, second_tree) = ids(report)
        self.assertEqual([a != b for a, b in zip(first, second, strict=True)], [True, False, False])
        self.assertEqual(first_tree, second_tree)
        self.assertNotEqual(report.verdict, "equivalent")

    def test_images_cut_otherwise_have_the_same_tree_and_other_layers(self):
        for pair in ((images.squashed(), images.in_four()), (images.in_four(), images.squashed())):
            with self.subTest(published=pair[0].name):
                report = self.diff(*(f"oci:{layout}" for layout in pair), "--canonical")
                (first, first_tree), (second, second_tree) = ids(report)
                self.assertEqual((report.verdict, first_tree), ("same-files", second_tree))
                self.assertEqual(sorted(map(len, (first, second))), [1, 4])
                self.assertEqual(set(first) & set(second), set())
        three, four = self.by_digest(f"oci:{images.published()}", f"oci:{images.in_four()}")
        self.assertEqual((three[0][:2], three[1]), (four[0][:2], four[1]))  # the same two trees lie below


class Rules(CanonicalTestCase):
    """The profile follows the rules: an id never hides what the verdict counts, nor counts what it hides."""

    def test_ids_have_the_profile_of_the_rules(self):
        pair = (f"oci:{images.rebuilt()}", f"oci:{images.umoci_layers()}")
        for rules, profile, named in PROFILES:
            with self.subTest(rules=rules):
                found = ids(self.diff(*pair, "--canonical", *rules))
                self.assertEqual(found, self.by_digest(*pair, *profile))
                for one in (one for layers, tree in found for one in (*layers, tree)):
                    self.assertRegex(one, rf"^c[lr]f1:{named}sha256:[0-9a-f]{{64}}$")

    def test_owners_that_differ_are_equivalent_under_the_rule_and_have_one_id(self):
        layout = self.temp / "owned"
        self.normalize(f"oci:{images.published()}", f"oci:{layout}", "--owner", "5:6")
        pair = (f"oci:{images.published()}", f"oci:{layout}")
        without, under = self.diff(*pair, "--canonical"), self.diff(*pair, "--rules", "+owner")
        self.assertEqual((without.verdict, under.verdict), ("divergent", "equivalent"))
        self.assertEqual(ids(under)[0], ids(under)[1])
        self.assertEqual(ids(under), self.by_digest(*pair, "--owner", "0:0"))
        for a, b in zip(ids(without)[0][0], ids(without)[1][0], strict=True):
            self.assertNotEqual(a, b)

    def test_times_that_count_make_other_ids(self):
        pair = (f"oci:{images.published()}", f"oci:{images.rebuilt()}")
        report = self.diff(*pair, "--rules=-mtime", "--canonical")
        (first, first_tree), (second, second_tree) = ids(report)
        self.assertEqual(report.verdict, "divergent")
        self.assertEqual([a != b for a, b in zip(first, second, strict=True)], [True] * 3)
        self.assertNotEqual(first_tree, second_tree)


if __name__ == "__main__":
    harness.main()
