// Escaping one code point at a time, from our own tables: the answer is the same in every locale and on every machine.
#include "base/printable.h"

#include "base/error.h"
#include "base/unicode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void append_hex_byte(std::string& out, char byte) {
    const auto value = static_cast<std::uint8_t>(byte);
    out += hex_digits[value >> 4U];
    out += hex_digits[value & 15U];
}

void append_escaped(std::string& out, std::string_view bytes) {
    for (const char byte : bytes) {
        out += "\\x";
        append_hex_byte(out, byte);
    }
}

/// Appends the first code point of `rest` (or its first byte, if that is invalid) and returns how many bytes it took.
std::size_t append_first(std::string& out, std::string_view rest) {
    const CodePoint code_point = first_code_point(rest);
    const std::string_view bytes = rest.substr(0, code_point.length);
    if (!code_point.valid || is_control_or_format(code_point.value)) {
        append_escaped(out, bytes);
    } else if (code_point.value == U'\\') {
        out += "\\\\";
    } else {
        out += bytes;
    }
    return bytes.size();
}

bool is_plain(char c) {
    return c >= 0x20 && c < 0x7F && c != '\\';
}

std::uint32_t base64_value(char c) {
    const std::size_t value = base64_digits.find(c);
    if (value == std::string_view::npos) fail(ErrorKind::malformed, "base64: a character outside A-Z a-z 0-9 + /");
    return static_cast<std::uint32_t>(value);
}

} // namespace

std::string printable(std::string_view bytes) {
    if (std::all_of(bytes.begin(), bytes.end(), is_plain)) return std::string(bytes);
    std::string out;
    out.reserve(bytes.size() + 16);
    while (!bytes.empty()) bytes.remove_prefix(append_first(out, bytes));
    return out;
}

std::string printable_short(std::string_view bytes, std::size_t limit) {
    std::string out;
    std::string_view rest = bytes;
    while (!rest.empty() && out.size() < limit) rest.remove_prefix(append_first(out, rest));
    return rest.empty() ? out : fmt::format("{}… ({} bytes)", out, bytes.size());
}

bool is_valid_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const CodePoint code_point = first_code_point(bytes);
        if (!code_point.valid) return false;
        bytes.remove_prefix(code_point.length);
    }
    return true;
}

std::string utf8_or_escaped(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const CodePoint code_point = first_code_point(bytes);
        const std::string_view one = bytes.substr(0, code_point.length);
        if (code_point.valid) {
            out += one;
        } else {
            append_escaped(out, one);
        }
        bytes.remove_prefix(one.size());
    }
    return out;
}

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t taken = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8U | (j < taken ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j) out += j <= taken ? base64_digits[group >> (18U - 6U * j) & 63U] : '=';
    }
    return out;
}

std::string unbase64(std::string_view text) {
    if (text.size() % 4 != 0) {
        fail(ErrorKind::malformed,
             fmt::format("base64: {} characters are no multiple of 4 (RFC 4648 padding)", text.size()));
    }
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const std::size_t digits = i + 4 == text.size() ? 4 - padding : 4;
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 4; ++j) group = group << 6U | (j < digits ? base64_value(text[i + j]) : 0U);
        for (std::size_t j = 0; j + 1 < digits; ++j) out += static_cast<char>(group >> (16U - 8U * j) & 255U);
        // RFC 4648 section 3.5: bits that carry nothing must be zero, else one value has several spellings.
        if (digits < 4 && (group & (digits == 3 ? 0xFFU : 0xFFFFU)) != 0) {
            fail(ErrorKind::malformed, "base64: the unused bits before the padding are not zero");
        }
    }
    return out;
}

std::string hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char byte : bytes) append_hex_byte(out, byte);
    return out;
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 6> units{"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes == 1) return "1 byte";
    if (bytes < 1000) return fmt::format("{} bytes", bytes);
    std::uint64_t unit = 1000;
    for (std::size_t i = 0;; ++i, unit *= 1000) {
        const std::uint64_t whole = bytes / unit;
        const std::uint64_t rest = bytes % unit;
        const std::uint64_t tenths = whole * 10 + (rest * 10 + unit / 2) / unit; // cannot overflow: rest < 10^18
        if (tenths < 100) return fmt::format("{}.{} {}", tenths / 10, tenths % 10, units[i]);
        const std::uint64_t rounded = whole + (rest >= unit / 2 ? 1 : 0);
        if (rounded < 1000 || i + 1 == units.size()) return fmt::format("{} {}", rounded, units[i]);
    }
}

} // namespace touchstone
