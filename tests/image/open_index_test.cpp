// What an index leads to: nested indexes, inline data, foreign layers, artifacts, and what is no image (spec
// sections 1.1 and 1.3).
#include "image/image.h"
#include "tests/image/open_spoilt.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

using namespace touchstone;
using namespace touchstone::test;

TEST_CASE("indexes nest to a depth of eight, and a thousand manifests are the most") {
    const auto nested = [](unsigned levels) {
        return [levels](ContainerFiles& files, const BuiltImage& built) {
            std::string inner = entry(built.manifest);
            for (unsigned i = 0; i < levels; ++i) {
                const BuiltBlob index = make_blob(index_json(inner), std::string(oci_index));
                add_blob(files, index);
                inner = entry(index);
            }
            content_of(files, "index.json") = index_json(inner);
        };
    };
    CHECK_FALSE(spoilt(small_image(), nested(8)).has_value());
    CHECK_REFUSAL(spoilt(small_image(), nested(9)), ErrorKind::over_limit, "nested deeper than 8");
    CHECK_REFUSAL(spoilt(small_image(),
                         [](ContainerFiles& files, const BuiltImage& built) {
                             std::string many = entry(built.manifest);
                             for (int i = 0; i < 1000; ++i) many += "," + entry(built.manifest);
                             content_of(files, "index.json") = index_json(many);
                         }),
                  ErrorKind::over_limit, "more than 1000 manifests");
}

TEST_CASE("an image knows the outermost index that led to it, which index.json is not") {
    const TempDir dir;
    ContainerFiles files = oci_layout_files({small_image()}, {.nested = true});
    write_directory(dir / "nested", files);
    const std::string inner =
        parse_json(content_of(files, "index.json"), "index").find("manifests")->items()[0].find("digest")->as_string();
    CHECK(open_text(dir / "nested").front().index == parse_digest(inner));
    write_oci_layout(dir / "flat", {small_image()});
    CHECK(!open_text(dir / "flat").front().index);
}

TEST_CASE("an index that is reached twice gives its images once") {
    const TempDir dir;
    ContainerFiles files = oci_layout_files({small_image()}, {.nested = true});
    std::string& index = content_of(files, "index.json");
    const std::size_t begin = index.find('[') + 1;
    const std::string inner = index.substr(begin, index.rfind(']') - begin);
    index = index_json(inner + "," + inner);
    write_directory(dir / "layout", files);
    CHECK(open_text(dir / "layout").size() == 1);
}

TEST_CASE("inline data stands for a missing blob, and must match one that is there") {
    const auto with_inline_config = [](bool keep_blob, bool spoil_blob) {
        return [keep_blob, spoil_blob](ContainerFiles& files, const BuiltImage&) {
            // {"rootfs":{"type":"layers","diff_ids":[]}} in base64, by coreutils' base64
            const BuiltBlob config =
                make_blob(R"({"rootfs":{"type":"layers","diff_ids":[]}})", "application/vnd.oci.image.config.v1+json");
            const std::string data = R"("data":"eyJyb290ZnMiOnsidHlwZSI6ImxheWVycyIsImRpZmZfaWRzIjpbXX19")";
            const BuiltBlob manifest =
                make_blob(fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[]}})", entry(config, data)),
                          "application/vnd.oci.image.manifest.v1+json");
            add_blob(files, manifest);
            if (keep_blob) add_blob(files, config);
            if (spoil_blob) content_of(files, blob_path(config))[0] = ' ';
            content_of(files, "index.json") = index_json(entry(manifest));
        };
    };
    CHECK_FALSE(spoilt(small_image(), with_inline_config(false, false)).has_value());
    CHECK_FALSE(spoilt(small_image(), with_inline_config(true, false)).has_value());
    CHECK_REFUSAL(spoilt(small_image(), with_inline_config(true, true)), ErrorKind::unverified, "config sha256:");
}

