// Bytes without lines. Where lengths agree, place decides: a stamp or a digest changes where it stands. Where content
// moved, chunks whose borders depend on the content alone are found again on the other side, coarse ones first, and
// the gaps between them are looked at with finer ones.
#include "diff/explain/align_regions.h"
#include "diff/explain/align_sequence.h"

#include <algorithm>
#include <tuple>

namespace touchstone {

namespace {

using Sides = std::array<std::string_view, 2>;

std::string_view text_of(const Sides& sides, const Gap& gap, std::size_t side) {
    return sides[side].substr(gap.from[side], gap.size(side));
}

void trim(const Sides& sides, Gap& gap) {
    const std::size_t prefix = common_prefix(text_of(sides, gap, 0), text_of(sides, gap, 1));
    for (std::size_t side : {0U, 1U}) gap.from[side] += prefix;
    const std::size_t suffix = common_suffix(text_of(sides, gap, 0), text_of(sides, gap, 1));
    for (std::size_t side : {0U, 1U}) gap.to[side] -= suffix;
}

void add_gap(const Gap& gap, RegionList& regions) {
    regions.add({Span{gap.from[0], gap.size(0)}, Span{gap.from[1], gap.size(1)}});
}

/// Runs of differing bytes of two stretches of one size. Runs stay exact, however close: two stamps side by side, whose
/// high bytes are equal, must not become one region; a detector widens a run to its number itself.
void add_runs(const Sides& sides, const Gap& gap, RegionList& regions) {
    const std::string_view a = text_of(sides, gap, 0);
    const std::string_view b = text_of(sides, gap, 1);
    for (std::size_t at = common_prefix(a, b); at < a.size();) {
        std::size_t end = at;
        while (end < a.size() && a[end] != b[end]) ++end;
        regions.add({Span{gap.from[0] + at, end - at}, Span{gap.from[1] + at, end - at}});
        at = end + common_prefix(a.substr(end), b.substr(end));
    }
}

std::size_t differing_bytes(const Sides& sides, const Gap& gap) {
    const std::string_view a = text_of(sides, gap, 0);
    const std::string_view b = text_of(sides, gap, 1);
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += a[i] != b[i] ? 1U : 0U;
    return count;
}

/// A number for each byte value that has nothing to do with it (splitmix64).
constexpr std::array<std::uint64_t, 256> make_gear() {
    std::array<std::uint64_t, 256> gear{};
    std::uint64_t state = 0;
    for (std::uint64_t& value : gear) {
        state += 0x9E3779B97F4A7C15;
        value = (state ^ (state >> 30U)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27U)) * 0x94D049BB133111EB;
        value ^= value >> 31U;
    }
    return gear;
}
constexpr std::array<std::uint64_t, 256> gear = make_gear();

/// Mean sizes of chunks, coarse to fine. The first is used where a gap holds some dozens of them; 16 bytes are the
/// least that says where something belongs.
constexpr std::array<std::size_t, 4> chunk_sizes{4096, 512, 64, 16};
constexpr std::size_t chunks_wanted = 32;
constexpr std::size_t chunk_limit = std::size_t{1} << 18; ///< sorted in some tens of milliseconds

struct Chunk {
    std::uint64_t hash = 0;
    std::size_t offset = 0;
    std::size_t size = 0;
};

/// Cuts where a rolling value over the last few bytes ends in zeros, so that the cuts move with the content.
std::vector<Chunk> chunks_of(std::string_view bytes, std::size_t offset, std::size_t mean) {
    constexpr unsigned shift = 8; // lower bits depend on too few bytes
    const std::uint64_t mask = (std::uint64_t{mean} - 1) << shift;
    const std::size_t least = mean / 2;
    const std::size_t most = mean * 8;
    std::vector<Chunk> chunks;
    std::uint64_t rolling = 0;
    std::size_t start = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        rolling = (rolling << 1U) + gear[static_cast<std::uint8_t>(bytes[i])];
        const std::size_t size = i + 1 - start;
        const bool cut = ((rolling & mask) == 0 && size >= least) || size == most || i + 1 == bytes.size();
        if (!cut) continue;
        chunks.push_back({quick_hash(bytes.substr(start, size)), offset + start, size});
        start = i + 1;
        // No cut before `least`, and 64 bytes are all that the rolling value remembers.
        if (least > 64) i += std::min(least - 64, bytes.size() - start);
    }
    return chunks;
}

/// Chunks that both sides have equally often, the n-th with the n-th, compared byte by byte; sorted.
std::vector<Match> match_chunks(const Sides& sides, std::array<std::vector<Chunk>, 2>& chunks) {
    constexpr std::ptrdiff_t often = 16; // repeated more often, it is filling and says nothing about place
    for (auto& side : chunks) {
        std::sort(side.begin(), side.end(), [](const Chunk& a, const Chunk& b) {
            return std::tie(a.hash, a.offset) < std::tie(b.hash, b.offset);
        });
    }
    const auto end_of = [](auto at, auto last) {
        return std::find_if(at, last, [&](const Chunk& chunk) { return chunk.hash != at->hash; });
    };
    const auto bytes = [&](std::size_t side, const Chunk& chunk) {
        return sides[side].substr(chunk.offset, chunk.size);
    };
    std::vector<Match> matches;
    for (auto a = chunks[0].begin(), b = chunks[1].begin(); a != chunks[0].end() && b != chunks[1].end();) {
        if (a->hash != b->hash) {
            ++(a->hash < b->hash ? a : b);
            continue;
        }
        const auto a_end = end_of(a, chunks[0].end());
        const auto b_end = end_of(b, chunks[1].end());
        const bool usable = a_end - a == b_end - b && a_end - a <= often;
        for (; usable && a != a_end; ++a, ++b) {
            if (bytes(0, *a) == bytes(1, *b)) matches.emplace_back(a->offset, b->offset);
        }
        a = a_end;
        b = b_end;
    }
    std::sort(matches.begin(), matches.end());
    return matches;
}

