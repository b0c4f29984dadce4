// What recognizing found, for people and for programs.
#include "attest/record_match.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/json_parts.h"
#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t lines_shown = 200; // of findings as text; JSON has them all

std::string origin(const ChosenRecord& chosen) {
    const std::string entry =
        chosen.sequence ? fmt::format(", entry {} by its {}", *chosen.sequence, name_of(chosen.by)) : std::string();
    return fmt::format("recorded {} of {}{}", chosen.record.time, printable(chosen.record.reference), entry);
}

std::string_view meaning_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::identical:
        return "the same bytes";
    case Verdict::equivalent:
        return "the same layers and configuration, encoded differently";
    case Verdict::same_files:
        return "the same files, in layers that are cut or packed differently";
    case Verdict::accepted:
    case Verdict::divergent:
        break;
    }
    return "not what was recorded";
}

std::string value_text(const std::optional<std::string>& value) {
    return value ? short_value(*value) : "-";
}

void draw_layers(Canvas& canvas, const Recognition& result) {
    for (const RecognizedLayer& pair : result.layers) {
        const auto index = [](const std::optional<std::size_t>& at) { return at ? std::to_string(*at) : "-"; };
        const RecordedLayer& layer =
            pair.recorded ? result.chosen.record.layers[*pair.recorded] : result.found.layers[*pair.found];
        canvas.line(fmt::format("  layer {:>3}:{:<3} {:<14} {}  {}", index(pair.recorded), index(pair.found),
                                name_of(pair.relation), short_value(layer.diff_id), layer.canonical));
    }
}

void draw_finding(Canvas& canvas, const Finding& finding) {
    const std::string path = finding.path.empty() ? std::string() : " " + printable(finding.path);
    const std::string detail = finding.detail.empty() ? std::string() : fmt::format("  ({})", finding.detail);
    canvas.line(fmt::format("  {}{}  {}: {} -> {}{}", name_of(finding.place), path, finding.fact,
                            value_text(finding.published), value_text(finding.rebuilt), detail));
}

void draw_findings(Canvas& canvas, const Recognition& result) {
    const std::size_t shown = std::min(result.findings.size(), lines_shown);
    for (std::size_t i = 0; i < shown; ++i) draw_finding(canvas, result.findings[i]);
    const auto kept_files =
        static_cast<std::uint64_t>(std::count_if(result.findings.begin(), result.findings.end(),
                                                 [](const Finding& finding) { return finding.place == Place::file; }));
    const std::uint64_t more = result.findings.size() - shown + (result.file_findings - kept_files);
    if (more > 0) canvas.line(fmt::format("  and {} more", more));
    if (!result.note.empty()) canvas.line("  " + result.note);
    const bool unnamed = std::any_of(result.findings.begin(), result.findings.end(),
                                     [](const Finding& finding) { return finding.fact == "tree"; });
    if (unnamed && !result.chosen.record.listing) {
        canvas.line("  which files differ is not known: the record was made without --files");
    }
    if (unnamed && result.history == HistoryRelation::identical) {
        canvas.line("  the histories are identical and the files are not: histories are claims");
    }
}

void write_subject(JsonWriter& json, const Record& record) {
    json.bytes_member("reference", record.reference);
    json.bytes_member("platform", record.platform);
    json.optional_member("manifest", record.manifest);
    json.optional_member("config", record.config);
    json.optional_member("image", record.image.empty() ? std::nullopt : std::optional(record.image));
    json.optional_member("tree", record.tree.empty() ? std::nullopt : std::optional(record.tree));
}

void write_layer(JsonWriter& json, const Recognition& result, const RecognizedLayer& pair) {
    const auto side = [&](std::string_view name, const std::optional<std::size_t>& index, const Record& record) {
        json.key(name);
        if (!index) return json.null();
        json.begin_object();
        json.member("index", std::uint64_t{*index});
        json.optional_member("digest", record.layers[*index].digest);
        json.member("diff_id", record.layers[*index].diff_id);
        json.member("canonical", record.layers[*index].canonical);
        json.end_object();
    };
    json.begin_object();
    json.member("relation", name_of(pair.relation));
    side("recorded", pair.recorded, result.chosen.record);
    side("found", pair.found, result.found);
    json.end_object();
}

void write_recognized(JsonWriter& json, const Finding& finding) {
    json.begin_object();
    json.member("place", name_of(finding.place));
    json.bytes_member("path", finding.path);
    json.member("fact", finding.fact);
    json.optional_bytes_member("recorded", finding.published);
    json.optional_bytes_member("found", finding.rebuilt);
    if (!finding.detail.empty()) json.member("detail", finding.detail);
    json.end_object();
}

template <class Items, class Write>
void write_array(JsonWriter& json, std::string_view name, const Items& items, Write write) {
    json.key(name);
    json.begin_array(JsonWriter::Layout::lines);
    for (const auto& item : items) write(item);
    json.end_array();
}

} // namespace

std::string render_recognition_text(const Recognition& result, Verdict required, bool color) {
    Canvas canvas(color);
    const bool pass = meets(result.verdict, required);
    canvas.line(fmt::format("{}  {}: {}", canvas.styled(pass ? Style::good : Style::bad, name_of(result.verdict)),
                            printable(result.found.reference), meaning_of(result.verdict)));
    canvas.line("  " + origin(result.chosen));
    if (result.verdict == Verdict::identical) return canvas.text();
    draw_layers(canvas, result);
    draw_findings(canvas, result);
    return canvas.text();
}

std::string render_recognition_json(const Recognition& result, Verdict required) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.recognition/1");
    write_tool(json);
    json.member("verdict", name_of(result.verdict));
    json.member("required", name_of(required));
    json.flag("pass", meets(result.verdict, required));
    json.key("recorded");
    json.begin_object(JsonWriter::Layout::lines);
    json.member("time", result.chosen.record.time);
    json.member("matched_by", name_of(result.chosen.by));
    json.key("sequence");
    if (result.chosen.sequence) {
        json.number(*result.chosen.sequence);
    } else {
        json.null();
    }
    write_subject(json, result.chosen.record);
    json.end_object();
    json.key("found");
    json.begin_object(JsonWriter::Layout::lines);
    write_subject(json, result.found);
    json.end_object();
    json.member("history", name_of(result.history));
    write_array(json, "layers", result.layers, [&](const RecognizedLayer& pair) { write_layer(json, result, pair); });
    json.flag("files_compared", result.files_compared);
    json.member("file_findings", result.file_findings);
    write_array(json, "findings", result.findings, [&](const Finding& finding) { write_recognized(json, finding); });
    if (!result.note.empty()) json.member("note", result.note);
    json.end_object();
    return json.take();
}

} // namespace touchstone
