// touchstone.record/1, written and read. What is read comes from a file that anybody may have changed: digests are
// parsed as digests, and the configuration in it must have the digest that the record gives it.
#include "attest/record.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/rfc3339.h"
#include "image/document.h"
#include "image/manifest.h"
#include "report/json_parts.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::string_view schema = "touchstone.record/1";
constexpr std::size_t history_limit = 100'000; // a config of 8 MiB has room for fewer useful lines

void write_layers(JsonWriter& json, const std::vector<RecordedLayer>& layers) {
    json.key("layers");
    json.begin_array(JsonWriter::Layout::lines);
    for (const RecordedLayer& layer : layers) {
        json.begin_object();
        json.optional_member("digest", layer.digest);
        json.member("diff_id", layer.diff_id);
        json.member("chain_id", layer.chain_id);
        json.member("canonical", layer.canonical);
        json.member("size", layer.size);
        json.member("uncompressed", layer.uncompressed);
        json.bytes_member("media_type", layer.media_type);
        json.member("compression", layer.compression);
        json.member("entries", layer.entries);
        json.flag("hidden_bytes", layer.hidden);
        json.end_object();
    }
    json.end_array();
}

void write_claims(JsonWriter& json, const Record& record) {
    json.key("claims");
    json.begin_object(JsonWriter::Layout::lines);
    json.optional_bytes_member("base_name", record.base_name);
    json.optional_bytes_member("base_digest", record.base_digest);
    write_history(json, record.history);
    json.end_object();
}

void write_listing_name(JsonWriter& json, const std::optional<ListingName>& listing) {
    json.key("listing");
    if (!listing) return json.null();
    json.begin_object();
    json.member("digest", listing->digest);
    json.member("size", listing->size);
    json.member("entries", listing->entries);
    json.end_object();
}

/// The members of an object of a record. Messages name the object and the key.
class Members {
    template <class Get>
    decltype(auto) typed(std::string_view key, Get get) const {
        return within(fmt::format("{}: {}", what_, key), [&]() -> decltype(auto) { return get(at(key)); });
    }

public:
    Members(const Json& json, std::string what) : json_(json), what_(std::move(what)) {
        if (!json.is(Json::Kind::object)) refuse("", "an object was expected");
    }
    const Json& at(std::string_view key) const {
        const Json* value = json_.find(key);
        if (value == nullptr) refuse(key, "is missing");
        return *value;
    }
    Members object(std::string_view key) const { return {at(key), fmt::format("{}: {}", what_, key)}; }
    const std::vector<Json>& array(std::string_view key, std::size_t limit) const {
        const std::vector<Json>& items = typed(
            key, [](const Json& value) -> auto& { return value.items(); });
        if (items.size() > limit) fail(ErrorKind::over_limit, fmt::format("{}: {}: more than {}", what_, key, limit));
        return items;
    }
    std::string text(std::string_view key) const {
        return typed(
            key, [](const Json& value) -> auto& { return value.as_string(); });
    }
    bool flag(std::string_view key) const {
        return typed(key, [](const Json& value) { return value.as_boolean(); });
    }
    std::uint64_t number(std::string_view key) const {
        const std::int64_t value = typed(key, [](const Json& found) { return found.as_integer(); });
        if (value < 0) refuse(key, "is negative");
        return static_cast<std::uint64_t>(value);
    }
    /// What bytes_member wrote.
    std::string bytes(std::string_view key) const {
        std::string shown = text(key);
        const std::string raw_key = fmt::format("{}_base64", key);
        if (json_.find(raw_key) == nullptr) return shown;
        std::string raw = within(fmt::format("{}: {}", what_, raw_key), [&] { return unbase64(text(raw_key)); });
        if (utf8_or_escaped(raw) != shown) refuse(key, "is not what its base64 says");
        return raw;
    }
    std::string digest(std::string_view key) const {
        return within(fmt::format("{}: {}", what_, key), [&] { return parse_digest(text(key)).string(); });
    }
    /// An id with the prefix of a canonical form under the default profile.
    std::string id(std::string_view key, std::string_view form) const {
        std::string value = text(key);
        const std::string prefix = fmt::format("{}:", form);
        if (!value.starts_with(prefix)) refuse(key, fmt::format("does not begin with {}", prefix));
        within(fmt::format("{}: {}", what_, key), [&] { parse_digest(std::string_view(value).substr(prefix.size())); });
        return value;
    }
    template <class Get>
    auto optional(std::string_view key, Get get) const -> std::optional<decltype(get())> {
        if (at(key).is_null()) return std::nullopt;
        return get();
    }
    [[noreturn]] void refuse(std::string_view key, std::string_view why) const {
        fail(ErrorKind::malformed, fmt::format("{}: {} {}", what_, key, why));
    }

private:
    const Json& json_;
    std::string what_;
};

std::optional<std::string> optional_digest(const Members& members, std::string_view key) {
    return members.optional(key, [&] { return members.digest(key); });
}

