// References: how a user names an image. The transports and their syntax are those of containers/image
// (containers-transports(5)); a bare existing path is sniffed.
#pragma once

#include "image/remote/registry_name.h"

#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

enum class Transport { docker, docker_daemon, podman, containerd, oci, oci_archive, docker_archive, dir, tar };
std::string_view name_of(Transport transport); ///< "oci", "oci-archive", …

struct Reference {
    Transport transport = Transport::oci;
    std::string path; ///< the user's path, "-" is standard input where the transport allows it; the name that an engine
                      ///< has for it; empty for docker
    std::string selector; ///< what follows the path: a ref name, tag, "@N" or "@sha256:…"; empty = the only image
    std::string text;     ///< exactly what the user wrote; printable() before it is shown
    std::optional<RegistryName> registry; ///< for docker, and only there
};

/// Parses and, for a bare path, looks at the file system to sniff what it is. Throws usage (unknown transport, no such
/// path, with the forms that exist) or unreadable. A bare word that is no path is the name of an image in a registry,
/// unless it looks like a path.
Reference parse_reference(std::string_view text);

} // namespace touchstone
