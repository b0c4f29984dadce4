"""`touchstone normalize --merge`: one layer that is the whole root file system. What that must hold is told by umoci,
which unpacks the source layer by layer; the merged layer is read by umoci, by tarfile and, as one tar, by GNU tar."""
import io
import json
import os
import tarfile

import documents_test
import harness
import images
import normalize_test
import tars
import truth

EPOCH = normalize_test.EPOCH
ROOT = {"type": "dir", "mode": "0755", "uid": 0, "gid": 0, "mtime": 0}  # what no layer describes (CRF-1, section 8)


def member(name, content=None, **facts):
    """A member for tars.store: a folder if the name ends in a slash, else a file; `facts` are fields of TarInfo."""
    info = tarfile.TarInfo(name)
    info.mtime = EPOCH
    if name.endswith("/"):
        info.type, info.mode = tarfile.DIRTYPE, 0o755
    for key, value in facts.items():
        setattr(info, key, value)
    if info.isreg():
        content = content or b""
        info.size = len(content)
    return info, content


def link(name, target, **facts):
    return member(name, type=tarfile.LNKTYPE, linkname=target, **facts)


class MergeTestCase(normalize_test.NormalizeTestCase):
    def merged(self, source, name="merged", *options):
        layout = self.temp / name
        self.normalize(f"oci:{source}", f"oci:{layout}", "--merge", *options)
        return layout

    def only_layer(self, layout):
        (layer,) = truth.manifest_of(layout)["layers"]
        return truth.plain(truth.blob_path(layout, layer["digest"]).read_bytes())

    def tree_by_umoci(self, layout):
        """With the root, also where no layer describes it: then it is an implied folder."""
        tree = truth.canonical_tree(self.unpacked(layout))
        tree.setdefault(b".", ROOT)
        return tree

    def check_files(self, source, merged, expected=None):
        """Both readers find the tree of the source in the one layer."""
        expected = expected or self.tree_by_umoci(source)
        self.assert_same_tree(expected, self.unpacked(merged))
        self.assert_same_tree(expected, tars.tree(self.only_layer(merged)))
        with tarfile.open(fileobj=io.BytesIO(self.only_layer(merged)), **tars.TEXT) as archive:
            self.assertEqual([info.name for info in archive if tars.is_whiteout(tars.clean(info.name))], [])


class OfRealImages(MergeTestCase):
    def check(self, name):
        source = images.source(name)
        merged = self.merged(source)
        self.check_files(source, merged)
        (digest,) = documents_test.config_of(merged)["rootfs"]["diff_ids"]
        said = self.digests(f"oci:{source}", f"oci:{merged}")
        self.assertEqual(said[0]["tree"], "crf1:" + truth.sha256(self.only_layer(merged)))
        self.assertEqual(digest, truth.sha256(self.only_layer(merged)))
        self.assertEqual((said[1]["tree"], said[1]["layers"]), (said[0]["tree"], [f"clf1:{digest}"]))
        report = self.diff(f"oci:{source}", f"oci:{merged}", "--require", "same-files")
        self.assertEqual((report.json["pass"], report.files()), (True, {}))
        self.assertEqual(report.verdict, "same-files")

    def test_layers_with_odd_nodes(self):
        self.check("published")

    def test_layers_by_umoci_with_whiteouts(self):
        self.check("umoci_layers")

    def test_layers_by_buildah(self):
        self.check("by_buildah")

    def test_one_layer_of_packages_is_the_layer_that_it_is_without_merging(self):
        """Each folder is a member there, the root too: CRF-1 and CLF-1 agree, and the history has one line for it.
        That the plain one unpacks to the tree of the source is shown in normalize_test.py."""
        source = images.source("by_mmdebstrap")
        self.normalize(f"oci:{source}", f"oci:{self.temp / 'plain'}")
        self.assertTrue(truth.same_layout(self.temp / "plain", self.merged(source)))
        self.assertEqual(self.diff(f"oci:{source}", f"oci:{self.temp / 'merged'}").verdict, "equivalent")

    def test_gnu_tar_extracts_it(self):
        merged = self.merged(images.umoci_layers())
        tar = tars.written(self.temp / "merged.tar", self.only_layer(merged))
        tars.extracted_by_gnu_tar(tar, self.temp / "by-gnu-tar")
        self.assert_same_tree(self.tree_by_umoci(images.umoci_layers()), truth.tree_of(self.temp / "by-gnu-tar"))

    def test_profiles_hold_for_the_merged_tree(self):
        source = images.umoci_layers()
        expected = self.unpacked(source)
        for name, options, changes in (
            ("clamped", ("--mtime", f"clamp:{EPOCH}"), {"mtime": normalize_test.at_most(EPOCH)}),
            ("kept", ("--mtime", "keep"), {"mtime": normalize_test.at_most(2**62)}),
            ("owned", ("--owner", "map:0:100000:1000,1000:7"), {"owner": normalize_test.shifted}),
        ):
            with self.subTest(profile=name):
                merged = self.merged(source, name, *options)
                self.check_files(source, merged, truth.canonical_tree(expected, **changes))
                digest = truth.sha256(self.only_layer(merged))
                said = self.digests(f"oci:{source}", *options)[0]["tree"]
                self.assertRegex(said, r"^crf1:mtime=[^,]*,owner=.*:" + digest + "$")

    def test_images_cut_otherwise_become_the_same_layer(self):
        builds = (images.published, images.squashed, images.in_four)
        self.assertEqual(len({self.only_layer(self.merged(build(), build.__name__)) for build in builds}), 1)

    def test_it_goes_with_compression_and_threads(self):
        expected = self.only_layer(self.merged(images.umoci_layers()))
        for options in (("--compress", "gzip"), ("--compress", "zstd"), ("--jobs", "1"), ("--jobs", "8")):
            with self.subTest(options=options):
                layout = self.merged(images.umoci_layers(), "".join(options), *options)
                self.assertTrue(self.only_layer(layout) == expected)

    def test_merged_and_plain_it_normalizes_to_itself(self):
        for name in ("published", "umoci_layers", "by_buildah"):
            merged = self.merged(images.source(name), name)
            for options in ((), ("--merge",)):
                with self.subTest(image=name, options=options):
                    again = self.temp / f"{name}-again{len(options)}"
                    self.normalize(f"oci:{merged}", f"oci:{again}", *options)
                    self.assertTrue(truth.same_layout(merged, again))


