// Which lines of a changed hunk belong together, when one side has more of them: those that share most of their words.
#include "diff/explain/align_sequence.h"
#include "diff/explain/align_words.h"

#include <algorithm>

namespace touchstone {

namespace {

/// Lines of a hunk and words of a line that are looked at to find out which lines belong together.
constexpr std::size_t hunk_limit = 64;
constexpr std::size_t words_limit = 64;

/// The words of a line as hashes with their lengths, sorted: what two lines share is found in one walk.
using Bag = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

Bag bag_of(std::string_view line) {
    Bag bag;
    constexpr std::size_t judged = 4096; // bytes: longer lines are judged by their beginning
    for (const Token& token : tokens_of(line.substr(0, judged))) {
        if (!token.word) continue;
        bag.emplace_back(quick_hash(token.text), weight_of(token));
        if (bag.size() == words_limit) break;
    }
    std::sort(bag.begin(), bag.end());
    return bag;
}

std::uint32_t weight_of(const Bag& bag) {
    std::uint32_t sum = 0;
    for (const auto& [hash, weight] : bag) sum += weight;
    return sum;
}

/// What both share, if that is a good part of the longer one; else 0.
std::uint32_t likeness(const Bag& a, const Bag& b) {
    std::uint32_t shared = 0;
    for (auto left = a.begin(), right = b.begin(); left != a.end() && right != b.end();) {
        if (*left == *right) {
            shared += left->second;
            ++left;
            ++right;
        } else {
            ++(*left < *right ? left : right);
        }
    }
    return shared * 5 >= std::max(weight_of(a), weight_of(b)) * 2 ? shared : 0;
}

} // namespace

std::vector<std::pair<std::size_t, std::size_t>> pair_lines(std::span<const std::string_view> published,
                                                            std::span<const std::string_view> rebuilt, WorkLeft& work) {
    const std::size_t rows = published.size();
    const std::size_t columns = rebuilt.size();
    if (rows > hunk_limit || columns > hunk_limit || !work.take(rows * columns * words_limit)) return {};
    std::vector<Bag> left(rows);
    std::vector<Bag> right(columns);
    std::transform(published.begin(), published.end(), left.begin(), bag_of);
    std::transform(rebuilt.begin(), rebuilt.end(), right.begin(), bag_of);
    std::vector<std::uint32_t> like((rows + 1) * (columns + 1), 0);
    std::vector<std::uint32_t> best(like);
    const auto at = [&](std::size_t a, std::size_t b) { return a * (columns + 1) + b; };
    for (std::size_t a = rows; a-- > 0;) {
        for (std::size_t b = columns; b-- > 0;) {
            like[at(a, b)] = likeness(left[a], right[b]);
            best[at(a, b)] =
                std::max({best[at(a + 1, b)], best[at(a, b + 1)], best[at(a + 1, b + 1)] + like[at(a, b)]});
        }
    }
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t a = 0, b = 0; a < rows && b < columns;) {
        if (like[at(a, b)] > 0 && best[at(a, b)] == best[at(a + 1, b + 1)] + like[at(a, b)]) {
            pairs.emplace_back(a++, b++);
        } else {
            ++(best[at(a + 1, b)] >= best[at(a, b + 1)] ? a : b);
        }
    }
    return pairs;
}

} // namespace touchstone
