// Images in their canonical forms: every layer read once, its content at hand, CLF-1 made of each layer and CRF-1 of
// the merged tree. What `digest`, `normalize` and a report's `canonical` values share.
#pragma once

#include "diff/stack.h"
#include "normalize/spooled_layer.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace touchstone {

class CanonicalStacks {
public:
    /// Layers that stay as they are, for which no canonical form is made.
    using Untouched = std::function<bool(const LayerRef&)>;

    /// Reads and verifies all layers of the images, which must outlive this, in parallel; what is promised to be the
    /// same bytes is read once. `untouched` may be empty. Throws unsupported for an artifact, and what load_stacks
    /// throws.
    CanonicalStacks(const std::vector<const Image*>& images, const CanonicalOptions& options, const LoadOptions& load,
                    const Untouched& untouched = {});

    const Stack& stack(std::size_t image) const { return stacks_[image]; }
    /// Null for a layer that stays as it is.
    const SpooledLayer* layer(std::size_t image, std::size_t index) const;
    /// CRF-1 of the merged tree, written to `out`. Not while any layer was left untouched. May be called for several
    /// images at once.
    CanonicalResult write_tree(std::size_t image, ByteSink& out) const;

    /// Its digest: that of one layer is mostly known already. The same rules.
    Digest tree_digest(std::size_t image) const;

private:
    Tree tree_of(std::size_t image) const;
    CanonicalResult write(const Tree& tree, std::size_t image, ByteSink& out) const;

    CanonicalOptions options_;
    std::vector<Stack> stacks_;
    std::map<const LayerListing*, std::shared_ptr<const SpooledLayer>> spooled_;
};

/// The host-independent names of an image under one profile, as ids.
struct CanonicalIds {
    std::vector<std::string> layers; ///< "clf1:sha256:…"
    std::string tree;                ///< "crf1:sha256:…"; empty for a layer tar that needs lower layers
    std::string no_tree;             ///< why it is empty; printable
};

/// Those of several images at once. `jobs` as in LoadOptions.
std::vector<CanonicalIds> canonical_ids(const CanonicalStacks& stacks, std::size_t images, const Profile& profile,
                                        unsigned jobs);

} // namespace touchstone
