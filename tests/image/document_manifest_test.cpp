// Malformed image documents, as a table: each row is a document, the kind of refusal and a part of its message.
// Sources: spec section 3.3, image-spec manifest.md, image-index.md, config.md and descriptor.md, CVE-2021-41190,
// CVE-2024-3727.
#include "base/error.h"
#include "base/json.h"
#include "image/descriptor.h"
#include "image/docker_archive.h"
#include "image/document.h"
#include "image/manifest.h"
#include "tests/support/image_builder.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string hex_a(64, 'a');
const std::string hex_b(64, 'b');

/// Puts the placeholders of a row in place: $C a config descriptor, $L a layer descriptor, $I an inner manifest's.
std::string filled(std::string text) {
    const std::pair<std::string_view, std::string> places[] = {
        {"$C",
         R"({"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:)" + hex_a + R"(","size":7})"},
        {"$L", R"({"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:)" + hex_b + R"(","size":9})"},
        {"$I",
         R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:)" + hex_b + R"(","size":9})"},
        {"$H", hex_a},
    };
    for (const auto& [mark, value] : places) {
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark))
            text.replace(at, 2, value);
    }
    return text;
}

struct Row {
    std::string_view name;
    std::string_view document;
    ErrorKind kind;
    std::string_view part;
};

constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view oci_index_type = "application/vnd.oci.image.index.v1+json";

void parse_as_manifest(const std::string& text) {
    parse_manifest(parse_document(text, "the manifest", manifest_limit), "the manifest", oci_manifest);
}
void parse_as_index(const std::string& text) {
    parse_index(parse_document(text, "the index", manifest_limit), "the index", oci_index_type);
}
void parse_as_config(const std::string& text) {
    parse_config(parse_document(text, "the config", config_limit), "the config");
}
void parse_as_docker(const std::string& text) {
    parse_docker_manifest(parse_document(text, "manifest.json", manifest_limit));
}
void parse_as_descriptor(const std::string& text) {
    parse_descriptor(parse_document(text, "the descriptor", manifest_limit), "the descriptor");
}

template <class Rows>
void check_rows(const Rows& rows, void (*parse)(const std::string&)) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK_REFUSAL(refusal_of([&] { parse(filled(std::string(row.document))); }), row.kind, row.part);
    }
}

constexpr ErrorKind malformed = ErrorKind::malformed;
constexpr ErrorKind unsupported = ErrorKind::unsupported;

} // namespace

TEST_CASE("a manifest that two readers could take for different things is refused") {
    const Row rows[] = {
        {"an array", "[]", malformed, "expected an object"},
        {"nothing", "", malformed, "the manifest"},
        {"trailing bytes", R"({"schemaVersion":2,"config":$C,"layers":[$L]}{})", malformed, "the manifest"},
        {"a key twice", R"({"schemaVersion":2,"config":$C,"layers":[$L],"layers":[]})", malformed, "layers"},
        {"a key in two cases", R"({"schemaVersion":2,"config":$C,"layers":[$L],"Layers":[]})", malformed, "Layers"},
        {"only another case", R"({"schemaVersion":2,"config":$C,"Layers":[$L]})", malformed,
         "case variant of `layers`"},
        {"a long s", "{\"schemaVersion\":2,\"config\":$C,\"layer\xc5\xbf\":[$L]}", malformed,
         "case variant of `layers`"},
        {"a Kelvin sign is no known key's letter, an upper-case M is",
         R"({"schemaVersion":2,"config":$C,"layers":[],"Manifests":[]})", malformed, "case variant of `manifests`"},
        {"a nested key in another case",
         R"({"schemaVersion":2,"config":{"mediaType":"x","Digest":"sha256:$H","size":1},"layers":[]})", malformed,
         "case variant of `digest`"},
        {"layers and manifests", R"({"schemaVersion":2,"config":$C,"layers":[$L],"manifests":[$I]})", malformed,
         "has `manifests` too"},
        {"schema 1's layers beside them", R"({"schemaVersion":2,"config":$C,"layers":[$L],"fsLayers":[]})", malformed,
         "has `fsLayers` too"},
        {"an index by its own word",
         R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":$C,"layers":[$L]})",
         malformed, "its mediaType is application/vnd.oci.image.index.v1+json, but its descriptor says"},
        {"the other family's manifest",
         R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":$C,"layers":[$L]})",
         malformed, "its descriptor says application/vnd.oci.image.manifest.v1+json"},
        {"schema 1 by its version", R"({"schemaVersion":1,"name":"x","tag":"y","fsLayers":[]})", unsupported,
         "schema 1"},
        {"schema 1 by its type",
         R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws"})", unsupported,
         "schema 1"},
        {"another version", R"({"schemaVersion":3,"config":$C,"layers":[$L]})", unsupported, "expected 2, found 3"},
        {"no version", R"({"config":$C,"layers":[$L]})", malformed, "`schemaVersion` is missing"},
        {"a version that is a string", R"({"schemaVersion":"2","config":$C,"layers":[$L]})", malformed,
         "schemaVersion"},
        {"a version with an exponent", R"({"schemaVersion":2e0,"config":$C,"layers":[$L]})", malformed,
         "schemaVersion"},
        {"no config", R"({"schemaVersion":2,"layers":[$L]})", malformed, "`config` is missing"},
        {"a null config", R"({"schemaVersion":2,"config":null,"layers":[$L]})", malformed, "`config` is missing"},
        {"no layers", R"({"schemaVersion":2,"config":$C})", malformed, "`layers` is missing"},
        {"layers that are an object", R"({"schemaVersion":2,"config":$C,"layers":{}})", malformed,
         "expected an array, found an object"},
        {"a layer that is a string", R"({"schemaVersion":2,"config":$C,"layers":["x"]})", malformed,
         "`layers[0]`: expected an object, found a string"},
        {"annotations that are numbers", R"({"schemaVersion":2,"config":$C,"layers":[],"annotations":{"a":1}})",
         malformed, "expected a string, found a number"},
        {"a subject without a digest",
         R"({"schemaVersion":2,"config":$C,"layers":[],"subject":{"mediaType":"x","size":1}})", malformed,
         "`digest` is missing"},
    };
    check_rows(rows, parse_as_manifest);
}

