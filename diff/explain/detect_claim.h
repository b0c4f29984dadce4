// Building a claim from a region: how far it may be widened, and when it takes whole regions with it.
#pragma once

#include "diff/explain/analyzer.h"

#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Which claims a detector may make: they take regions whole, touch no region that an earlier detector has, and do not
/// overlap each other.
class SafeClaims {
public:
    SafeClaims(const Leaf& leaf, const std::vector<Region>& unclaimed, std::vector<Difference>& found)
        : leaf_(leaf), unclaimed_(unclaimed), found_(found) {}

    const std::vector<Region>& regions() const { return unclaimed_; }
    /// True when a claim of this run has `region` already.
    bool taken(const Region& region) const;
    /// Appends the difference when its spans take at least one region, all of them whole, and what they add before the
    /// first and after the last of them is the same on both sides.
    bool add(Difference difference);

private:
    const Leaf& leaf_;
    const std::vector<Region>& unclaimed_;
    std::vector<Difference>& found_;
    SpanPair last_{};
};

/// `region` with `before` bytes more in front, `size` bytes long on both sides; false where a side has not that many.
bool widen(const Leaf& leaf, const Region& region, std::uint64_t before, std::uint64_t size, SpanPair& out);

/// A difference with the bytes of the spans as its values.
Difference claim_of(const Leaf& leaf, const SpanPair& spans, CauseId cause, std::string evidence);

} // namespace touchstone
