// Where something stands in a leaf, as people name it.
#pragma once

#include "diff/explain/analyzer.h"

#include <array>
#include <string>

namespace touchstone {

/// Counts lines from the beginning to places that only go forward.
class LineCounter {
public:
    explicit LineCounter(std::string_view text) : text_(text) {}
    /// Line ends before `offset`, which must not be less than the last time.
    std::uint64_t lines_before(std::uint64_t offset);

private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::uint64_t lines_ = 0;
};

/// "line 12" in a text, "offset 0x1f4" elsewhere; of the published side, and with the rebuilt one's where that is
/// another. Places must be asked for in order.
class Places {
public:
    explicit Places(const Leaf& leaf);
    std::string name(const SpanPair& spans);

private:
    bool text_;
    std::array<LineCounter, 2> lines_;
};

/// The heading, hex lines and notes of a leaf that is no text; leaf_hex.cpp.
std::vector<ViewLine> draw_hex(const Leaf& leaf);

} // namespace touchstone
