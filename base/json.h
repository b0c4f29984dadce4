// Strict JSON. Documents that decide what an image is (manifests, configs, layouts) must mean one thing to every
// reader, so duplicate keys, keys that collide when case is folded (Go's encoding/json matches them), deep nesting and
// trailing bytes are refused by name. nlohmann/json does the lexing (json.cpp); values keep the document's order of
// keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

class Json {
public:
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    using Member = std::pair<std::string, Json>;

    Json() = default;
    static Json boolean(bool value);
    static Json number(std::int64_t value);
    static Json number_text(std::string text); ///< any JSON number, kept as written
    static Json string(std::string value);
    static Json array();
    static Json object();

    Kind kind() const { return kind_; }
    bool is(Kind kind) const { return kind_ == kind; }
    bool is_null() const { return kind_ == Kind::null; }

    /// Typed access; throws malformed ("expected a string, found …") on another kind.
    bool as_boolean() const;
    const std::string& as_string() const;
    std::int64_t as_integer() const; ///< integer syntax only: 1e3 and 1000.0 are refused, and so is what does not fit
    const std::string& number_text() const;
    const std::vector<Json>& items() const;     ///< of an array
    const std::vector<Member>& members() const; ///< of an object, in document order

    /// The member called `key`, or nullptr when this is not an object or has none.
    const Json* find(std::string_view key) const;

    void push_back(Json item);             ///< array
    void set(std::string key, Json value); ///< object: appends; the caller keeps keys unique

    /// Equal as JSON values: objects without regard to the order of keys, numbers by their text.
    bool operator==(const Json& other) const;

    /// Compact text, keys in stored order, control characters and non-ASCII format characters as \u escapes, bytes that
    /// are not UTF-8 as the replacement character (callers escape paths themselves; see base/printable.h).
    std::string dump() const;
    /// The same over several lines, two blanks an indent.
    std::string dump_pretty() const;

private:
    Kind kind_ = Kind::null;
    bool boolean_ = false;
    std::string text_; // string value, or the number as written
    std::vector<Json> items_;
    std::vector<Member> members_;
};

/// For messages: "a string", "an object", …
std::string_view name_of(Json::Kind kind);

struct JsonLimits {
    std::size_t bytes = std::size_t{4} << 20; ///< containers/image and the distribution spec use 4 MiB for manifests
    unsigned depth = 64;                      ///< real configs stay below 8
};

/// Parses one document that must be the whole text. Throws malformed or over_limit; `what` (printable) names the
/// document.
Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits = {});

/// Go's simple case folding for ASCII plus U+017F (long s) and U+212A (Kelvin sign), which encoding/json honours.
std::string fold_case(std::string_view key);

} // namespace touchstone
