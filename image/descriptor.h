// OCI content descriptors, platforms and the media types that Touchstone knows by name.
#pragma once

#include "base/digest.h"
#include "base/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

/// A platform key, as in `--platform os/arch[/variant]`.
struct Platform {
    std::string os;
    std::string architecture;
    std::string variant;        ///< may be empty
    std::string string() const; ///< "linux/arm64/v8"; raw bytes from the image, to be made printable
    auto operator<=>(const Platform&) const = default;
};

/// Parses the option's form; throws usage.
Platform parse_platform(std::string_view text);
/// linux/amd64 and so on, from the machine we were built for.
Platform host_platform();
/// True when an image of `image` is what someone who asked for `wanted` means: variants of the default (arm64 v8,
/// amd64 v1, arm v7) equal an absent variant, as containerd's platforms.Normalize has it.
bool matches(const Platform& wanted, const Platform& image);

/// An OCI or Docker descriptor (image-spec descriptor.md).
struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    std::optional<Platform> platform;
    std::string artifact_type;
    std::vector<std::pair<std::string, std::string>> annotations; ///< in document order
    std::optional<std::string> data; ///< decoded inline content, already verified against digest and size
    std::vector<std::string> urls;
};

/// Reads a descriptor object strictly; throws malformed or unsupported, naming `what`.
Descriptor parse_descriptor(const Json& json, std::string_view what);

/// What a media type means to us, whichever family (OCI or Docker) it is of.
enum class MediaKind : std::uint8_t { index, manifest, config, layer, schema1, other };
struct MediaType {
    MediaKind kind = MediaKind::other;
    std::string_view compression; ///< for layers: "none", "gzip", "zstd"; empty when the type does not promise one
    bool foreign = false;         ///< nondistributable
};
/// Parameters after ';' are ignored. Encrypted, erofs and criu layer types are `other`.
MediaType media_type_of(std::string_view media_type);

} // namespace touchstone
