// What detectors claimed of a leaf, as far as it holds.
#pragma once

#include "diff/explain/analyzer.h"

#include <map>
#include <vector>

namespace touchstone {

class Claims {
public:
    /// `leaf` must live as long.
    explicit Claims(const Leaf& leaf) : leaf_(leaf), claimed_(leaf.regions.size(), false) {}

    /// Accepts a claim with a cause that covers one or more regions whole, adds the same equal bytes to both sides, and
    /// leaves other regions and earlier claims alone. Any other is dropped.
    void offer(Difference claim);

    /// The end of all doubt: with the claims and the other regions replaced, both sides are equal. It holds by
    /// construction; if it ever does not, nothing that was claimed is believed.
    void prove();

    std::vector<Region> unclaimed() const;
    bool is_claimed(std::size_t region) const { return claimed_[region]; }
    /// By the first region of each.
    const std::map<std::size_t, Difference>& accepted() const { return accepted_; }

private:
    /// Regions [from, to).
    struct Range {
        std::size_t from = 0;
        std::size_t to = 0;
    };
    Range covered_by(const SpanPair& spans) const;
    bool overlaps_earlier(const SpanPair& spans, std::size_t first_region) const;

    const Leaf& leaf_;
    std::vector<bool> claimed_;
    std::map<std::size_t, Difference> accepted_;
};

} // namespace touchstone
