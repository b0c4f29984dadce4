// Numbers and stretches in byte strings that nobody has checked yet, for the handlers of archives.
#pragma once

#include "base/bytes.h"
#include "base/endian.h"
#include "diff/explain/part.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone::archives {

/// Whether `size` bytes from `offset` on are there; never overflows.
inline bool fits(ByteView bytes, std::uint64_t offset, std::uint64_t size) {
    return offset <= bytes.size() && size <= bytes.size() - offset;
}
/// The bytes of a span that fits.
inline ByteView cut(ByteView bytes, const Span& span) {
    return bytes.subspan(span.offset, span.size);
}
inline bool same_bytes(ByteView a, ByteView b) {
    return as_text(a) == as_text(b);
}
inline bool all_zero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// Digits of base 8, 10 or 16, at most as many as fit 63 bits, then blanks only; empty where it is anything else.
std::optional<std::int64_t> digits(std::string_view text, unsigned base);

/// "2026-03-01 10:00:00 UTC".
std::string utc_text(std::int64_t seconds);
/// MS-DOS date (upper half) and time (lower half), read as UTC; empty where it is no date. Zero is 0.
std::optional<std::int64_t> dos_seconds(std::uint32_t value);
/// 100 ns since 1601.
std::int64_t filetime_seconds(std::uint64_t value);

} // namespace touchstone::archives