class History(MergeTestCase):
    def check(self, source):
        """All lines are kept; the last that made a layer still does, and all others say that they made none."""
        before = documents_test.config_of(source)
        after = documents_test.config_of(self.merged(source))
        self.assertEqual(len(after["rootfs"]["diff_ids"]), 1)
        made = [number for number, line in enumerate(before["history"]) if not line.get("empty_layer")]
        self.assertGreater(len(made), 0)
        for number, line in enumerate(before["history"]):
            line["created"] = "1970-01-01T00:00:00Z"
            if number != made[-1]:
                line["empty_layer"] = True
        self.assertEqual(after["history"], before["history"])
        self.assertEqual(len([line for line in after["history"] if not line.get("empty_layer")]), 1)
        for config in (before, after):
            del config["rootfs"]["diff_ids"], config["history"], config["created"]
        self.assertEqual(after, before)

    def test_exactly_one_line_made_the_layer(self):
        for name in images.REAL:
            with self.subTest(image=name):
                self.temp = self.temp / name
                self.temp.mkdir()
                self.check(images.source(name))

    def test_no_history_is_made_up(self):
        source = self.temp / "without"
        images.copy_tree(images.published(), source)
        config = documents_test.config_of(source)
        del config["history"]
        manifest = truth.manifest_of(source)
        manifest["config"].update(images.add_blob(source, json.dumps(config).encode()))
        images.set_manifest(source, manifest)
        merged = documents_test.config_of(self.merged(source))
        self.assertEqual((len(merged["rootfs"]["diff_ids"]), "history" in merged), (1, False))


