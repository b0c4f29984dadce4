// Writes an OCI image layout, as a directory or as a tar. Whoever writes it can read it back before it appears under
// its name; when anything fails on the way, nothing is left behind.
#pragma once

#include "base/file.h"
#include "image/image.h"
#include "normalize/canonical_image.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// A file of a layout: a document, or a blob that lies in a temporary file.
struct LayoutFile {
    std::string name; ///< "blobs/sha256/<hex>", "index.json", "oci-layout"
    std::string bytes;
    std::shared_ptr<const File> file; ///< null when `bytes` is the content
    std::uint64_t size() const { return file ? file->size() : bytes.size(); }
};

/// The files of the layout that holds `image`, sorted by name. `layers` are the bytes of image.layers. `source` gives
/// the platform and the name that index.json repeats.
std::vector<LayoutFile> layout_files(const CanonicalImage& image,
                                     const std::vector<std::shared_ptr<const File>>& layers, const Image& source);

class LayoutWriter {
public:
    virtual ~LayoutWriter() = default;
    /// Where temporary files are made so that they need not be copied; empty = it makes no difference.
    virtual std::string spool_directory() const { return {}; }
    virtual void write(const std::vector<LayoutFile>& files) = 0;
    /// How the layout can be read until commit().
    virtual Reference staged() const = 0;
    virtual void commit() = 0;
};

/// A new directory. Throws unreadable when `path` exists.
std::unique_ptr<LayoutWriter> write_layout_directory(const std::string& path);
/// A tar with sorted members and no times, so that the same image is the same file.
std::unique_ptr<LayoutWriter> write_layout_archive(const std::string& path, bool overwrite);

} // namespace touchstone