TEST_CASE("an index that is not one is refused") {
    const Row rows[] = {
        {"a config beside its manifests", R"({"schemaVersion":2,"manifests":[$I],"config":$C})", malformed,
         "has `config` too"},
        {"layers beside its manifests", R"({"schemaVersion":2,"manifests":[$I],"layers":[$L]})", malformed,
         "has `layers` too"},
        {"a manifest by its own word",
         R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]})", malformed,
         "but its descriptor says application/vnd.oci.image.index.v1+json"},
        {"no manifests", R"({"schemaVersion":2})", malformed, "`manifests` is missing"},
        {"a platform that is a string",
         R"({"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$H","size":1,"platform":"linux/amd64"}]})",
         malformed, "`platform`: expected an object, found a string"},
        {"a platform key in another case",
         R"({"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$H","size":1,"platform":{"OS":"linux","architecture":"amd64"}}]})",
         malformed, "case variant of `os`"},
    };
    check_rows(rows, parse_as_index);
}

TEST_CASE("a descriptor that cannot be verified is refused") {
    const Row rows[] = {
        {"no media type", R"({"digest":"sha256:$H","size":1})", malformed, "`mediaType` is missing"},
        {"no size", R"({"mediaType":"x","digest":"sha256:$H"})", malformed, "`size` is missing"},
        {"a negative size", R"({"mediaType":"x","digest":"sha256:$H","size":-1})", malformed, "negative size"},
        {"a size past 63 bits", R"({"mediaType":"x","digest":"sha256:$H","size":9223372036854775808})", malformed,
         "`size`"},
        {"a size with a fraction", R"({"mediaType":"x","digest":"sha256:$H","size":1000.0})", malformed, "`size`"},
        {"a short digest", R"({"mediaType":"x","digest":"sha256:abc","size":1})", malformed, "`digest`"},
        {"an upper-case digest",
         R"({"mediaType":"x","digest":"sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","size":1})",
         malformed, "`digest`"},
        {"a path in a digest", R"({"mediaType":"x","digest":"sha256:../../../../etc/passwd","size":1})", malformed,
         "`digest`"},
        {"md5", R"({"mediaType":"x","digest":"md5:d41d8cd98f00b204e9800998ecf8427e","size":1})", unsupported, "md5"},
        {"blake3, which is registered but not in OpenSSL", R"({"mediaType":"x","digest":"blake3:$H","size":1})",
         unsupported, "blake3"},
        {"inline data that is not base64", R"({"mediaType":"x","digest":"sha256:$H","size":1,"data":"*"})", malformed,
         "`data`"},
        // e30= is {}, of the digest 44136fa3… (image-spec manifest.md, the empty descriptor)
        {"inline data of another size",
         R"({"mediaType":"x","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":3,"data":"e30="})",
         ErrorKind::unverified, "is 2 bytes, the descriptor says 3"},
        {"inline data of another digest", R"({"mediaType":"x","digest":"sha256:$H","size":2,"data":"e30="})",
         ErrorKind::unverified, "found sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
    };
    check_rows(rows, parse_as_descriptor);
}

TEST_CASE("a config that means nothing, or two things, is refused") {
    const Row rows[] = {
        {"no rootfs", R"({"os":"linux","architecture":"amd64"})", malformed, "`rootfs` is missing"},
        {"no rootfs type", R"({"rootfs":{"diff_ids":[]}})", malformed, "`type` is missing"},
        {"another rootfs type", R"({"rootfs":{"type":"squashfs","diff_ids":[]}})", malformed,
         "expected `layers`, found `squashfs`"},
        {"a diffID of an unknown algorithm", R"({"rootfs":{"type":"layers","diff_ids":["crc32:00000000"]}})",
         unsupported, "crc32"},
        {"a diffID that is a number", R"({"rootfs":{"type":"layers","diff_ids":[5]}})", malformed,
         "expected a string, found a number"},
        {"a diffID list in another case", R"({"rootfs":{"type":"layers","Diff_IDs":[]}})", malformed,
         "case variant of `diff_ids`"},
        {"a run config key in another case",
         R"({"rootfs":{"type":"layers","diff_ids":[]},"config":{"entrypoint":["x"]}})", malformed,
         "case variant of `Entrypoint`"},
        {"a history that is no array", R"({"rootfs":{"type":"layers","diff_ids":[]},"history":{}})", malformed,
         "`history`"},
        {"an empty_layer that is a string",
         R"({"rootfs":{"type":"layers","diff_ids":[]},"history":[{"empty_layer":"true"}]})", malformed,
         "`empty_layer`: expected a boolean, found a string"},
    };
    check_rows(rows, parse_as_config);
}

TEST_CASE("a docker archive's manifest.json that is not a plain array of images is refused") {
    const Row rows[] = {
        {"an object", "{}", malformed, "expected an array"},
        {"no config", R"([{"Layers":[]}])", malformed, "`Config` is missing"},
        {"a key in another case", R"([{"Config":"a","layers":[]}])", malformed, "case variant of `Layers`"},
        {"layers of numbers", R"([{"Config":"a","Layers":[1]}])", malformed, "expected a string, found a number"},
        {"a second document after it, which docker load ignores", R"([] [])", malformed, "manifest.json"},
    };
    check_rows(rows, parse_as_docker);
}

TEST_CASE("documents above their size or nesting are refused as over a limit") {
    const std::string big = "{\"a\":\"" + std::string(manifest_limit, 'x') + "\"}";
    CHECK_REFUSAL(refusal_of([&] { parse_as_manifest(big); }), ErrorKind::over_limit, "the manifest");
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    const auto refusal = refusal_of([&] { parse_as_manifest(deep); });
    REQUIRE(refusal.has_value());
    CHECK((refusal->kind == ErrorKind::over_limit || refusal->kind == ErrorKind::malformed));
}

TEST_CASE("a manifest with more layers than any runtime could mount is refused") {
    std::string layers = "$L";
    for (int i = 0; i < 1000; ++i) layers += ",$L";
    CHECK_REFUSAL(
        refusal_of([&] { parse_as_manifest(filled(R"({"schemaVersion":2,"config":$C,"layers":[)" + layers + "]}")); }),
        ErrorKind::over_limit, "1001 layers");
}

TEST_CASE("what the spec lets be null or absent is taken as absent") {
    const Manifest manifest = parse_manifest(
        parse_document(
            filled(R"({"schemaVersion":2,"config":$C,"layers":null,"annotations":null,"unknown":{"Any":1}})"), "m",
            manifest_limit),
        "m", "");
    CHECK(manifest.layers.empty());
    CHECK(manifest.media_type == oci_manifest);
    const ImageConfig config = parse_config(
        parse_document(R"({"os":"linux","architecture":"arm64","variant":null,"config":null,"history":null,)"
                       R"("rootfs":{"type":"layers","diff_ids":null},"moby.buildkit.cache.v0":"e30="})",
                       "c", config_limit),
        "c");
    CHECK(config.platform == Platform{"linux", "arm64", ""});
    CHECK(config.diff_ids.empty());
    CHECK(config.history.empty());
}

TEST_CASE("a manifest without a mediaType takes its descriptor's, and without that its config's family") {
    const std::string_view docker = "application/vnd.docker.distribution.manifest.v2+json";
    const Json plain = parse_document(filled(R"({"schemaVersion":2,"config":$C,"layers":[$L]})"), "m", manifest_limit);
    CHECK(document_media_type(plain, "m", docker) == docker);
    CHECK(document_media_type(plain, "m", "") == oci_manifest);
    const Json of_docker = parse_document(
        filled(
            R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:$H","size":1},"layers":[]})"),
        "m", manifest_limit);
    CHECK(document_media_type(of_docker, "m", "") == docker);
}

TEST_CASE("keys with control characters are noted, the first ten by name") {
    std::string text = "{\"a\\u001bb\":[{\"c\\nd\":1}]";
    for (int i = 0; i < 20; ++i) text += ",\"k\\t" + std::to_string(i) + "\":0";
    std::vector<Oddity> oddities;
    note_control_keys(parse_document(text + "}", "doc", manifest_limit), "doc", oddities);
    REQUIRE(oddities.size() == 11);
    for (const Oddity& oddity : oddities) CHECK(oddity.code == OddityCode::control_in_key);
    CHECK(oddities.front().detail == "doc: key `a\\x1bb`");
    CHECK(oddities.back().detail == "doc: 12 more such keys");
}

TEST_CASE("a descriptor keeps everything that it says") {
    const Descriptor descriptor = parse_descriptor(
        parse_document(R"({"mediaType":"application/vnd.oci.empty.v1+json",)"
                       R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,)"
                       R"("data":"e30=","artifactType":"a/b","urls":["https://x/"],"annotations":{"z":"1","a":"2"},)"
                       R"("platform":{"os":"linux","architecture":"arm","variant":"v6"}})",
                       "d", manifest_limit),
        "d");
    CHECK(descriptor.data == std::string("{}"));
    CHECK(descriptor.size == 2);
    CHECK(descriptor.artifact_type == "a/b");
    CHECK(descriptor.urls == std::vector<std::string>{"https://x/"});
    REQUIRE(descriptor.annotations.size() == 2);
    CHECK(descriptor.annotations[0].first == "z");
    CHECK(descriptor.platform == Platform{"linux", "arm", "v6"});
}