class Stacks(MergeTestCase):
    """Images of a few members, each about one rule of merging. The expected tree is umoci's, and also spelled out."""

    def stack(self, *layers):
        """An image of layers that are lists of members; with its merged layout."""
        files = []
        for number, members in enumerate(layers):
            files.append(tars.written(self.temp / f"{number}.tar", tars.store(members)))
        images.assemble(self.temp / "stack", files, images.FIRST_BUILD)
        merged = self.merged(self.temp / "stack")
        self.check_files(self.temp / "stack", merged)
        tree = tars.tree(self.only_layer(merged))
        said = self.digests(f"oci:{self.temp / 'stack'}")[0]["tree"]
        self.assertEqual(said, "crf1:" + truth.sha256(self.only_layer(merged)))
        self.assertTrue(self.diff(f"oci:{self.temp / 'stack'}", f"oci:{merged}").json["pass"])
        return tree

    def test_whiteouts_are_carried_out_and_not_written(self):
        tree = self.stack(
            [member("./"), member("./a"), member("./d/"), member("./d/x"), member("./d/y"), member("./kept")],
            [member("./.wh.a"), member("./d/"), member("./d/.wh.x"), member("./d/new")],
            [member("./.wh.d"), member("./a", b"again")],
        )
        self.assertEqual(sorted(tree), [b".", b"a", b"kept"])
        self.assertEqual(tree[b"a"]["content"], truth.sha256(b"again"))

    def test_an_opaque_folder_hides_what_lies_below_and_keeps_what_comes_with_it(self):
        for place in (1, 3):  # before and after the siblings of its own layer
            with self.subTest(place=place):
                self.temp = self.temp / str(place)
                self.temp.mkdir()
                upper = [member("./d/", mode=0o700, uid=5), member("./d/new", b"n"), member("./d/sub/", gid=6)]
                upper.insert(place, member("./d/.wh..wh..opq"))
                tree = self.stack(
                    [member("./"), member("./d/"), member("./d/old"), member("./d/sub/"), member("./d/sub/old")], upper
                )
                self.assertEqual(sorted(tree), [b".", b"d", b"d/new", b"d/sub"])
                self.assertEqual((tree[b"d"]["mode"], tree[b"d"]["uid"], tree[b"d/sub"]["gid"]), ("0700", 5, 6))

    def test_folders_that_only_names_imply_are_written(self):
        tree = self.stack([member("a/b/c/file", b"deep", uid=7, gid=8)], [member("a/z/"), member("q/.wh.nothing")])
        implied = {b".", b"a", b"a/b", b"a/b/c"}
        self.assertEqual(set(tree), implied | {b"a/b/c/file", b"a/z"})  # a whiteout implies no folder
        self.assertEqual([tree[path] for path in sorted(implied)], [ROOT] * 4)

    def test_implied_folders_are_not_changed_by_the_owner_profile(self):
        layer = tars.written(self.temp / "0.tar", tars.store([member("a/file", b"x")]))
        images.assemble(self.temp / "stack", [layer], images.FIRST_BUILD)
        merged = self.merged(self.temp / "stack", "owned", "--owner", "9:9", "--mtime", "keep")
        tree = tars.tree(self.only_layer(merged))
        self.assertEqual((tree[b"."], tree[b"a"]), (ROOT, ROOT))
        self.assertEqual((tree[b"a/file"]["uid"], tree[b"a/file"]["mtime"]), (9, EPOCH))

    def test_a_hard_link_to_a_lower_layer_is_carried_out(self):
        """It is one file to umoci; overlay appliers that unpack each layer by itself find no target and refuse the
        layers, which is no other tree (section 8). Merged, it runs on all of them."""
        facts = {"mode": 0o640, "uid": 3}
        below = [member("./"), member("./m", b"content", **facts)]
        above = [link("./a", "./m", **facts), link("./z", "./a", **facts)]
        for name, layers in (("two", [below, above]), ("one", [below + above])):
            files = [tars.written(self.temp / f"{n}.tar", tars.store(members)) for n, members in enumerate(layers)]
            images.assemble(self.temp / name, files, images.FIRST_BUILD)
            truth.unpacked(self.temp / name, "latest", self.temp / f"{name}-bundle")
        trees = [truth.tree_of(self.temp / f"{name}-bundle/rootfs") for name in ("one", "two")]
        self.assertEqual(trees[1][b"z"]["names"], [b"a", b"m", b"z"])
        self.assert_same_tree(*trees)
        one, two = self.digests(f"oci:{self.temp / 'one'}", f"oci:{self.temp / 'two'}")
        self.assertEqual(one["tree"], two["tree"])
        merged = self.only_layer(self.merged(self.temp / "one"))
        self.assertEqual(one["tree"], "crf1:" + truth.sha256(merged))
        self.assertEqual(self.only_layer(self.merged(self.temp / "two", "merged-two")), merged)

    def test_a_name_replaced_above_leaves_the_other_names_of_its_inode(self):
        tree = self.stack(
            [member("./"), member("./a", b"old"), link("./b", "./a"), link("./c", "./a")],
            [member("./a", b"new")],
            [member("./.wh.b")],
        )
        found = {path: (facts["content"], facts.get("names")) for path, facts in tree.items() if path != b"."}
        self.assertEqual(found, {b"a": (truth.sha256(b"new"), None), b"c": (truth.sha256(b"old"), None)})

    def test_a_file_replaces_a_folder_and_a_folder_a_file(self):
        tree = self.stack(
            [member("./"), member("./d/"), member("./d/x"), member("./f")],
            [member("./d", b"now a file"), member("./f/"), member("./f/y")],
        )
        types = {path: facts["type"] for path, facts in tree.items()}
        self.assertEqual(types, {b".": "dir", b"d": "file", b"f": "dir", b"f/y": "file"})


class Refused(MergeTestCase):
    def refused(self, *arguments, patterns):
        before = sorted(os.listdir(self.temp))
        self.assert_trouble(harness.touchstone("normalize", *arguments), *patterns)
        self.assertEqual(sorted(os.listdir(self.temp)), before)

    def test_a_layer_tar_is_one_layer_already(self):
        layer = tars.written(self.temp / "in.tar", tars.store([member("a")]))
        self.refused(f"tar:{layer}", "-o", self.temp / "out", "--merge", patterns=("--merge", "layer tar"))

    def test_a_link_whose_target_no_layer_shows(self):
        for what, target in (("nothing", "./gone"), ("a folder", "./d")):
            with self.subTest(target=what):
                source = self.temp / f"link-to-{what.replace(' ', '-')}"
                members = [member("./"), member("./d/"), link("./a", target)]
                file = tars.written(self.temp / "0.tar", tars.store(members))
                images.assemble(source, [file], images.FIRST_BUILD)
                arguments = (f"oci:{source}", "-o", f"oci:{self.temp / 'out'}", "--merge")
                self.refused(*arguments, patterns=("link", target[2:]))


if __name__ == "__main__":
    harness.main()
