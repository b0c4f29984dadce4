// Regions, windows and claims. The legality of a claim is arithmetic on offsets: between two regions both sides are
// equal, so a token that begins equally far before (or behind) the same region on both sides leaves equal bytes
// outside.
#include "diff/explain/words.h"

#include "base/text.h"

#include <algorithm>

namespace touchstone {

namespace {

using Texts = std::array<std::string_view, 2>;

Texts texts_of(const Leaf& leaf) {
    return {as_text(leaf.subject.bytes[0]), as_text(leaf.subject.bytes[1])};
}

/// The region without the bytes that both sides begin and end with.
SpanPair without_common_ends(const Texts& text, const Region& region) {
    SpanPair core = region;
    const std::string_view a = text[0].substr(region[0].offset, region[0].size);
    const std::string_view b = text[1].substr(region[1].offset, region[1].size);
    const std::size_t shorter = std::min(a.size(), b.size());
    std::size_t head = 0;
    while (head < shorter && a[head] == b[head]) ++head;
    std::size_t tail = 0;
    while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    for (Span& span : core) {
        span.offset += head;
        span.size -= head + tail;
    }
    return core;
}

bool is_line_byte(char c) {
    return c != '\n';
}
bool is_printable(char c) {
    return (c >= ' ' && c <= '~') || c == '\t';
}

Span window_around(std::string_view text, const Span& core, bool (*is)(char)) {
    std::uint64_t begin = core.offset;
    while (begin > 0 && core.offset - begin < window_limit && is(text[begin - 1])) --begin;
    std::uint64_t end = core.end();
    while (end < text.size() && end - core.end() < window_limit && is(text[end])) ++end;
    return {begin, end - begin};
}

/// Line windows in texts; in binary leaves strings, and nothing where a side is no string.
bool find_window(const Leaf& leaf, const Texts& text, const SpanPair& core, SpanPair& window) {
    for (std::size_t side : {0U, 1U}) {
        const std::string_view inside = text[side].substr(core[side].offset, core[side].size);
        const auto is = leaf.text ? is_line_byte : is_printable;
        if (!std::all_of(inside.begin(), inside.end(), is)) return false;
        window[side] = window_around(text[side], core[side], is);
        if (!leaf.text && window[side].size < shortest_string) return false;
    }
    return true;
}

/// Signed distance, for offsets inside one file.
std::int64_t distance(std::uint64_t from, std::uint64_t to) {
    return static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from);
}

} // namespace

bool all_of(std::string_view text, bool (*is)(char)) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is);
}

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string haystack = ascii_lower(text);
    const auto has = [&](std::string_view word) {
        for (std::size_t at = haystack.find(word); at != std::string::npos; at = haystack.find(word, at + 1)) {
            const bool opens = at == 0 || !is_letter(haystack[at - 1]) || !is_letter(word.front());
            const std::size_t end = at + word.size();
            const bool closes = end == haystack.size() || !is_letter(haystack[end]) || !is_letter(word.back());
            if (opens && closes) return true;
        }
        return false;
    };
    return std::any_of(words.begin(), words.end(), has);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    constexpr std::size_t digits_that_fit = 18;
    if (text.size() > digits_that_fit || !all_of(text, is_digit)) return std::nullopt;
    std::int64_t number = 0;
    for (const char c : text) number = number * 10 + (c - '0');
    return number;
}

std::string_view Site::before(std::size_t side, const Span& span) const {
    const std::uint64_t begin = window.at(side).offset;
    return span.offset < begin ? std::string_view{} : line.at(side).substr(0, lead.at(side) + (span.offset - begin));
}

std::string_view Site::after(std::size_t side, const Span& span) const {
    const std::uint64_t end = window.at(side).end();
    return span.end() >= end ? std::string_view{} : text(side, {span.end(), end - span.end()});
}

