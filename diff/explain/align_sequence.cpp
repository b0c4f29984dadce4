// libgit2 does the alignment of short sequences. It never sees an image's bytes: each item is spelt as its number, so
// that neither its hash of lines nor its idea of what is text can be played with.
#include "diff/explain/align_sequence.h"

#include "base/shared_library.h"

#include <git2.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace touchstone {

namespace {

/// Items of both sides together that xdiff gets at once. Its worst case, a shuffled sequence, takes about a tenth of a
/// second then; it grows a little faster than the size.
constexpr std::size_t xdiff_items = std::size_t{1} << 16;

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
constexpr unsigned digits_per_item = 6; ///< of 6 bits: any 32-bit number

std::string spell(const std::vector<std::uint32_t>& ids, std::size_t from, std::size_t to) {
    std::string text;
    text.reserve((to - from) * (digits_per_item + 1));
    for (std::size_t i = from; i < to; ++i) {
        for (unsigned digit = 0; digit < digits_per_item; ++digit) text += digits[ids[i] >> (6 * digit) & 63U];
        text += '\n';
    }
    return text;
}

struct Collected {
    Hunk base;
    std::vector<Hunk>& hunks;
};

int take_hunk(const git_diff_delta*, const git_diff_hunk* found, void* payload) {
    auto& collected = *static_cast<Collected*>(payload);
    // Line numbers count from 1; an empty range names the line before it.
    const std::array<std::array<int, 2>, 2> ranges{
        {{found->old_start, found->old_lines}, {found->new_start, found->new_lines}}};
    Hunk hunk;
    for (std::size_t side : {0U, 1U}) {
        const auto [start, lines] = ranges[side];
        hunk.from[side] = collected.base.from[side] + static_cast<std::size_t>(lines == 0 ? start : start - 1);
        hunk.to[side] = hunk.from[side] + static_cast<std::size_t>(lines);
    }
    collected.hunks.push_back(hunk);
    return 0;
}

int ignore_line(const git_diff_delta*, const git_diff_hunk*, const git_diff_line*, void*) {
    return 0;
}

/// The function that compares texts. libgit2 brings a dozen libraries for its network.
using DiffBuffers = decltype(&::git_diff_buffers);

DiffBuffers load_diff() {
    const SharedLibrary library("libgit2.so." LIBGIT2_SOVERSION, "lines are aligned by libgit2");
    decltype(&::git_libgit2_init) init = nullptr;
    library.find("git_libgit2_init", init);
    if (init() <= 0) library.refuse("it cannot be initialized");
    DiffBuffers diff = nullptr;
    library.find("git_diff_buffers", diff);
    return diff;
}

/// Appends the hunks inside `range`; false when libgit2 could not do it.
bool xdiff(const ItemIds& ids, const Hunk& range, std::vector<Hunk>& hunks) {
    static const DiffBuffers diff_buffers = load_diff(); // once, from any thread
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.flags = GIT_DIFF_FORCE_TEXT;
    options.context_lines = 0;
    const std::string a = spell(ids[0], range.from[0], range.to[0]);
    const std::string b = spell(ids[1], range.from[1], range.to[1]);
    const std::size_t before = hunks.size();
    Collected collected{range, hunks};
    if (diff_buffers(a.data(), a.size(), nullptr, b.data(), b.size(), nullptr, &options, nullptr, nullptr, take_hunk,
                     ignore_line, &collected) == 0) {
        return true;
    }
    hunks.resize(before);
    return false;
}

/// Drops equal items at both ends.
void trim(const ItemIds& ids, Hunk& range) {
    const auto both = [&] { return range.count(0) > 0 && range.count(1) > 0; };
    while (both() && ids[0][range.from[0]] == ids[1][range.from[1]]) {
        for (std::size_t side : {0U, 1U}) ++range.from[side];
    }
    while (both() && ids[0][range.to[0] - 1] == ids[1][range.to[1] - 1]) {
        for (std::size_t side : {0U, 1U}) --range.to[side];
    }
}

/// The positions inside `range` of items that both sides have there. Only they make work, and only they can be equal.
std::array<std::vector<std::size_t>, 2> shared_items(const ItemIds& ids, const Hunk& range,
                                                     std::vector<std::uint8_t>& sides_of_id) {
    for (std::size_t side : {0U, 1U}) {
        for (std::size_t i = range.from[side]; i < range.to[side]; ++i)
            sides_of_id[ids[side][i]] |= side == 0 ? 1U : 2U;
    }
    std::array<std::vector<std::size_t>, 2> shared;
    for (std::size_t side : {0U, 1U}) {
        for (std::size_t i = range.from[side]; i < range.to[side]; ++i) {
            if (sides_of_id[ids[side][i]] == 3) shared[side].push_back(i);
        }
    }
    for (std::size_t side : {0U, 1U}) {
        for (std::size_t i = range.from[side]; i < range.to[side]; ++i) sides_of_id[ids[side][i]] = 0;
    }
    return shared;
}

/// The positions of items that each side has exactly once.
std::vector<Match> unique_matches(const ItemIds& ids) {
    struct Seen {
        std::array<std::uint32_t, 2> times{};
        std::size_t place = 0;
    };
    std::uint32_t last = 0;
    for (const auto& side : ids) {
        for (const std::uint32_t id : side) last = std::max(last, id);
    }
    std::vector<Seen> seen(std::size_t{last} + 1);
    for (std::size_t side : {0U, 1U}) {
        for (const std::uint32_t id : ids[side]) ++seen[id].times[side];
    }
    for (std::size_t i = 0; i < ids[1].size(); ++i) seen[ids[1][i]].place = i;
    std::vector<Match> matches;
    for (std::size_t i = 0; i < ids[0].size(); ++i) {
        const Seen& item = seen[ids[0][i]];
        if (item.times[0] == 1 && item.times[1] == 1) matches.emplace_back(i, item.place);
    }
    return matches;
}

struct Hashed {
    std::uint64_t hash = 0;
    std::uint32_t item = 0;
};

std::string_view item_at(const Items& items, std::uint32_t index) {
    return index < items[0].size() ? items[0][index] : items[1][index - items[0].size()];
}

/// Aligns what is too long for xdiff as a whole.
class LongAligner {
public:
    explicit LongAligner(const ItemIds& ids) : ids_(ids) {
        std::uint32_t last = 0;
        for (const auto& side : ids) {
            for (const std::uint32_t id : side) last = std::max(last, id);
        }
        sides_of_id_.resize(std::size_t{last} + 1, 0);
    }

