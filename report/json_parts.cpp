// The shared parts of the JSON documents. What may be absent is null in reports (so that a key can be relied on); only
// the
// *_base64 keys and the ones of a presence finding come and go.
#include "report/json_parts.h"

#include "base/printable.h"
#include "report/json_explanation.h"
#include "report/provenance_text.h"
#include "report/version.h"

#include <algorithm>
#include <map>

namespace touchstone {

namespace {

/// A text that the source leaves empty when it has none.
void write_or_null(JsonWriter& json, std::string_view name, std::string_view raw) {
    if (raw.empty()) {
        json.optional_member(name, std::nullopt);
    } else {
        json.bytes_member(name, raw);
    }
}

void write_index(JsonWriter& json, int layer) {
    if (layer < 0) {
        json.null();
    } else {
        json.number(static_cast<std::uint64_t>(layer));
    }
}

/// A number that is only known of a layer that was listed.
void write_known(JsonWriter& json, std::string_view name, bool known, std::uint64_t value) {
    if (known) {
        json.member(name, value);
    } else {
        json.optional_member(name, std::nullopt);
    }
}

bool all_listed(const SideSummary& side) {
    return std::all_of(side.layers.begin(), side.layers.end(), [](const LayerSummary& layer) { return layer.listed; });
}

void write_layer(JsonWriter& json, const LayerSummary& layer, const SourceLines* source) {
    json.begin_object();
    json.optional_member("digest", layer.digest);
    json.member("diff_id", layer.diff_id);
    json.member("size", layer.size);
    write_known(json, "uncompressed", layer.listed, layer.uncompressed);
    write_or_null(json, "media_type", layer.media_type);
    write_or_null(json, "compression", layer.compression);
    write_known(json, "entries", layer.listed, layer.entries);
    json.optional_bytes_member("created_by", layer.created_by);
    write_source(json, source);
    if (layer.canonical) json.member("canonical", *layer.canonical);
    json.end_object();
}

void write_notes(JsonWriter& json, const std::vector<Oddity>& oddities) {
    std::map<std::string_view, std::uint64_t> counts;
    for (const Oddity& oddity : oddities) {
        const OddityRow& row = row_of(oddity.code);
        if (row.weight == OddityWeight::note) ++counts[row.name];
    }
    json.key("notes");
    json.begin_object();
    for (const auto& [name, count] : counts) json.member(name, count);
    json.end_object();
}

} // namespace

std::string_view name_of(OddityWeight weight) {
    switch (weight) {
    case OddityWeight::note:
        return "note";
    case OddityWeight::finding:
        return "finding";
    case OddityWeight::ambiguous:
        break;
    }
    return "ambiguous";
}

void write_tool(JsonWriter& json) {
    json.key("tool");
    json.begin_object();
    json.member("name", "touchstone");
    json.member("version", version());
    json.end_object();
}

void write_oddity(JsonWriter& json, const Oddity& oddity) {
    const OddityRow& row = row_of(oddity.code);
    json.begin_object();
    json.member("code", row.name);
    json.member("weight", name_of(row.weight));
    json.key("layer");
    write_index(json, oddity.layer);
    json.bytes_member("path", oddity.path);
    json.member("detail", oddity.detail);
    json.end_object();
}

void write_history(JsonWriter& json, const std::vector<HistoryEntry>& history) {
    json.key("history");
    json.begin_array(JsonWriter::Layout::lines);
    for (const HistoryEntry& entry : history) {
        json.begin_object();
        json.bytes_member("created", entry.created);
        json.bytes_member("created_by", entry.created_by);
        json.bytes_member("author", entry.author);
        json.bytes_member("comment", entry.comment);
        json.flag("empty_layer", entry.empty_layer);
        json.end_object();
    }
    json.end_array();
}

void write_companions(JsonWriter& json, const std::vector<Companion>& companions) {
    json.key("companions");
    json.begin_array(JsonWriter::Layout::lines);
    for (const Companion& companion : companions) {
        json.begin_object();
        json.member("digest", companion.digest.string());
        write_or_null(json, "media_type", companion.media_type);
        json.bytes_member("kind", companion.kind);
        write_or_null(json, "describes", companion.describes);
        json.end_object();
    }
    json.end_array();
}

void write_side_members(JsonWriter& json, const SideSummary& side, bool every_note) {
    json.bytes_member("reference", side.reference);
    write_or_null(json, "platform", side.platform);
    write_or_null(json, "media_type", side.media_type);
    json.optional_member("manifest", side.manifest);
    json.optional_member("config", side.config);
    write_known(json, "files", all_listed(side), side.files);
    if (side.tree) json.member("tree", *side.tree);
    json.key("layers");
    json.begin_array(JsonWriter::Layout::lines);
    for (std::size_t i = 0; i < side.layers.size(); ++i) {
        write_layer(json, side.layers[i], source_of(side.provenance, i));
    }
    json.end_array();
    write_notes(json, side.oddities);
    json.key("oddities");
    json.begin_array(JsonWriter::Layout::lines);
    for (const Oddity& oddity : side.oddities) {
        if (every_note || row_of(oddity.code).weight != OddityWeight::note) write_oddity(json, oddity);
    }
    json.end_array();
    write_companions(json, side.companions);
    write_provenance(json, side.provenance);
}

void write_finding(JsonWriter& json, const Finding& finding, const FileExplanation* explanation) {
    json.begin_object();
    json.member("place", name_of(finding.place));
    json.bytes_member("path", finding.path);
    json.member("fact", utf8_or_escaped(finding.fact)); // "xattr:NAME" holds a name from the image
    json.member("weight", name_of(finding.weight));
    json.optional_bytes_member("published", finding.published);
    json.optional_bytes_member("rebuilt", finding.rebuilt);
    json.key("layers");
    json.begin_array();
    for (const int layer : finding.layers) write_index(json, layer);
    json.end_array();
    if (finding.present) {
        json.member("type", finding.present->type);
        json.member("size", finding.present->size);
        json.optional_member("content", finding.present->content);
    }
    if (!finding.detail.empty()) json.member("detail", finding.detail);
    if (finding.rule) json.member("rule", name_of(*finding.rule));
    if (explanation != nullptr) {
        write_answer(json, *explanation);
    } else {
        json.optional_member("cause", std::nullopt);
    }
    json.end_object();
}

} // namespace touchstone
