// What the JSON promises besides its schema: the order of keys, the bytes of names that are not text, and when the
// optional parts are there.
#include "base/json.h"
#include "base/printable.h"
#include "tests/report/samples.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

Json json_of(const Comparison& comparison) {
    std::vector<Comparison> comparisons;
    comparisons.push_back(comparison);
    return parse_json(render_json(make_report(std::move(comparisons), {}, Verdict::same_files)), "report");
}

std::vector<std::string> keys_of(const Json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.members()) keys.push_back(key);
    return keys;
}

const Json& at(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    REQUIRE_MESSAGE(found != nullptr, key);
    return *found;
}

using Keys = std::vector<std::string>;

TEST_CASE("the keys stand in the order of the specification") {
    const Json json = json_of(forged_history());
    CHECK(keys_of(json) ==
          Keys{"schema", "tool", "verdict", "required", "pass", "rules", "history", "sides", "summary", "findings"});
    CHECK(keys_of(at(json, "sides").items()[0]) == Keys{"role", "reference", "platform", "media_type", "manifest",
                                                        "config", "files", "layers", "notes", "oddities",
                                                        "companions"});
    CHECK(keys_of(at(at(json, "sides").items()[0], "layers").items()[0]) ==
          Keys{"digest", "diff_id", "size", "uncompressed", "media_type", "compression", "entries", "created_by"});
    CHECK(keys_of(at(json, "summary")) == Keys{"equal", "added", "removed", "changed", "unlisted_layers", "noise"});
}

TEST_CASE("a presence finding says what the present one is") {
    const Json json = json_of(forged_history());
    for (const Json& finding : at(json, "findings").items()) {
        if (at(finding, "fact").as_string() != "presence") continue;
        CHECK(keys_of(finding) == Keys{"place", "path", "fact", "weight", "published", "rebuilt", "layers", "type",
                                       "size", "content", "cause"});
        CHECK(at(finding, "published").as_string() == "absent");
        CHECK(at(finding, "rebuilt").as_string() == "present");
        CHECK(at(finding, "layers").items()[0].is_null());
        CHECK(at(finding, "layers").items()[1].as_integer() == 1);
    }
}

TEST_CASE("bytes that are not UTF-8 are escaped, and whole in base64") {
    const Json json = json_of(hostile_names());
    bool seen = false;
    for (const Json& finding : at(json, "findings").items()) {
        if (const Json* raw = finding.find("path_base64")) {
            CHECK(at(finding, "path").as_string() == "etc/caf\\xe9");
            CHECK(unbase64(raw->as_string()) == "etc/caf\xe9");
        }
        if (const Json* raw = finding.find("rebuilt_base64")) {
            seen = true;
            CHECK(at(finding, "rebuilt").as_string() == "\\xff\\xfe");
            CHECK(unbase64(raw->as_string()) == "\xff\xfe");
            CHECK(at(finding, "published").as_string() == "a\nb");
        }
    }
    CHECK(seen);
}

TEST_CASE("noise is counted always, and listed only when it was kept") {
    const Json counted = json_of(equivalent_images(false));
    CHECK(at(at(at(counted, "summary"), "noise"), "mtime").as_integer() == 1);
    CHECK(counted.find("noise") == nullptr);
    const Json listed = json_of(equivalent_images(true));
    REQUIRE(at(listed, "noise").items().size() == 2);
    CHECK(at(at(listed, "noise").items()[0], "rule").as_string() == "compression");
}

TEST_CASE("ordinary oddities are counts, the others are listed") {
    const Json json = json_of(odd_images());
    const Json& side = at(json, "sides").items()[0];
    CHECK(at(at(side, "notes"), "implied-parent").as_integer() == 3);
    REQUIRE(at(side, "oddities").items().size() == 2);
    CHECK(at(at(side, "oddities").items()[1], "weight").as_string() == "ambiguous");
}

TEST_CASE("several platforms, or a platform without a partner, make a set") {
    for (const Sample& sample : samples()) {
        const bool set = sample.name == "platforms";
        const Json json = parse_json(render_json(sample.report), "report");
        CHECK(at(json, "schema").as_string() == (set ? "touchstone.report-set/1" : "touchstone.report/1"));
    }
    std::vector<Comparison> one;
    one.push_back(identical_images());
    Finding lonely;
    lonely.place = Place::image;
    lonely.path = "linux/arm64";
    lonely.fact = "presence";
    const Json json = parse_json(render_json(make_report(std::move(one), {lonely}, Verdict::same_files)), "report");
    CHECK(at(json, "schema").as_string() == "touchstone.report-set/1");
    CHECK(at(json, "verdict").as_string() == "divergent");
    CHECK(at(at(json, "reports").items()[0], "verdict").as_string() == "identical");
}

TEST_CASE("each finding is on a line of its own, so that reports can be grepped") {
    std::vector<Comparison> comparisons;
    comparisons.push_back(many_files());
    const std::string text = render_json(make_report(std::move(comparisons), {}, Verdict::same_files));
    CHECK(text.find("\n    {\"place\": \"file\", \"path\": \"var/cache/entry9\"") != std::string::npos);
    CHECK(text.ends_with("}\n"));
}

} // namespace
} // namespace touchstone::test