    std::vector<Hunk> align() {
        Hunk range;
        for (const auto& [a, b] : longest_chain(unique_matches(ids_))) {
            range.to = {a, b};
            align_between(range);
            range.from = {a + 1, b + 1};
        }
        range.to = {ids_[0].size(), ids_[1].size()};
        align_between(range);
        return std::move(hunks_);
    }

private:
    /// Between two anchors. Most ranges are empty or a single item: libgit2 is asked only when there is a choice.
    void align_between(Hunk range) {
        trim(ids_, range);
        const std::size_t items = range.count(0) + range.count(1);
        if (items == 0) return;
        if (range.count(0) == 0 || range.count(1) == 0 || items == 2) {
            hunks_.push_back(range);
        } else if (items > xdiff_items) {
            align_shared(range);
        } else if (!xdiff(ids_, range, hunks_)) {
            range.searched = false;
            hunks_.push_back(range);
        }
    }

    /// Leaves out the items that only one side has, and aligns the others.
    void align_shared(Hunk range) {
        const auto shared = shared_items(ids_, range, sides_of_id_);
        std::vector<Hunk> inner;
        ItemIds short_ids;
        for (std::size_t side : {0U, 1U}) {
            for (const std::size_t i : shared[side]) short_ids[side].push_back(ids_[side][i]);
        }
        Hunk all;
        all.to = {shared[0].size(), shared[1].size()};
        if (all.to[0] + all.to[1] > xdiff_items || !xdiff(short_ids, all, inner)) {
            range.searched = false;
            hunks_.push_back(range);
            return;
        }
        // What xdiff found equal cuts the range; everything between two such items is a hunk.
        inner.push_back({all.to, all.to, true});
        Hunk open = range;
        std::array<std::size_t, 2> at{};
        for (const Hunk& hunk : inner) {
            for (; at[0] < hunk.from[0]; ++at[0], ++at[1]) {
                open.to = {shared[0][at[0]], shared[1][at[1]]};
                if (open.count(0) + open.count(1) > 0) hunks_.push_back(open);
                open.from = {open.to[0] + 1, open.to[1] + 1};
            }
            at = hunk.to;
        }
        open.to = range.to;
        if (open.count(0) + open.count(1) > 0) hunks_.push_back(open);
    }

