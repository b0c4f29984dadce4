// The rules of DetectorRow, checked in one place: the engine drops all claims of a file when one of them is wrong, so
// each is proven before it is made.
#include "diff/explain/detect_claim.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

bool within_span(const Span& inner, const Span& outer) {
    return inner.offset >= outer.offset && inner.end() <= outer.end();
}

bool is_within(const Region& region, const SpanPair& claim) {
    return within_span(region[0], claim[0]) && within_span(region[1], claim[1]);
}

/// Share a byte, or one is an empty place strictly inside the other.
bool overlaps(const Span& a, const Span& b) {
    return a.offset < b.end() && b.offset < a.end();
}

struct Taken {
    std::size_t count = 0;
    bool whole = true;
    Region first{};
    Region last{};
};

/// The regions that meet `claim`; they are sorted on both sides, so they are neighbours.
Taken regions_in(const std::vector<Region>& regions, const SpanPair& claim) {
    Taken taken;
    auto at = std::partition_point(regions.begin(), regions.end(),
                                   [&](const Region& r) { return r[0].end() < claim[0].offset; });
    for (; at != regions.end() && (*at)[0].offset <= claim[0].end(); ++at) {
        if (is_within(*at, claim)) {
            if (taken.count++ == 0) taken.first = *at;
            taken.last = *at;
        } else if (overlaps((*at)[0], claim[0]) || overlaps((*at)[1], claim[1])) {
            taken.whole = false;
        }
    }
    return taken;
}

} // namespace

bool SafeClaims::taken(const Region& region) const {
    return region[0].offset < last_[0].end() || region[1].offset < last_[1].end();
}

bool SafeClaims::add(Difference difference) {
    const SpanPair& claim = difference.spans;
    for (std::size_t side : {0U, 1U}) {
        const std::uint64_t size = leaf_.subject.bytes.at(side).size();
        if (claim.at(side).offset > size || claim.at(side).size > size - claim.at(side).offset) return false;
        if (claim.at(side).offset < last_.at(side).end()) return false;
    }
    const Taken all = regions_in(leaf_.regions, claim);
    if (all.count == 0 || !all.whole || regions_in(unclaimed_, claim).count != all.count) return false;
    if (all.first[0].offset - claim[0].offset != all.first[1].offset - claim[1].offset) return false;
    if (claim[0].end() - all.last[0].end() != claim[1].end() - all.last[1].end()) return false;
    last_ = claim;
    found_.push_back(std::move(difference));
    return true;
}

bool widen(const Leaf& leaf, const Region& region, std::uint64_t before, std::uint64_t size, SpanPair& out) {
    for (std::size_t side : {0U, 1U}) {
        const Span& span = region.at(side);
        const std::uint64_t whole = leaf.subject.bytes.at(side).size();
        if (span.offset < before || size < before + span.size || size > whole || span.offset - before > whole - size) {
            return false;
        }
        out.at(side) = {span.offset - before, size};
    }
    return true;
}

Difference claim_of(const Leaf& leaf, const SpanPair& spans, CauseId cause, std::string evidence) {
    Difference difference;
    difference.where = fmt::format("offset {:#x}", spans[0].offset);
    difference.spans = spans;
    for (std::size_t side : {0U, 1U}) {
        difference.values.at(side) = short_bytes(text_of(leaf.subject, side, spans.at(side)));
    }
    difference.cause = cause;
    difference.evidence = std::move(evidence);
    return difference;
}

} // namespace touchstone
