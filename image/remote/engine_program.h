// Images by the engines' own programs, where there is no socket to ask: what they write to their standard output is
// spooled, and then read like an archive from disk.
#pragma once

#include "base/file.h"
#include "image/descriptor.h"

#include <memory>
#include <optional>
#include <string>

namespace touchstone {

/// `podman save` of an image, an oci-archive, or null where there is no podman in PATH. `what` is how messages call the
/// image. Throws unreadable with podman's last words when it fails.
std::shared_ptr<const File> save_with_podman(const std::string& name, const std::string& what);

/// `ctr images export`: containerd's image of that name, an oci-archive. CONTAINERD_ADDRESS and CONTAINERD_NAMESPACE
/// are ctr's own. Of an index ctr gives this machine's platform, or the one or all that are asked for. Throws
/// unreadable when there is no ctr in PATH, no such socket, or ctr fails.
std::shared_ptr<const File> export_from_containerd(const std::string& name, const std::optional<Platform>& platform,
                                                   bool all_platforms);

} // namespace touchstone
