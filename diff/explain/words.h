// Words of a pair: what stands around a region, how a token that was found there becomes a claim, and what the line
// says of it. Every detector on texts works through these, so that the rule for claims (regions whole, and equal bytes
// outside) is kept in one place.
#pragma once

#include "diff/explain/analyzer.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// ASCII only, and never by the locale: the bytes come from images.
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_letter(char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z');
}
constexpr bool is_alnum(char c) {
    return is_digit(c) || is_letter(c);
}
constexpr bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/// Both sides' character runs: all of `text` satisfies `is`, and there is some.
bool all_of(std::string_view text, bool (*is)(char));
/// `text`, without regard to case, has one of `words` in it, not inside a longer run of letters.
bool mentions(std::string_view text, std::initializer_list<std::string_view> words);
/// The decimal number that `text` is, of at most 18 digits.
std::optional<std::int64_t> whole_number(std::string_view text);

/// What kind of text it is, by its path, mode and first bytes.
struct Nature {
    bool obeyed = false;        ///< see is_obeyed
    bool sensitive = false;     ///< diff/security.h has its path
    bool configuration = false; ///< below etc, or named as configurations are: its paths and versions are used
};
Nature nature_of(const Subject& subject);

/// One unclaimed region and what stands around it. Spans are in the part's bytes.
struct Site {
    const Leaf& leaf;
    const Clues& clues;
    Nature nature;
    SpanPair core;   ///< the region without what its sides begin and end with in common; empty on one side at most
    SpanPair window; ///< the line (of a text) or the printable string (in a binary leaf) around it, bounded

    /// The window's text, behind the key that the value was found at where a format has split them (see lead_of).
    std::array<std::string_view, 2> line;
    std::array<std::size_t, 2> lead{}; ///< length of that key

    std::string_view text(std::size_t side, const Span& span) const { return text_of(leaf.subject, side, span); }
    std::string_view before(std::size_t side, const Span& span) const; ///< the line's text before `span`
    std::string_view after(std::size_t side, const Span& span) const;
    const SideClues& clue(std::size_t side) const { return clues.side.at(side); }
};

constexpr std::size_t core_limit = 2048;           ///< no token is longer; blocks have their own detector
constexpr std::size_t window_limit = 512;          ///< before and after: minified files have lines of megabytes
constexpr std::size_t word_region_limit = 200'000; ///< regions that one detector looks at; more are not explained
constexpr std::size_t shortest_string = 6;         ///< of printable bytes in a binary leaf; shorter ones are chance

/// What to read before a value that a format handler has cut out of "key: value": "$.build.commit commit: " where the
/// part's name is "$.build.commit". Empty for files and members.
std::string lead_of(const Leaf& leaf);

/// The core widened on both sides to all neighbours that satisfy `is`; nothing when the core has others, or when a side
/// would be empty.
std::optional<SpanPair> word_around(const Site& site, bool (*is)(char));
/// The position on the other side of what stands at `at` in the published bytes: equal bytes keep their place to the
/// next region, and bytes inside a region theirs to its begin, where that is equal.
std::optional<std::uint64_t> position_in_rebuilt(const Leaf& leaf, std::uint64_t at);

/// What a detector may still claim, and what it has claimed.
class WordClaims {
public:
    WordClaims(const Leaf& leaf, const std::vector<Region>& unclaimed, std::vector<Difference>& found);
    /// WordClaims `token`, widened to the regions that it touches, if all are unclaimed and what the widening adds is
    /// equal on both sides. False: nothing was claimed.
    bool claim(const SpanPair& token, CauseId cause, std::string evidence, std::string_view derived_of = {});
    /// By place in the list of unclaimed regions.
    bool is_open(std::size_t unclaimed) const { return unclaimed < indices_.size() && open_[indices_[unclaimed]] != 0; }

private:
    bool widen(SpanPair& token, std::size_t& first, std::size_t& last) const;
    void keep_clear_of_neighbours(SpanPair& token, std::size_t first, std::size_t last) const;

    const Leaf& leaf_;
    std::vector<Difference>& found_;
    std::vector<std::size_t> indices_;       ///< in leaf.regions, of each unclaimed region
    std::vector<std::uint8_t> open_;         ///< by region of the leaf
    std::vector<std::uint64_t> claimed_end_; ///< by region: where the claim that covers it ends, published; else 0
    std::vector<std::uint64_t> claimed_begin_;
};

/// One rule that knows one cause; true when it has claimed.
using WordRule = bool (*)(const Site& site, WordClaims& claims);
void at_each_site(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                  std::vector<Difference>& found, WordRule rule);

/// A rule as a row of the detectors' table.
template <WordRule rule>
void run_rule(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
              std::vector<Difference>& found) {
    at_each_site(leaf, unclaimed, clues, found, rule);
}

/// The file is run or obeyed: a script, a service, a rule of access, a module of a language. In such a text a changed
/// path, name, number or variable changes what happens, so that only few causes may explain it.
inline bool is_obeyed(const Site& site) {
    return site.nature.obeyed;
}
/// Its paths and versions are used, whether or not the build made them.
inline bool is_configuration(const Site& site) {
    return site.nature.configuration;
}
/// `is_obeyed`, and the line is not a plain comment. Rules of access have directives that look like comments.
bool is_obeyed_line(const Site& site, const SpanPair& token);
/// The line before the token names a variable or directive through which code is found or run (PATH, LD_PRELOAD,
/// ExecStart, command …), on a side.
bool steers_execution(const Site& site, const SpanPair& token);

} // namespace touchstone
