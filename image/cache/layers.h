// Reading layers, where a cache may know already what would be found.
#pragma once

#include "base/progress.h"
#include "image/layer.h"

#include <memory>

namespace touchstone {

/// True when listings of this layer are kept: it has a cache and a digest, and the limits are the usual ones. (Under
/// other limits another listing, or none, would come of it.)
bool keeps_listings(const LayerRef& layer, const LayerLimits& limits);

/// What read_layer, verify_layer and verify_blob do, unless it was done before. What the image promises is compared
/// with what was found then; where that does not hold, all is read again, for the same error as always. Listings have
/// the digests of their contents.
std::unique_ptr<LayerListing> read_layer_once(const LayerRef& layer, const LayerLimits& limits, Progress* progress);
std::unique_ptr<LayerListing> verify_layer_once(const LayerRef& layer, const LayerLimits& limits, Progress* progress);
void verify_blob_once(const LayerRef& layer, const LayerLimits& limits, Progress* progress);

} // namespace touchstone
