// Blocks of whole lines that hold the same lines on both sides, found without comparing each with each; the table of
// detectors and the list of what has no order are in detect_order.cpp.
#pragma once

#include "diff/explain/analyzer.h"

#include <array>
#include <string_view>
#include <vector>

namespace touchstone {

/// A stretch of whole lines on both sides, from one equal place to the next.
struct LineBlock {
    SpanPair spans;
    std::array<std::vector<std::string_view>, 2> lines; ///< without their ends
};

/// The least blocks whose lines are the same multiset on both sides and that differ; regions outside such blocks stay
/// without one. Empty over the limit of lines.
std::vector<LineBlock> permuted_blocks(const Leaf& leaf, const std::vector<Region>& regions);

/// In byte order, and not all equal.
bool is_sorted_bytewise(const std::vector<std::string_view>& lines);
/// In the order of some locale: by letters without case; punctuation ignored or kept.
bool is_sorted_by_locale(const std::vector<std::string_view>& lines);

/// One line whose members are the same in another order: "{'a': 1, 'b': 2}", "a=1 b=2"; each key once.
bool is_member_permutation(std::string_view published, std::string_view rebuilt);

} // namespace touchstone
