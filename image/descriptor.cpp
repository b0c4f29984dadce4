// Descriptors (image-spec descriptor.md) and the table of media types (OCI media-types.md, Docker's image manifest v2
// schema 2, containerd's core/images/mediatypes.go).
#include "image/descriptor.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::array<std::string_view, 8> descriptor_keys{"mediaType",   "digest", "size",         "urls",
                                                          "annotations", "data",   "artifactType", "platform"};
constexpr std::array<std::string_view, 6> platform_keys{"architecture", "os",      "os.version",
                                                        "os.features",  "variant", "features"};

struct MediaTypeRow {
    std::string_view name;
    MediaType meaning;
};

// Docker's ".diff.tar" promises nothing: "may have been compressed but failed to use the correct media type"
// (containerd, core/images/diffid.go), so every reader sniffs it.
constexpr std::array media_types{
    MediaTypeRow{"application/vnd.oci.image.index.v1+json", {MediaKind::index, "", false}},
    MediaTypeRow{"application/vnd.oci.image.manifest.v1+json", {MediaKind::manifest, "", false}},
    MediaTypeRow{"application/vnd.oci.image.config.v1+json", {MediaKind::config, "", false}},
    MediaTypeRow{"application/vnd.oci.image.layer.v1.tar", {MediaKind::layer, "none", false}},
    MediaTypeRow{"application/vnd.oci.image.layer.v1.tar+gzip", {MediaKind::layer, "gzip", false}},
    MediaTypeRow{"application/vnd.oci.image.layer.v1.tar+zstd", {MediaKind::layer, "zstd", false}},
    MediaTypeRow{"application/vnd.oci.image.layer.nondistributable.v1.tar", {MediaKind::layer, "none", true}},
    MediaTypeRow{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", {MediaKind::layer, "gzip", true}},
    MediaTypeRow{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", {MediaKind::layer, "zstd", true}},
    MediaTypeRow{"application/vnd.docker.distribution.manifest.list.v2+json", {MediaKind::index, "", false}},
    MediaTypeRow{"application/vnd.docker.distribution.manifest.v2+json", {MediaKind::manifest, "", false}},
    MediaTypeRow{"application/vnd.docker.container.image.v1+json", {MediaKind::config, "", false}},
    MediaTypeRow{"application/vnd.docker.image.rootfs.diff.tar", {MediaKind::layer, "", false}},
    MediaTypeRow{"application/vnd.docker.image.rootfs.diff.tar.gzip", {MediaKind::layer, "gzip", false}},
    MediaTypeRow{"application/vnd.docker.image.rootfs.diff.tar.zstd", {MediaKind::layer, "zstd", false}},
    MediaTypeRow{"application/vnd.docker.image.rootfs.foreign.diff.tar", {MediaKind::layer, "", true}},
    MediaTypeRow{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", {MediaKind::layer, "gzip", true}},
    MediaTypeRow{"application/vnd.docker.distribution.manifest.v1+json", {MediaKind::schema1, "", false}},
    MediaTypeRow{"application/vnd.docker.distribution.manifest.v1+prettyjws", {MediaKind::schema1, "", false}},
};

/// An empty os and architecture together are written by tools that know no platform; that is none.
std::optional<Platform> parse_descriptor_platform(const Json& json, std::string what) {
    const ObjectReader reader(json, std::move(what), platform_keys);
    Platform platform{reader.text("os"), reader.text("architecture"), reader.text("variant")};
    if (platform.os.empty() && platform.architecture.empty()) return std::nullopt;
    return platform;
}

/// Inline content "MUST be identical to the referenced content" (descriptor.md): size and digest are checked at once.
std::string parse_inline_data(const Descriptor& descriptor, const ObjectReader& reader) {
    const std::string text = reader.required_text("data");
    std::string data = within(reader.place("data"), [&] { return unbase64(text); });
    if (data.size() != descriptor.size) {
        fail(ErrorKind::unverified,
             fmt::format("{}: inline data of {} is {} bytes, the descriptor says {}", reader.what(),
                         descriptor.digest.string(), data.size(), descriptor.size));
    }
    const Digest found = digest_of(as_bytes(data), descriptor.digest.algorithm);
    if (found != descriptor.digest) {
        fail(ErrorKind::unverified, fmt::format("{}: inline data does not match: expected {}, found {}", reader.what(),
                                                descriptor.digest.string(), found.string()));
    }
    return data;
}

} // namespace

Descriptor parse_descriptor(const Json& json, std::string_view what) {
    const ObjectReader reader(json, std::string(what), descriptor_keys);
    Descriptor descriptor;
    descriptor.media_type = reader.required_text("mediaType");
    const std::string digest = reader.required_text("digest");
    descriptor.digest = within(reader.place("digest"), [&] { return parse_digest(digest); });
    const std::int64_t size = reader.required_integer("size");
    if (size < 0) fail(ErrorKind::malformed, fmt::format("{}: a negative size, {}", reader.place("size"), size));
    descriptor.size = static_cast<std::uint64_t>(size);
    descriptor.artifact_type = reader.text("artifactType");
    descriptor.annotations = reader.text_map("annotations");
    descriptor.urls = reader.texts("urls");
    if (const Json* const platform = reader.find("platform")) {
        descriptor.platform = parse_descriptor_platform(*platform, reader.place("platform"));
    }
    if (reader.find("data") != nullptr) descriptor.data = parse_inline_data(descriptor, reader);
    return descriptor;
}

MediaType media_type_of(std::string_view media_type) {
    media_type = media_type.substr(0, media_type.find(';'));
    while (!media_type.empty() && media_type.back() == ' ') media_type.remove_suffix(1);
    const auto* const row = std::find_if(media_types.begin(), media_types.end(),
                                         [&](const MediaTypeRow& candidate) { return candidate.name == media_type; });
    return row == media_types.end() ? MediaType{} : row->meaning;
}

} // namespace touchstone
