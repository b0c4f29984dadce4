// What an explanation adds to the JSON: the answer beside each finding, and everything in one object.
#include "base/json.h"
#include "base/printable.h"
#include "tests/report/explained_samples.h"
#include "tests/report/samples.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

Json json_of(Comparison comparison) {
    return parse_json(render_json(report_on(std::move(comparison))), "report");
}

const Json& at(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    REQUIRE_MESSAGE(found != nullptr, key);
    return *found;
}

const Json& finding_of(const Json& json, std::string_view path, std::string_view fact) {
    for (const Json& finding : at(json, "findings").items()) {
        if (at(finding, "path").as_string() == path && at(finding, "fact").as_string() == fact) return finding;
    }
    FAIL("no finding " << path);
    return json;
}

std::vector<std::string> keys_of(const Json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.members()) keys.push_back(key);
    return keys;
}

TEST_CASE("without an explanation nothing is added") {
    const std::string text = render_json(report_on(forged_history()));
    for (const char* key : {"\"explanation\"", "\"coverage\"", "\"explained\"", "\"accepted\""}) {
        CHECK(text.find(key) == std::string::npos);
    }
}

TEST_CASE("a file that is wholly explained has its weightiest cause") {
    const Json json = json_of(explained_images());
    const Json& date = finding_of(json, "etc/build-date", "content");
    CHECK(keys_of(date) == std::vector<std::string>{"place", "path", "fact", "weight", "published", "rebuilt", "layers",
                                                    "cause", "class", "explained", "coverage", "derived_of", "package",
                                                    "remedy"});
    CHECK(at(date, "cause").as_string() == "T2");
    CHECK(at(date, "class").as_string() == "hygiene");
    CHECK(at(date, "explained").as_boolean());
    CHECK(at(date, "coverage").as_integer() == 1000);
    CHECK(at(date, "derived_of").is_null());
    // A jar with a time, an order, a date and a user name: two are hygiene, and P3 comes after T2 in the table.
    CHECK(at(finding_of(json, "srv/app/shop.jar", "content"), "cause").as_string() == "T2");
}

TEST_CASE("a file that is explained in part has no cause") {
    const Json json = json_of(explained_images());
    const Json& settings = finding_of(json, "srv/app/config/settings.ini", "content");
    CHECK(at(settings, "cause").is_null());
    CHECK_FALSE(at(settings, "explained").as_boolean());
    // Covered are the 15 and the 11 bytes of the host names, of these and the 1 and 2 of the numbers: 26/29.
    CHECK(at(settings, "coverage").as_integer() == 896);
}

TEST_CASE("code that nothing explains says so") {
    const Json json = json_of(explained_images());
    const Json& nginx = finding_of(json, "usr/sbin/nginx", "content");
    CHECK(at(nginx, "cause").as_string() == "S1");
    CHECK(at(nginx, "class").as_string() == "suspicious");
    CHECK(at(at(nginx, "package").items()[0], "match").as_string() == "differs");
    CHECK(at(at(nginx, "package").items()[1], "match").as_string() == "matches");
}

TEST_CASE("a file that follows from another names it") {
    const Json json = json_of(explained_images());
    const Json& record = finding_of(json, "usr/lib/python3/dist-packages/flask-3.0.0.dist-info/RECORD", "content");
    CHECK(at(record, "derived_of").as_string() == "usr/lib/python3/dist-packages/flask/app.py");
    CHECK(at(record, "cause").as_string() == "C2");
}

TEST_CASE("findings that are not about files have no answer beside them") {
    const Json json = json_of(explained_images());
    const Json& user = finding_of(json, "/config/User", "value");
    CHECK(at(user, "cause").is_null());
    CHECK(user.find("explained") == nullptr);
}

TEST_CASE("the explanation carries the parts as they are nested") {
    const Json json = json_of(explained_images());
    const Json& explanation = at(json, "explanation");
    CHECK(keys_of(json).back() == "explanation");
    CHECK(keys_of(explanation) ==
          std::vector<std::string>{"unexamined", "cut", "packages", "remedies", "votes", "drift", "accepted", "files"});
    for (const Json& file : at(explanation, "files").items()) {
        if (at(file, "path").as_string() != "srv/app/shop.jar") continue;
        const Json& inner = at(at(file, "part"), "parts").items()[0];
        CHECK(at(inner, "name").as_string() == "BOOT-INF/lib/shop-core.jar");
        const Json& manifest = at(inner, "parts").items()[0];
        CHECK(at(manifest, "kind").as_string() == "manifest");
        CHECK(at(at(manifest, "differences").items()[0], "cause").as_string() == "P3");
        CHECK(at(manifest, "view").items().size() == 6);
        return;
    }
    FAIL("the jar is not there");
}

TEST_CASE("every byte of a hostile name can be had back") {
    const Comparison comparison = hostile_explanation();
    const Json json = json_of(comparison);
    const Json& file = at(at(json, "explanation"), "files").items()[0];
    CHECK(unbase64(at(file, "path_base64").as_string()) == comparison.explanation->files[0].path);
    const Json& line = at(at(file, "part"), "view").items()[1];
    CHECK(unbase64(at(line, "text_base64").as_string()) == comparison.explanation->files[0].part.view[1].text);
}

} // namespace
} // namespace touchstone::test
