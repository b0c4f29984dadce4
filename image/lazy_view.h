// The lazy view: eStargz and zstd:chunked layers carry a table of contents that some runtimes show in place of the tar.
// It has to say what the tar says; where it does not, known runtimes see different files, and that is ambiguous.
#pragma once

#include "base/digest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace touchstone {

struct LayerRef;
struct LayerLimits;
struct LayerListing;
enum class Contents : std::uint8_t;

/// What was found in a blob, for annotations to be compared with.
struct LazyDigests {
    Digest json;                  ///< SHA-256 of the table
    std::optional<Digest> stored; ///< of its compressed bytes, in zstd:chunked

    bool operator==(const LazyDigests&) const = default;
};

/// A descriptor's annotations by which lazy runtimes find and verify a table, sorted by their keys.
std::vector<std::pair<std::string, std::string>>
toc_annotations(const std::vector<std::pair<std::string, std::string>>& annotations);

/// Looks for a table where the last bytes of the blob say that it lies, and compares it with the entries: adds
/// lazy_view_differs or lazy_view_unreadable, and sets listing.lazy. `listing` is that of the verified blob, and
/// `contents` what its entries hold. A layer without a table costs nothing; others are read again, once or twice.
void check_lazy_view(const LayerRef& layer, const LayerLimits& limits, Contents contents, LayerListing& listing);

/// Compares the annotations with what check_lazy_view found in the blob.
void compare_toc_annotations(const LayerRef& layer, LayerListing& listing);

} // namespace touchstone
