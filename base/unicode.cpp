// The ranges are those of the Unicode Character Database 15.0 (DerivedGeneralCategory.txt, Cf), kept as data.
#include "base/unicode.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace touchstone {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

constexpr std::array hidden_ranges{
    Range{0x0000, 0x001F},   // C0
    Range{0x007F, 0x009F},   // DEL and C1
    Range{0x00AD, 0x00AD},   // soft hyphen
    Range{0x0600, 0x0605},   // Arabic number signs
    Range{0x061C, 0x061C},   // Arabic letter mark (bidi)
    Range{0x06DD, 0x06DD},   // Arabic end of ayah
    Range{0x070F, 0x070F},   // Syriac abbreviation mark
    Range{0x0890, 0x0891},   // Arabic pound and piastre marks
    Range{0x08E2, 0x08E2},   // Arabic disputed end of ayah
    Range{0x180E, 0x180E},   // Mongolian vowel separator
    Range{0x200B, 0x200F},   // zero width, LRM, RLM
    Range{0x2028, 0x202E},   // line and paragraph separators (Zl, Zp), bidi embeddings and overrides
    Range{0x2060, 0x2064},   // word joiner, invisible operators
    Range{0x2066, 0x206F},   // bidi isolates, deprecated format characters
    Range{0xFEFF, 0xFEFF},   // byte order mark
    Range{0xFFF9, 0xFFFB},   // interlinear annotation
    Range{0x110BD, 0x110BD}, // Kaithi number sign
    Range{0x110CD, 0x110CD}, // Kaithi number sign above
    Range{0x13430, 0x1343F}, // Egyptian hieroglyph format controls
    Range{0x1BCA0, 0x1BCA3}, // shorthand format controls
    Range{0x1D173, 0x1D17A}, // musical format controls
    Range{0xE0001, 0xE0001}, // language tag
    Range{0xE0020, 0xE007F}, // tag characters
};

/// What a lead byte promises: how many bytes, its own bits, the smallest code point that needs that many.
struct Lead {
    std::size_t length;
    char32_t bits;
    char32_t smallest;
};

Lead lead_of(std::uint8_t byte) {
    if (byte < 0x80) return {1, byte, 0};
    if (byte >= 0xC2 && byte <= 0xDF) return {2, byte & 0x1FU, 0x80};
    if (byte >= 0xE0 && byte <= 0xEF) return {3, byte & 0x0FU, 0x800};
    if (byte >= 0xF0 && byte <= 0xF4) return {4, byte & 0x07U, 0x10000};
    return {0, 0, 0}; // a continuation byte, an overlong lead (C0, C1) or one past U+10FFFF
}

} // namespace

CodePoint first_code_point(std::string_view bytes) {
    const Lead lead = lead_of(static_cast<std::uint8_t>(bytes.front()));
    if (lead.length == 0 || bytes.size() < lead.length) return {};
    char32_t value = lead.bits;
    for (std::size_t i = 1; i < lead.length; ++i) {
        const auto byte = static_cast<std::uint8_t>(bytes[i]);
        if ((byte & 0xC0U) != 0x80) return {};
        value = (value << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < lead.smallest || value > 0x10FFFF || surrogate) return {};
    return {value, lead.length, true};
}

bool is_control_or_format(char32_t code_point) {
    if (code_point >= 0x20 && code_point < 0x7F) return false; // nearly every byte of nearly every name
    const auto* const range = std::lower_bound(hidden_ranges.begin(), hidden_ranges.end(), code_point,
                                               [](const Range& r, char32_t value) { return r.last < value; });
    return range != hidden_ranges.end() && code_point >= range->first;
}

} // namespace touchstone
