// The layers at the bottom of both stacks that are the same blobs (a base image, mostly). Once their digests are
// verified they cannot differ, and where the layers above them have one shape on both sides, what lies in them decides
// nothing: then they cost a SHA-256 of their stored bytes, and are neither inflated nor listed.
#pragma once

#include "diff/stack.h"

#include <cstddef>

namespace touchstone {

/// How many layers from the bottom are named alike by both images: blob digest and diffID.
std::size_t shared_bottom(const Image& published, const Image& rebuilt);

/// True when the layers from `first` on have one shape on both sides, so that they do the same to any equal layers
/// below them: as many layers, entry by entry the same path, type and link target in the same order, and nothing
/// ambiguous (a hard link into a lower layer, say). Facts may differ.
bool one_shape_above(const Stack& published, const Stack& rebuilt, std::size_t first);

/// What stands for a layer that is not listed: its promised digests and size, no entries.
std::shared_ptr<const LayerListing> unlisted(const LayerRef& layer);

} // namespace touchstone