/// The gaps between equal chunks, which grow over what is equal after them; none where no chunk is equal.
std::vector<Gap> gaps_between_chunks(const Sides& sides, const Gap& gap, std::size_t mean) {
    std::array<std::vector<Chunk>, 2> chunks;
    for (std::size_t side : {0U, 1U}) chunks[side] = chunks_of(text_of(sides, gap, side), gap.from[side], mean);
    std::vector<Gap> gaps;
    Gap open = gap;
    for (const auto& [a, b] : longest_chain(match_chunks(sides, chunks))) {
        if (a < open.from[0] || b < open.from[1]) continue; // inside what the last one grew to
        open.to = {a, b};
        gaps.push_back(open);
        const std::size_t equal = common_prefix(sides[0].substr(a, gap.to[0] - a), sides[1].substr(b, gap.to[1] - b));
        open.from = {a + equal, b + equal};
    }
    if (gaps.empty()) return {};
    open.to = gap.to;
    gaps.push_back(open);
    return gaps;
}

class Refiner {
public:
    Refiner(const Sides& sides, RegionList& regions) : sides_(sides), regions_(regions) {}

    /// Adds the regions inside `gap`; chunks of chunk_sizes[level] and finer may be tried.
    void refine(Gap gap, std::size_t level) {
        trim(sides_, gap);
        if (gap.one_sided()) return add_gap(gap, regions_);
        if (gap.same_size() && stays_in_place(gap)) return add_runs(sides_, gap, regions_);
        for (; level < chunk_sizes.size(); ++level) {
            if (is_worthwhile(gap, level) && split(gap, level)) return;
        }
        gap.same_size() ? add_runs(sides_, gap, regions_) : add_gap(gap, regions_);
    }

private:
    /// Content that moved differs nearly everywhere from what now stands in its place.
    bool stays_in_place(const Gap& gap) const {
        constexpr std::size_t small = 64;
        return gap.size(0) <= small || differing_bytes(sides_, gap) * 8 <= gap.size(0);
    }

    /// Some dozens of chunks, but never so many that looking for them takes long.
    static bool is_worthwhile(const Gap& gap, std::size_t level) {
        const std::size_t chunks = std::max(gap.size(0), gap.size(1)) / chunk_sizes[level];
        return chunks <= chunk_limit && (chunks >= chunks_wanted || level + 1 == chunk_sizes.size());
    }

    /// Finds equal chunks and goes on between them; false when there are none.
    bool split(const Gap& gap, std::size_t level) {
        const std::vector<Gap> gaps = gaps_between_chunks(sides_, gap, chunk_sizes[level]);
        for (const Gap& inner : gaps) refine(inner, level + 1);
        return !gaps.empty();
    }

    const Sides& sides_;
    RegionList& regions_;
};

} // namespace

void align_binary(const BytePair& bytes, RegionList& regions) {
    const Sides sides{as_text(bytes[0]), as_text(bytes[1])};
    Refiner(sides, regions).refine({{0, 0}, {sides[0].size(), sides[1].size()}}, 0);
}

std::vector<Gap> rough_gaps(const std::array<std::string_view, 2>& sides) {
    Gap all{{0, 0}, {sides[0].size(), sides[1].size()}};
    trim(sides, all);
    if (all.size(0) == 0 && all.size(1) == 0) return {};
    constexpr std::size_t large = std::size_t{1} << 20; // below, nothing is gained
    if (std::max(all.size(0), all.size(1)) < large) return {all};
    std::vector<Gap> gaps = gaps_between_chunks(sides, all, chunk_sizes.front());
    if (gaps.empty()) return {all};
    for (Gap& gap : gaps) trim(sides, gap);
    std::erase_if(gaps, [](const Gap& gap) { return gap.size(0) == 0 && gap.size(1) == 0; });
    return gaps;
}

std::vector<Gap> widened(std::string_view published, const std::vector<Gap>& gaps, Reach before, Reach after) {
    std::vector<Gap> wide;
    std::size_t last = 0; // published end of the gap before
    std::size_t taken = 0;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        Gap gap = gaps[i];
        // Only the equal bytes between two gaps are looked at, so that the same number is right for both sides.
        const std::size_t lead = before(published.substr(last, gap.from[0] - last));
        const bool apart = wide.empty() || taken + lead <= gap.from[0] - last;
        last = gap.to[0];
        const std::size_t next = i + 1 < gaps.size() ? gaps[i + 1].from[0] : published.size();
        taken = after(published.substr(last, next - last));
        for (std::size_t side : {0U, 1U}) {
            gap.from[side] -= lead;
            gap.to[side] += taken;
        }
        if (apart) {
            wide.push_back(gap);
        } else {
            wide.back().to = gap.to;
        }
    }
    return wide;
}

} // namespace touchstone
