// The documents of canonical images. Expected texts are written by hand from the image-spec and the profile rules.
#include "normalize/canonical_image.h"

#include <doctest/doctest.h>

using namespace touchstone;

namespace {

MtimePolicy clamp(std::int64_t limit) {
    return {.kind = MtimePolicy::Kind::clamp, .limit = limit};
}
constexpr MtimePolicy keep{.kind = MtimePolicy::Kind::keep, .limit = 0};

/// The value of `created` after the profile.
std::string created(const std::string& before, const MtimePolicy& mtime) {
    const Json config = parse_json(R"({"created":")" + before + R"("})", "config");
    return parse_json(canonical_config(config, {}, mtime), "result").find("created")->as_string();
}

TEST_CASE("a config is rebuilt: keys sorted at every depth, nulls dropped, diffIDs replaced, the rest carried over") {
    const Json config = parse_json(
        R"({ "rootfs": {"type":"layers","diff_ids":["sha256:old"]}, "os":"linux", "created":"2024-05-06T07:08:09Z",
        "config": {"Env":["B=1","A=2"], "Cmd":null, "Labels":{"z":"1","a":"2"}, "StopTimeout":1e1},
        "history":[{"created_by":"RUN x","created":"2024-01-01T00:00:00Z"},{"empty_layer":true}], "x-own":[{"b":1,"a":null}] })",
        "config");
    const Digest id = digest_of(as_bytes(std::string_view("abc"))); // FIPS 180-4's example
    ChangeCounts changes;
    CHECK(
        canonical_config(config, {id}, {}, &changes) ==
        R"({"config":{"Env":["B=1","A=2"],"Labels":{"a":"2","z":"1"},"StopTimeout":1e1},"created":"1970-01-01T00:00:00Z",)"
        R"("history":[{"created":"1970-01-01T00:00:00Z","created_by":"RUN x"},{"created":"1970-01-01T00:00:00Z","empty_layer":true}],)"
        R"("os":"linux","rootfs":{"diff_ids":["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],"type":"layers"},)"
        R"("x-own":[{"b":1}]})");
    CHECK(changes == ChangeCounts{{"config-null", 2}, {"config-time", 3}});
}

TEST_CASE("times of the config follow the profile") {
    constexpr std::int64_t limit = 1700000000; // 2023-11-14T22:13:20Z by date(1)
    struct Row {
        const char* before;
        MtimePolicy mtime;
        const char* after;
    };
    for (const Row& row : {
             Row{"2024-05-06T07:08:09.5Z", {}, "1970-01-01T00:00:00Z"},
             Row{"2024-05-06T07:08:09.5Z", keep, "2024-05-06T07:08:09.5Z"},
             Row{"2024-05-06T07:08:09.5Z", clamp(limit), "2023-11-14T22:13:20Z"},
             Row{"2023-11-14T22:13:20Z", clamp(limit), "2023-11-14T22:13:20Z"},
             Row{"2023-11-14T22:13:20.000Z", clamp(limit), "2023-11-14T22:13:20.000Z"},
             Row{"2023-11-14T22:13:20.001Z", clamp(limit), "2023-11-14T22:13:20Z"},
             Row{"2023-11-14T23:13:21+01:00", clamp(limit), "2023-11-14T22:13:20Z"},
             Row{"2023-11-14T23:13:20+01:00", clamp(limit), "2023-11-14T23:13:20+01:00"},
             Row{"2023-11-14T21:13:21-01:00", clamp(limit), "2023-11-14T22:13:20Z"},
             Row{"0001-01-01T00:00:00Z", clamp(limit), "0001-01-01T00:00:00Z"},
             Row{"2024-02-30T00:00:00Z", clamp(limit), "2024-02-30T00:00:00Z"},
             Row{"2024-02-29T00:00:00Z", clamp(limit), "2023-11-14T22:13:20Z"},
             Row{"2024-02-29T00:00:00", clamp(limit), "2024-02-29T00:00:00"},
             Row{"2024-02-29T00:00:00Z ", clamp(limit), "2024-02-29T00:00:00Z "},
             Row{"2024-02-29T00:00:00.Z", clamp(limit), "2024-02-29T00:00:00.Z"},
             Row{"yesterday", clamp(limit), "yesterday"},
             Row{"", clamp(limit), ""},
         }) {
        INFO(row.before << " " << row.mtime.string());
        CHECK(created(row.before, row.mtime) == row.after);
    }
}

