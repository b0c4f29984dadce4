// Which words of two lines that belong together differ.
#include "diff/explain/align_words.h"
#include "diff/explain/align_sequence.h"

#include <algorithm>

namespace touchstone {

namespace {

/// Longer words (packed scripts, base64 without line ends) are cut to what differs in them: no date or name is that
/// long, and PATH_MAX paths are rarer than data.
constexpr std::size_t word_limit = 1024;

/// Cells of the table that is searched for the best pairing of words; lines with more words go to xdiff.
constexpr std::size_t table_limit = std::size_t{1} << 14;

/// Longer lines are first cut to rough gaps, and gaps that are longer still are not cut to words: a list of their words
/// would be many times as long.
constexpr std::size_t line_limit = std::size_t{1} << 20;

using Sides = std::array<std::string_view, 2>;
using Tokens = std::array<std::vector<Token>, 2>;

/// The best pairing of all tokens by weight, from a full table.
std::vector<Hunk> align_by_table(const Tokens& tokens) {
    const std::size_t rows = tokens[0].size();
    const std::size_t columns = tokens[1].size();
    const auto same = [&](std::size_t a, std::size_t b) { return tokens[0][a].text == tokens[1][b].text; };
    std::vector<std::uint32_t> best((rows + 1) * (columns + 1), 0); // of the rests that start there
    const auto cell = [&](std::size_t a, std::size_t b) -> std::uint32_t& { return best[a * (columns + 1) + b]; };
    for (std::size_t a = rows; a-- > 0;) {
        for (std::size_t b = columns; b-- > 0;) {
            cell(a, b) = std::max(cell(a + 1, b), cell(a, b + 1));
            if (same(a, b)) cell(a, b) = std::max(cell(a, b), cell(a + 1, b + 1) + weight_of(tokens[0][a]));
        }
    }
    std::vector<Hunk> hunks;
    std::size_t a = 0;
    std::size_t b = 0;
    const auto skip = [&](bool published) {
        if (hunks.empty() || hunks.back().to != std::array{a, b}) hunks.push_back({{a, b}, {a, b}, true});
        ++(published ? a : b);
        hunks.back().to = {a, b};
    };
    while (a < rows && b < columns) {
        if (same(a, b) && cell(a, b) == cell(a + 1, b + 1) + weight_of(tokens[0][a])) {
            ++a;
            ++b;
        } else {
            skip(cell(a + 1, b) >= cell(a, b + 1));
        }
    }
    while (a < rows) skip(true);
    while (b < columns) skip(false);
    return hunks;
}

std::vector<Hunk> align_long(const Tokens& tokens) {
    Items items;
    for (std::size_t side : {0U, 1U}) {
        items[side].reserve(tokens[side].size());
        for (const Token& token : tokens[side]) items[side].push_back(token.text);
    }
    return align_items(number_items(items));
}

/// Where whole words were replaced one by one, a separator between them is meant. Between other hunks equal separators
/// are chance, and what lies around them belongs together.
std::vector<Hunk> join_over_separators(const Tokens& tokens, const std::vector<Hunk>& hunks) {
    const auto replaces_word = [&](const Hunk& hunk) {
        return hunk.count(0) == 1 && hunk.count(1) == 1 && tokens[0][hunk.from[0]].word && tokens[1][hunk.from[1]].word;
    };
    const auto separators_only = [&](std::size_t from, std::size_t to) {
        const auto at = [&](std::size_t i) { return tokens[0].begin() + static_cast<std::ptrdiff_t>(i); };
        return to - from <= 3 && std::none_of(at(from), at(to), [](const Token& token) { return token.word; });
    };
    std::vector<Hunk> joined;
    for (const Hunk& hunk : hunks) {
        if (!joined.empty() && !(replaces_word(joined.back()) && replaces_word(hunk)) &&
            separators_only(joined.back().to[0], hunk.from[0])) {
            joined.back().to = hunk.to;
        } else {
            joined.push_back(hunk);
        }
    }
    return joined;
}

bool continues_character(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;
}

/// Cuts equal bytes off both ends, by whole characters.
void cut_to_bytes(std::array<std::string_view, 2>& texts, std::array<std::uint64_t, 2>& offset) {
    std::size_t prefix = common_prefix(texts[0], texts[1]);
    while (prefix > 0 && (continues_character(texts[0], prefix) || continues_character(texts[1], prefix))) --prefix;
    for (std::size_t side : {0U, 1U}) {
        texts[side].remove_prefix(prefix);
        offset[side] += prefix;
    }
    std::size_t suffix = common_suffix(texts[0], texts[1]);
    while (suffix > 0 && continues_character(texts[0], texts[0].size() - suffix)) --suffix;
    for (std::size_t side : {0U, 1U}) texts[side].remove_suffix(suffix);
}

void add_region(std::array<std::string_view, 2> texts, std::array<std::uint64_t, 2> offset, RegionList& regions) {
    if (std::max(texts[0].size(), texts[1].size()) > word_limit) cut_to_bytes(texts, offset);
    regions.add({Span{offset[0], texts[0].size()}, Span{offset[1], texts[1].size()}});
}

/// Equal tokens at both ends are most of most lines.
std::array<std::size_t, 2> equal_ends(const Tokens& tokens) {
    const std::size_t size = std::min(tokens[0].size(), tokens[1].size());
    const auto from_end = [&](std::size_t side, std::size_t i) {
        return tokens[side][tokens[side].size() - 1 - i].text;
    };
    std::size_t prefix = 0;
    while (prefix < size && tokens[0][prefix].text == tokens[1][prefix].text) ++prefix;
    std::size_t suffix = 0;
    while (prefix + suffix < size && from_end(0, suffix) == from_end(1, suffix)) ++suffix;
    return {prefix, suffix};
}

std::size_t bytes_of(const std::vector<Token>& tokens, std::size_t from, std::size_t to) {
    return from == to ? 0
                      : static_cast<std::size_t>(tokens[to - 1].text.data() - tokens[from].text.data()) +
                            tokens[to - 1].text.size();
}

std::vector<Hunk> align_tokens(const Tokens& tokens, WorkLeft& work) {
    const std::size_t cells = tokens[0].size() * tokens[1].size(); // each below 2^27: a text has at most 64 MiB
    if (cells == 0) return {{{0, 0}, {tokens[0].size(), tokens[1].size()}, true}};
    // Each cell compares two words, and nothing keeps a stranger's words short.
    const std::size_t compared = bytes_of(tokens[0], 0, tokens[0].size()) / 16 * tokens[1].size();
    if (cells <= table_limit && work.take(cells + compared))
        return join_over_separators(tokens, align_by_table(tokens));
    if (work.take((tokens[0].size() + tokens[1].size()) * 64)) return join_over_separators(tokens, align_long(tokens));
    return {{{0, 0}, {tokens[0].size(), tokens[1].size()}, false}};
}

/// Ends every token, whatever stands around it.
bool is_separator(char c) {
    return std::string_view(" \t,;\"'(){}[]<>=").find(c) != std::string_view::npos;
}

std::size_t word_before(std::string_view equal) {
    return static_cast<std::size_t>(std::find_if(equal.rbegin(), equal.rend(), is_separator) - equal.rbegin());
}

std::size_t word_after(std::string_view equal) {
    return static_cast<std::size_t>(std::find_if(equal.begin(), equal.end(), is_separator) - equal.begin());
}

void align_tokens_of(const Sides& texts, const std::array<std::uint64_t, 2>& offset, WorkLeft& work,
                     RegionList& regions) {
    Tokens tokens{tokens_of(texts[0]), tokens_of(texts[1])};
    const auto [prefix, suffix] = equal_ends(tokens);
    std::array<std::uint64_t, 2> at = offset;
    for (std::size_t side : {0U, 1U}) {
        auto& list = tokens[side];
        at[side] += bytes_of(list, 0, prefix);
        list.erase(list.end() - static_cast<std::ptrdiff_t>(suffix), list.end());
        list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(prefix));
    }
    std::array<std::size_t, 2> done{};
    for (const Hunk& hunk : align_tokens(tokens, work)) {
        std::array<std::string_view, 2> changed;
        for (std::size_t side : {0U, 1U}) {
            at[side] += bytes_of(tokens[side], done[side], hunk.from[side]);
            changed[side] = texts[side].substr(static_cast<std::size_t>(at[side] - offset[side]),
                                               bytes_of(tokens[side], hunk.from[side], hunk.to[side]));
        }
        add_region(changed, at, regions);
        for (std::size_t side : {0U, 1U}) at[side] += changed[side].size();
        done = hunk.to;
    }
}

} // namespace

void align_words(const std::array<std::string_view, 2>& texts, const std::array<std::uint64_t, 2>& offset,
                 WorkLeft& work, RegionList& regions) {
    if (texts[0] == texts[1]) return;
    if (std::max(texts[0].size(), texts[1].size()) <= line_limit) return align_tokens_of(texts, offset, work, regions);
    for (const Gap& gap : widened(texts[0], rough_gaps(texts), word_before, word_after)) {
        const Sides inner{texts[0].substr(gap.from[0], gap.size(0)), texts[1].substr(gap.from[1], gap.size(1))};
        const std::array<std::uint64_t, 2> at{offset[0] + gap.from[0], offset[1] + gap.from[1]};
        if (std::max(inner[0].size(), inner[1].size()) <= line_limit) {
            align_tokens_of(inner, at, work, regions);
        } else {
            add_region(inner, at, regions);
        }
    }
}

} // namespace touchstone