TEST_CASE("foreign layers are read where they lie and asked for where they do not") {
    const auto foreign = [](bool keep) {
        return [keep](ContainerFiles& files, const BuiltImage& built) {
            BuiltBlob layer = built.layers[0];
            layer.media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
            const BuiltBlob manifest = make_blob(
                fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{},{}]}})", built.config.descriptor_json(),
                            entry(layer, R"("urls":["https://mcr.example/layer"])"), built.layers[1].descriptor_json()),
                built.manifest.media_type);
            add_blob(files, manifest);
            if (!keep) remove_file(files, blob_path(layer));
            content_of(files, "index.json") = index_json(entry(manifest));
        };
    };
    CHECK_FALSE(spoilt(small_image(), foreign(true)).has_value());
    CHECK_REFUSAL(spoilt(small_image(), foreign(false)), ErrorKind::unreadable, "https://mcr.example/layer");
}

TEST_CASE("artifacts are blobs without diffIDs; layer types that need a plug-in are refused") {
    struct Row {
        std::string_view name;
        std::string_view config_type;
        std::string_view layer_type;
        bool artifact;
        std::string_view refusal;
    };
    const std::string_view image_config = "application/vnd.oci.image.config.v1+json";
    const Row rows[] = {
        {"a helm chart", "application/vnd.cncf.helm.config.v1+json",
         "application/vnd.cncf.helm.chart.content.v1.tar+gzip", true, ""},
        {"a cosign signature, with an image's config type", image_config,
         "application/vnd.dev.cosign.simplesigning.v1+json", true, ""},
        {"an encrypted layer", image_config, "application/vnd.oci.image.layer.v1.tar+gzip+encrypted", false,
         "+encrypted is no layer"},
        {"an erofs layer", image_config, "application/vnd.erofs.layer.v1", false, "application/vnd.erofs.layer.v1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const TempDir dir;
        const BuiltBlob config = make_blob("not JSON at all", std::string(row.config_type));
        const BuiltBlob layer = make_blob("some bytes", std::string(row.layer_type));
        const BuiltBlob manifest = make_blob(fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{}]}})",
                                                         config.descriptor_json(), layer.descriptor_json()),
                                             "application/vnd.oci.image.manifest.v1+json");
        ContainerFiles files = oci_layout_files({});
        for (const BuiltBlob* blob : {&config, &layer, &manifest}) add_blob(files, *blob);
        content_of(files, "index.json") = index_json(entry(manifest));
        write_directory(dir / "layout", files);
        if (row.artifact) {
            const Image image = open_text(dir / "layout").front();
            CHECK(image.is_artifact);
            CHECK(image.config->string() == config.digest);
            REQUIRE(image.layers.size() == 1);
            CHECK_FALSE(image.layers[0].diff_id.has_value());
            CHECK(bytes_of(image.layers[0]) == "some bytes");
        } else {
            CHECK_REFUSAL(refusal_of([&] { open_text(dir / "layout"); }), ErrorKind::unsupported, row.refusal);
        }
    }
}

TEST_CASE("what is no image in an index is listed and not opened") {
    const TempDir dir;
    const BuiltImage built = build_image(small_image());
    ContainerFiles files = oci_layout_files({small_image()});
    const BuiltBlob absent = make_blob("absent", built.manifest.media_type);
    const BuiltBlob odd = make_blob("odd", "application/vnd.example.unknown");
    content_of(files, "index.json") =
        index_json(entry(built.manifest) + "," + entry(absent, R"("artifactType":"application/vnd.example.sbom")") +
                   "," + entry(odd) + "," + entry(absent, R"("platform":{"os":"unknown","architecture":"unknown"})"));
    write_directory(dir / "layout", files);
    const Image image = open_text(dir / "layout").front();
    CHECK(image.manifest->string() == built.manifest.digest);
    REQUIRE(image.companions.size() == 3);
    CHECK(image.companions[0].kind == "application/vnd.example.sbom");
    CHECK(image.companions[1].kind == "application/vnd.example.unknown");
    CHECK(image.companions[2].kind == "unknown platform");
}
