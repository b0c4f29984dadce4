// Names and texts from an image, made safe to show. Terminals and readers of reports must never be steered by bytes
// from an image: C0, C1, DEL, bidi and other format characters, line separators and invalid UTF-8 are always escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace touchstone {

/// For people: every byte < 0x20, 0x7f, every code point 0x80-0x9f, of category Cf, U+2028/2029, and every byte that is
/// not valid UTF-8, as \xNN per byte; a backslash as \\.
std::string printable(std::string_view bytes);

/// printable(), cut to about `limit` bytes with "…" and the full length when it is longer.
std::string printable_short(std::string_view bytes, std::size_t limit = 200);

bool is_valid_utf8(std::string_view bytes);

/// For a JSON "path" value: valid UTF-8 is itself (JSON's own escapes do the rest), anything else has the offending
/// bytes as \xNN; then the caller adds "path_base64".
std::string utf8_or_escaped(std::string_view bytes);

std::string base64(std::string_view bytes);
/// RFC 4648 with padding; throws malformed.
std::string unbase64(std::string_view text);

std::string hex(std::string_view bytes);

/// "1.4 GB", "312 kB", "17 bytes": decimal units, as the OCI tools print them.
std::string human_bytes(std::uint64_t bytes);

} // namespace touchstone
