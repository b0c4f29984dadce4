// The layers are spooled where load_stacks would list them, so sharing, scheduling and errors are the same as in a
// comparison.
#include "diff/canonical.h"

#include "base/error.h"
#include "base/parallel.h"
#include "diff/tree.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace touchstone {

CanonicalStacks::CanonicalStacks(const std::vector<const Image*>& images, const CanonicalOptions& options,
                                 const LoadOptions& load, const Untouched& untouched)
    : options_(options) {
    for (const Image* image : images) {
        if (image->is_artifact) {
            fail(ErrorKind::unsupported,
                 "this is an artifact, not a container image: it has no files to put in canonical form");
        }
    }
    std::mutex mutex;
    LoadOptions spooling = load;
    spooling.shared = SharedBottom::list;
    spooling.list = [&](const LayerRef& layer, const LayerLimits& limits,
                        Progress* progress) -> std::shared_ptr<const LayerListing> {
        if (untouched && untouched(layer)) {
            NoContent unseen(options_.contents);
            return read_layer(layer, limits, progress, &unseen);
        }
        CanonicalOptions of_layer = options_;
        of_layer.with_root = options_.with_root && std::any_of(images.begin(), images.end(), [&](const Image* image) {
                                 return image->layers.size() == 1 && &image->layers.front() == &layer;
                             });
        std::shared_ptr<const SpooledLayer> spooled = spool_layer(layer, limits, progress, of_layer);
        std::shared_ptr<const LayerListing> listing = spooled->listing;
        const std::lock_guard lock(mutex);
        spooled_.emplace(listing.get(), std::move(spooled));
        return listing;
    };
    stacks_ = load_stacks(images, spooling);
}

const SpooledLayer* CanonicalStacks::layer(std::size_t image, std::size_t index) const {
    const auto found = spooled_.find(stacks_[image].layers[index].listing.get());
    return found == spooled_.end() ? nullptr : found->second.get();
}

Tree CanonicalStacks::tree_of(std::size_t image) const {
    std::vector<Oddity> oddities; // `verify` shows them
    return build_tree(stacks_[image], oddities);
}

CanonicalResult CanonicalStacks::write_tree(std::size_t image, ByteSink& out) const {
    return write(tree_of(image), image, out);
}

Digest CanonicalStacks::tree_digest(std::size_t image) const {
    const Tree tree = tree_of(image);
    const SpooledLayer* const only = stacks_[image].layers.size() == 1 ? layer(image, 0) : nullptr;
    if (only != nullptr && only->with_root && is_layer_with_root(tree, build_layer_tree(only->listing, 0)))
        return *only->with_root;
    NullSink nowhere;
    return write(tree, image, nowhere).digest;
}

CanonicalResult CanonicalStacks::write(const Tree& tree, std::size_t image, ByteSink& out) const {
    SpooledContent content;
    for (std::size_t i = 0; i < stacks_[image].layers.size(); ++i) {
        if (const SpooledLayer* spooled = layer(image, i)) content.add(*spooled);
    }
    return write_canonical_tree(tree, options_.profile, content, out);
}

std::vector<CanonicalIds> canonical_ids(const CanonicalStacks& stacks, std::size_t images, const Profile& profile,
                                        unsigned jobs) {
    std::vector<CanonicalIds> ids(images);
    parallel_for(images, jobs, [&](std::size_t image) {
        for (std::size_t i = 0; i < stacks.stack(image).layers.size(); ++i)
            ids[image].layers.push_back(profile.id("clf1", stacks.layer(image, i)->canonical.digest.string()));
        try {
            ids[image].tree = profile.id("crf1", stacks.tree_digest(image).string());
        } catch (const Error& error) {
            // One layer by itself may hold links into those below it.
            if (stacks.stack(image).image->config || error.kind() != ErrorKind::malformed) throw;
            ids[image].no_tree = error.what();
        }
    });
    return ids;
}

} // namespace touchstone
