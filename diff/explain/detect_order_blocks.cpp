// Finding permuted blocks in linear time: a running sum of line hashes for each side; where the difference of the two
// sums returns to a value that it had before, the lines between are the same multiset. Hashes only propose: the lines
// themselves are sorted and compared before anything is claimed, as whoever wrote them could choose them to collide.
#include "diff/explain/detect_order.h"

#include "base/text.h"

#include <algorithm>
#include <unordered_map>

namespace touchstone {

namespace {

constexpr std::size_t line_limit = std::size_t{1} << 20; ///< on a side, of one leaf

/// A place that is the start of a line on both sides, with equal text up to the next region.
struct Cut {
    std::array<std::uint64_t, 2> at;
    std::size_t regions; ///< so many lie before it
};

bool starts_line(std::string_view text, std::uint64_t at) {
    return at == 0 || at == text.size() || text[at - 1] == '\n';
}

std::uint64_t line_start(std::string_view text, std::uint64_t at) {
    if (at == 0) return 0;
    const std::size_t newline = text.rfind('\n', at - 1);
    return newline == std::string_view::npos ? 0 : newline + 1;
}

/// Before the first region, between two of them where a line ends in between, and after the last.
std::vector<Cut> cuts_between(const std::array<std::string_view, 2>& text, const std::vector<Region>& regions) {
    std::vector<Cut> cuts;
    const Region& first = regions.front();
    const std::uint64_t common = std::min(first[0].offset - line_start(text[0], first[0].offset),
                                          first[1].offset - line_start(text[1], first[1].offset));
    cuts.push_back({{first[0].offset - common, first[1].offset - common}, 0});
    for (std::size_t i = 0; i < regions.size(); ++i) {
        std::array<std::uint64_t, 2> at{regions[i][0].end(), regions[i][1].end()};
        const std::uint64_t limit = i + 1 < regions.size() ? regions[i + 1][0].offset : text[0].size();
        if (!starts_line(text[0], at[0]) || !starts_line(text[1], at[1])) {
            const std::size_t newline = text[0].find('\n', at[0]);
            const std::uint64_t next = newline == std::string_view::npos ? text[0].size() : newline + 1;
            at[1] += next - at[0];
            at[0] = next;
        }
        if (at[0] <= limit && at[1] <= text[1].size()) cuts.push_back({at, i + 1});
    }
    return cuts;
}

std::vector<std::string_view> lines_in(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::uint64_t hash_line(std::string_view line) {
    std::uint64_t hash = 14695981039346656037U; // FNV-1a
    for (const char c : line) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211U;
    return hash ^ hash >> 29U;
}

std::uint64_t sum_of_lines(std::string_view text) {
    std::uint64_t sum = 0;
    for (const std::string_view line : lines_in(text)) sum += hash_line(line);
    return sum;
}

bool same_lines(const LineBlock& block) {
    auto left = block.lines[0];
    auto right = block.lines[1];
    if (left.size() != right.size() || left == right) return false;
    std::sort(left.begin(), left.end());
    std::sort(right.begin(), right.end());
    return left == right;
}

LineBlock block_between(const std::array<std::string_view, 2>& text, const Cut& from, const Cut& to) {
    LineBlock block;
    for (std::size_t side : {0U, 1U}) {
        block.spans.at(side) = {from.at.at(side), to.at.at(side) - from.at.at(side)};
        block.lines.at(side) = lines_in(text.at(side).substr(from.at.at(side), to.at.at(side) - from.at.at(side)));
    }
    return block;
}

/// A last line without an end is another line than the same one with an end.
bool ends_alike(const std::array<std::string_view, 2>& text, const SpanPair& spans) {
    const auto ended = [&](std::size_t side) {
        const std::string_view part = text.at(side).substr(spans.at(side).offset, spans.at(side).size);
        return part.ends_with('\n');
    };
    return ended(0) && ended(1);
}

std::size_t count_lines(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool is_alphanumeric(char c) {
    return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           static_cast<std::uint8_t>(c) >= 0x80;
}

bool is_sorted_by(const std::vector<std::string_view>& lines, bool punctuation) {
    std::string before;
    for (const std::string_view line : lines) {
        std::string key;
        for (const char c : line) {
            if (punctuation || is_alphanumeric(c)) key += ascii_lower(c);
        }
        if (key < before) return false;
        before = std::move(key);
    }
    return true;
}

} // namespace

std::vector<LineBlock> permuted_blocks(const Leaf& leaf, const std::vector<Region>& regions) {
    std::vector<LineBlock> blocks;
    const std::array<std::string_view, 2> text{as_text(leaf.subject.bytes[0]), as_text(leaf.subject.bytes[1])};
    if (regions.empty() || count_lines(text[0]) > line_limit || count_lines(text[1]) > line_limit) return blocks;
    const std::vector<Cut> cuts = cuts_between(text, regions);

    std::vector<std::uint64_t> balance(cuts.size());
    for (std::size_t i = 1; i < cuts.size(); ++i) {
        balance[i] = balance[i - 1];
        for (std::size_t side : {0U, 1U}) {
            const std::uint64_t from = cuts[i - 1].at.at(side);
            const std::uint64_t sum = sum_of_lines(text.at(side).substr(from, cuts[i].at.at(side) - from));
            balance[i] += side == 0 ? sum : 0 - sum;
        }
    }
    const auto try_block = [&](std::size_t from, std::size_t to) {
        LineBlock block = block_between(text, cuts[from], cuts[to]);
        if (!ends_alike(text, block.spans) || !same_lines(block)) return false;
        blocks.push_back(std::move(block));
        return true;
    };
    // All of it at once says more than its pieces do.
    if (cuts.back().regions == regions.size() && balance.front() == balance.back() && try_block(0, cuts.size() - 1)) {
        return blocks;
    }
    std::unordered_map<std::uint64_t, std::size_t> seen{{balance[0], 0}}; // for look-ups only
    for (std::size_t i = 1; i < cuts.size(); ++i) {
        const auto [place, is_new] = seen.try_emplace(balance[i], i);
        if (is_new) continue;
        if (try_block(place->second, i)) seen.clear(); // blocks do not overlap
        seen[balance[i]] = i;
    }
    return blocks;
}

bool is_sorted_bytewise(const std::vector<std::string_view>& lines) {
    return std::is_sorted(lines.begin(), lines.end()) && lines.front() != lines.back();
}

bool is_sorted_by_locale(const std::vector<std::string_view>& lines) {
    return is_sorted_by(lines, false) || is_sorted_by(lines, true);
}

} // namespace touchstone
