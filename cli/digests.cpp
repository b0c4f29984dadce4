// One image at a time: its layers are read in parallel already.
#include "cli/digests.h"

#include "diff/canonical.h"
#include "normalize/canonical_image.h"

namespace touchstone {

CanonicalDigests canonical_digests(const std::string& reference, const OpenOptions& open, const LoadOptions& load,
                                   const Profile& profile) {
    const std::vector<Image> images = open_images(parse_reference(reference), open); // names what it fails on by itself
    const Image& image = images.front();
    const CanonicalStacks stacks({&image}, {.profile = profile, .contents = Contents::none, .with_root = true}, load);
    CanonicalIds ids = std::move(canonical_ids(stacks, 1, profile, load.jobs).front());
    CanonicalDigests digests{
        .layers = std::move(ids.layers), .tree = std::move(ids.tree), .no_tree = std::move(ids.no_tree), .image = {}};
    if (image.config) {
        std::vector<CanonicalBlob> layers;
        for (std::size_t i = 0; i < image.layers.size(); ++i)
            layers.push_back(stored_plain(stacks.layer(0, i)->canonical));
        digests.image =
            canonical_image(image.config_json, image.manifest_json, layers, profile.mtime).manifest.digest.string();
    }
    return digests;
}

} // namespace touchstone
