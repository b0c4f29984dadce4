// Taking text apart that others wrote: blanks around it, lines and parts, digits. By the bytes of ASCII only, whatever
// the locale is; which bytes are blanks is the format's matter, so that every caller says it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

constexpr std::string_view line_blanks = " \t";       ///< what stands between words of a line
constexpr std::string_view line_end_blanks = " \t\r"; ///< and what Windows leaves of a line's end before LF
constexpr std::string_view any_blanks = " \t\r\n";    ///< what JSON calls white space (RFC 8259, 2)

/// `text` without the bytes of `blanks` at both of its ends; a view of it, empty where there is nothing else.
std::string_view trimmed(std::string_view text, std::string_view blanks);
/// The same for its end only.
std::string_view trimmed_end(std::string_view text, std::string_view blanks);

/// `text` up to the first `mark`, all of it where there is none; both are taken off `text`.
std::string_view take_until(std::string_view& text, char mark);
/// Takes the next line off `text`, without the LF at its end; a CR stays.
std::string_view take_line(std::string_view& text);

constexpr std::string_view decimal_digits = "0123456789";
constexpr std::string_view lower_hex_digits = "0123456789abcdef";
/// There is something in `text`, and nothing but bytes of `allowed`.
bool consists_of(std::string_view text, std::string_view allowed);

/// 0 to 15 for a hex digit of either case, else -1.
constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
/// The raw bytes of `digits`, an even number of hex digits of either case; nothing for other text. The other way round:
/// hex() of base/printable.h.
std::optional<std::string> bytes_of_hex(std::string_view digits);

/// A to Z as a to z, every other byte as it is.
constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string ascii_lower(std::string_view text);

} // namespace touchstone
