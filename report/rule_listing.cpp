// The three tables of named values that users meet in reports and options.
#include "report/rule_listing.h"

#include "image/oddity.h"
#include "normalize/dropped.h"
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
    canvas.gap();
    canvas.line(
        "`touchstone rules --canonical` lists what `digest` and `normalize` drop or rewrite; --oddities, what is "
        "strange in one image.");
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

std::string render_dropped_text() {
    Canvas canvas(false);
    canvas.line(
        "What a canonical form (`touchstone digest`, `touchstone normalize`) drops or rewrites. The list is complete.");
    canvas.line(
        "`normalize` counts each by its name, and --log lists them; names in brackets follow from the form itself");
    canvas.line("and are not counted. --mtime and --owner decide where they stand; all else is always done.");
    for (const DroppedFrom from : {DroppedFrom::layer, DroppedFrom::config, DroppedFrom::manifest}) {
        canvas.gap();
        canvas.line(fmt::format("{}:", name_of(from)));
        for (const DroppedRow& row : dropped_table()) {
            if (row.from != from) continue;
            const std::string name = row.counted ? std::string(row.name) : fmt::format("[{}]", row.name);
            std::string rule = row.by == DroppedBy::always ? "" : std::string(name_of(row.by));
            if (!row.rule.empty()) rule += fmt::format("{}{}", rule.empty() ? "" : ", ", row.rule);
            canvas.line(fmt::format("  {}{}{}", name, rule.empty() ? "" : "  ", rule));
            canvas.line(fmt::format("      {}", row.what));
            canvas.line(fmt::format("      -> {}", row.becomes));
            canvas.line(fmt::format("      safe: {}", row.reason));
        }
    }
    return canvas.text();
}

std::string render_dropped_json() {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.dropped/1");
    write_tool(json);
    json.key("dropped");
    json.begin_array(JsonWriter::Layout::lines);
    for (const DroppedRow& row : dropped_table()) {
        json.begin_object();
        json.member("name", row.name);
        json.member("from", name_of(row.from));
        json.member("by", name_of(row.by));
        json.member("what", row.what);
        json.member("becomes", row.becomes);
        json.member("reason", row.reason);
        json.member("rule", row.rule);
        json.flag("counted", row.counted);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

} // namespace touchstone
