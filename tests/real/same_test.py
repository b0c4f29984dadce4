"""Images that are the same in what they hold: built again, compressed otherwise, packed otherwise, cut otherwise."""
import gzip
import io
import struct
import tarfile

import harness
import images
import truth


class BuiltAgain(harness.TestCase):
    """The same sources, twice."""

    def check_equivalent(self, published, rebuilt):
        report = self.diff(published, rebuilt)
        self.assertEqual(report.verdict, "equivalent")
        self.assertEqual(report.files(), {})
        first, second = report.json["sides"]
        self.assertEqual(first["tree"], second["tree"])
        self.assertEqual(*([layer["canonical"] for layer in side["layers"]] for side in (first, second)))
        return report

    def test_the_same_trees_packed_at_another_time_are_equivalent(self):
        harness.need(*images.TOOLS)
        report = self.check_equivalent(f"oci:{images.published()}", f"oci:{images.rebuilt()}")
        self.assertGreater(report.json["summary"]["noise"]["mtime"], 100)

    def test_a_dockerfile_built_twice_by_buildah_is_equivalent(self):
        harness.need(*images.TOOLS, "buildah")
        first, second = (
            harness.possible(images.by_buildah, time) for time in (images.FIRST_BUILD, images.SECOND_BUILD)
        )
        self.check_equivalent(f"oci:{first}", f"oci:{second}")

    def test_packages_unpacked_twice_by_mmdebstrap_are_equivalent(self):
        harness.need(*images.TOOLS, "mmdebstrap")
        first, second = (harness.possible(images.by_mmdebstrap, run) for run in (1, 2))
        self.check_equivalent(f"oci:{first}", f"oci:{second}")


class EncodedOtherwise(harness.TestCase):
    """One image through other transports and compressions: the tars are the same bytes."""

    def check(self, other, verdict="equivalent", published=None):
        report = self.diff(published or f"oci:{images.published()}", other)
        self.assertEqual((report.verdict, report.files()), (verdict, {}))
        return report

    def test_compression_and_transport_do_not_matter(self):
        harness.need(*images.TOOLS, "zstd")
        for compression in ("gzip", "zstd", "plain"):
            for transport, path in (("dir", images.as_dir(compression)), ("oci", images.as_oci(compression))):
                with self.subTest(compression=compression, transport=transport):
                    report = self.check(f"{transport}:{path}")
                    expected = {"plain": "none"}.get(compression, compression)
                    self.assertEqual({layer["compression"] for layer in report.json["sides"][1]["layers"]}, {expected})

    def test_a_docker_archive_equals_the_oci_layout_it_came_from(self):
        harness.need(*images.TOOLS)
        self.check(f"docker-archive:{images.as_archive('docker-archive')}")
        self.check(images.as_archive("docker-archive"))

    def test_an_oci_archive_keeps_the_manifest(self):
        harness.need(*images.TOOLS)
        self.check(f"oci-archive:{images.as_archive('oci-archive')}", "identical")
        self.check(images.as_archive("oci-archive"), "identical")

    def test_zstd_chunked_with_its_skippable_frames_equals_gzip(self):
        harness.need(*images.TOOLS, "zstd")
        self.check(f"oci:{images.as_oci('zstd:chunked', 'spelt')}", published=f"oci:{images.spelt()}")

    def test_one_gzip_member_a_file_and_a_footer_member_equal_one_member(self):
        """The shape of an eStargz layer: each tar member in a gzip member of its own, and an empty one at the end with an
        extra field (lazy_view_test.py has real ones)."""
        harness.need(*images.TOOLS)
        layout = stargz_like(images.small(), images.WORK / "stargz_like")
        self.check(f"oci:{layout}", published=f"oci:{images.small()}")


def stargz_like(source, target):
    """A copy of the layout whose layers have the shape of eStargz; their uncompressed bytes are the same."""
    if target.exists():
        return target
    images.copy_tree(source, target)
    manifest = truth.manifest_of(target)
    for layer in manifest["layers"]:
        data = truth.plain(truth.blob_path(source, layer["digest"]).read_bytes())
        with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
            starts = [member.offset for member in archive] + [len(data)]
        starts[0] = 0
        members = [gzip.compress(data[start:end], mtime=0) for start, end in zip(starts, starts[1:])]
        extra = b"GS" + struct.pack("<H", 22) + b"%016xSTARGZ" % sum(map(len, members))
        footer = b"\x1f\x8b\x08\x04" + bytes(4) + b"\x00\xff" + struct.pack("<H", len(extra)) + extra
        blob = b"".join(members) + footer + b"\x01\x00\x00\xff\xff" + bytes(8)
        layer.update(images.add_blob(target, blob))
    images.set_manifest(target, manifest)
    return target


class CutOtherwise(harness.TestCase):
    def test_one_layer_against_three_holds_the_same_files(self):
        harness.need(*images.TOOLS)
        report = self.diff(f"oci:{images.published()}", f"oci:{images.squashed()}")
        self.assertEqual((report.verdict, report.files()), ("same-files", {}))
        first, second = report.json["sides"]
        self.assertEqual((len(first["layers"]), len(second["layers"])), (3, 1))

    def test_one_layer_against_four_is_named_as_a_split(self):
        harness.need(*images.TOOLS)
        one, four = (f"oci:{layout}" for layout in (images.squashed(), images.in_four()))
        for sides, fact in (((one, four), "split"), ((four, one), "merged")):
            with self.subTest(fact=fact):
                report = self.diff(*sides, "--canonical")
                self.assertEqual(*(side["tree"] for side in report.json["sides"]))
                self.assertEqual((report.verdict, report.files()), ("same-files", {}))
                layering = [finding for finding in report.findings if finding["fact"] == "layering"]
                self.assertEqual([finding["detail"].split(":")[0] for finding in layering], [fact])

    def test_a_squashed_image_does_not_pass_where_equivalent_is_required(self):
        harness.need(*images.TOOLS)
        report = self.diff(f"oci:{images.published()}", f"oci:{images.squashed()}", "--require", "equivalent")
        self.assertEqual((report.verdict, report.json["pass"]), ("same-files", False))

    def test_an_image_is_identical_to_itself(self):
        harness.need(*images.TOOLS)
        for layout in (images.published(), images.umoci_layers(), images.squashed()):
            with self.subTest(layout=layout.name):
                report = self.diff(f"oci:{layout}", f"oci:{layout}")
                self.assertEqual((report.verdict, report.findings), ("identical", []))


if __name__ == "__main__":
    harness.main()
