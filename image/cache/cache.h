// The content-addressed cache: blobs by their digests, and layer listings by the digests of their blobs. What a digest
// names never changes, so nothing here can be stale; what is damaged is removed, and is as if it had never been there.
// A cache makes nothing possible and nothing impossible: who gets null does the work.
#pragma once

#include "image/cache/folder.h"
#include "image/cache/listing.h"
#include "image/cache/options.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace touchstone {

/// Device, inode, and the time of the last change to either content or owner, mode and times.
using FileIdentity = std::array<std::uint64_t, 4>;

/// Thread-safe; other processes may use the same place.
class Cache {
public:
    /// Null when the user wants none, or the place cannot be used.
    static std::shared_ptr<const Cache> open(const CacheOptions& options);
    /// Brings the place back to its limit, if anything was written.
    ~Cache();
    Cache(const Cache&) = delete;
    Cache& operator=(const Cache&) = delete;

    /// Whether a blob of this size seems to be there. Costs no reading.
    bool seems_to_have(const Digest& digest, std::uint64_t size) const;
    /// The blob, after its digest was computed from the file, once for each Cache; null where it is not there.
    std::shared_ptr<const File> blob(const Digest& digest, std::optional<std::uint64_t> size) const;
    /// A blob to be written while it is read for the first time; null where it is too large to be kept.
    std::unique_ptr<NewCacheObject> new_blob(const Digest& digest, std::uint64_t size) const;
    /// Publishes it: all bytes were written, and their digest is `digest`.
    void keep(NewCacheObject& blob, const Digest& digest) const;
    /// A small blob at once, verified before.
    void keep(const Digest& digest, std::string_view bytes) const;

    /// What list_blob found in the blob, or, where listed is false, what verify_layer did; null where it is not there.
    std::unique_ptr<LayerListing> listing(const Digest& blob) const;
    void keep(const LayerListing& listing, ListingDetail detail) const;

private:
    Cache(std::shared_ptr<const CacheFolder> folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}
    bool verify(const File& file, const Digest& digest) const;
    void note_verified(const File& file, const Digest& digest) const;
    std::uint64_t largest_object() const;

    std::shared_ptr<const CacheFolder> folder_;
    std::uint64_t limit_;
    mutable std::atomic<bool> written_{false};
    mutable std::mutex mutex_;
    mutable std::map<Digest, FileIdentity> verified_; ///< guarded by mutex_
};

} // namespace touchstone
