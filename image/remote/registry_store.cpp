// See registry_store.h.
#include "image/remote/registry_store.h"

#include "base/printable.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

class RegistryStore final : public BlobStore {
public:
    explicit RegistryStore(std::shared_ptr<Registry> registry) : registry_(std::move(registry)) {}

    std::optional<StoredBytes> find_described(const Descriptor& descriptor) const override {
        if (descriptor.data) return std::nullopt; // it was verified already, and costs no request
        const MediaType type = media_type_of(descriptor.media_type);
        if (type.foreign) return find(descriptor.digest);
        const bool is_manifest = type.kind == MediaKind::index || type.kind == MediaKind::manifest;
        return stored(descriptor.digest, descriptor.size, is_manifest);
    }

    std::optional<StoredBytes> find(const Digest& digest) const override {
        const std::optional<std::uint64_t> size = registry_->blob_size(digest);
        if (!size) return std::nullopt;
        return stored(digest, *size, false);
    }

    std::optional<StoredBytes> find_file(std::string_view) const override { return std::nullopt; }

    std::string place_of(const Digest& digest) const override {
        return fmt::format("{}@{}", printable(registry_->name().name()), digest.string());
    }

private:
    StoredBytes stored(const Digest& digest, std::uint64_t size, bool is_manifest) const {
        return {size, [registry = registry_, digest, size, is_manifest] {
                    return registry->open(digest, size, is_manifest);
                }};
    }

    std::shared_ptr<Registry> registry_;
};

} // namespace

std::shared_ptr<const BlobStore> open_registry_store(std::shared_ptr<Registry> registry) {
    return std::make_shared<RegistryStore>(std::move(registry));
}

} // namespace touchstone
