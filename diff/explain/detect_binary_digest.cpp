// Digests inside binary data, traced to the file that they are of. This is proof, not plausibility: each side's digest
// must be that of the same path's content on its own side; it may therefore be claimed in programs, too.
#include "diff/explain/detect_binary.h"

#include "diff/explain/detect_claim.h"
#include "diff/explain/detect_subject.h"

#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace touchstone {

namespace {

/// Bytes at the start of two digests that are equal by chance: four of them come once in 2^32.
constexpr std::uint64_t equal_by_chance = 3;
constexpr std::size_t digest_region_limit = 200'000;

bool is_hex_byte(std::uint8_t byte) {
    return hex_value(static_cast<char>(byte)) >= 0;
}

bool claim_digest(const Leaf& leaf, const Clues& clues, const SpanPair& spans, bool as_hex, SafeClaims& claims) {
    std::array<const DerivedTable::Source*, 2> sources{};
    for (std::size_t side : {0U, 1U}) {
        const ByteView bytes = leaf.subject.bytes.at(side).subspan(spans.at(side).offset, spans.at(side).size);
        const DerivedTable& table = clues.side.at(side).derived;
        sources.at(side) = table.find_digest(as_hex ? as_bytes(bytes_of_hex(as_text(bytes)).value_or("")) : bytes);
        if (sources.at(side) == nullptr) return false;
    }
    if (sources[0]->path != sources[1]->path || sources[0]->what != sources[1]->what) return false;
    if (plain_path(sources[0]->path) == plain_path(leaf.subject.path)) return false; // nothing holds its own digest
    Difference difference = claim_of(leaf, spans, CauseId::derived,
                                     fmt::format("the {} of {}", sources[0]->what, printable_short(sources[0]->path)));
    if (!as_hex) {
        for (std::string& value : difference.values) value = hex(value);
    }
    difference.derived_of = sources[0]->path;
    return claims.add(std::move(difference));
}

bool claim_raw(const Leaf& leaf, const Clues& clues, const Region& region, SafeClaims& claims) {
    constexpr auto& sizes = DerivedTable::digest_sizes;
    for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) { // the longest first
        for (std::uint64_t before = 0; before <= equal_by_chance; ++before) {
            SpanPair spans{};
            // A digest differs in nearly every byte, so regions may be shorter than it, but never longer.
            if (widen(leaf, region, before, *size, spans) && claim_digest(leaf, clues, spans, false, claims))
                return true;
        }
    }
    return false;
}

/// The run of hexadecimal digits around a span, when it is as long as a digest's.
std::optional<Span> hex_run(ByteView bytes, const Span& span) {
    constexpr std::uint64_t longest = 128;
    std::uint64_t start = span.offset;
    std::uint64_t end = span.offset;
    while (start > 0 && span.offset - start <= longest && is_hex_byte(bytes[start - 1])) --start;
    while (end < bytes.size() && end - start <= longest && is_hex_byte(bytes[end])) ++end;
    for (const std::size_t size : DerivedTable::digest_sizes) {
        if (end - start == 2 * size && span.end() <= end) return Span{start, end - start};
    }
    return std::nullopt;
}

bool claim_hex(const Leaf& leaf, const Clues& clues, const Region& region, SafeClaims& claims) {
    SpanPair spans{};
    for (std::size_t side : {0U, 1U}) {
        const auto run = hex_run(leaf.subject.bytes.at(side), region.at(side));
        if (!run) return false;
        spans.at(side) = *run;
    }
    return claim_digest(leaf, clues, spans, true, claims);
}

} // namespace

void find_binary_digests(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                         std::vector<Difference>& found) {
    if (leaf.text || unclaimed.size() > digest_region_limit) return;
    if (clues.side[0].derived.empty() || clues.side[1].derived.empty()) return;
    SafeClaims claims(leaf, unclaimed, found);
    for (const Region& region : unclaimed) {
        if (claims.taken(region)) continue;
        if (!claim_raw(leaf, clues, region, claims)) claim_hex(leaf, clues, region, claims);
    }
}

} // namespace touchstone
