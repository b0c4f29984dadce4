// A canonical image: what the config and the manifest say once every layer is in canonical form. Values in, values out:
// where the layers come from and where the documents go is the caller's business.
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "normalize/canonical_layer.h"
#include "normalize/profile.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Bytes with the digest that names them.
struct CanonicalDocument {
    std::string bytes;
    Digest digest;
};

struct CanonicalBlob {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    Digest diff_id; ///< the same as `digest` while layers are stored uncompressed
};

struct CanonicalImage {
    CanonicalDocument config;
    CanonicalDocument manifest;
    std::vector<CanonicalBlob> layers; ///< bottom first
    ChangeCounts changes;              ///< of the documents only; those of the layers are in their results
};

/// The config with times by `mtime`, the new diffIDs, no null members and its keys sorted by bytes; everything else as
/// it is. Compact, no newline at the end. `changes`, where given, gets "config-time" and "config-null".
std::string canonical_config(const Json& config, const std::vector<Digest>& diff_ids, const MtimePolicy& mtime,
                             ChangeCounts* changes = nullptr);

/// The manifest in OCI media types, keys in the order of the image-spec. No annotations: they describe an image from
/// outside, and differ between copies of it.
std::string canonical_manifest(const Digest& config, std::uint64_t config_size,
                               const std::vector<CanonicalBlob>& layers);

/// Both documents. `manifest` is that of the source (null where it has none); what of it is dropped is counted.
CanonicalImage canonical_image(const Json& config, const Json& manifest, const std::vector<CanonicalResult>& layers,
                               const MtimePolicy& mtime);

} // namespace touchstone
