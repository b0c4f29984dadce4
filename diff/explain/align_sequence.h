// Aligning two sequences of items (lines of a text, words of a line) of which only equality matters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// Items [from, to) of each side that have no partner; what lies between two hunks is equal, one to one.
struct Hunk {
    std::array<std::size_t, 2> from{};
    std::array<std::size_t, 2> to{};
    bool searched = true; ///< false: too much work; there may be equal items inside

    std::size_t count(std::size_t side) const { return to[side] - from[side]; }
};

using Items = std::array<std::vector<std::string_view>, 2>;
using ItemIds = std::array<std::vector<std::uint32_t>, 2>;
using Match = std::pair<std::size_t, std::size_t>; ///< positions in published, rebuilt

/// A number for each item; equal items have equal numbers, counted from 0 over both sides. O(n log n) whatever the
/// items are: nothing hangs on hashes that an image's author could make collide.
ItemIds number_items(const Items& items);

/// The hunks between two sequences, in order: a shortest script or nearly one (libgit2's xdiff) up to a size that
/// bounds its work; longer sequences are first cut at items that both have exactly once, in the same order.
std::vector<Hunk> align_items(const ItemIds& ids);

/// The longest chain of matches that rises on both sides. `matches` is sorted, each published position at most once.
std::vector<Match> longest_chain(const std::vector<Match>& matches);

/// 64 bits that differ for nearly all different texts; a stranger can make them equal, so compare what they find.
std::uint64_t quick_hash(std::string_view text);

} // namespace touchstone
