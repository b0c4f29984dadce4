// Images of a container engine on this machine or another: asked of its HTTP API for the archive that its `save`
// command writes, which is then read like one from disk. Needs as much temporary disk as that archive has: what an
// archive holds is known only at its end.
#pragma once

#include "base/file.h"
#include "image/remote/options.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace touchstone {

enum class Engine : std::uint8_t {
    docker, ///< gives a docker-archive (since Docker 25 with an OCI layout inside)
    podman, ///< gives an oci-archive: its API for Docker's clients would convert the manifest
};

/// Old daemons write the whole archive to their own disk before the first byte of it comes, and so does podman.
inline constexpr std::chrono::seconds engine_patience{600};

/// Longest name of an image: 255 bytes of repository (distribution/reference), a tag, a digest and a host.
inline constexpr std::size_t engine_name_limit = 512;

/// Throws usage where `name` cannot be an image's name or ID: only what such names are made of goes into a request or
/// into the words of a program.
void check_engine_name(std::string_view name);

/// Twelve and more hex digits: what engines call an image by itself.
bool is_engine_id(std::string_view name);

/// The archive of image `name`, spooled; from where engine_place() says. Where podman's service is not at its usual
/// place, `podman save` is run instead. Throws unreadable when nobody answers there or the image is not known,
/// transient when the connection breaks half-way, and what engine_place() throws.
std::shared_ptr<const File> fetch_from_engine(Engine engine, const std::string& name, const RemoteOptions& options);

} // namespace touchstone
