// Where blobs lie: an OCI layout's directory, the same inside an archive, or skopeo's `dir:`. One small interface, so
// that one resolver serves them all. A store finds; who reads a blob verifies it.
#pragma once

#include "base/digest.h"
#include "base/file.h"
#include "base/source.h"
#include "image/descriptor.h"
#include "image/image.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

/// A stretch of bytes that can be streamed, any number of times and from any thread.
struct StoredBytes {
    std::uint64_t size = 0;
    std::function<std::unique_ptr<ByteSource>()> open;
};

class BlobStore {
public:
    virtual ~BlobStore() = default;
    /// The blob, unverified; nullopt when it is not there. Throws unreadable when it is there but no regular file.
    virtual std::optional<StoredBytes> find(const Digest& digest) const = 0;
    /// The blob that `descriptor` names. A store that cannot look without cost may take its word for presence and size
    /// and learn better when the blob is opened.
    virtual std::optional<StoredBytes> find_described(const Descriptor& descriptor) const {
        return find(descriptor.digest);
    }
    /// One of the container's fixed files ("index.json"); nullopt when it is not there.
    virtual std::optional<StoredBytes> find_file(std::string_view name) const = 0;
    /// Where find() looks for this blob, printable.
    virtual std::string place_of(const Digest& digest) const = 0;
};

/// An OCI layout in a directory: blobs/<algorithm>/<hex>.
std::shared_ptr<const BlobStore> open_layout_directory(std::shared_ptr<const Directory> directory);
/// skopeo's `dir:`: <hex>, and <hex>.manifest.json for the manifests of an index.
std::shared_ptr<const BlobStore> open_skopeo_directory(std::shared_ptr<const Directory> directory);

/// The path of a blob in an OCI layout, built from the parsed digest only (CVE-2024-3727).
std::string layout_path(const Digest& digest);

/// The whole of a small file, at most `limit` bytes.
std::string read_stored(const StoredBytes& stored, std::uint64_t limit, std::string_view what);

/// A blob, whole and verified: size and digest, and inline data against them. Throws unreadable when it is missing.
std::string read_blob(const BlobStore& store, const Descriptor& descriptor, std::uint64_t limit, std::string_view what);

/// A layer of the store, checked for presence and size. `number` counts from 1.
LayerRef layer_of(const std::shared_ptr<const BlobStore>& store, const Descriptor& descriptor, std::size_t number);

} // namespace touchstone
