// What a verification found to be so: every digest and size in it was computed from the bytes, none is copied from a
// document. (Where something was not as promised there is no verification to show, only an error.)
#include "report/image_inspect.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/json_parts.h"
#include "report/text_parts.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::size_t claim_width = 60;

void row(Canvas& canvas, std::string_view what, std::string_view digest, std::string_view details) {
    canvas.line(fmt::format("  {:<9} {:<71}  {}", what, digest, details));
}

void draw_layer(Canvas& canvas, const SideSummary& side, std::size_t index) {
    const LayerSummary& layer = side.layers[index];
    const std::string details = fmt::format("{} bytes, {}", layer.size, layer.compression);
    row(canvas, fmt::format("layer {}", index), layer.digest ? *layer.digest : "(no digest names the stored bytes)",
        details);
    row(canvas, "  diffID", layer.diff_id, fmt::format("{} bytes, {} entries", layer.uncompressed, layer.entries));
    if (layer.created_by) {
        canvas.line("    " + canvas.styled(Style::dim, "claimed by " + short_claim(*layer.created_by, claim_width)));
    }
}

void draw_image(Canvas& canvas, const SideSummary& side, const VerificationOptions& options) {
    const std::string platform = side.platform.empty() ? "" : "  " + printable(side.platform);
    canvas.line(fmt::format("{}  {}{}", canvas.styled(Style::good, "VERIFIED"), printable(side.reference), platform));
    if (side.manifest) row(canvas, "manifest", *side.manifest, printable(side.media_type));
    if (side.config) row(canvas, "config", *side.config, "");
    for (std::size_t i = 0; i < side.layers.size(); ++i) draw_layer(canvas, side, i);
    canvas.line(fmt::format("  {:<9} {} in the merged tree", "tree", counted(side.files, "path")));
    for (const Companion& companion : side.companions) {
        row(canvas, "beside it", companion.digest.string(), printable(companion.kind) + ", not read");
    }
    draw_oddities(canvas, {&side}, {.color = options.color, .all = options.all});
}

} // namespace

std::string render_verification_text(const std::vector<SideSummary>& images, const VerificationOptions& options) {
    Canvas canvas(options.color);
    for (const SideSummary& image : images) {
        canvas.gap();
        draw_image(canvas, image, options);
    }
    return canvas.text();
}

std::string render_verification_json(const std::vector<SideSummary>& images, bool all) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.verification/1");
    write_tool(json);
    json.key("images");
    json.begin_array(JsonWriter::Layout::lines);
    for (const SideSummary& image : images) {
        json.begin_object(JsonWriter::Layout::lines);
        write_side_members(json, image, all);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

} // namespace touchstone
