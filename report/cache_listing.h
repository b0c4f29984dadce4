// `touchstone cache`: what is kept, and what was removed.
#pragma once

#include "image/cache/upkeep.h"

#include <optional>
#include <span>
#include <string>

namespace touchstone {

struct CacheListing {
    std::string place;                  ///< the folder, raw bytes
    std::span<const CacheObject> found; ///< empty where there is no folder
};

std::string render_cache_text(const CacheListing& cache);
std::string render_cache_json(const CacheListing& cache); ///< touchstone.cache/1 (docs/outputs.schema.json)

/// "removed 3 objects (12 MB)"
std::string removed_text(const CacheUse& removed);

} // namespace touchstone
