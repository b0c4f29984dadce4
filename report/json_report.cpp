// touchstone.report/1 and touchstone.report-set/1 (docs/report.schema.json): the whole report for machines. Nothing in
// it depends on the time, the machine or the number of jobs, so that two runs can be compared byte by byte.
#include "report/items.h"
#include "report/json_explanation.h"
#include "report/json_parts.h"
#include "report/report.h"

#include "base/printable.h"

namespace touchstone {

namespace {

void write_judgement(JsonWriter& json, Verdict verdict, Verdict required) {
    json.member("verdict", name_of(verdict));
    json.member("required", name_of(required));
    json.flag("pass", meets(verdict, required));
}

void write_summary(JsonWriter& json, const Comparison& comparison) {
    json.key("summary");
    json.begin_object();
    json.member("equal", comparison.summary.equal);
    json.member("added", comparison.summary.added);
    json.member("removed", comparison.summary.removed);
    json.member("changed", comparison.summary.changed);
    if (comparison.explanation) json.member("accepted", comparison.summary.accepted);
    json.member("unlisted_layers", comparison.summary.unlisted_layers);
    json.key("noise");
    json.begin_object();
    for (const auto& [fact, count] : comparison.findings.noise_counts()) json.member(utf8_or_escaped(fact), count);
    json.end_object();
    json.end_object();
}

void write_findings(JsonWriter& json, std::string_view key, const std::vector<Finding>& findings) {
    json.key(key);
    json.begin_array(JsonWriter::Layout::lines);
    for (const Finding& finding : findings) write_finding(json, finding);
    json.end_array();
}

/// The findings that count, those about files with their explanations.
void write_decisive(JsonWriter& json, const Comparison& comparison) {
    json.key("findings");
    json.begin_array(JsonWriter::Layout::lines);
    for (const Item& item : items_of(comparison)) {
        for (const Finding* finding : item.findings) write_finding(json, *finding, item.explanation);
    }
    json.end_array();
}

void write_comparison(JsonWriter& json, const Report& report, const Comparison& comparison) {
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.report/1");
    write_tool(json);
    write_judgement(json, comparison.verdict, report.required);
    json.key("rules");
    json.begin_array();
    for (const std::string& rule : comparison.rules.names()) json.string(rule);
    json.end_array();
    json.member("history", name_of(comparison.history));
    json.key("sides");
    json.begin_array(JsonWriter::Layout::lines);
    for (const SideSummary& side : comparison.sides) {
        json.begin_object(JsonWriter::Layout::lines);
        json.member("role", name_of(side.side));
        write_side_members(json, side, comparison.findings.keeps_noise());
        json.end_object();
    }
    json.end_array();
    write_recorded_bases(json, bases_of(report, comparison));
    write_summary(json, comparison);
    write_decisive(json, comparison);
    if (comparison.findings.keeps_noise()) write_findings(json, "noise", comparison.findings.noise());
    if (comparison.explanation) write_explanation(json, *comparison.explanation);
    json.end_object();
}

} // namespace

std::string render_json(const Report& report) {
    JsonWriter json;
    if (report.comparisons.size() == 1 && report.unpaired.empty()) {
        write_comparison(json, report, report.comparisons.front());
        return json.take();
    }
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.report-set/1");
    write_tool(json);
    write_judgement(json, report.verdict, report.required);
    write_findings(json, "unpaired", report.unpaired);
    json.key("reports");
    json.begin_array(JsonWriter::Layout::lines);
    for (const Comparison& comparison : report.comparisons) write_comparison(json, report, comparison);
    json.end_array();
    json.end_object();
    return json.take();
}

} // namespace touchstone
