// What the user may say about the cache. Plain values, so that an image can be opened without anybody including what
// keeps files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace touchstone {

/// Some dozens of ordinary images; podman and docker keep as much of each image unpacked.
inline constexpr std::uint64_t default_cache_limit = std::uint64_t{4} << 30;

struct CacheOptions {
    std::string directory;                     ///< absolute; empty: nothing is kept, and nothing that was is used
    bool off = false;                          ///< the user wants none
    std::uint64_t limit = default_cache_limit; ///< bytes of all objects after the work
    /// Told why a cache that is there is not used (printable, one line); may be empty. From the thread that opens it.
    std::function<void(std::string_view)> note;
};

} // namespace touchstone
