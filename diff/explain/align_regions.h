// The list that every alignment writes its regions to: it keeps them apart, and it bounds their number.
#pragma once

#include "diff/explain/analyzer.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// 4 MiB of spans, and few enough for detectors to look at each; a listing of 100,000 files with their dates fits.
constexpr std::size_t region_limit = std::size_t{1} << 17;

/// Takes regions in order of place. Those that touch become one. The last one within the limit takes in all that
/// follow, so that what differs stays covered.
class RegionList {
public:
    void add(const Region& region);
    /// True once more regions were added than are kept apart.
    bool overflowed() const { return overflowed_; }
    std::vector<Region> take() { return std::move(regions_); }

private:
    std::vector<Region> regions_;
    bool overflowed_ = false;
};

/// Bytes [from, to) of each side that are to be aligned.
struct Gap {
    std::array<std::size_t, 2> from{};
    std::array<std::size_t, 2> to{};

    std::size_t size(std::size_t side) const { return to[side] - from[side]; }
    bool one_sided() const { return size(0) == 0 || size(1) == 0; }
    bool same_size() const { return size(0) == size(1); }
};

/// How many bytes both start (end) with.
std::size_t common_prefix(std::string_view a, std::string_view b);
std::size_t common_suffix(std::string_view a, std::string_view b);

/// align_text.cpp: by lines, then by words. False where that would be too much work; `regions` is untouched then.
bool align_text(const BytePair& bytes, const ExplainLimits& limits, RegionList& regions);
/// align_binary.cpp
void align_binary(const BytePair& bytes, RegionList& regions);
/// The gaps between equal stretches of kilobytes, in order; cheap, and rough.
std::vector<Gap> rough_gaps(const std::array<std::string_view, 2>& sides);

/// Of the equal bytes before (after) a gap, how many belong to it: up to a border of lines or words.
using Reach = std::size_t (*)(std::string_view equal);
/// Gaps with as many equal bytes as `before` and `after` say; those that meet then become one.
std::vector<Gap> widened(std::string_view published, const std::vector<Gap>& gaps, Reach before, Reach after);

} // namespace touchstone
