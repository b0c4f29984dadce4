// What servers say in header fields, parsed strictly: challenges, ranges, waiting times. Every byte is a stranger's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// The fields of one answer, in their order; names in lower case.
class HttpHeaders {
public:
    /// Takes "Name: value"; what has no name (a continuation line, an empty name) is dropped.
    void add_line(std::string_view line);
    void clear() { fields_.clear(); }
    /// The value of the first field called `name` (lower case); "" when there is none.
    std::string_view get(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// One challenge of a WWW-Authenticate field (RFC 9110 section 11.6.1).
struct Challenge {
    std::string scheme;                                          ///< lower case: "bearer", "basic"
    std::vector<std::pair<std::string, std::string>> parameters; ///< names in lower case
    std::string_view get(std::string_view name) const;           ///< "" when there is none
};

/// More than this no server has reason to send; what follows is ignored.
inline constexpr std::size_t challenge_limit = 32;

/// All challenges of all fields, in order. What breaks the grammar ends the field it is in: an answer of 401 is an
/// error already, and the challenges before it may be good.
std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& fields);

/// "bytes FIRST-LAST/TOTAL" (RFC 9110 section 14.4).
struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::optional<std::uint64_t> total; ///< absent for "*"
};
std::optional<ContentRange> parse_content_range(std::string_view text);

/// How long to wait: seconds, or a date of RFC 9110 section 5.6.7 in its preferred form, less `now`. Nullopt when it
/// is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::time_t now);

/// Decimal digits only, and nothing that does not fit; nullopt otherwise.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// The text of `Warning: 299 - "TEXT"` (RFC 7234 section 5.5, distribution spec "Warnings"); nullopt for other codes.
std::optional<std::string> parse_warning(std::string_view text);

/// How many bytes of an upload are there: "0-LAST", with or without "bytes=" (distribution spec, "Pushing a blob in
/// chunks"). "0-0" is what registries say of an empty upload, too, and means 0 here. Nullopt when it is none.
std::optional<std::uint64_t> parse_upload_range(std::string_view text);

/// The target of the first link with rel="next" (RFC 8288) in the Link fields, as it is written; nullopt when there is
/// none.
std::optional<std::string> parse_next_link(const std::vector<std::string_view>& fields);

} // namespace touchstone
