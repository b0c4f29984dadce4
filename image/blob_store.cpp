// Directories as blob stores, and what is done the same way with every store. Files are opened again for each reading
// rather than kept open: a hostile manifest may name more layers than a process may have descriptors.
#include "image/blob_store.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/lazy_view.h"

#include <fmt/format.h>

#include <array>

namespace touchstone {

namespace {

std::optional<StoredBytes> find_below(const std::shared_ptr<const Directory>& directory, const std::string& relative) {
    if (!directory->has(relative)) return std::nullopt;
    const std::uint64_t size = directory->open(relative)->size();
    return StoredBytes{size, [directory, relative]() -> std::unique_ptr<ByteSource> {
                           std::shared_ptr<const File> file = directory->open(relative);
                           const std::uint64_t length = file->size();
                           return std::make_unique<FileRange>(std::move(file), 0, length);
                       }};
}

class LayoutDirectory final : public BlobStore {
public:
    explicit LayoutDirectory(std::shared_ptr<const Directory> directory) : directory_(std::move(directory)) {}

    std::optional<StoredBytes> find(const Digest& digest) const override {
        return find_below(directory_, layout_path(digest));
    }
    std::optional<StoredBytes> find_file(std::string_view name) const override {
        return find_below(directory_, std::string(name));
    }
    std::string place_of(const Digest& digest) const override {
        return printable(directory_->path() + "/" + layout_path(digest));
    }

private:
    std::shared_ptr<const Directory> directory_;
};

/// Names as in containers/image directory/directory_transport.go; what is not sha256 has its algorithm in front
/// since 1.2.
class SkopeoDirectory final : public BlobStore {
public:
    explicit SkopeoDirectory(std::shared_ptr<const Directory> directory) : directory_(std::move(directory)) {}

    std::optional<StoredBytes> find(const Digest& digest) const override {
        const std::string hex = digest.hex();
        const std::string long_hex = fmt::format("{}-{}", name_of(digest.algorithm), hex);
        for (const std::string& name : {hex, hex + ".manifest.json", long_hex, long_hex + ".manifest.json"}) {
            if (std::optional<StoredBytes> found = find_below(directory_, name)) return found;
        }
        return std::nullopt;
    }
    std::optional<StoredBytes> find_file(std::string_view name) const override {
        return find_below(directory_, std::string(name));
    }
    std::string place_of(const Digest& digest) const override {
        return printable(directory_->path() + "/" + digest.hex());
    }

private:
    std::shared_ptr<const Directory> directory_;
};

/// A stream over text that it shares.
class SharedTextSource final : public ByteSource {
public:
    explicit SharedTextSource(std::shared_ptr<const std::string> text) : text_(std::move(text)), rest_(*text_) {}
    std::size_t read(ByteSpan buffer) override { return rest_.read(buffer); }

private:
    std::shared_ptr<const std::string> text_;
    MemorySource rest_;
};

StoredBytes stored_text(const std::string& text) {
    auto shared = std::make_shared<const std::string>(text);
    return {shared->size(),
            [shared]() -> std::unique_ptr<ByteSource> { return std::make_unique<SharedTextSource>(shared); }};
}

[[noreturn]] void fail_missing(const BlobStore& store, const Descriptor& descriptor, std::string_view what) {
    const std::string place = store.place_of(descriptor.digest);
    if (media_type_of(descriptor.media_type).foreign) {
        fail(
            ErrorKind::unreadable,
            fmt::format("{}: a foreign layer (media type {}) that is not stored here ({} is missing); its contents lie "
                        "at {}, and Touchstone fetches nothing: put the blob there",
                        what, printable_short(descriptor.media_type), place,
                        descriptor.urls.empty() ? "no known URL" : printable_short(descriptor.urls.front())));
    }
    fail(ErrorKind::unreadable,
         fmt::format("{}: blob {} is missing: expected it at {}", what, descriptor.digest.string(), place));
}

/// The blob as stored, or else its inline data; presence and size are checked.
StoredBytes stored_blob(const BlobStore& store, const Descriptor& descriptor, std::string_view what) {
    std::optional<StoredBytes> stored = store.find_described(descriptor);
    if (!stored) {
        if (!descriptor.data) fail_missing(store, descriptor, what);
        return stored_text(*descriptor.data);
    }
    if (stored->size != descriptor.size) {
        fail(ErrorKind::unverified, fmt::format("{}: blob {} has the wrong size: expected {} bytes, found {}", what,
                                                descriptor.digest.string(), descriptor.size, stored->size));
    }
    return *stored;
}

} // namespace

std::string layout_path(const Digest& digest) {
    return fmt::format("blobs/{}/{}", name_of(digest.algorithm), digest.hex());
}

std::shared_ptr<const BlobStore> open_layout_directory(std::shared_ptr<const Directory> directory) {
    return std::make_shared<LayoutDirectory>(std::move(directory));
}

std::shared_ptr<const BlobStore> open_skopeo_directory(std::shared_ptr<const Directory> directory) {
    return std::make_shared<SkopeoDirectory>(std::move(directory));
}

std::string read_stored(const StoredBytes& stored, std::uint64_t limit, std::string_view what) {
    if (stored.size > limit) {
        fail(ErrorKind::over_limit, fmt::format("{}: {} bytes, the limit is {}", what, stored.size, limit));
    }
    const std::unique_ptr<ByteSource> source = stored.open();
    return read_all(*source, limit, what);
}

std::string read_blob(const BlobStore& store, const Descriptor& descriptor, std::uint64_t limit,
                      std::string_view what) {
    const StoredBytes stored = stored_blob(store, descriptor, what);
    if (stored.size > limit) {
        fail(ErrorKind::over_limit, fmt::format("{}: blob {} is {} bytes, the limit is {}", what,
                                                descriptor.digest.string(), stored.size, limit));
    }
    VerifyingSource source(stored.open(), {descriptor.digest, descriptor.size}, std::string(what));
    return read_all(source, limit, what);
}

LayerRef layer_of(const std::shared_ptr<const BlobStore>& store, const Descriptor& descriptor, std::size_t number) {
    LayerRef layer;
    layer.name = fmt::format("layer {} ({})", number, descriptor.digest.string());
    layer.digest = descriptor.digest;
    layer.size = descriptor.size;
    layer.media_type = descriptor.media_type;
    layer.toc_annotations = toc_annotations(descriptor.annotations);
    const StoredBytes stored = stored_blob(*store, descriptor, layer.name);
    layer.stored_size = stored.size;
    layer.open = stored.open; // holds what it needs of the store
    return layer;
}

} // namespace touchstone
