// What `touchstone rules` prints: each row of each table is there, once, with all that it says.
#include "base/json.h"
#include "image/oddity.h"
#include "normalize/canonical_xattrs.h"
#include "normalize/dropped.h"
#include "report/rule_listing.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

TEST_CASE("every rule and every oddity is listed with what it means") {
    const std::string rules = render_rules_text(RuleSet());
    for (const RuleRow& row : rule_table()) {
        CAPTURE(std::string(row.name));
        CHECK(contains(rules, row.name));
        CHECK(contains(rules, row.hides));
        CHECK(contains(rules, row.reason));
    }
    CHECK(contains(rules, "touchstone rules --canonical"));
    const std::string oddities = render_oddities_text();
    for (const OddityRow& row : oddity_table()) CHECK(contains(oddities, row.meaning));
}

TEST_CASE("everything that a canonical form drops is listed, with what becomes of it, who decides, and why") {
    const std::string text = render_dropped_text();
    const Json json = parse_json(render_dropped_json(), "dropped");
    const std::vector<Json>& rows = json.find("dropped")->items();
    REQUIRE(rows.size() == dropped_table().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const DroppedRow& row = dropped_table()[i];
        CAPTURE(std::string(row.name));
        for (const std::string_view part : {row.name, row.what, row.becomes, row.reason, row.rule}) {
            CHECK(contains(text, part));
        }
        CHECK(rows[i].find("name")->as_string() == row.name);
        CHECK(rows[i].find("from")->as_string() == name_of(row.from));
        CHECK(rows[i].find("by")->as_string() == name_of(row.by));
        CHECK(rows[i].find("counted")->as_boolean() == row.counted);
    }
}

TEST_CASE("extended attributes that are dropped are listed one by one") {
    const std::string text = render_dropped_text();
    CHECK(dropped_xattrs().size() == 3);
    for (const char* name : {"security.selinux", "trusted.overlay.*", "user.overlay.*"}) {
        CHECK(contains(text, std::string("xattr-dropped ") + name));
    }
}

TEST_CASE("who decides and the rule stand beside the name; what is not counted is in brackets") {
    const std::string text = render_dropped_text();
    CHECK(contains(text, "  mtime  --mtime, W10\n"));
    CHECK(contains(text, "  uid  --owner, W8\n"));
    CHECK(contains(text, "  config-time  --mtime\n"));
    CHECK(contains(text, "  owner-names  W9\n"));
    CHECK(contains(text, "  [diff-ids]\n"));
}

} // namespace
} // namespace touchstone::test
