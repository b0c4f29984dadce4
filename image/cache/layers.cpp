// See layers.h.
#include "image/cache/layers.h"

#include "image/cache/cache.h"

#include <utility>

namespace touchstone {

namespace {

/// Without a promise a reader computes sha256.
bool is_what_is_promised(const LayerRef& layer, const LayerListing& known) {
    const bool same_stream =
        layer.diff_id ? known.diff_id == *layer.diff_id : known.diff_id.algorithm == DigestAlgorithm::sha256;
    return same_stream && known.blob == *layer.digest && (!layer.size || known.size == *layer.size);
}

std::unique_ptr<LayerListing> known_listing(const LayerRef& layer, const LayerLimits& limits, Progress* progress) {
    if (!keeps_listings(layer, limits)) return nullptr;
    std::unique_ptr<LayerListing> known = layer.cache->listing(*layer.digest);
    if (known == nullptr || !is_what_is_promised(layer, *known)) return nullptr;
    if (progress != nullptr) {
        progress->bytes += layer.stored_size;
        ++progress->layers;
    }
    return known;
}

} // namespace

bool keeps_listings(const LayerRef& layer, const LayerLimits& limits) {
    return layer.cache != nullptr && layer.digest && limits == LayerLimits{};
}

std::unique_ptr<LayerListing> read_layer_once(const LayerRef& layer, const LayerLimits& limits, Progress* progress) {
    std::unique_ptr<LayerListing> listing = known_listing(layer, limits, progress);
    if (listing == nullptr || !listing->listed) {
        listing = list_blob(layer, limits, progress);
        if (keeps_listings(layer, limits)) layer.cache->keep(*listing, ListingDetail::whole);
    }
    compare_with_reference(layer, *listing);
    return listing;
}

std::unique_ptr<LayerListing> verify_layer_once(const LayerRef& layer, const LayerLimits& limits, Progress* progress) {
    const std::unique_ptr<LayerListing> known = known_listing(layer, limits, progress);
    if (known == nullptr) {
        std::unique_ptr<LayerListing> found = verify_layer(layer, limits, progress);
        if (keeps_listings(layer, limits)) layer.cache->keep(*found, ListingDetail::stream);
        return found;
    }
    // Who verifies a stream is given no entries; two ways to one result must not be told apart.
    auto found = std::make_unique<LayerListing>();
    found->blob = known->blob;
    found->diff_id = known->diff_id;
    found->size = known->size;
    found->uncompressed = known->uncompressed;
    found->compression = std::move(known->compression);
    return found;
}

void verify_blob_once(const LayerRef& layer, const LayerLimits& limits, Progress* progress) {
    if (known_listing(layer, limits, progress) == nullptr) verify_blob(layer, progress);
}

} // namespace touchstone
