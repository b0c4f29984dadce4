// Keys, password hashes (R2) and signatures (R3) in texts. They are named, not excused: both causes weigh as
// suspicious. A block of armour is one claim from its first line to its last, or none.
#include "diff/explain/detect_rules.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t block_limit = 64 << 10; ///< a key of 16384 bits has 13 KB
constexpr std::size_t blocks_limit = 10'000;  ///< of one side; more are left unexplained

struct Block {
    Span span;
    std::string_view label; ///< "RSA PRIVATE KEY"
};

bool is_base64_or_padding(char c) {
    return is_alnum(c) || c == '+' || c == '/' || c == '=';
}

/// Lines of base64, empty lines, and headers "Name: value": a block may not hide anything else.
bool is_armour_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || all_of(line, is_base64_or_padding)) return true;
    const std::size_t colon = line.find(": ");
    return colon != line.npos && all_of(line.substr(0, colon), [](char c) { return is_letter(c) || c == '-'; });
}

bool is_armour(std::string_view body) {
    while (!body.empty()) {
        if (!is_armour_line(take_line(body))) return false;
    }
    return true;
}

constexpr std::string_view opening = "-----BEGIN ";
constexpr std::string_view closing = "-----END ";
constexpr std::string_view dashes = "-----";

/// The block that begins at `begin`.
std::optional<Block> block_at(std::string_view text, std::size_t begin) {
    constexpr std::size_t label_limit = 64;
    const std::string_view rest = text.substr(begin, block_limit);
    const std::size_t label_end = rest.find(dashes, opening.size());
    if (label_end == rest.npos || label_end - opening.size() > label_limit) return std::nullopt;
    const std::string_view label = rest.substr(opening.size(), label_end - opening.size());
    const std::size_t body = label_end + dashes.size();
    const std::size_t end = rest.find(closing, body);
    if (end == rest.npos) return std::nullopt;
    const std::string_view tail = rest.substr(end + closing.size());
    if (!tail.starts_with(label) || !tail.substr(label.size()).starts_with(dashes)) return std::nullopt;
    if (!is_armour(rest.substr(body, end - body))) return std::nullopt;
    return Block{{begin, end + closing.size() + label.size() + dashes.size()}, label};
}

std::vector<Block> blocks_of(std::string_view text) {
    std::vector<Block> blocks;
    std::size_t at = text.find(opening);
    for (std::size_t tries = 0; at != text.npos && tries < blocks_limit; ++tries) {
        const auto block = block_at(text, at);
        if (block) blocks.push_back(*block);
        at = text.find(opening, block ? block->span.end() : at + opening.size());
    }
    return blocks;
}

/// The block that the region lies in; an empty region may lie at its end.
const Block* block_around(const std::vector<Block>& blocks, const Span& region) {
    const auto after = std::partition_point(blocks.begin(), blocks.end(),
                                            [&](const Block& b) { return b.span.offset <= region.offset; });
    if (after == blocks.begin()) return nullptr;
    const Block& block = *std::prev(after);
    return region.end() <= block.span.end() ? &block : nullptr;
}

std::optional<CauseId> cause_of_label(std::string_view label) {
    if (label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")) return CauseId::key_material;
    if (label.ends_with("SIGNATURE")) return CauseId::signature;
    return std::nullopt;
}

bool is_hash_char(char c) {
    return is_alnum(c) || std::string_view("./$=,+-").find(c) != std::string_view::npos;
}

/// "$6$", "$2b$" …: how crypt(3) and its relatives say which function made a hash.
std::string_view scheme_of(std::string_view text) {
    constexpr std::array<std::string_view, 17> schemes{
        "$1$",       "$5$",       "$6$",        "$y$",   "$gy$",   "$7$",      "$2a$",     "$2b$",  "$2y$",
        "$argon2i$", "$argon2d$", "$argon2id$", "$sm3$", "$apr1$", "$scrypt$", "$pbkdf2$", "$sha1$"};
    const auto scheme =
        std::find_if(schemes.begin(), schemes.end(), [&](std::string_view s) { return text.starts_with(s); });
    return scheme == schemes.end() ? std::string_view{} : *scheme;
}

/// The base64 line below a comment line of minisign or signify.
bool is_below_comment(const Site& site, std::size_t side, const Span& line) {
    if (line.offset == 0) return false;
    std::string_view above = as_text(site.leaf.subject.bytes.at(side)).substr(0, line.offset - 1);
    const std::size_t begin = above.rfind('\n');
    above = begin == above.npos ? above : above.substr(begin + 1);
    const bool is_key = mentions(above, {"public key", "secret key"});
    return !is_key && (above.starts_with("untrusted comment:") || above.starts_with("trusted comment:"));
}

} // namespace

void armour_blocks(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                   std::vector<Difference>& found) {
    if (!leaf.text) return;
    const auto published = blocks_of(as_text(leaf.subject.bytes[0]));
    if (published.empty()) return;
    const auto rebuilt = blocks_of(as_text(leaf.subject.bytes[1]));
    WordClaims claims(leaf, unclaimed, found);
    for (std::size_t i = 0; i < std::min(unclaimed.size(), word_region_limit); ++i) {
        if (!claims.is_open(i)) continue;
        const Block* a = block_around(published, unclaimed[i][0]);
        const Block* b = block_around(rebuilt, unclaimed[i][1]);
        if (a == nullptr || b == nullptr || a->label != b->label) continue;
        if (const auto cause = cause_of_label(a->label)) {
            claims.claim({a->span, b->span}, *cause, "a whole block of armour");
        }
    }
}

bool password_hash(const Site& site, WordClaims& claims) {
    if (!site.leaf.text) return false;
    auto word = word_around(site, is_hash_char);
    if (!word) return false;
    std::array<std::string_view, 2> scheme;
    for (std::size_t side : {0U, 1U}) {
        constexpr std::size_t shortest = 20; // $1$ with its salt and hash has more
        Span& span = (*word)[side];
        const std::size_t skip = site.text(side, span).find('$');
        if (skip == std::string_view::npos) return false;
        span = {span.offset + skip, span.size - skip};
        scheme[side] = scheme_of(site.text(side, span));
        if (scheme[side].empty() || span.size < shortest) return false;
    }
    if (scheme[0] != scheme[1]) return false;
    return claims.claim(*word, CauseId::key_material, "salted password hashes of one scheme");
}

bool signature_line(const Site& site, WordClaims& claims) {
    if (!site.leaf.text) return false;
    const auto word = word_around(site, is_base64_or_padding);
    if (!word) return false;
    for (std::size_t side : {0U, 1U}) {
        constexpr std::size_t shortest = 80; // 64 bytes and more
        if ((*word)[side] != site.window[side] || (*word)[side].size < shortest) return false;
        if (!is_below_comment(site, side, (*word)[side])) return false;
    }
    return claims.claim(*word, CauseId::signature, "a signature of minisign or signify");
}

} // namespace touchstone
