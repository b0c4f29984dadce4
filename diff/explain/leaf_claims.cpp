// Detectors are many and clever; what keeps their answers honest is here and simple.
#include "diff/explain/leaf_claims.h"

#include <algorithm>
#include <iterator>

namespace touchstone {

namespace {

bool in_bounds(const Span& span, std::size_t size) {
    return span.offset <= size && span.size <= size - span.offset;
}

bool contains(const SpanPair& outer, const Region& inner) {
    const auto on = [&](std::size_t side) {
        return outer[side].offset <= inner[side].offset && inner[side].end() <= outer[side].end();
    };
    return on(0) && on(1);
}

bool is_before(const SpanPair& a, const SpanPair& b) {
    return a[0].end() <= b[0].offset && a[1].end() <= b[1].offset;
}

} // namespace

void Claims::offer(Difference claim) {
    for (std::size_t side : {0U, 1U}) {
        if (!in_bounds(claim.spans[side], leaf_.subject.bytes[side].size())) return;
    }
    const auto [from, to] = covered_by(claim.spans);
    if (!claim.cause || from == to || overlaps_earlier(claim.spans, from)) return;
    // Between regions both sides are equal: a claim that is wider by as much on both sides adds equal bytes only.
    const Region& first = leaf_.regions[from];
    const Region& last = leaf_.regions[to - 1];
    if (first[0].offset - claim.spans[0].offset != first[1].offset - claim.spans[1].offset) return;
    if (claim.spans[0].end() - last[0].end() != claim.spans[1].end() - last[1].end()) return;
    for (std::size_t i = from; i < to; ++i) claimed_[i] = true;
    accepted_.emplace(from, std::move(claim));
}

Claims::Range Claims::covered_by(const SpanPair& spans) const {
    const auto& regions = leaf_.regions;
    const auto first = std::partition_point(regions.begin(), regions.end(),
                                            [&](const Region& region) { return is_before(region, spans); });
    const auto last =
        std::partition_point(first, regions.end(), [&](const Region& region) { return !is_before(spans, region); });
    // One that is cut, or covered on one side only, spoils the claim.
    if (!std::all_of(first, last, [&](const Region& region) { return contains(spans, region); })) return {};
    return {static_cast<std::size_t>(first - regions.begin()), static_cast<std::size_t>(last - regions.begin())};
}

bool Claims::overlaps_earlier(const SpanPair& spans, std::size_t first_region) const {
    const auto next = accepted_.lower_bound(first_region);
    if (next != accepted_.end() && !is_before(spans, next->second.spans)) return true;
    return next != accepted_.begin() && !is_before(std::prev(next)->second.spans, spans);
}

std::vector<Region> Claims::unclaimed() const {
    std::vector<Region> regions;
    for (std::size_t i = 0; i < claimed_.size(); ++i) {
        if (!claimed_[i]) regions.push_back(leaf_.regions[i]);
    }
    return regions;
}

void Claims::prove() {
    std::vector<SpanPair> spans;
    for (std::size_t i = 0; i < claimed_.size(); ++i) {
        if (const auto claim = accepted_.find(i); claim != accepted_.end()) {
            spans.push_back(claim->second.spans);
        } else if (!claimed_[i]) {
            spans.push_back(leaf_.regions[i]);
        }
    }
    if (covers(leaf_.subject.bytes, spans)) return;
    accepted_.clear();
    claimed_.assign(claimed_.size(), false);
}

bool covers(const BytePair& bytes, const std::vector<SpanPair>& claims) {
    const std::array<std::string_view, 2> texts{as_text(bytes[0]), as_text(bytes[1])};
    std::array<std::uint64_t, 2> done{};
    for (const SpanPair& claim : claims) {
        for (std::size_t side : {0U, 1U}) {
            if (claim[side].offset < done[side] || !in_bounds(claim[side], texts[side].size())) return false;
        }
        if (texts[0].substr(done[0], claim[0].offset - done[0]) !=
            texts[1].substr(done[1], claim[1].offset - done[1])) {
            return false;
        }
        done = {claim[0].end(), claim[1].end()};
    }
    return texts[0].substr(done[0]) == texts[1].substr(done[1]);
}

} // namespace touchstone
