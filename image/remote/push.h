// Writing to a repository by the distribution protocol: blobs that are there already are not sent, those of another
// repository of the same registry are mounted, all others go up in chunks and go on where a broken one left off. The
// registry checks what it gets against the digest that we name; what it answers is compared with it here.
#pragma once

#include "base/digest.h"
#include "base/progress.h"
#include "image/remote/registry.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace touchstone {

/// What is sent in one request: small enough to be sent again without regret, large enough that a fast line does not
/// wait for answers. Proxies before registries often allow 100 MB or less.
inline constexpr std::uint64_t default_chunk = std::uint64_t{16} << 20;

struct BlobToPush {
    Digest digest;
    std::uint64_t size = 0;
    std::function<std::unique_ptr<ByteSource>()> open; ///< from files or memory (see HttpBody::open)
    std::string mount; ///< a repository of the same registry that has it (RegistryAccess::mounts); empty for none
};

/// How a blob got there.
enum class PushedBlob : std::uint8_t { was_there, mounted, sent };

struct PushOptions {
    std::uint64_t chunk = default_chunk; ///< bytes, at least 1; more where the registry says so
    Progress* progress = nullptr;        ///< its byte counter goes up with what the registry has
};

/// Throws transient when the registry gave up (within the bounds of Patience), unreadable when it refuses, unverified
/// when it says that it has something else than was sent, malformed for answers that break the protocol.
PushedBlob push_blob(Registry& registry, const BlobToPush& blob, const PushOptions& options = {});

/// Finds out whether the registry lets us write there before there is something to write: an upload is begun and given
/// up. Throws as push_blob does where it does not.
void check_may_push(Registry& registry);

struct ManifestToPut {
    std::string reference; ///< a tag or a digest
    std::string media_type;
    std::string_view bytes;
    std::string if_match; ///< the ETag of what it replaces; empty = whatever is there
};

struct PutManifest {
    bool stored = false;        ///< false: what is there is not what if_match says
    bool knows_subject = false; ///< the registry lists it by its subject (OCI-Subject), so that nobody else has to
};

/// Throws like push_blob.
PutManifest put_manifest(Registry& registry, const ManifestToPut& manifest);

} // namespace touchstone
