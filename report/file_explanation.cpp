// The same words as a report has for each of its files.
#include "report/file_explanation.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/explained.h"
#include "report/json_explanation.h"
#include "report/json_parts.h"
#include "report/text_parts.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

std::string verdict_of(const FileExplanation& file) {
    if (file.explained) return fmt::format("different; every byte that differs is explained ({})", name_of(file.worst));
    if (file.coverage == 0) return "different, and not explained";
    return fmt::format("different; {} of what differs is explained", per_mille_text(file.coverage));
}

} // namespace

std::string render_file_text(const std::array<std::string, 2>& names, const std::optional<FileExplanation>& file,
                             const TextOptions& options) {
    Canvas canvas(options.color);
    if (!file) {
        canvas.line(canvas.styled(Style::good, "the same bytes"));
        return canvas.text();
    }
    canvas.line(canvas.styled(file->explained ? Style::warning : Style::bad, verdict_of(*file)));
    if (options.quiet) return canvas.text();
    canvas.gap();
    canvas.line("  - " + printable(names[0]));
    canvas.line("  + " + printable(names[1]));
    Item item;
    Finding finding;
    finding.path = file->path;
    item.findings.push_back(&finding);
    item.explanation = &*file;
    draw_explanation(canvas, item, options.listed);
    return canvas.text();
}

std::string render_file_json(const std::array<std::string, 2>& names, const std::optional<FileExplanation>& file) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.explanation/1");
    write_tool(json);
    json.flag("same", !file.has_value());
    json.bytes_member("published", names[0]);
    json.bytes_member("rebuilt", names[1]);
    if (file) {
        Explanation explanation;
        explanation.files.push_back(*file);
        write_explanation(json, explanation);
    } else {
        json.optional_member("explanation", std::nullopt);
    }
    json.end_object();
    return json.take();
}

} // namespace touchstone
