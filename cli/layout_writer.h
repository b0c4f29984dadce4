// Writes an OCI image layout, as a directory or as a tar. Whoever writes it can read it back before it appears under
// its name; when anything fails on the way, nothing is left behind.
#pragma once

#include "cli/image_writer.h"

#include <memory>
#include <string>

namespace touchstone {

/// A new directory. Throws unreadable when `path` exists.
std::unique_ptr<ImageWriter> write_layout_directory(const std::string& path);
/// A tar with sorted members and no times, so that the same image is the same file.
std::unique_ptr<ImageWriter> write_layout_archive(const std::string& path, bool overwrite);

} // namespace touchstone
