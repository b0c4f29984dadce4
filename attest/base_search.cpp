// See base_search.h.
#include "attest/base_search.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace touchstone {

namespace {

bool same_content(const KnownLayer& a, const KnownLayer& b) {
    return a.diff_id == b.diff_id || (!a.canonical.empty() && a.canonical == b.canonical);
}
bool same_stream(const KnownLayer& a, const KnownLayer& b) {
    return a.diff_id == b.diff_id;
}

} // namespace

std::string_view name_of(BaseBy by) {
    constexpr std::array<std::string_view, 3> names{"diff-id", "canonical", "files"};
    return names[static_cast<std::size_t>(by)];
}

std::vector<KnownLayer> known_layers(const Record& record) {
    std::vector<KnownLayer> layers;
    for (const RecordedLayer& layer : record.layers) {
        layers.push_back({layer.diff_id, record.ambiguous.empty() ? layer.canonical : std::string(), layer.digest});
    }
    return layers;
}

KnownImage known_image(const Record& record, std::uint64_t sequence) {
    return {.sequence = sequence,
            .time = record.time,
            .reference = record.reference,
            .platform = record.platform,
            .index = record.index,
            .manifest = record.manifest,
            .image = record.image,
            .tree = record.tree,
            .layers = known_layers(record),
            .listing = record.listing};
}

std::vector<KnownImage> read_known_images(const Ledger& ledger) {
    std::vector<KnownImage> known;
    ledger.read([&](const LedgerEntry& entry, std::uint64_t line) {
        const std::string what = fmt::format("{}: line {}", printable(ledger.file_path()), line);
        known.push_back(known_image(parse_record(entry.record, what), entry.sequence));
    });
    return known;
}

std::optional<FoundBase> find_base(std::span<const KnownImage> known, std::span<const KnownLayer> layers) {
    std::optional<FoundBase> best;
    std::pair<std::size_t, bool> best_rank;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const std::vector<KnownLayer>& lowest = known[i].layers;
        if (lowest.empty() || lowest.size() >= layers.size()) continue;
        if (!std::equal(lowest.begin(), lowest.end(), layers.begin(), same_content)) continue;
        const bool exact = std::equal(lowest.begin(), lowest.end(), layers.begin(), same_stream);
        const std::pair rank(lowest.size(), exact);
        if (best && rank < best_rank) continue;
        best_rank = rank;
        best = FoundBase{.known = i, .by = exact ? BaseBy::diff_id : BaseBy::canonical};
    }
    return best;
}

const KnownImage* moved_since(std::span<const KnownImage> known, const KnownImage& base) {
    const KnownImage* newest = &base;
    for (const KnownImage& image : known) {
        const bool same_name = image.reference == base.reference && image.platform == base.platform;
        if (same_name && image.sequence > newest->sequence) newest = &image;
    }
    const bool comparable = newest->manifest && base.manifest;
    return comparable && newest->manifest != base.manifest ? newest : nullptr;
}

} // namespace touchstone
