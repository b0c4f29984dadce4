// The host-independent digests of one image, as `digest` prints and checks them.
#pragma once

#include "diff/stack.h"
#include "image/image.h"
#include "normalize/profile.h"

#include <string>
#include <vector>

namespace touchstone {

struct CanonicalDigests {
    std::vector<std::string> layers; ///< "clf1:sha256:…"
    std::string tree;                ///< "crf1:sha256:…"; empty for a layer tar that needs lower layers
    std::string no_tree;             ///< why it is empty; printable
    std::string image;               ///< "sha256:…"; empty for a layer tar, which has no config
};

/// Opens, reads and verifies the image that `reference` names.
CanonicalDigests canonical_digests(const std::string& reference, const OpenOptions& open, const LoadOptions& load,
                                   const Profile& profile);

} // namespace touchstone