TEST_CASE("an absent time stays absent under keep and clamp, and is set by zero") {
    const Json config = parse_json(R"({"os":"linux"})", "config");
    CHECK(canonical_config(config, {}, keep) == R"({"os":"linux"})");
    CHECK(canonical_config(config, {}, clamp(1)) == R"({"os":"linux"})");
    CHECK(canonical_config(config, {}, {}) == R"({"created":"1970-01-01T00:00:00Z","os":"linux"})");
}

TEST_CASE("a canonical config is a fixed point") {
    const Json config = parse_json(R"({"b":{"d":null,"c":1},"a":"\u0001\u202e"})", "config");
    const std::string once = canonical_config(config, {}, {});
    CHECK(canonical_config(parse_json(once, "once"), {}, {}) == once);
}

TEST_CASE("the manifest has OCI types, the spec's order of keys, and no annotations; what is dropped is counted") {
    const Json source =
        parse_json(R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
        "config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"x","size":1},
        "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","annotations":{"a":"1"}}],
        "annotations":{"b":"2","c":"3"},"subject":{}})",
                   "manifest");
    const Digest layer = digest_of(as_bytes(std::string_view("abc")));
    CanonicalResult result;
    result.digest = layer;
    result.size = 3;
    const CanonicalImage image = canonical_image(parse_json("{}", "config"), source, {stored_plain(result)}, keep);
    const std::string hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    // A config without rootfs stays without: open_images never gives one.
    CHECK(image.config.bytes == "{}");
    CHECK(image.manifest.bytes ==
          R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
          R"("config":{"mediaType":"application/vnd.oci.image.config.v1+json",)"
          R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},)"
          R"("layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:)" +
              hex + R"(","size":3}]})");
    CHECK(image.manifest.digest == digest_of(as_bytes(image.manifest.bytes)));
    CHECK(image.layers.at(0).diff_id == layer);
    CHECK(image.changes == ChangeCounts{{"annotation-dropped", 3}, {"manifest-member-dropped", 1}, {"media-type", 2}});
}

TEST_CASE("layers have the media types of the image-spec") {
    CHECK(layer_media_type(Compression::none) == "application/vnd.oci.image.layer.v1.tar");
    CHECK(layer_media_type(Compression::gzip) == "application/vnd.oci.image.layer.v1.tar+gzip");
    CHECK(layer_media_type(Compression::zstd) == "application/vnd.oci.image.layer.v1.tar+zstd");
}

TEST_CASE("a layer that is stored plain is its own diffID") {
    CanonicalResult result;
    result.digest = digest_of(as_bytes(std::string_view("abc")));
    result.size = 3;
    const CanonicalBlob blob = stored_plain(result);
    CHECK(blob.media_type == "application/vnd.oci.image.layer.v1.tar");
    CHECK(blob.digest == result.digest);
    CHECK(blob.diff_id == result.digest);
    CHECK(blob.size == 3);
    CHECK(blob.compression.empty());
}

/// One layer of each kind: kept from a base image, compressed, plain. The letters stand for the digests of "a" to "e".
struct Mixed {
    Digest a = digest_of(as_bytes(std::string_view("a")));
    Digest b = digest_of(as_bytes(std::string_view("b")));
    Digest c = digest_of(as_bytes(std::string_view("c")));
    Digest d = digest_of(as_bytes(std::string_view("d")));
    Digest e = digest_of(as_bytes(std::string_view("e")));
    CanonicalBlob kept{std::string(layer_media_type(Compression::gzip)), a, 10, b, ""};
    CanonicalBlob compressed{std::string(layer_media_type(Compression::zstd)), c, 20, d, "zstd somehow"};
    CanonicalBlob plain{std::string(layer_media_type(Compression::none)), e, 30, e, ""};
};

TEST_CASE("only what we compressed is annotated, and diffIDs are those of the content") {
    const Mixed mixed;
    const Json config = parse_json(R"({"rootfs":{"type":"layers","diff_ids":[]}})", "config");
    const CanonicalImage image =
        canonical_image(config, {}, std::vector{mixed.kept, mixed.compressed, mixed.plain}, keep);
    CHECK(image.config.bytes == R"({"rootfs":{"diff_ids":[")" + mixed.b.string() + R"(",")" + mixed.d.string() +
                                    R"(",")" + mixed.e.string() + R"("],"type":"layers"}})");
    const std::string layers = image.manifest.bytes.substr(image.manifest.bytes.find(R"("layers")"));
    CHECK(layers == R"("layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" +
                        mixed.a.string() +
                        R"(","size":10},{"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd","digest":")" +
                        mixed.c.string() +
                        R"(","size":20,"annotations":{"org.touchstone.compression":"zstd somehow"}},)"
                        R"({"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
                        mixed.e.string() + R"(","size":30}]})");
    CHECK(image.layers.size() == 3);
    CHECK(image.changes.empty());
}