RecordedLayer parse_layer(const Members& json) {
    RecordedLayer layer;
    layer.digest = optional_digest(json, "digest");
    layer.diff_id = json.digest("diff_id");
    layer.chain_id = json.digest("chain_id");
    layer.canonical = json.id("canonical", "clf1");
    layer.size = json.number("size");
    layer.uncompressed = json.number("uncompressed");
    layer.media_type = json.bytes("media_type");
    layer.compression = json.text("compression");
    layer.entries = json.number("entries");
    layer.hidden = json.flag("hidden_bytes");
    return layer;
}

void parse_claims(const Members& claims, Record& record) {
    record.base_name = claims.optional("base_name", [&] { return claims.bytes("base_name"); });
    record.base_digest = claims.optional("base_digest", [&] { return claims.bytes("base_digest"); });
    for (const Json& item : claims.array("history", history_limit)) {
        const Members entry(item, "history");
        record.history.push_back({.created = entry.bytes("created"),
                                  .created_by = entry.bytes("created_by"),
                                  .author = entry.bytes("author"),
                                  .comment = entry.bytes("comment"),
                                  .empty_layer = entry.flag("empty_layer")});
    }
}

void check_config(const Record& record, std::string_view what) {
    if (!record.config) return;
    const Digest promised = parse_digest(*record.config);
    const Digest found = digest_of(as_bytes(record.config_document), promised.algorithm);
    if (found != promised) {
        fail(ErrorKind::unverified, fmt::format("{}: the configuration in it has the digest {}, not {}", what,
                                                found.string(), promised.string()));
    }
}

Record parse_members(const Members& json) {
    Record record;
    if (json.text("schema") != schema) json.refuse("schema", fmt::format("is not {}", schema));
    record.version = json.object("tool").text("version");
    record.time = json.text("time");
    if (!parse_rfc3339(record.time)) json.refuse("time", "is not one of RFC 3339");
    record.reference = json.bytes("reference");
    record.platform = json.bytes("platform");
    record.index = optional_digest(json, "index");
    record.manifest = optional_digest(json, "manifest");
    record.manifest_size = json.number("manifest_size");
    record.media_type = json.bytes("media_type");
    record.config = optional_digest(json, "config");
    if (record.config) record.config_document = json.text("config_document");
    for (const Json& item : json.array("layers", layer_count_limit)) {
        record.layers.push_back(parse_layer(Members(item, fmt::format("layer {}", record.layers.size()))));
    }
    record.tree = json.optional("tree", [&] { return json.id("tree", "crf1"); }).value_or("");
    record.image = optional_digest(json, "image").value_or("");
    record.files = json.number("files");
    constexpr std::size_t code_limit = 1000; // the table of oddities has a tenth of that
    for (const Json& item : json.array("ambiguous", code_limit)) record.ambiguous.push_back(item.as_string());
    parse_claims(json.object("claims"), record);
    record.listing = json.optional("listing", [&] {
        const Members listing = json.object("listing");
        return ListingName{
            .digest = listing.digest("digest"), .size = listing.number("size"), .entries = listing.number("entries")};
    });
    return record;
}

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

} // namespace

std::string record_json(const Record& record, JsonWriter::Layout layout) {
    if (record.config && !is_valid_utf8(record.config_document)) {
        fail(ErrorKind::unsupported, "the configuration is not UTF-8: no record can hold it");
    }
    JsonWriter json;
    json.begin_object(layout);
    json.member("schema", schema);
    write_tool(json);
    json.member("time", record.time);
    json.bytes_member("reference", record.reference);
    json.bytes_member("platform", record.platform);
    json.optional_member("index", record.index);
    json.optional_member("manifest", record.manifest);
    json.member("manifest_size", record.manifest_size);
    json.bytes_member("media_type", record.media_type);
    json.optional_member("config", record.config);
    if (record.config) json.member("config_document", record.config_document);
    write_layers(json, record.layers);
    json.optional_member("tree", unless_empty(record.tree));
    json.optional_member("image", unless_empty(record.image));
    json.member("files", record.files);
    json.key("ambiguous");
    json.begin_array();
    for (const std::string& code : record.ambiguous) json.string(code);
    json.end_array();
    write_claims(json, record);
    write_listing_name(json, record.listing);
    json.end_object();
    std::string text = json.take();
    if (text.size() > record_limit) {
        fail(ErrorKind::over_limit, fmt::format("a record of {} bytes; the limit is {}", text.size(), record_limit));
    }
    return text;
}

Record parse_record(std::string_view text, std::string_view what) {
    // The shape is ours: nothing in it is nested deeper than a layer's or a history line's members.
    const Json json = parse_json(text, what, {.bytes = record_limit, .depth = 8});
    Record record = within(what, [&] { return parse_members(Members(json, "the record")); });
    check_config(record, what);
    return record;
}

} // namespace touchstone
