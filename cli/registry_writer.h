// Pushes an image to a registry: blobs first, then the manifest by its digest, and the tag last, so that the tag names
// the whole image or what it named before.
#pragma once

#include "cli/image_writer.h"
#include "image/remote/options.h"
#include "image/remote/push.h"
#include "image/remote/registry_name.h"

#include <memory>
#include <vector>

namespace touchstone {

struct RegistryTarget {
    RegistryName name; ///< its digest, where there is one, is what the image's must be
    RemoteOptions remote;
    PushOptions push;
    unsigned jobs = 1;                ///< blobs that are sent at the same time
    bool force = false;               ///< a tag that names another image is moved
    std::vector<const Image*> others; ///< images whose blobs are mounted where they lie in the same registry
};

/// Asks the registry whether it may be pushed to at all, as far as that can be known before. Throws usage, and what
/// Registry throws; its steps throw unreadable when the tag is taken, unverified when the name's digest is another.
std::unique_ptr<ImageWriter> write_to_registry(RegistryTarget target);

} // namespace touchstone
