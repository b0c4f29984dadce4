// Compare: the main job in one call. Two opened images in, a Comparison out; throws Error when anything cannot be read
// or verified, and then there is no verdict.
#pragma once

#include "diff/comparison.h"
#include "diff/explain/explain.h"
#include "diff/stack.h"
#include "image/image.h"

#include <cstdint>
#include <string>

namespace touchstone {

/// When the digests of canonical forms are computed, at the cost of a second reading.
enum class CanonicalValues : std::uint8_t { none, when_equivalent, always };

struct CompareOptions {
    RuleSet rules;
    bool keep_noise = false; ///< keep each noise finding, not only their counts (--all)
    CanonicalValues canonical = CanonicalValues::none;
    ExplainOptions explain; ///< the second pass; none by default
    LoadOptions load;
};

/// Loads both stacks, compares and judges. The images must have been opened with open_images().
Comparison compare_images(const Image& published, const Image& rebuilt, const CompareOptions& options);

/// Writes each pair of regular files with a `content` or `presence` finding below `directory` (which must not exist or
/// be empty): published/NNNN-name, rebuilt/NNNN-name and index.json. Names are made of [A-Za-z0-9._-] only, modes are
/// 0644. Reads the layers again. Returns how many paths were written.
std::size_t extract_differences(const Image& published, const Image& rebuilt, const Comparison& comparison,
                                const LoadOptions& options, const std::string& directory);

/// Writes both sides of a `content` finding as published/NAME and rebuilt/NAME below `directory`, which has neither
/// folder yet. Reads the layers again, unverified: the caller holds what was written against the finding's digests.
void write_pair(const Image& published, const Image& rebuilt, const Finding& finding, const LoadOptions& options,
                const std::string& directory, const std::string& name);

} // namespace touchstone