std::string lead_of(const Leaf& leaf) {
    constexpr std::size_t longest_key = 200;
    const std::string_view name = leaf.subject.name;
    if (!leaf.text || name == leaf.subject.path || name.size() > longest_key) return {};
    const bool is_key = name.starts_with('$') || name.starts_with('[') || name.find('/') == name.npos;
    if (!is_key) return {};
    std::string_view last = name; // "$.a['b.c'][0]": "b.c"
    while (last.ends_with(']') && last.size() > 2 && is_digit(last[last.size() - 2]) && last.rfind('[') != last.npos) {
        last = last.substr(0, last.rfind('['));
    }
    if (last.ends_with("']") && last.rfind("['") != last.npos) {
        last = last.substr(0, last.size() - 2);
        last = last.substr(last.rfind("['") + 2);
    } else {
        last = last.substr(last.find_last_of(". ") + 1); // npos + 1 is 0
    }
    return std::string(name) + ' ' + std::string(last) + ": ";
}

std::optional<SpanPair> word_around(const Site& site, bool (*is)(char)) {
    SpanPair word = site.core;
    for (std::size_t side : {0U, 1U}) {
        const std::string_view inside = site.text(side, site.core[side]);
        if (!std::all_of(inside.begin(), inside.end(), is)) return std::nullopt;
        const std::string_view left = site.before(side, site.core[side]).substr(site.lead[side]);
        const std::string_view right = site.after(side, site.core[side]);
        std::size_t more = 0;
        while (more < left.size() && is(left[left.size() - 1 - more])) ++more;
        std::size_t further = 0;
        while (further < right.size() && is(right[further])) ++further;
        word[side].offset -= more;
        word[side].size += more + further;
        if (word[side].size == 0) return std::nullopt;
    }
    return word;
}

std::optional<std::uint64_t> position_in_rebuilt(const Leaf& leaf, std::uint64_t at) {
    const auto& regions = leaf.regions;
    const auto next =
        std::partition_point(regions.begin(), regions.end(), [&](const Region& r) { return r[0].offset < at; });
    if (next != regions.begin()) {
        const Region& last = *std::prev(next);
        if (at < last[0].end()) { // inside it: only where both sides begin equally
            const std::uint64_t inside = at - last[0].offset;
            if (inside > last[1].size) return std::nullopt;
            const bool equal = text_of(leaf.subject, 0, {last[0].offset, inside}) ==
                               text_of(leaf.subject, 1, {last[1].offset, inside});
            return equal ? std::optional(last[1].offset + inside) : std::nullopt;
        }
        if (next == regions.end()) return last[1].end() + (at - last[0].end());
    }
    if (next == regions.end()) return at;
    const std::uint64_t ahead = (*next)[0].offset - at;
    if (ahead > (*next)[1].offset) return std::nullopt;
    return (*next)[1].offset - ahead;
}

WordClaims::WordClaims(const Leaf& leaf, const std::vector<Region>& unclaimed, std::vector<Difference>& found)
    : leaf_(leaf), found_(found), open_(leaf.regions.size(), 0), claimed_end_(leaf.regions.size(), 0),
      claimed_begin_(leaf.regions.size(), 0) {
    std::size_t at = 0;
    for (const Region& region : unclaimed) {
        while (at < leaf.regions.size() && leaf.regions[at] != region) ++at;
        if (at == leaf.regions.size()) break;
        indices_.push_back(at);
        open_[at] = 1;
    }
    indices_.resize(std::min(indices_.size(), word_region_limit));
}

