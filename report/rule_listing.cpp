// The two tables of named values that users meet in reports and options.
#include "report/rule_listing.h"

#include "image/oddity.h"
#include "report/canvas.h"
#include "report/json_parts.h"

#include <fmt/format.h>

namespace touchstone {

std::string render_rules_text(const RuleSet& rules) {
    Canvas canvas(false);
    canvas.line("A difference is noise when a rule that is on calls it so; `--rules +NAME,-NAME` changes the set.");
    canvas.gap();
    for (const RuleRow& row : rule_table()) {
        canvas.line(fmt::format("{} {:<18} {}", rules.has(row.rule) ? "on " : "off", row.name, row.hides));
        canvas.line(fmt::format("{:23}{}", "", row.reason));
    }
    return canvas.text();
}

std::string render_rules_json(const RuleSet& rules) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.rules/1");
    write_tool(json);
    json.key("rules");
    json.begin_array(JsonWriter::Layout::lines);
    for (const RuleRow& row : rule_table()) {
        json.begin_object();
        json.member("name", row.name);
        json.flag("on", rules.has(row.rule));
        json.flag("by_default", row.by_default);
        json.member("hides", row.hides);
        json.member("reason", row.reason);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

std::string render_oddities_text() {
    Canvas canvas(false);
    canvas.line("ambiguous: known runtimes see different content. finding: unusual. note: occurs in ordinary images.");
    canvas.gap();
    for (const OddityRow& row : oddity_table()) {
        canvas.line(fmt::format("{:<9}  {:<24}  {}", name_of(row.weight), row.name, row.meaning));
    }
    return canvas.text();
}

std::string render_oddities_json() {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.oddities/1");
    write_tool(json);
    json.key("oddities");
    json.begin_array(JsonWriter::Layout::lines);
    for (const OddityRow& row : oddity_table()) {
        json.begin_object();
        json.member("code", row.name);
        json.member("weight", name_of(row.weight));
        json.member("meaning", row.meaning);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

} // namespace touchstone
