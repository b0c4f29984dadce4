// Image documents are JSON objects whose meaning must be the same to every reader. ObjectReader gives their members by
// name and refuses what Go's encoding/json would take for a known key although it is spelt differently ("Layers",
// "layer\u017f": spec section 3.3), and values of the wrong type, naming the document and the key.
#pragma once

#include "base/json.h"
#include "image/oddity.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// Limits of whole documents: containers/image allows 4 MiB (internal/iolimits) and the distribution spec asks
/// registries to take as much; configs get twice that, because BuildKit puts its cache and build info into them.
inline constexpr std::size_t manifest_limit = std::size_t{4} << 20;
inline constexpr std::size_t config_limit = std::size_t{8} << 20;

/// parse_json with a limit of `limit` bytes.
Json parse_document(std::string_view bytes, std::string_view what, std::size_t limit);

class ObjectReader {
public:
    /// `what` (printable) names the object in messages; `known` lists every key that the object's readers know.
    /// The object must outlive the reader. Throws malformed when `json` is no object or has a case variant of a known
    /// key.
    ObjectReader(const Json& json, std::string what, std::span<const std::string_view> known);

    /// The member, or nullptr when it is absent or null: any optional field may be null (image-spec config.md).
    const Json* find(std::string_view key) const;
    const Json& required(std::string_view key) const;

    std::string text(std::string_view key) const; ///< "" when absent
    std::string required_text(std::string_view key) const;
    std::int64_t required_integer(std::string_view key) const;
    bool flag(std::string_view key) const; ///< false when absent
    /// An array; absent or null is an empty one (Go writes a nil slice as null).
    std::span<const Json> list(std::string_view key) const;
    std::vector<std::string> texts(std::string_view key) const;
    /// An object of strings, in document order.
    std::vector<std::pair<std::string, std::string>> text_map(std::string_view key) const;

    bool has(std::string_view key) const { return json_->find(key) != nullptr; } ///< also when null
    const std::string& what() const { return what_; }
    std::string place(std::string_view key) const; ///< "<what>, `key`"

private:
    const Json* json_;
    std::string what_;
};

/// Adds control_in_key for every key of the document that holds a control character; the first few are named.
void note_control_keys(const Json& document, std::string_view what, std::vector<Oddity>& oddities);

} // namespace touchstone
