// A canonical image: what the config and the manifest say once every layer is in canonical form. Values in, values out:
// where the layers come from and where the documents go is the caller's business.
#pragma once

#include "base/compression.h"
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

/// A layer as it is stored: canonical and plain, canonical and compressed, or kept from a base image as it was.
struct CanonicalBlob {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    Digest diff_id; ///< the same as `digest` where it is stored uncompressed
    /// compression_record() of what we compressed; becomes an annotation. Empty where we did not: what is stored plain,
    /// and what is kept, of which nobody knows how it was made.
    std::string compression;
};

/// The OCI media type of a layer (image-spec media-types.md).
std::string_view layer_media_type(Compression compression);

/// A layer that is stored as it was written, the default.
CanonicalBlob stored_plain(const CanonicalResult& layer);

/// The annotation of a layer's descriptor that says how it was compressed.
inline constexpr std::string_view compression_annotation = "org.touchstone.compression";

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

/// The source's config for an image whose layers were merged into one. Its history keeps every line, but only the last
/// of those that made a layer still does; all others become empty_layer, so that lines and layers can be counted off
/// against each other. A history without such a line stays as it is, and where there is none, none is added.
Json merged_history_config(const Json& config);

/// The manifest in OCI media types, keys in the order of the image-spec. No annotations but that of a compressed layer:
/// all others describe an image from outside, and differ between copies of it.
std::string canonical_manifest(const Digest& config, std::uint64_t config_size,
                               const std::vector<CanonicalBlob>& layers);

/// Both documents. `manifest` is that of the source (null where it has none); what of it is changed or dropped is
/// counted, once each: a layer's descriptor against that of the blob in its place, or of the last one, into which the
/// source's upper layers were merged where there are fewer blobs than layers.
CanonicalImage canonical_image(const Json& config, const Json& manifest, std::vector<CanonicalBlob> layers,
                               const MtimePolicy& mtime);

} // namespace touchstone
