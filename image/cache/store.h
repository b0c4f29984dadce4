// A store of blobs in front of one that is far away.
#pragma once

#include "image/blob_store.h"
#include "image/cache/cache.h"

#include <memory>
#include <string>

namespace touchstone {

/// Blobs come from the cache where that has them, and are kept there when they come from `inner` and were verified by
/// their reader. Returns `inner` when `cache` is null.
std::shared_ptr<const BlobStore> cached_store(std::shared_ptr<const BlobStore> inner,
                                              std::shared_ptr<const Cache> cache);

/// A document of at most `limit` bytes that the cache has, verified; nullopt where it has none.
std::optional<std::string> cached_document(const Cache& cache, const Digest& digest, std::uint64_t limit);

} // namespace touchstone
