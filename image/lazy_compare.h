// A table of contents against the tar of its layer, path by path: what a lazy-pulling runtime would show differently.
#pragma once

#include "image/layer.h"
#include "image/lazy_toc.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace touchstone {

/// So many differences of one layer are listed; those beyond are counted, and hashed, so that two layers that differ in
/// other ways do not look the same.
inline constexpr std::size_t lazy_differences_listed = 100;

/// The last part of a table in eStargz is the table itself.
inline constexpr std::string_view estargz_toc_name = "stargz.index.json";

/// Appends lazy_view_differs to the listing's oddities for each path that is not the same in `toc`, by path. Not
/// compared are times, owner names and where the contents lie in the blob. Contents are compared by their digests:
/// where `contents` gave the listing none, or a file has chunks with digests of their own, `layer` is read and verified
/// again.
void compare_lazy_view(const LazyToc& toc, const LayerRef& layer, const LayerLimits& limits, Contents contents,
                       LayerListing& listing);

} // namespace touchstone
