// Digests in texts (C2): hex or base64 that is the digest of a divergent file of the same side, on both sides of the
// same file. Then nothing changed here but what that file made change.
#include "diff/explain/detect_rules.h"

#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

bool is_digest_size(std::size_t size) {
    constexpr auto& sizes = DerivedTable::digest_sizes;
    return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
}

/// The bytes of a hex digest; empty when the text is none.
std::string from_hex(std::string_view text) {
    return is_digest_size(text.size() / 2) ? bytes_of_hex(text).value_or("") : "";
}

int base64_value(char c) {
    if (is_upper(c)) return c - 'A';
    if (is_letter(c)) return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : 63;
}

/// The bytes of a digest in base64 of either alphabet, without padding; empty when the text is none.
std::string from_base64(std::string_view text) {
    constexpr unsigned bits_a_character = 6;
    const std::size_t size = text.size() * bits_a_character / 8;
    if (!is_digest_size(size) || (size * 8 + bits_a_character - 1) / bits_a_character != text.size()) return {};
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        bits = (bits << bits_a_character) | static_cast<std::uint32_t>(base64_value(c));
        count += bits_a_character;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> count) & 0xff);
    }
    return bytes;
}

bool is_base64_char(char c) {
    return is_alnum(c) || c == '+' || c == '/';
}
bool is_url_base64_char(char c) {
    return is_alnum(c) || c == '-' || c == '_';
}

/// A way to write a digest.
struct Writing {
    bool (*is)(char);
    std::string (*decode)(std::string_view);
    std::string_view prefix; ///< of the same characters, not part of the digest
};
constexpr std::array<Writing, 6> writings{{{is_hex_digit, from_hex, ""},
                                           {is_base64_char, from_base64, ""},
                                           {is_base64_char, from_base64, "Q1"}, // apk: SHA-1
                                           {is_base64_char, from_base64, "Q2"}, // apk: SHA-256
                                           {is_url_base64_char, from_base64, ""},
                                           {is_url_base64_char, from_base64, "sha256-"}}};

/// The file of its own side whose digest the token is.
const DerivedTable::Source* source_of(const Site& site, std::size_t side, const Span& token, const Writing& writing) {
    const std::string digest = writing.decode(site.text(side, token));
    return digest.empty() ? nullptr : site.clue(side).derived.find_digest(as_bytes(digest));
}

bool claim_as(const Site& site, WordClaims& claims, const Writing& writing) {
    auto token = word_around(site, writing.is);
    if (!token) return false;
    std::array<const DerivedTable::Source*, 2> source{};
    for (std::size_t side : {0U, 1U}) {
        Span& span = (*token)[side];
        if (!site.text(side, span).starts_with(writing.prefix)) return false;
        span = {span.offset + writing.prefix.size(), span.size - writing.prefix.size()};
        source[side] = source_of(site, side, span, writing);
        if (source[side] == nullptr) return false;
    }
    if (source[0]->path != source[1]->path || source[0]->what != source[1]->what) return false;
    const auto evidence = fmt::format("{} of {}", source[0]->what, printable_short(source[0]->path));
    return claims.claim(*token, CauseId::derived, evidence, source[0]->path);
}

} // namespace

bool derived_digest(const Site& site, WordClaims& claims) {
    if (site.clue(0).derived.empty() || site.clue(1).derived.empty()) return false;
    return std::any_of(writings.begin(), writings.end(),
                       [&](const Writing& writing) { return claim_as(site, claims, writing); });
}

} // namespace touchstone