TEST_CASE("media types mean what OCI, Docker and containerd say") {
    struct Meaning {
        std::string_view type;
        MediaKind kind;
        std::string_view compression;
        bool foreign;
    };
    const Meaning rows[] = {
        {"application/vnd.oci.image.index.v1+json", MediaKind::index, "", false},
        {"application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8", MediaKind::index, "", false},
        {"application/vnd.oci.image.manifest.v1+json", MediaKind::manifest, "", false},
        {"application/vnd.docker.distribution.manifest.v2+json", MediaKind::manifest, "", false},
        {"application/vnd.docker.container.image.v1+json", MediaKind::config, "", false},
        {"application/vnd.oci.image.layer.v1.tar", MediaKind::layer, "none", false},
        {"application/vnd.oci.image.layer.v1.tar+gzip", MediaKind::layer, "gzip", false},
        {"application/vnd.oci.image.layer.v1.tar+zstd", MediaKind::layer, "zstd", false},
        {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MediaKind::layer, "gzip", true},
        {"application/vnd.docker.image.rootfs.diff.tar", MediaKind::layer, "", false},
        {"application/vnd.docker.image.rootfs.diff.tar.gzip", MediaKind::layer, "gzip", false},
        {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MediaKind::layer, "gzip", true},
        {"application/vnd.docker.distribution.manifest.v1+prettyjws", MediaKind::schema1, "", false},
        {"application/vnd.oci.image.layer.v1.tar+gzip+encrypted", MediaKind::other, "", false},
        {"application/vnd.erofs.layer.v1", MediaKind::other, "", false},
        {"application/vnd.in-toto+json", MediaKind::other, "", false},
        {"Application/vnd.oci.image.layer.v1.tar", MediaKind::other, "", false},
        {"", MediaKind::other, "", false},
    };
    for (const Meaning& row : rows) {
        CAPTURE(row.type);
        const MediaType type = media_type_of(row.type);
        CHECK(type.kind == row.kind);
        CHECK(type.compression == row.compression);
        CHECK(type.foreign == row.foreign);
    }
}
