// Signatures and validity periods inside DER (certificates inside stores, CRLs, requests). A signature is explained
// only where all that it signs is equal; a validity only where both ends moved together by what the builds are apart.
#include "diff/explain/detect_binary.h"

#include "diff/explain/detect_claim.h"
#include "diff/explain/detect_subject.h"
#include "diff/explain/document_der.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace touchstone {

namespace {

constexpr std::uint64_t validity_size = 36; ///< two GeneralizedTimes with their heads
constexpr std::size_t der_region_limit = 200'000;

bool equal_bytes(ByteView a, ByteView b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// SEQUENCE { what is signed, AlgorithmIdentifier, BIT STRING }: certificates, CRLs and requests alike.
struct Signed {
    Span head;
    Span content;
    Span algorithm;
    Span signature;
};

/// SEQUENCE { INTEGER r, INTEGER s } behind the octet that counts unused bits.
bool is_pair_of_integers(ByteView bytes, const DerValue& bits) {
    if (bits.content.size < 1 || bytes[bits.content.offset] != 0) return false;
    const auto outer = read_der(bytes, bits.content.offset + 1, bits.content.end());
    if (!outer || outer->tag != der_sequence || outer->whole.end() != bits.content.end()) return false;
    const auto items = read_der_items(bytes, *outer, 2);
    return items && items->size() == 2 && items->front().tag == der_integer && items->back().tag == der_integer;
}

std::optional<Signed> read_signed(ByteView bytes) {
    const auto outer = read_der(bytes, 0, bytes.size());
    if (!outer || outer->tag != der_sequence || outer->whole.size != bytes.size()) return std::nullopt;
    const auto items = read_der_items(bytes, *outer, 3);
    if (!items || items->size() != 3) return std::nullopt;
    const auto& [content, algorithm, signature] = std::tie(items->at(0), items->at(1), items->at(2));
    if (content.tag != der_sequence || signature.tag != der_bit_string ||
        !is_randomized_signature(bytes_of(bytes, algorithm.whole)) || !is_pair_of_integers(bytes, signature)) {
        return std::nullopt;
    }
    return Signed{{0, outer->content.offset}, content.whole, algorithm.whole, signature.whole};
}

} // namespace

void find_signatures(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                     std::vector<Difference>& found) {
    if (leaf.text || unclaimed.empty()) return;
    const BytePair& bytes = leaf.subject.bytes;
    const auto published = read_signed(bytes[0]);
    const auto rebuilt = read_signed(bytes[1]);
    if (!published || !rebuilt ||
        !equal_bytes(bytes_of(bytes[0], published->content), bytes_of(bytes[1], rebuilt->content)) ||
        !equal_bytes(bytes_of(bytes[0], published->algorithm), bytes_of(bytes[1], rebuilt->algorithm))) {
        return;
    }
    SafeClaims claims(leaf, unclaimed, found);
    // The length in front counts the signature, which is a byte shorter now and then.
    claims.add(claim_of(leaf, {published->head, rebuilt->head}, CauseId::signature, "its length"));
    claims.add(claim_of(leaf, {published->signature, rebuilt->signature}, CauseId::signature,
                        "the signed content is equal, and the algorithm draws a random number"));
}

void find_expiries(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                   std::vector<Difference>& found) {
    if (leaf.text || is_program(leaf.subject) || unclaimed.size() > der_region_limit) return;
    SafeClaims claims(leaf, unclaimed, found);
    for (const Region& region : unclaimed) {
        if (claims.taken(region)) continue;
        for (std::uint64_t before = 0; before < validity_size; ++before) {
            if (region[0].offset < before || region[1].offset < before) break;
            const auto published =
                read_validity(leaf.subject.bytes[0], region[0].offset - before, region[0].offset + validity_size);
            const auto rebuilt =
                read_validity(leaf.subject.bytes[1], region[1].offset - before, region[1].offset + validity_size);
            if (!published || !rebuilt) continue;
            const std::int64_t lasts = published->not_after - published->not_before;
            if (lasts <= 0 || lasts != rebuilt->not_after - rebuilt->not_before ||
                !clues.plausible_times(published->not_before, rebuilt->not_before)) {
                continue;
            }
            if (claims.add(claim_of(leaf, {published->span, rebuilt->span}, CauseId::expiry,
                                    fmt::format("both are valid for {} days", lasts / 86400)))) {
                break;
            }
        }
    }
}

} // namespace touchstone
