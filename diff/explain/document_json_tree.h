// Where the values of a JSON document stand in its bytes. base/json.h decides whether a text is JSON and what it means;
// this only finds the places, with every byte in exactly one of them.
#pragma once

#include "base/json.h"
#include "diff/explain/part.h"

#include <optional>
#include <string_view>
#include <vector>

namespace touchstone {

/// A value with what stands around it inside its container: blanks, "key", blanks : blanks, value, blanks.
struct JsonPlace {
    Json::Kind kind = Json::Kind::null;
    std::uint32_t start = 0; ///< after the '{', '[' or ','
    std::uint32_t key_start = 0;
    std::uint32_t key_end = 0; ///< with both quotes; equal to key_start in an array
    std::uint32_t value_start = 0;
    std::uint32_t value_end = 0;
    std::uint32_t end = 0; ///< before the ',', '}' or ']'
    std::vector<JsonPlace> items;

    Span before() const { return {start, std::uint64_t{key_start} - start}; }
    Span key() const { return {key_start, std::uint64_t{key_end} - key_start}; }
    Span colon() const { return {key_end, std::uint64_t{value_start} - key_end}; }
    Span value() const { return {value_start, std::uint64_t{value_end} - value_start}; }
    Span after() const { return {value_end, std::uint64_t{end} - value_end}; }
    Span whole() const { return {start, std::uint64_t{end} - start}; }
};

/// The places in `text`, which must be one JSON document by parse_json (no duplicate keys); nothing otherwise. Texts
/// over the limit are not looked at.
std::optional<JsonPlace> json_places(std::string_view text);
/// A value takes up to 150 bytes of memory, and a value of two bytes is possible.
constexpr std::size_t json_text_limit = std::size_t{8} << 20;

} // namespace touchstone
