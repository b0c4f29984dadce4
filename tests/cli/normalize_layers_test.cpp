// `touchstone normalize` with other layers than one canonical, plain one for each of the source: compressed, merged,
// kept from a base image.
#include "base/json.h"
#include "tests/cli/canonical_images.h"
#include "tests/cli/harness.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

/// A layout's only manifest and its config.
struct Documents {
    Json manifest;
    Json config;
    explicit Documents(const std::string& layout) {
        const Json index = parse_json(read_text_file(layout + "/index.json"), "index");
        manifest = blob(layout, index.find("manifests")->items().at(0));
        config = blob(layout, *manifest.find("config"));
    }
    static Json blob(const std::string& layout, const Json& descriptor) {
        const std::string digest = descriptor.find("digest")->as_string();
        return parse_json(read_text_file(layout + "/blobs/sha256/" + digest.substr(digest.find(':') + 1)), "blob");
    }
    std::string of_layer(std::size_t index, std::string_view key) const {
        return manifest.find("layers")->items().at(index).find(key)->as_string();
    }
    std::vector<std::string> diff_ids() const {
        std::vector<std::string> ids;
        for (const Json& id : config.find("rootfs")->find("diff_ids")->items()) ids.push_back(id.as_string());
        return ids;
    }
};

std::string normalized(const TempDir& dir, const std::string& name, std::vector<std::string> args) {
    args.insert(args.begin(), "normalize");
    args.insert(args.end(), {"-o", "oci:" + (dir / name)});
    const Ran ran = touchstone(args);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return dir / name;
}

TEST_CASE("normalize --compress: the diffIDs stay canonical, the parameters are recorded, the files are the same") {
    const Wrappings images;
    const Documents plain(normalized(images.dir, "plain-out", {images.same[0]}));
    for (const std::string kind : {"gzip", "zstd"}) {
        CAPTURE(kind);
        const std::string out = normalized(images.dir, kind + "-out", {images.same[0], "--compress", kind});
        const Documents compressed(out);
        CHECK(compressed.diff_ids() == plain.diff_ids());
        CHECK(compressed.of_layer(0, "mediaType") == "application/vnd.oci.image.layer.v1.tar+" + kind);
        const Json* annotations = compressed.manifest.find("layers")->items().at(0).find("annotations");
        REQUIRE(annotations != nullptr);
        CHECK(annotations->find("org.touchstone.compression")->as_string().starts_with(kind + " "));
        CHECK(touchstone({"verify", "oci:" + out}).status == 0);
        CHECK(touchstone({"diff", "--require", "equivalent", images.same[0], "oci:" + out}).status == 0);
        const Documents again(normalized(images.dir, kind + "-again", {"oci:" + out, "--compress", kind}));
        CHECK(again.manifest.dump() == compressed.manifest.dump());
        CHECK(Documents(normalized(images.dir, kind + "-back", {"oci:" + out})).manifest.dump() ==
              plain.manifest.dump());
    }
}

TEST_CASE("normalize --compress: a layer tar too, read back by any reader") {
    const TempDir dir;
    const std::string tar = dir.write("layer.tar", layers_in(true)[1]);
    for (const std::string kind : {"gzip", "zstd"}) {
        const std::string out = dir / (kind + ".out");
        REQUIRE(touchstone({"normalize", "tar:" + tar, "-o", out, "--compress", kind}).status == 0);
        CHECK(ids_of(touchstone({"digest", "tar:" + out}).out) == ids_of(touchstone({"digest", "tar:" + tar}).out));
    }
}

