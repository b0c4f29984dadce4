// The three documents that make an image: index, manifest, config. Parsed strictly from bytes that were verified
// before, and refused by name where two readers could take them for different things (CVE-2021-41190).
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "image/descriptor.h"
#include "image/image.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// overlayfs stops at 500 lower directories and Docker at 127 layers; nothing could run more than this.
inline constexpr std::size_t layer_count_limit = 1000;

struct Index {
    std::vector<Descriptor> manifests;
};

struct Manifest {
    std::string media_type;
    std::string artifact_type; ///< as written; empty when absent
    Descriptor config;
    std::vector<Descriptor> layers;
};

/// What Touchstone needs to know of an image config; everything else stays in the document.
struct ImageConfig {
    std::optional<Platform> platform;
    std::vector<Digest> diff_ids;
    std::vector<HistoryEntry> history;
};

/// The media type of an index or manifest: what the document says, else what the descriptor `promised` (may be empty),
/// else what its keys make it. Throws malformed when these contradict each other or when the document has the keys of
/// both, unsupported for schema 1 (by name) and for what is neither.
std::string document_media_type(const Json& document, std::string_view what, std::string_view promised);

Index parse_index(const Json& document, std::string_view what, std::string_view promised);
Manifest parse_manifest(const Json& document, std::string_view what, std::string_view promised);

/// Of an image config only; an artifact's config must not be parsed (image-spec manifest.md).
ImageConfig parse_config(const Json& document, std::string_view what);

} // namespace touchstone
