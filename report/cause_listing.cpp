// The tables of explaining: causes, and the names that --accept takes.
#include "report/rule_listing.h"

#include "diff/explain/accept.h"
#include "diff/explain/cause.h"
#include "diff/explain/noise.h"
#include "report/canvas.h"
#include "report/json_parts.h"

#include <fmt/format.h>

namespace touchstone {

std::string render_causes_text() {
    Canvas canvas(false);
    canvas.line(
        "Why files differ. A file is explained when its causes cover every byte that differs; explained is not");
    canvas.line(
        "benign: benign-metadata and hygiene say nothing of what runs, input-drift says that the builds had other");
    canvas.line("inputs, and what is suspicious needs a person's eyes.");
    canvas.gap();
    for (const CauseRow& row : cause_table()) {
        canvas.line(fmt::format("{}  {:<17} {:<16} {}", row.code, row.name, name_of(row.weight), row.meaning));
        canvas.line(fmt::format("{:21} -> {}", "", row.remedy));
    }
    return canvas.text();
}

std::string render_causes_json() {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.causes/1");
    write_tool(json);
    json.key("causes");
    json.begin_array(JsonWriter::Layout::lines);
    for (const CauseRow& row : cause_table()) {
        json.begin_object();
        json.member("code", row.code);
        json.member("name", row.name);
        json.member("class", name_of(row.weight));
        json.member("meaning", row.meaning);
        json.member("remedy", row.remedy);
        json.member("see_also", row.see_also);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

std::string render_acceptable_text() {
    Canvas canvas(false);
    canvas.line(
        "What `diff --accept NAME,NAME` can hide; `hygiene` stands for all of it. Nothing is accepted by itself, and");
    canvas.line(
        "what is accepted is listed with both digests. Executables, setuid files, links, devices and files whose");
    canvas.line("change weighs as security are never accepted.");
    canvas.gap();
    canvas.line("Contents, where these causes explain every byte that differs:");
    for (const NormalizerRule& rule : normalizer_rules()) {
        canvas.line(fmt::format("  {:<22} {} ({} in {})", rule.name, rule.meaning, rule.causes,
                                rule.kinds == "*" ? "any format" : std::string(rule.kinds)));
    }
    canvas.gap();
    canvas.line("Whole files:");
    for (const NoiseRule& rule : noise_rules()) {
        canvas.line(
            fmt::format("  {:<22} {}{}", rule.name, rule.patterns, rule.secret ? "  (should not ship at all)" : ""));
        canvas.line(fmt::format("  {:<22} -> {}", "", rule.remedy));
    }
    return canvas.text();
}

std::string render_acceptable_json() {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.acceptable/1");
    write_tool(json);
    json.key("contents");
    json.begin_array(JsonWriter::Layout::lines);
    for (const NormalizerRule& rule : normalizer_rules()) {
        json.begin_object();
        json.member("name", rule.name);
        json.member("formats", rule.kinds);
        json.member("causes", rule.causes);
        json.member("meaning", rule.meaning);
        json.end_object();
    }
    json.end_array();
    json.key("files");
    json.begin_array(JsonWriter::Layout::lines);
    for (const NoiseRule& rule : noise_rules()) {
        json.begin_object();
        json.member("name", rule.name);
        json.member("patterns", rule.patterns);
        json.member("largest", rule.largest);
        json.member("remedy", rule.remedy);
        json.flag("secret", rule.secret);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

} // namespace touchstone
