// See provenance_text.h.
#include "report/provenance_text.h"

#include "base/printable.h"
#include "report/canvas.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t file_width = 80; // a path in a repository
constexpr std::size_t name_width = 120;

/// One line of what the build file holds over several: a continuation is a blank.
std::string on_one_line(std::string_view text) {
    std::string line;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool continued = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\n' || text[i + 1] == '\r');
        const bool blank = continued || text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
        if (!blank) {
            line += text[i];
        } else if (!line.empty() && !line.ends_with(' ')) {
            line += ' ';
        }
    }
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

} // namespace

const SourceLines* source_of(const std::optional<Provenance>& provenance, std::size_t layer) {
    if (!provenance || layer >= provenance->layers.size() || !provenance->layers[layer]) return nullptr;
    return &*provenance->layers[layer];
}

std::string source_place(const SourceLines& lines) {
    std::string place = fmt::format("{}:{}", printable_short(lines.file, file_width), lines.first);
    if (lines.last != lines.first) place += fmt::format("-{}", lines.last);
    if (lines.others > 0) place += fmt::format(" and {}", counted(lines.others, "other place"));
    if (lines.base) place += " (base image)";
    return place;
}

std::string source_instruction(const SourceLines& lines, std::size_t width) {
    return printable_short(on_one_line(lines.text), width);
}

std::string source_text(const SourceLines& lines, std::size_t width) {
    const std::string instruction = source_instruction(lines, width);
    return source_place(lines) + (instruction.empty() ? "" : ": " + instruction);
}

std::string provenance_text(const std::optional<Provenance>& provenance) {
    if (!provenance) return {};
    if (!provenance->unused.empty()) return "not used, because " + provenance->unused;
    const auto named = std::count_if(provenance->layers.begin(), provenance->layers.end(),
                                     [](const std::optional<SourceLines>& lines) { return lines.has_value(); });
    std::string text = fmt::format("claims the lines of {} of {}", named, counted(provenance->layers.size(), "layer"));
    if (const std::optional<BaseImage>& base = provenance->base) {
        text += fmt::format(", and the base image {}@{}", printable_short(base->name, name_width),
                            short_value(base->digest));
    }
    return text;
}

void write_source(JsonWriter& json, const SourceLines* lines) {
    if (lines == nullptr) return;
    json.key("claimed_source");
    json.begin_object();
    json.bytes_member("file", lines->file);
    json.member("first", lines->first);
    json.member("last", lines->last);
    json.bytes_member("text", lines->text);
    json.member("others", lines->others);
    json.flag("base", lines->base);
    json.end_object();
}

void write_provenance(JsonWriter& json, const std::optional<Provenance>& provenance) {
    if (!provenance) return;
    json.key("provenance");
    json.begin_object();
    json.flag("used", provenance->unused.empty());
    if (!provenance->unused.empty()) json.member("why", utf8_or_escaped(provenance->unused));
    if (const std::optional<BaseImage>& base = provenance->base) {
        json.key("claimed_base");
        json.begin_object();
        json.bytes_member("name", base->name);
        json.member("digest", base->digest);
        json.member("layers", std::uint64_t{base->layers});
        json.end_object();
    }
    json.end_object();
}

} // namespace touchstone
