// See bases.h. attest/ finds, report/ shows; here one's values become the other's.
#include "cli/bases.h"

#include <algorithm>

namespace touchstone {

namespace {

std::vector<KnownLayer> layers_of(const SideSummary& side) {
    const bool ambiguous = std::any_of(side.oddities.begin(), side.oddities.end(), is_ambiguous);
    std::vector<KnownLayer> layers;
    for (const LayerSummary& layer : side.layers) {
        const bool speaks = layer.canonical && !ambiguous;
        layers.push_back({layer.diff_id, speaks ? *layer.canonical : std::string(), layer.digest});
    }
    return layers;
}

/// A layer that was not listed has the diffID that its configuration promises; its blob was verified.
LayersBy means_of(const FoundBase& found, const KnownImage& base, const SideSummary& side) {
    if (found.by == BaseBy::canonical) return LayersBy::canonical;
    for (std::size_t i = 0; i < base.layers.size(); ++i) {
        const bool same_blob = side.layers[i].digest && side.layers[i].digest == base.layers[i].digest;
        if (!side.layers[i].listed && !same_blob) return LayersBy::promised;
    }
    return LayersBy::diff_id;
}

bool same_content(const KnownImage& a, const KnownImage& b) {
    return std::equal(a.layers.begin(), a.layers.end(), b.layers.begin(), b.layers.end(),
                      [](const KnownLayer& one, const KnownLayer& other) {
                          return one.diff_id == other.diff_id ||
                                 (!one.canonical.empty() && one.canonical == other.canonical);
                      });
}

BaseRelation relation_of(const KnownImage* published, const KnownImage* rebuilt) {
    if (published == nullptr && rebuilt == nullptr) return BaseRelation::none;
    if (published == nullptr || rebuilt == nullptr) return BaseRelation::one;
    const bool same_manifest = published->manifest && published->manifest == rebuilt->manifest;
    if (published == rebuilt || same_manifest) return BaseRelation::same;
    return same_content(*published, *rebuilt) ? BaseRelation::same_content : BaseRelation::different;
}

RecordedBases bases_of_sides(std::span<const KnownImage> known, const Comparison& comparison) {
    RecordedBases bases;
    std::array<const KnownImage*, 2> found{};
    for (const std::size_t side : {0U, 1U}) {
        const std::optional<FoundBase> base = find_base(known, layers_of(comparison.sides.at(side)));
        if (!base) continue;
        const KnownImage& image = known[base->known];
        found.at(side) = &image;
        bases.sides.at(side) = RecordedBase{.sequence = image.sequence,
                                            .time = image.time,
                                            .reference = image.reference,
                                            .index = image.index,
                                            .manifest = image.manifest,
                                            .layers = image.layers.size(),
                                            .by = means_of(*base, image, comparison.sides.at(side))};
    }
    bases.relation = relation_of(found[0], found[1]);
    return bases;
}

} // namespace

void find_recorded_bases(std::span<const KnownImage> known, Report& report) {
    for (const Comparison& comparison : report.comparisons) report.bases.push_back(bases_of_sides(known, comparison));
}

} // namespace touchstone
