#include "tests/support/memory_image.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace touchstone::test {

namespace {

/// A source that owns its bytes.
class OwningSource final : public ByteSource {
public:
    explicit OwningSource(std::shared_ptr<const std::string> bytes)
        : bytes_(std::move(bytes)), inner_(std::string_view(*bytes_)) {}
    std::size_t read(ByteSpan buffer) override { return inner_.read(buffer); }

private:
    std::shared_ptr<const std::string> bytes_;
    MemorySource inner_;
};

LayerRef make_layer(const std::string& tar, std::size_t index) {
    auto bytes = std::make_shared<const std::string>(tar);
    LayerRef layer;
    layer.name = fmt::format("layer {}", index);
    layer.digest = digest_of(as_bytes(tar));
    layer.diff_id = layer.digest;
    layer.size = tar.size();
    layer.stored_size = tar.size();
    layer.media_type = "application/vnd.oci.image.layer.v1.tar";
    layer.open = [bytes] { return std::make_unique<OwningSource>(bytes); };
    return layer;
}

std::string config_text(const MemoryImage& description, const std::vector<LayerRef>& layers) {
    std::vector<std::string> diff_ids;
    for (const LayerRef& layer : layers) diff_ids.push_back("\"" + layer.diff_id->string() + "\"");
    std::vector<std::string> history;
    for (const std::string& line : description.created_by) {
        history.push_back(fmt::format(R"({{"created":"{}","created_by":"{}"}})", description.created, line));
    }
    return fmt::format(
        R"({{"created":"{}","architecture":"amd64","os":"linux"{}{},"rootfs":{{"type":"layers","diff_ids":[{}]}},"history":[{}]}})",
        description.created, description.config_extra.empty() ? "" : ",", description.config_extra,
        fmt::join(diff_ids, ","), fmt::join(history, ","));
}

} // namespace

Image make_image(const MemoryImage& description) {
    Image image;
    image.reference.text = "memory:image";
    image.platform = Platform{.os = "linux", .architecture = "amd64", .variant = ""};
    for (std::size_t i = 0; i < description.layers.size(); ++i) {
        LayerRef layer = make_layer(description.layers[i], i);
        if (i < description.created_by.size()) layer.history = i;
        image.layers.push_back(std::move(layer));
    }
    for (const std::string& line : description.created_by) {
        image.history.push_back(
            {.created = description.created, .created_by = line, .author = {}, .comment = {}, .empty_layer = false});
    }
    image.config_bytes = config_text(description, image.layers);
    image.config = digest_of(as_bytes(image.config_bytes));
    image.config_json = parse_json(image.config_bytes, "config");
    if (!description.with_manifest) return image;
    std::vector<std::string> layers;
    for (const LayerRef& layer : image.layers) {
        layers.push_back(fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", layer.media_type,
                                     layer.digest->string(), *layer.size));
    }
    const std::string manifest =
        fmt::format(R"({{"schemaVersion":2,"config":{{"digest":"{}","size":{}}},"layers":[{}]{}{}}})",
                    image.config->string(), image.config_bytes.size(), fmt::join(layers, ","),
                    description.manifest_extra.empty() ? "" : ",", description.manifest_extra);
    image.media_type = "application/vnd.oci.image.manifest.v1+json";
    image.manifest_json = parse_json(manifest, "manifest");
    image.manifest = digest_of(as_bytes(manifest));
    image.manifest_size = manifest.size();
    return image;
}

Image make_tar_image(const std::string& tar) {
    Image image;
    image.reference = {.transport = Transport::tar, .path = "memory", .selector = {}, .text = "tar:memory"};
    LayerRef layer = make_layer(tar, 0);
    layer.digest.reset();
    layer.diff_id.reset();
    layer.size.reset();
    layer.media_type.clear();
    image.layers.push_back(std::move(layer));
    return image;
}

} // namespace touchstone::test
