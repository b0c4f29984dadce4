// Who was compared with whom: the lines that say which bytes the verdict is about.
#include "report/text_parts.h"

#include "base/printable.h"
#include "report/provenance_text.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::size_t label_width = 11; // "published" and two blanks

void append(std::string& line, std::string_view part) {
    if (part.empty()) return;
    if (!line.empty()) line += ", ";
    line += part;
}

std::string identity_line(const SideSummary& side) {
    std::string line;
    append(line, printable(side.platform));
    if (side.manifest) append(line, "manifest " + short_value(*side.manifest));
    if (side.config) append(line, "config " + short_value(*side.config));
    return line;
}

std::string content_line(const SideSummary& side) {
    std::uint64_t stored = 0;
    std::uint64_t unpacked = 0;
    std::size_t unlisted = 0;
    for (const LayerSummary& layer : side.layers) {
        stored += layer.size;
        unpacked += layer.uncompressed;
        unlisted += layer.listed ? 0 : 1;
    }
    std::string layers = fmt::format("{} ({})", counted(side.layers.size(), "layer"), human_bytes(stored));
    if (unlisted == side.layers.size() && unlisted > 0) return layers;
    if (unlisted > 0) return fmt::format("{}, {} above what both share", layers, counted(side.files, "path"));
    return fmt::format("{} ({}, {} unpacked), {}", counted(side.layers.size(), "layer"), human_bytes(stored),
                       human_bytes(unpacked), counted(side.files, "path"));
}

std::string provenance_line(const SideSummary& side) {
    const std::string text = provenance_text(side.provenance);
    return text.empty() ? text : "provenance " + text;
}

std::string companions_line(const SideSummary& side) {
    if (side.companions.empty()) return {};
    return fmt::format("beside it, not compared: {} ({})", counted(side.companions.size(), "manifest"),
                       printable_short(side.companions.front().kind, 60) + (side.companions.size() > 1 ? ", ..." : ""));
}

} // namespace

namespace {

bool all_unlisted(const Comparison& comparison) {
    const std::uint64_t unlisted = comparison.summary.unlisted_layers;
    return unlisted > 0 && unlisted == comparison.sides[0].layers.size();
}

/// Layers that were compared as blobs: it is said what was not looked at.
void draw_shared(Canvas& canvas, const Comparison& comparison) {
    const std::uint64_t unlisted = comparison.summary.unlisted_layers;
    if (unlisted == 0) return;
    const std::string which = all_unlisted(comparison)
                                  ? unlisted == 1 ? "the layer" : fmt::format("all {} layers", unlisted)
                              : unlisted == 1 ? "layer 0"
                                              : fmt::format("layers 0 to {}", unlisted - 1);
    canvas.line(canvas.styled(Style::bold, padded("shared", label_width)) +
                fmt::format("{}: the same {}, verified by digest and not listed (--whole lists {})", which,
                            unlisted == 1 ? "blob" : "blobs", unlisted == 1 ? "it" : "them"));
}

} // namespace

void draw_side(Canvas& canvas, const SideSummary& side) {
    std::string label(name_of(side.side));
    for (const std::string& line : {printable(side.reference), identity_line(side), content_line(side),
                                    side.tree.value_or(""), companions_line(side), provenance_line(side)}) {
        if (line.empty()) continue;
        canvas.line(canvas.styled(Style::bold, padded(label, label_width)) + line);
        label.clear();
    }
}

void draw_sides(Canvas& canvas, const Comparison& comparison) {
    const Summary& summary = comparison.summary;
    canvas.gap();
    for (const SideSummary& side : comparison.sides) draw_side(canvas, side);
    draw_shared(canvas, comparison);
    if (all_unlisted(comparison)) return;
    canvas.line(canvas.styled(Style::bold, padded("paths", label_width)) +
                fmt::format("{} equal, {} different, {} only published, {} only rebuilt{}", summary.equal,
                            summary.changed, summary.removed, summary.added,
                            summary.accepted == 0 ? "" : fmt::format("; {} accepted by name", summary.accepted)));
}

void draw_bases(Canvas& canvas, const RecordedBases* bases) {
    if (bases == nullptr) return;
    std::string_view label = "base";
    for (const std::string& line : recorded_bases_text(*bases)) {
        canvas.line(canvas.styled(Style::bold, padded(label, label_width)) + line);
        label = {};
    }
}

std::uint64_t differing_paths(const Summary& summary) {
    return summary.added + summary.removed + summary.changed;
}

std::string layer_text(const SideSummary& side, int layer, std::size_t width) {
    if (layer < 0) return {};
    std::string text = fmt::format("layer {}", layer);
    const auto index = static_cast<std::size_t>(layer);
    if (index < side.layers.size() && side.layers[index].created_by) {
        text += " <- " + short_claim(*side.layers[index].created_by, width);
    }
    if (const SourceLines* const lines = source_of(side.provenance, index)) {
        text += "; provenance claims " + source_text(*lines, width);
    }
    return text;
}

} // namespace touchstone
