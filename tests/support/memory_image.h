// Images that exist only in memory: layer tars and a config, for tests of what happens after an image was opened.
#pragma once

#include "diff/compare.h"
#include "image/image.h"

#include <string>
#include <vector>

namespace touchstone::test {

struct MemoryImage {
    std::vector<std::string> layers;     ///< tar streams, stored plain
    std::vector<std::string> created_by; ///< one per layer; empty = no history
    std::string config_extra;            ///< members put into the config object, e.g. R"("config":{"User":"root"})"
    std::string created = "2026-01-01T00:00:00Z";
    bool with_manifest = true;
    /// What stands in the manifest besides (annotations …), as JSON members.
    std::string manifest_extra;
};

/// Digests are computed by the code under test (base/digest, which has tests of its own).
Image make_image(const MemoryImage& description);

/// A tar: image of one layer without a config.
Image make_tar_image(const std::string& tar);

/// compare_images with default rules and one job.
Comparison compare(const MemoryImage& published, const MemoryImage& rebuilt, const CompareOptions& options = {});

/// "path fact weight published -> rebuilt" per finding, in order: what tests compare with.
std::vector<std::string> lines_of(const Comparison& comparison);

} // namespace touchstone::test
