// Layouts by hand: an index of the test's own making, and files that were changed after the layout was written.
#pragma once

#include "tests/image/open_support.h"
#include "tests/support/refusal.h"
#include "tests/support/temp_dir.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone::test {

inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";

inline std::string index_json(const std::string& manifests) {
    return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", oci_index, manifests);
}

/// A descriptor for index.json with more members than the blob's own.
inline std::string entry(const BuiltBlob& blob, const std::string& more = "") {
    std::string json = blob.descriptor_json();
    if (!more.empty()) json.insert(json.size() - 1, "," + more);
    return json;
}

inline void add_blob(ContainerFiles& files, const BuiltBlob& blob) {
    files.push_back({"blobs/sha256/" + blob.hex(), blob.bytes, ""});
}

/// A layout whose files `spoil` has changed, opened; how that ends.
inline std::optional<Refusal> spoilt(const ImageSpec& spec,
                                     const std::function<void(ContainerFiles&, const BuiltImage&)>& spoil,
                                     const std::string& selector = "", const OpenOptions& options = {}) {
    const TempDir dir;
    ContainerFiles files = oci_layout_files({spec});
    spoil(files, build_image(spec));
    write_directory(dir / "layout", files);
    return refusal_of([&] { open_text("oci:" + (dir / "layout") + selector, options); });
}

inline std::string blob_path(const BuiltBlob& blob) {
    return "blobs/sha256/" + blob.hex();
}

} // namespace touchstone::test
