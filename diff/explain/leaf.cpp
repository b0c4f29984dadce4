// One pair that is not split further: its regions are offered to the detectors, and what they claim is believed only
// as far as the bytes prove it.
#include "diff/explain/leaf_claims.h"
#include "diff/explain/leaf_places.h"

#include <algorithm>

namespace touchstone {

namespace {

/// False when the time was over before the last of them.
bool run_detectors(const Leaf& leaf, const Analyzer& analyzer, Claims& claims) {
    for (const auto& group :
         {whole_detectors(), order_detectors(), time_detectors(), token_detectors(), binary_detectors()}) {
        for (const DetectorRow& detector : group) {
            const std::vector<Region> unclaimed = claims.unclaimed();
            if (unclaimed.empty()) return true;
            if (analyzer.out_of_time()) return false;
            std::vector<Difference> found;
            detector.run(leaf, unclaimed, analyzer.clues(), found);
            for (Difference& claim : found) claims.offer(std::move(claim));
        }
    }
    return true;
}

/// Writes the differences of a leaf to its part. Bytes are counted by region, not by claim: a claim is as wide as the
/// value that it explains, but only what differs is to be covered.
class PartWriter {
public:
    PartWriter(const Leaf& leaf, Part& part) : leaf_(leaf), part_(part), places_(leaf) {}

    void write(const Claims& claims) {
        for (std::size_t i = 0; i < leaf_.regions.size(); ++i) {
            const Region& region = leaf_.regions[i];
            count(region, part_.differing);
            if (claims.is_claimed(i)) count(region, part_.covered);
            if (const auto claim = claims.accepted().find(i); claim != claims.accepted().end()) {
                ++part_.causes[*claim->second.cause];
                keep(claim->second);
            } else if (!claims.is_claimed(i)) {
                Difference difference;
                difference.spans = region;
                keep(difference);
            }
        }
    }

private:
    static void count(const Region& region, std::array<std::uint64_t, 2>& bytes) {
        for (std::size_t side : {0U, 1U}) bytes[side] += std::max<std::uint64_t>(1, region[side].size);
    }

    void keep(Difference difference) {
        if (part_.differences.size() >= difference_limit) {
            ++part_.more;
            return;
        }
        if (difference.where.empty()) difference.where = places_.name(difference.spans);
        if (difference.values[0].empty() && difference.values[1].empty()) {
            for (std::size_t side : {0U, 1U})
                difference.values[side] = short_bytes(text_of(leaf_.subject, side, difference.spans[side]));
        }
        part_.differences.push_back(std::move(difference));
    }

    const Leaf& leaf_;
    Part& part_;
    Places places_;
};

} // namespace

void analyze_leaf(const Subject& subject, Analyzer& analyzer, Part& part) {
    const Leaf leaf = align(subject, analyzer.limits());
    part.kind = leaf.text ? "text" : "binary";
    Claims claims(leaf);
    const bool in_time = run_detectors(leaf, analyzer, claims);
    claims.prove();
    PartWriter(leaf, part).write(claims);
    part.view = draw_leaf(leaf);
    // Where all is claimed and proven, it does not matter how finely it was cut.
    if (part.differing == part.covered) return;
    if (!leaf.complete) {
        part.complete = false;
        part.limit = "too many differences to look at each";
    } else if (!in_time) {
        part.complete = false;
        part.limit = "the time for explaining was over";
    }
}

} // namespace touchstone
