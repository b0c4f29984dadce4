// What the micro-benchmarks work on, made in memory when they start: a layer of many small files, as a node_modules
// folder is one, and bytes as programs and libraries have them.
#pragma once

#include "image/image.h"

#include <cstdint>
#include <string>

namespace touchstone::bench {

inline constexpr int many = 100'000;

/// What sets one build of the same files apart from another.
enum class Build : std::uint8_t {
    first,
    later,   ///< all times are others: noise
    patched, ///< all contents are others, of the same size
};

/// The tar of a layer of `many` small files in directories of 100.
std::string many_files(Build build);

/// A layer that is stored plain; `tar` must outlive it.
LayerRef layer_of(const std::string& tar);

/// An image of that layer only, which nothing vouches for; `tar` must outlive it.
Image image_of(const std::string& tar);

/// 32 MiB of what lies in /usr/lib, in the order of its names: half machine code, half data and text.
const std::string& library_bytes();

} // namespace touchstone::bench
