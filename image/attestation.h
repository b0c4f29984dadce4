// The attestation manifest that BuildKit puts beside an image: which of its blobs is the provenance. It is read like
// any other document, size and digest verified first.
#pragma once

#include "image/blob_store.h"
#include "image/image.h"

#include <optional>
#include <span>

namespace touchstone {

/// What the provenance among `attestations` (descriptors of the manifests that describe `image`) says. Absent where
/// none of them has one. What is wrong with it, missing or ambiguous is said in Provenance::unused: a claim that cannot
/// be read is no trouble of the image.
std::optional<Provenance> find_provenance(const BlobStore& store, std::span<const Descriptor> attestations,
                                          const Image& image);

} // namespace touchstone