TEST_CASE("normalize --merge: one layer with the whole tree, named by its crf1, and one history line that makes it") {
    const Wrappings images;
    const std::string out = normalized(images.dir, "merged", {images.same[4], "--merge"});
    const Documents merged(out);
    REQUIRE(merged.diff_ids().size() == 1);
    CHECK(contains(touchstone({"digest", images.same[0]}).out, "crf1:" + merged.diff_ids()[0] + "  "));
    CHECK(contains(touchstone({"digest", "oci:" + out}).out, "crf1:" + merged.diff_ids()[0] + "  "));
    std::size_t making = 0;
    for (const Json& line : merged.config.find("history")->items())
        if (line.find("empty_layer") == nullptr) ++making;
    CHECK(making == 1);
    CHECK(touchstone({"diff", "--require", "same-files", images.same[4], "oci:" + out}).status == 0);
    CHECK_FALSE(contains(touchstone({"ls", "oci:" + out}).out, "os-release")); // the whiteout was applied
    CHECK_FALSE(contains(touchstone({"ls", "--layers", "oci:" + out}).out, ".wh."));
}

TEST_CASE("normalize --merge: layers that runtimes merge in different ways are refused") {
    const TempDir dir;
    ImageSpec spec = canonical_spec(LayerCompression::none);
    // A whiteout beside a new file of its name: appliers differ in what goes first.
    spec.layer_tars = {TarBuilder().file("a", "old").finish(),
                       TarBuilder().file("a", "new").whiteout(".wh.a").finish()};
    write_oci_layout(dir / "odd", spec);
    const Ran ran = touchstone({"normalize", "--merge", "oci:" + (dir / "odd"), "-o", "oci:" + (dir / "out")});
    INFO(ran.err);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "reading"));
    const Ran layers = touchstone({"normalize", "oci:" + (dir / "odd"), "-o", "oci:" + (dir / "out")});
    INFO(layers.err);
    CHECK((layers.status == 2 || contains(layers.err, "known runtimes read in different ways")));
}

TEST_CASE("normalize --base: the layers of the base image stay byte for byte, the others become canonical") {
    const Wrappings images;
    ImageSpec base_spec = canonical_spec(LayerCompression::zstd);
    base_spec.layer_tars.resize(1);
    base_spec.created_by.resize(1);
    write_oci_layout(images.dir / "base", base_spec);
    const Documents source(images.dir / "zstd");
    const std::string out =
        normalized(images.dir, "based", {"oci:" + (images.dir / "zstd"), "--base", "oci:" + (images.dir / "base")});
    const Documents based(out);
    CHECK(based.of_layer(0, "digest") == source.of_layer(0, "digest"));
    CHECK(based.of_layer(0, "mediaType") == "application/vnd.oci.image.layer.v1.tar+zstd");
    CHECK(based.diff_ids()[0] == source.diff_ids()[0]);
    CHECK(based.of_layer(1, "mediaType") == "application/vnd.oci.image.layer.v1.tar");
    CHECK(based.diff_ids()[1] == Documents(normalized(images.dir, "all", {images.same[0]})).diff_ids()[1]);
    CHECK(touchstone({"verify", "oci:" + out}).status == 0);
    CHECK(touchstone({"diff", "--require", "equivalent", images.same[0], "oci:" + out}).status == 0);
}

TEST_CASE("normalize --base: an image that shares no layer is refused") {
    const Wrappings images;
    ImageSpec stranger = canonical_spec(LayerCompression::none);
    stranger.layer_tars = {TarBuilder().file("x", "y").finish()};
    stranger.created_by.resize(1);
    write_oci_layout(images.dir / "stranger", stranger);
    const Ran ran = touchstone({"normalize", images.same[0], "--base", "oci:" + (images.dir / "stranger"), "-o",
                                "oci:" + (images.dir / "out")});
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "no layer at the bottom"));
}

TEST_CASE("normalize: a changed owner is a declared change, proven like all others") {
    const Wrappings images;
    for (const std::string owner : {"5:6", "map:0:1000,1000:0"}) {
        const std::string out = normalized(images.dir, "o" + owner.substr(0, 3), {images.same[0], "--owner", owner});
        const Ran diff =
            touchstone({"diff", "--rules", "+owner", "--require", "equivalent", images.same[0], "oci:" + out});
        INFO(diff.out << diff.err);
        CHECK(diff.status == 0);
        CHECK(touchstone({"diff", "--require", "same-files", images.same[0], "oci:" + out}).status == 1);
    }
}

} // namespace
} // namespace touchstone::test