bool WordClaims::widen(SpanPair& token, std::size_t& first, std::size_t& last) const {
    const auto& regions = leaf_.regions;
    first = regions.size();
    last = 0;
    for (std::size_t side : {0U, 1U}) {
        const Span& span = token[side];
        const auto from = std::partition_point(regions.begin(), regions.end(),
                                               [&](const Region& r) { return r[side].end() <= span.offset; });
        const auto to =
            std::partition_point(from, regions.end(), [&](const Region& r) { return r[side].offset < span.end(); });
        if (from == to) continue;
        first = std::min(first, static_cast<std::size_t>(from - regions.begin()));
        last = std::max(last, static_cast<std::size_t>(to - regions.begin()) - 1);
    }
    if (first >= regions.size()) return false;
    const Region& head = regions[first];
    const Region& tail = regions[last];
    const std::int64_t left = distance(head[0].offset, token[0].offset);
    const std::int64_t right = distance(token[0].end(), tail[0].end());
    if (left != distance(head[1].offset, token[1].offset) || right != distance(token[1].end(), tail[1].end())) {
        return false;
    }
    const Texts text = texts_of(leaf_);
    if (left > 0) {
        const auto size = static_cast<std::uint64_t>(left);
        if (text[0].substr(head[0].offset, size) != text[1].substr(head[1].offset, size)) return false;
    }
    if (right > 0) {
        const auto size = static_cast<std::uint64_t>(right);
        if (text[0].substr(token[0].end(), size) != text[1].substr(token[1].end(), size)) return false;
    }
    for (std::size_t side : {0U, 1U}) {
        const std::uint64_t begin = std::min(token[side].offset, head[side].offset);
        const std::uint64_t end = std::max(token[side].end(), tail[side].end());
        token[side] = {begin, end - begin};
    }
    return true;
}

void WordClaims::keep_clear_of_neighbours(SpanPair& token, std::size_t first, std::size_t last) const {
    const std::uint64_t shorter = std::min(token[0].size, token[1].size);
    if (first > 0 && claimed_end_[first - 1] > token[0].offset) {
        const std::uint64_t cut = std::min(claimed_end_[first - 1] - token[0].offset, shorter);
        for (Span& span : token) span = {span.offset + cut, span.size - cut};
    }
    const bool reaches = last + 1 < leaf_.regions.size() && claimed_end_[last + 1] > 0;
    if (reaches && claimed_begin_[last + 1] < token[0].end()) {
        const std::uint64_t cut = std::min(token[0].end() - claimed_begin_[last + 1], shorter);
        for (Span& span : token) span.size -= cut;
    }
}

bool WordClaims::claim(const SpanPair& token, CauseId cause, std::string evidence, std::string_view derived_of) {
    SpanPair spans = token;
    std::size_t first = 0;
    std::size_t last = 0;
    if (!widen(spans, first, last)) return false;
    for (std::size_t i = first; i <= last; ++i) {
        if (open_[i] == 0) return false;
    }
    keep_clear_of_neighbours(spans, first, last);
    for (std::size_t i = first; i <= last; ++i) {
        open_[i] = 0;
        claimed_begin_[i] = spans[0].offset;
        claimed_end_[i] = spans[0].end();
    }
    Difference difference;
    difference.spans = spans;
    for (std::size_t side : {0U, 1U}) {
        difference.values[side] = short_bytes(text_of(leaf_.subject, side, spans[side]));
    }
    difference.cause = cause;
    difference.evidence = std::move(evidence);
    difference.derived_of = derived_of;
    found_.push_back(std::move(difference));
    return true;
}

void at_each_site(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                  std::vector<Difference>& found, WordRule rule) {
    const Texts text = texts_of(leaf);
    const Nature nature = nature_of(leaf.subject);
    const std::string key = lead_of(leaf);
    WordClaims claims(leaf, unclaimed, found);
    const std::size_t count = std::min(unclaimed.size(), word_region_limit);
    for (std::size_t i = 0; i < count; ++i) {
        if (!claims.is_open(i)) continue;
        const SpanPair core = without_common_ends(text, unclaimed[i]);
        if (core[0].size > core_limit || core[1].size > core_limit) continue;
        Site site{leaf, clues, nature, core, {}, {}, {}};
        if (!find_window(leaf, text, core, site.window)) continue;
        std::array<std::string, 2> keyed;
        for (std::size_t side : {0U, 1U}) {
            site.line[side] = site.text(side, site.window[side]);
            if (key.empty() || site.window[side].offset > 0) continue;
            keyed[side] = key + std::string(site.line[side]);
            site.line[side] = keyed[side];
            site.lead[side] = key.size();
        }
        rule(site, claims);
    }
}

} // namespace touchstone
