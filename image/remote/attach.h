// Attaching an artifact to an image in its repository, so that those who look for referrers find it (referrers.h):
// signatures and attestations are kept there. Only the registry decides who may.
#pragma once

#include "base/digest.h"
#include "image/descriptor.h"
#include "image/remote/referrers.h"
#include "image/remote/registry.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace touchstone {

struct AttachmentLayer {
    std::string media_type;
    std::string bytes;
    std::vector<std::pair<std::string, std::string>> annotations;
};

struct Attachment {
    Descriptor subject; ///< media type, digest and size of the manifest that it is about
    std::string artifact_type;
    std::vector<AttachmentLayer> layers;
    std::vector<std::pair<std::string, std::string>> annotations; ///< in this order
};

struct Attached {
    Digest digest; ///< of the artifact's manifest: the same for the same attachment
    std::uint64_t size = 0;
    ReferrerSource listed = ReferrerSource::api; ///< tag: the registry does not keep the list, so we did
};

/// The manifest that attach() pushes (image-spec manifest.md, "Guidelines for Artifact Usage").
std::string attachment_manifest(const Attachment& attachment);

/// Pushes an artifact by digest and sees to it that it is found: where the registry does not say that it knows its
/// subject, its descriptor is added, once, to the index under the fallback tag. `registry` must allow pushing. Throws
/// like push_blob; malformed when something that is no index has the fallback tag: it is not replaced.
Attached attach(const std::shared_ptr<Registry>& registry, const Attachment& attachment);

/// cosign's older way: adds the layer, once, to the manifest under `tag` ("sha256-<hex>.att"), or makes one as cosign
/// does. The layers that are there stay, and so does all else that the manifest says. The manifest's digest. Throws
/// like push_blob; malformed or unsupported when something that is no manifest has the tag: it is not replaced;
/// over_limit when it has as many layers as are read.
Digest attach_by_tag(const std::shared_ptr<Registry>& registry, const std::string& tag, const AttachmentLayer& layer);

} // namespace touchstone
