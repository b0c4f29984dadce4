// What an image says about itself. Nothing here was checked against the layers: these are the claims.
#include "report/image_inspect.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/json_parts.h"
#include "report/provenance_text.h"

#include <fmt/format.h>

#include <optional>

namespace touchstone {

namespace {

constexpr std::size_t claim_width = 100;

std::optional<std::string> digest_text(const std::optional<Digest>& digest) {
    return digest ? std::optional(digest->string()) : std::nullopt;
}

std::string platform_text(const Image& image) {
    return image.platform ? image.platform->string() : std::string();
}

const HistoryEntry* claim_of(const Image& image, const LayerRef& layer) {
    return layer.history && *layer.history < image.history.size() ? &image.history[*layer.history] : nullptr;
}

void text_field(Canvas& canvas, std::string_view label, std::string_view value) {
    if (!value.empty()) canvas.line(padded(label, 12) + std::string(value));
}

void text_layer(Canvas& canvas, const Inspection& inspection, std::size_t index) {
    const LayerRef& layer = inspection.image->layers[index];
    canvas.line(fmt::format("layer {:<5} {}  {}, {}", index,
                            layer.digest ? layer.digest->string() : std::string("(no digest)"),
                            human_bytes(layer.size ? *layer.size : layer.stored_size), inspection.compression[index]));
    if (layer.diff_id && layer.diff_id != layer.digest) text_field(canvas, "  diffID", layer.diff_id->string());
    text_field(canvas, "  type", printable(layer.media_type));
    if (const HistoryEntry* claim = claim_of(*inspection.image, layer)) {
        text_field(canvas, "  claim", short_claim(claim->created_by, claim_width));
    }
    if (const SourceLines* const lines = source_of(inspection.image->provenance, index)) {
        text_field(canvas, "  claim", "of provenance: " + source_text(*lines, claim_width));
    }
}

void text_image(Canvas& canvas, const Inspection& inspection) {
    const Image& image = *inspection.image;
    text_field(canvas, "reference", printable(image.reference.text));
    text_field(canvas, "platform", printable(platform_text(image)));
    text_field(canvas, "index", image.index ? image.index->string() : std::string());
    text_field(canvas, "manifest", image.manifest ? image.manifest->string() : std::string());
    text_field(canvas, "  type", printable(image.media_type));
    text_field(canvas, "config", image.config ? image.config->string() : std::string());
    for (std::size_t i = 0; i < image.layers.size(); ++i) text_layer(canvas, inspection, i);
    for (const Companion& companion : image.companions) {
        canvas.line(padded("beside it", 12) +
                    fmt::format("{}  {}", companion.digest.string(), printable(companion.kind)));
    }
    text_referrers(canvas, inspection.referrers);
    text_field(canvas, "provenance", provenance_text(image.provenance));
    for (const Oddity& oddity : image.oddities) {
        const std::string subject = printable(oddity.path) + (oddity.path.empty() ? "" : " ") + oddity.detail;
        canvas.line(padded("oddity", 12) + fmt::format("{}  {}", row_of(oddity.code).name, subject));
    }
}

void json_layer(JsonWriter& json, const Inspection& inspection, std::size_t index) {
    const LayerRef& layer = inspection.image->layers[index];
    const HistoryEntry* claim = claim_of(*inspection.image, layer);
    json.begin_object();
    json.optional_member("digest", digest_text(layer.digest));
    json.optional_member("diff_id", digest_text(layer.diff_id));
    json.member("size", layer.size ? *layer.size : layer.stored_size);
    json.bytes_member("media_type", layer.media_type);
    json.member("compression", inspection.compression[index]);
    json.optional_bytes_member("created_by", claim != nullptr ? std::optional(claim->created_by) : std::nullopt);
    write_source(json, source_of(inspection.image->provenance, index));
    json.end_object();
}

void json_image(JsonWriter& json, const Inspection& inspection) {
    const Image& image = *inspection.image;
    json.begin_object(JsonWriter::Layout::lines);
    json.bytes_member("reference", image.reference.text);
    json.bytes_member("platform", platform_text(image));
    json.bytes_member("media_type", image.media_type);
    json.optional_member("index", digest_text(image.index));
    json.optional_member("manifest", digest_text(image.manifest));
    json.optional_member("config", digest_text(image.config));
    json.flag("artifact", image.is_artifact);
    json.key("layers");
    json.begin_array(JsonWriter::Layout::lines);
    for (std::size_t i = 0; i < image.layers.size(); ++i) json_layer(json, inspection, i);
    json.end_array();
    write_history(json, image.history);
    json.key("oddities");
    json.begin_array(JsonWriter::Layout::lines);
    for (const Oddity& oddity : image.oddities) write_oddity(json, oddity);
    json.end_array();
    write_companions(json, image.companions);
    write_provenance(json, image.provenance);
    if (image.reference.registry) write_referrers(json, inspection.referrers);
    json.end_object();
}

} // namespace

std::string render_inspection_text(const std::vector<Inspection>& images) {
    Canvas canvas(false);
    for (const Inspection& inspection : images) {
        canvas.gap();
        text_image(canvas, inspection);
    }
    return canvas.text();
}

std::string render_inspection_json(const std::vector<Inspection>& images) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.inspection/1");
    write_tool(json);
    json.key("images");
    json.begin_array(JsonWriter::Layout::lines);
    for (const Inspection& inspection : images) json_image(json, inspection);
    json.end_array();
    json.end_object();
    return json.take();
}

} // namespace touchstone
