// A repository of a registry as a store of blobs, for the same resolver that reads layouts and archives.
#pragma once

#include "image/blob_store.h"
#include "image/remote/registry.h"

#include <memory>

namespace touchstone {

/// Blobs are taken to be there, with the sizes that their descriptors give, until they are opened: asking first would
/// be one more round trip for each. Contents of foreign layers lie elsewhere, and `urls` are not fetched: a request to
/// wherever an image says would be a weapon in its hands.
std::shared_ptr<const BlobStore> open_registry_store(std::shared_ptr<Registry> registry);

} // namespace touchstone
