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
    const CanonicalImage image = canonical_image(parse_json("{}", "config"), source, {result}, keep);
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

} // namespace