    const ItemIds& ids_;
    std::vector<std::uint8_t> sides_of_id_;
    std::vector<Hunk> hunks_;
};

} // namespace

std::uint64_t quick_hash(std::string_view text) {
    constexpr std::uint64_t factor = 0x9E3779B97F4A7C15; // odd, bits of the golden ratio
    std::uint64_t hash = text.size() * factor;
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * factor;
        hash ^= hash >> 29U;
    };
    std::uint64_t word = 0;
    for (; text.size() >= 8; text.remove_prefix(8)) {
        std::memcpy(&word, text.data(), 8);
        mix(word);
    }
    word = 0;
    if (!text.empty()) std::memcpy(&word, text.data(), text.size());
    mix(word);
    return hash;
}

ItemIds number_items(const Items& items) {
    std::vector<Hashed> all;
    all.reserve(items[0].size() + items[1].size());
    for (const auto& side : items) {
        for (const std::string_view item : side)
            all.push_back({quick_hash(item), static_cast<std::uint32_t>(all.size())});
    }
    std::sort(all.begin(), all.end(), [](const Hashed& a, const Hashed& b) { return a.hash < b.hash; });
    const auto text = [&](const Hashed& one) { return item_at(items, one.item); };

    ItemIds ids{std::vector<std::uint32_t>(items[0].size()), std::vector<std::uint32_t>(items[1].size())};
    std::uint32_t next = 0;
    for (auto group = all.begin(); group != all.end();) {
        const auto end = std::find_if(group, all.end(), [&](const Hashed& one) { return one.hash != group->hash; });
        const bool same = std::all_of(group, end, [&](const Hashed& one) { return text(one) == text(*group); });
        if (!same) std::sort(group, end, [&](const Hashed& a, const Hashed& b) { return text(a) < text(b); });
        for (auto one = group; one != end; ++one) {
            if (one == group || (!same && text(*one) != text(*(one - 1)))) ++next;
            const std::size_t side = one->item < items[0].size() ? 0 : 1;
            ids[side][one->item - (side == 0 ? 0 : items[0].size())] = next - 1;
        }
        group = end;
    }
    return ids;
}

std::vector<Match> longest_chain(const std::vector<Match>& matches) {
    constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> tails; // the best chain of each length ends at this match
    std::vector<std::size_t> before(matches.size(), none);
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const bool longer = tails.empty() || matches[tails.back()].second < matches[i].second; // nearly always
        const auto place =
            longer ? tails.end() : std::lower_bound(tails.begin(), tails.end(), i, [&](std::size_t a, std::size_t b) {
                return matches[a].second < matches[b].second;
            });
        if (place != tails.begin()) before[i] = *(place - 1);
        if (place == tails.end()) {
            tails.push_back(i);
        } else {
            *place = i;
        }
    }
    std::vector<Match> chain;
    for (std::size_t i = tails.empty() ? none : tails.back(); i != none; i = before[i]) chain.push_back(matches[i]);
    std::reverse(chain.begin(), chain.end());
    return chain;
}

std::vector<Hunk> align_items(const ItemIds& ids) {
    // As a whole if that can be: with equal items around them, xdiff moves hunks to where people expect them.
    std::vector<Hunk> hunks;
    Hunk all;
    all.to = {ids[0].size(), ids[1].size()};
    if (ids[0].size() + ids[1].size() <= xdiff_items && xdiff(ids, all, hunks)) return hunks;
    return LongAligner(ids).align();
}

} // namespace touchstone
