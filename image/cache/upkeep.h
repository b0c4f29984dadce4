// What is done to a cache as a whole: looking at it, and making room.
#pragma once

#include "image/cache/folder.h"

#include <cstdint>
#include <span>

namespace touchstone {

struct CacheUse {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
};

/// Sums up the objects of one kind.
CacheUse use_of(std::span<const CacheObject> objects, CacheKind kind);

/// Removes what was not used for longest until the rest takes no more than `limit` bytes: all blobs that have to go
/// before the first listing, which costs more to make and takes less room; and temporaries that a process left behind
/// when it was killed. Returns what was removed. Those of others that are being written stay.
CacheUse keep_within(const CacheFolder& folder, std::uint64_t limit);

/// Removes what was not used since `time` (seconds since 1970).
CacheUse remove_older(const CacheFolder& folder, std::int64_t time);

/// Removes all objects, also those that are being written.
CacheUse remove_all(const CacheFolder& folder);

/// Seconds since 1970.
std::int64_t now_in_seconds();

} // namespace touchstone
