// From a manifest and a config to an Image: the checks between the two are the same for every transport.
#pragma once

#include "image/blob_store.h"
#include "image/image.h"
#include "image/manifest.h"

#include <memory>
#include <string>
#include <string_view>

namespace touchstone {

/// The image of a manifest that lies in `store`: reads and verifies its config, finds its layers. An artifact (a config
/// that is no image config, or layers that no runtime unpacks) becomes blobs without diffIDs. `bytes` were verified.
Image assemble_manifest(const std::shared_ptr<const BlobStore>& store, std::string_view bytes, const Digest& digest,
                        std::string_view promised_type);

/// Reads `bytes` as the image config: platform, history, and the diffIDs, one for each of image.layers, which must be
/// there already. `what` names the config in messages.
void take_config(Image& image, std::string bytes, const Digest& digest, std::string_view what);

/// Adds platform_mismatch when the index's word is not the config's; an image without a platform takes the index's.
void take_index_platform(Image& image, const std::optional<Platform>& platform);

} // namespace touchstone
