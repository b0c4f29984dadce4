// Which words differ between two lines that belong together.
#pragma once

#include "diff/explain/align_regions.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// Steps that the alignment of one text may still spend on comparing words; hostile texts make every pair expensive.
class WorkLeft {
public:
    bool take(std::uint64_t steps) {
        if (steps > left_) return false;
        left_ -= steps;
        return true;
    }

private:
    std::uint64_t left_ = std::uint64_t{1} << 27; ///< a few tenths of a second
};

/// A word (true) is letters, digits and what stands inside dates, paths, versions and numbers; anything else is a run
/// of blanks or a single byte.
struct Token {
    std::string_view text;
    bool word = false;
};
std::vector<Token> tokens_of(std::string_view line);

/// Matching words count by their length, so that a shared comma does not pull a sentence apart.
std::uint32_t weight_of(const Token& token);

/// Adds the regions of a pair of stretches that start at `offset` of each side.
void align_words(const std::array<std::string_view, 2>& texts, const std::array<std::uint64_t, 2>& offset,
                 WorkLeft& work, RegionList& regions);

/// Appends pairs (published, rebuilt index) of lines that are alike, rising on both sides. None when it is too much
/// work or nothing is alike.
std::vector<std::pair<std::size_t, std::size_t>> pair_lines(std::span<const std::string_view> published,
                                                            std::span<const std::string_view> rebuilt, WorkLeft& work);

} // namespace touchstone