TEST_CASE("a descriptor that stays is no change; one that changes is counted once, against what is in its place") {
    const Mixed mixed;
    const std::string gzip = R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip"})";
    const std::string docker = R"({"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip"})";
    const std::string zstd = R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd"})";
    const std::string ours = R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd",)"
                             R"("annotations":{"org.touchstone.compression":"zstd somehow"}})";
    const std::string others = R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd",)"
                               R"("annotations":{"org.touchstone.compression":"zstd otherwise","x":"1"}})";
    struct Row {
        const char* name;
        std::string sources;
        std::vector<CanonicalBlob> layers;
        ChangeCounts changes;
    };
    const std::vector<Row> rows = {
        {"kept as it was", gzip, {mixed.kept}, {}},
        {"kept, by its OCI name", docker, {mixed.kept}, {{"media-type", 1}}},
        {"compressed anew in the same format", zstd, {mixed.compressed}, {}},
        {"ours already", ours, {mixed.compressed}, {}},
        {"compressed by another library", others, {mixed.compressed}, {{"annotation-dropped", 2}}},
        {"kept, and nobody knows how it was made", ours, {mixed.kept}, {{"annotation-dropped", 1}, {"media-type", 1}}},
        {"a base below two layers",
         gzip + "," + gzip + "," + gzip,
         {mixed.kept, mixed.compressed, mixed.plain},
         {{"media-type", 2}}},
        {"three layers merged into one", gzip + "," + zstd + "," + docker, {mixed.plain}, {{"media-type", 3}}},
        {"a base below two merged layers",
         gzip + "," + gzip + "," + zstd,
         {mixed.kept, mixed.compressed},
         {{"media-type", 1}}},
        {"no layers", "", {}, {}},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        const Json manifest = parse_json(R"({"layers":[)" + row.sources + "]}", "manifest");
        CHECK(canonical_image(Json::object(), manifest, row.layers, keep).changes == row.changes);
    }
}

TEST_CASE("a merged image's history has one line that made a layer, the last") {
    struct Row {
        const char* name;
        const char* before;
        const char* after;
    };
    for (
        const Row& row : {
            Row{"no history", R"({"os":"linux"})", R"({"os":"linux"})"},
            Row{"null", R"({"history":null})", R"({"history":null})"},
            Row{"not a list", R"({"history":"x"})", R"({"history":"x"})"},
            Row{"no lines", R"({"history":[]})", R"({"history":[]})"},
            Row{"one layer", R"({"history":[{"created_by":"a"}]})", R"({"history":[{"created_by":"a"}]})"},
            Row{"three layers among others",
                R"({"a":1,"history":[{"created_by":"a"},{"created_by":"b","empty_layer":false},)"
                R"({"created_by":"c","empty_layer":true},{"created_by":"d"},{"created_by":"e","empty_layer":true}],"b":2})",
                R"({"a":1,"b":2,"history":[{"created_by":"a","empty_layer":true},{"created_by":"b","empty_layer":true},)"
                R"({"created_by":"c","empty_layer":true},{"created_by":"d"},{"created_by":"e","empty_layer":true}]})"},
            Row{"the last says so", R"({"history":[{},{"empty_layer":false}]})",
                R"({"history":[{"empty_layer":true},{"empty_layer":false}]})"},
            Row{"no line made a layer", R"({"history":[{"empty_layer":true},{"empty_layer":true}]})",
                R"({"history":[{"empty_layer":true},{"empty_layer":true}]})"},
            Row{"a null is no true", R"({"history":[{"empty_layer":null},{}]})",
                R"({"history":[{"empty_layer":true},{}]})"},
            Row{"lines that are none", R"({"history":[1,{},"x",{},null]})",
                R"({"history":[1,{"empty_layer":true},"x",{},null]})"},
        }) {
        INFO(row.name);
        const Json merged = merged_history_config(parse_json(row.before, "config"));
        CHECK(merged == parse_json(row.after, "expected"));
        CHECK(merged_history_config(merged) == merged);
    }
    CHECK(merged_history_config(Json()).is_null());
}

} // namespace
