// Times as documents write them (RFC 3339): read in any of its forms, written in one. In UTC, without a clock or a
// locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

/// "2026-03-01T10:00:00Z" of unix seconds, in the years 0 to 9999.
std::string rfc3339(std::int64_t seconds);

/// Unix seconds of an RFC 3339 time ("2026-03-01T10:00:00.123456789Z", "+01:00"); absent when it is none. A fraction
/// is left out; a leap second is the first of the next minute.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

} // namespace touchstone
