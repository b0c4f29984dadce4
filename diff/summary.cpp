// Gathers what the report says of one side.
#include "diff/summary.h"

#include "normalize/path_order.h"

#include <algorithm>
#include <tuple>

namespace touchstone {

namespace {

std::optional<std::string> claim_of(const Image& image, const LayerRef& layer) {
    if (!layer.history || *layer.history >= image.history.size()) return std::nullopt;
    return image.history[*layer.history].created_by;
}

LayerSummary summarize_layer(const Image& image, const StackLayer& layer) {
    return {.digest = layer.ref->digest ? std::optional(layer.ref->digest->string()) : std::nullopt,
            .listed = layer.listing->listed,
            .diff_id = layer.listing->diff_id.string(),
            .size = layer.stream->size,
            .uncompressed = layer.stream->uncompressed,
            .media_type = layer.ref->media_type,
            .compression = layer.listing->listed ? std::string(name_of(layer.stream->compression.kind)) : "",
            .entries = layer.listing->entries.size(),
            .created_by = claim_of(image, *layer.ref),
            .canonical = std::nullopt};
}

/// Oddities of a blob's own encoding are those of `stream`; of its entries, those of `listing`.
void add_layer_oddities(const StackLayer& layer, int index, std::vector<Oddity>& all) {
    const auto add = [&](const LayerListing& listing) {
        for (Oddity oddity : listing.oddities) {
            oddity.layer = index;
            all.push_back(std::move(oddity));
        }
    };
    add(*layer.listing);
    if (layer.stream != layer.listing) add(*layer.stream);
}

} // namespace

SideSummary summarize(Side side, const Stack& stack, const Tree& tree, const std::vector<Oddity>& stack_oddities) {
    const Image& image = *stack.image;
    SideSummary summary;
    summary.side = side;
    summary.reference = image.reference.text;
    summary.platform = image.platform ? image.platform->string() : std::string();
    summary.media_type = image.media_type;
    if (image.manifest) summary.manifest = image.manifest->string();
    if (image.config) summary.config = image.config->string();
    summary.files = tree.nodes.size();
    summary.companions = image.companions;
    summary.provenance = image.provenance;
    summary.oddities = image.oddities;
    summary.oddities.insert(summary.oddities.end(), stack_oddities.begin(), stack_oddities.end());
    for (std::size_t i = 0; i < stack.layers.size(); ++i) {
        summary.layers.push_back(summarize_layer(image, stack.layers[i]));
        add_layer_oddities(stack.layers[i], static_cast<int>(i), summary.oddities);
    }
    std::stable_sort(summary.oddities.begin(), summary.oddities.end(), [](const Oddity& a, const Oddity& b) {
        return std::tie(a.layer, a.path, a.code, a.detail) < std::tie(b.layer, b.path, b.code, b.detail);
    });
    return summary;
}

} // namespace touchstone
