// See assemble.h.
#include "image/assemble.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/document.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

/// Layer types that a runtime with the right plug-in would unpack; we cannot, so they must not pass as artifacts.
bool is_unreadable_layer_type(std::string_view media_type) {
    return media_type.find("+encrypted") != std::string_view::npos ||
           media_type.find(".erofs.") != std::string_view::npos || media_type.find(".criu.") != std::string_view::npos;
}

/// True for signatures and attestations that wear an image's config type (cosign, BuildKit's oci-artifact=false): none
/// of their layers is of a type that any runtime unpacks.
bool has_only_artifact_layers(const Manifest& manifest) {
    return !manifest.layers.empty() &&
           std::all_of(manifest.layers.begin(), manifest.layers.end(), [](const Descriptor& layer) {
               return media_type_of(layer.media_type).kind != MediaKind::layer &&
                      !is_unreadable_layer_type(layer.media_type);
           });
}

void check_layer_types(const Manifest& manifest) {
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
        const Descriptor& layer = manifest.layers[i];
        if (media_type_of(layer.media_type).kind == MediaKind::layer) continue;
        fail(ErrorKind::unsupported, fmt::format("layer {} ({}): media type {} is no layer that can be read", i,
                                                 layer.digest.string(), printable_short(layer.media_type)));
    }
}

/// The claims of the history, entry by entry, go to the layers that they made; when the counts differ nobody knows
/// which.
void map_history(Image& image) {
    if (image.history.empty()) return; // optional: nothing is claimed
    std::vector<std::size_t> claims;
    for (std::size_t i = 0; i < image.history.size(); ++i) {
        if (!image.history[i].empty_layer) claims.push_back(i);
    }
    if (claims.size() != image.layers.size()) {
        image.oddities.push_back(
            {OddityCode::history_count, "",
             fmt::format("{} history entries claim a layer, the image has {}", claims.size(), image.layers.size())});
        return;
    }
    for (std::size_t i = 0; i < claims.size(); ++i) image.layers[i].history = claims[i];
}

} // namespace

void take_config(Image& image, std::string bytes, const Digest& digest, std::string_view what) {
    image.config = digest;
    image.config_json = parse_document(bytes, what, config_limit);
    image.config_bytes = std::move(bytes);
    ImageConfig config = parse_config(image.config_json, what);
    note_control_keys(image.config_json, what, image.oddities);
    if (config.diff_ids.size() != image.layers.size()) {
        fail(ErrorKind::malformed, fmt::format("{}: rootfs.diff_ids has {} entries, the image has {} layers", what,
                                               config.diff_ids.size(), image.layers.size()));
    }
    for (std::size_t i = 0; i < config.diff_ids.size(); ++i) image.layers[i].diff_id = config.diff_ids[i];
    image.platform = std::move(config.platform);
    image.history = std::move(config.history);
    map_history(image);
}

Image assemble_manifest(const std::shared_ptr<const BlobStore>& store, std::string_view bytes, const Digest& digest,
                        std::string_view promised_type) {
    const std::string what = fmt::format("manifest {}", digest.string());
    Image image;
    image.manifest = digest;
    image.manifest_size = bytes.size();
    image.manifest_json = parse_document(bytes, what, manifest_limit);
    const Manifest manifest = parse_manifest(image.manifest_json, what, promised_type);
    note_control_keys(image.manifest_json, what, image.oddities);
    image.media_type = manifest.media_type;
    image.is_artifact =
        media_type_of(manifest.config.media_type).kind != MediaKind::config || has_only_artifact_layers(manifest);
    if (!image.is_artifact) check_layer_types(manifest);

    const std::string config_name = fmt::format("config {}", manifest.config.digest.string());
    std::string config = read_blob(*store, manifest.config, config_limit, config_name);
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
        image.layers.push_back(layer_of(store, manifest.layers[i], i));
    }
    if (image.is_artifact) {
        image.config = manifest.config.digest;
        image.config_bytes = std::move(config);
    } else {
        take_config(image, std::move(config), manifest.config.digest, config_name);
    }
    return image;
}

void take_index_platform(Image& image, const std::optional<Platform>& platform) {
    if (!platform) return;
    if (!image.platform) {
        if (!image.is_artifact) image.platform = platform;
    } else if (!matches(*platform, *image.platform)) {
        image.oddities.push_back({OddityCode::platform_mismatch, "",
                                  fmt::format("the index says {}, the config {}", printable_short(platform->string()),
                                              printable_short(image.platform->string()))});
    }
}

} // namespace touchstone
