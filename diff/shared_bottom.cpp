// Why the shape is enough: an applier's way through a stack depends on paths, types and link targets only (whiteouts
// are paths). If those are equal above equal layers, then on both sides the same paths of the shared layers stay
// visible, and they hold the same inodes. What a file above holds changes nothing of that.
#include "diff/shared_bottom.h"

#include <algorithm>

namespace touchstone {

namespace {

bool one_shape(const Entry& a, const Entry& b) {
    return a.path == b.path && a.type == b.type && a.whiteout == b.whiteout && a.link == b.link;
}

bool one_shape(const LayerListing& a, const LayerListing& b) {
    return (&a == &b || std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                                   [](const Entry& left, const Entry& right) { return one_shape(left, right); })) &&
           std::none_of(a.oddities.begin(), a.oddities.end(), is_ambiguous) &&
           std::none_of(b.oddities.begin(), b.oddities.end(), is_ambiguous);
}

} // namespace

std::size_t shared_bottom(const Image& published, const Image& rebuilt) {
    const auto same = [](const LayerRef& a, const LayerRef& b) {
        return a.digest && a.diff_id && a.digest == b.digest && a.diff_id == b.diff_id &&
               a.media_type == b.media_type && a.toc_annotations == b.toc_annotations;
    };
    if (published.is_artifact || rebuilt.is_artifact) return 0;
    const auto [end, other] = std::mismatch(published.layers.begin(), published.layers.end(), rebuilt.layers.begin(),
                                            rebuilt.layers.end(), same);
    return static_cast<std::size_t>(end - published.layers.begin());
}

bool one_shape_above(const Stack& published, const Stack& rebuilt, std::size_t first) {
    if (published.layers.size() != rebuilt.layers.size()) return false;
    for (std::size_t i = first; i < published.layers.size(); ++i) {
        if (!one_shape(*published.layers[i].listing, *rebuilt.layers[i].listing)) return false;
    }
    return true;
}

std::shared_ptr<const LayerListing> unlisted(const LayerRef& layer) {
    auto listing = std::make_shared<LayerListing>();
    listing->listed = false;
    listing->blob = *layer.digest;
    listing->diff_id = *layer.diff_id;
    listing->size = layer.stored_size;
    return listing;
}

} // namespace touchstone
