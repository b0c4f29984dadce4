// The rule option: "+owner,-mtime" on top of the default set.
#include "base/error.h"
#include "normalize/rules.h"

#include <doctest/doctest.h>

#include <set>

using namespace touchstone;

TEST_CASE("the rules of the issue are on by default, ownership is not") {
    const RuleSet rules;
    for (const Rule rule :
         {Rule::order, Rule::dialect, Rule::path_spelling, Rule::padding, Rule::compression, Rule::mtime,
          Rule::owner_names, Rule::ifmt_bits, Rule::media_type, Rule::config_times, Rule::whiteout_metadata}) {
        CHECK(rules.has(rule));
    }
    CHECK_FALSE(rules.has(Rule::owner));
}

TEST_CASE("rules are switched by name") {
    CHECK(parse_rules("") == RuleSet());
    CHECK(parse_rules("+owner").has(Rule::owner));
    CHECK_FALSE(parse_rules("-mtime").has(Rule::mtime));
    CHECK_FALSE(parse_rules("none").has(Rule::order));
    CHECK(parse_rules("none,+order").names() == std::vector<std::string>{"order"});
    CHECK(parse_rules("none,default") == RuleSet());
}

TEST_CASE("a word that is no rule is refused, and the message lists the rules") {
    for (const char* text : {"mtime", "+mode", "+", "-nothing", "+owner,,-mtime"}) {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS(parse_rules(text), doctest::Contains("owner-names"), Error);
    }
}

TEST_CASE("each rule has a name of its own and a reason") {
    std::set<std::string_view> names;
    for (const RuleRow& row : rule_table()) {
        CHECK(names.insert(row.name).second);
        CHECK_FALSE(row.reason.empty());
        CHECK(name_of(row.rule) == row.name);
    }
}
