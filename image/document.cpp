// See document.h. Known keys are compared after Go's simple case folding, which base/json.h implements.
#include "image/document.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

void refuse_case_variants(const Json& json, std::string_view what, std::span<const std::string_view> known) {
    for (const auto& [key, value] : json.members()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        const std::string folded = fold_case(key);
        for (const std::string_view expected : known) {
            if (folded != fold_case(expected)) continue;
            fail(ErrorKind::malformed,
                 fmt::format(
                     "{}: the key `{}` is a case variant of `{}`: Go's readers would take it for that key, others not",
                     what, printable_short(key), expected));
        }
    }
}

void expect(const Json& json, Json::Kind kind, const std::string& place) {
    if (json.is(kind)) return;
    fail(ErrorKind::malformed, fmt::format("{}: expected {}, found {}", place, name_of(kind), name_of(json.kind())));
}

bool has_control(std::string_view key) {
    return std::any_of(key.begin(), key.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// More than these are counted, not listed: a report line for each would be the attacker's to write.
constexpr std::size_t control_keys_named = 10;

/// Recursion is bounded by JsonLimits::depth: the document was parsed under it.
void collect_control_keys(const Json& json, std::vector<std::string>& keys) {
    if (json.is(Json::Kind::array)) {
        for (const Json& item : json.items()) collect_control_keys(item, keys);
    } else if (json.is(Json::Kind::object)) {
        for (const auto& [key, value] : json.members()) {
            if (has_control(key)) keys.push_back(key);
            collect_control_keys(value, keys);
        }
    }
}

} // namespace

Json parse_document(std::string_view bytes, std::string_view what, std::size_t limit) {
    JsonLimits limits;
    limits.bytes = limit;
    return parse_json(bytes, what, limits);
}

ObjectReader::ObjectReader(const Json& json, std::string what, std::span<const std::string_view> known)
    : json_(&json), what_(std::move(what)) {
    expect(json, Json::Kind::object, what_);
    refuse_case_variants(json, what_, known);
}

std::string ObjectReader::place(std::string_view key) const {
    return fmt::format("{}, `{}`", what_, key);
}

const Json* ObjectReader::find(std::string_view key) const {
    const Json* const value = json_->find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

const Json& ObjectReader::required(std::string_view key) const {
    const Json* const value = find(key);
    if (value == nullptr) fail(ErrorKind::malformed, fmt::format("{}: `{}` is missing", what_, key));
    return *value;
}

std::string ObjectReader::text(std::string_view key) const {
    return find(key) == nullptr ? std::string() : required_text(key);
}

std::string ObjectReader::required_text(std::string_view key) const {
    const Json& value = required(key);
    expect(value, Json::Kind::string, place(key));
    return value.as_string();
}

std::int64_t ObjectReader::required_integer(std::string_view key) const {
    const Json& value = required(key);
    return within(place(key), [&] { return value.as_integer(); });
}

bool ObjectReader::flag(std::string_view key) const {
    const Json* const value = find(key);
    if (value == nullptr) return false;
    expect(*value, Json::Kind::boolean, place(key));
    return value->as_boolean();
}

std::span<const Json> ObjectReader::list(std::string_view key) const {
    const Json* const value = find(key);
    if (value == nullptr) return {};
    expect(*value, Json::Kind::array, place(key));
    return value->items();
}

std::vector<std::string> ObjectReader::texts(std::string_view key) const {
    std::vector<std::string> result;
    for (const Json& item : list(key)) {
        expect(item, Json::Kind::string, place(key));
        result.push_back(item.as_string());
    }
    return result;
}

std::vector<std::pair<std::string, std::string>> ObjectReader::text_map(std::string_view key) const {
    std::vector<std::pair<std::string, std::string>> result;
    const Json* const value = find(key);
    if (value == nullptr) return result;
    expect(*value, Json::Kind::object, place(key));
    for (const auto& [name, item] : value->members()) {
        expect(item, Json::Kind::string, fmt::format("{}, `{}`", place(key), printable_short(name)));
        result.emplace_back(name, item.as_string());
    }
    return result;
}

void note_control_keys(const Json& document, std::string_view what, std::vector<Oddity>& oddities) {
    std::vector<std::string> keys;
    collect_control_keys(document, keys);
    for (std::size_t i = 0; i < std::min(keys.size(), control_keys_named); ++i) {
        oddities.push_back(
            {OddityCode::control_in_key, "", fmt::format("{}: key `{}`", what, printable_short(keys[i]))});
    }
    if (keys.size() > control_keys_named) {
        oddities.push_back({OddityCode::control_in_key, "",
                            fmt::format("{}: {} more such keys", what, keys.size() - control_keys_named)});
    }
}

} // namespace touchstone
