// See store.h. Whether a blob is there is decided twice: when it is looked for, by its size alone, and when it is
// opened, by its digest; what turns out to be damaged then comes from the inner store after all.
#include "image/cache/store.h"

#include "base/error.h"

#include <fmt/format.h>

#include <utility>

namespace touchstone {

namespace {

/// Writes what passes to the cache. The reader's verdict decides whether it stays there.
class KeepingSource final : public ByteSource {
public:
    KeepingSource(std::unique_ptr<ByteSource> inner, std::shared_ptr<const Cache> cache, const Digest& digest,
                  std::unique_ptr<NewCacheObject> object)
        : inner_(std::move(inner)), cache_(std::move(cache)), digest_(digest), object_(std::move(object)) {}

    std::size_t read(ByteSpan buffer) override {
        const std::size_t count = inner_->read(buffer);
        if (object_) object_->write(buffer.first(count));
        return count;
    }
    void accepted(const Digest& digest) override {
        if (object_ && digest == digest_) cache_->keep(*object_, digest);
        object_.reset();
    }

private:
    std::unique_ptr<ByteSource> inner_;
    std::shared_ptr<const Cache> cache_; // before object_, which refers to its folder
    Digest digest_;
    std::unique_ptr<NewCacheObject> object_;
};

class CachedStore final : public BlobStore {
public:
    CachedStore(std::shared_ptr<const BlobStore> inner, std::shared_ptr<const Cache> cache)
        : inner_(std::move(inner)), cache_(std::move(cache)) {}

    std::optional<StoredBytes> find_described(const Descriptor& descriptor) const override {
        // Inline data was verified already.
        if (!descriptor.data && cache_->seems_to_have(descriptor.digest, descriptor.size)) {
            return StoredBytes{descriptor.size, [inner = inner_, cache = cache_, descriptor] {
                                   return from_cache(*inner, cache, descriptor);
                               }};
        }
        std::optional<StoredBytes> stored = inner_->find_described(descriptor);
        if (!stored) return std::nullopt;
        return StoredBytes{stored->size, [stored = *stored, cache = cache_, digest = descriptor.digest] {
                               // Another thread, or another process, may have been faster.
                               if (std::unique_ptr<ByteSource> known = known_blob(*cache, digest, stored.size)) {
                                   return known;
                               }
                               return keeping(stored, cache, digest);
                           }};
    }
    std::optional<StoredBytes> find(const Digest& digest) const override { return inner_->find(digest); }
    std::optional<StoredBytes> find_file(std::string_view name) const override { return inner_->find_file(name); }
    std::string place_of(const Digest& digest) const override { return inner_->place_of(digest); }

private:
    static std::unique_ptr<ByteSource> known_blob(const Cache& cache, const Digest& digest, std::uint64_t size) {
        const std::shared_ptr<const File> file = cache.blob(digest, size);
        if (file == nullptr) return nullptr;
        return std::make_unique<FileRange>(file, 0, size);
    }

    static std::unique_ptr<ByteSource> keeping(const StoredBytes& stored, const std::shared_ptr<const Cache>& cache,
                                               const Digest& digest) {
        std::unique_ptr<ByteSource> source = stored.open();
        std::unique_ptr<NewCacheObject> object = cache->new_blob(digest, stored.size);
        if (object == nullptr) return source;
        return std::make_unique<KeepingSource>(std::move(source), cache, digest, std::move(object));
    }

    static std::unique_ptr<ByteSource> from_cache(const BlobStore& inner, const std::shared_ptr<const Cache>& cache,
                                                  const Descriptor& descriptor) {
        if (std::unique_ptr<ByteSource> known = known_blob(*cache, descriptor.digest, descriptor.size)) return known;
        const std::optional<StoredBytes> stored = inner.find_described(descriptor);
        if (!stored) {
            fail(ErrorKind::unreadable, fmt::format("blob {} is missing: expected it at {}", descriptor.digest.string(),
                                                    inner.place_of(descriptor.digest)));
        }
        return keeping(*stored, cache, descriptor.digest); // of another size it will not be accepted
    }

    std::shared_ptr<const BlobStore> inner_;
    std::shared_ptr<const Cache> cache_;
};

} // namespace

std::shared_ptr<const BlobStore> cached_store(std::shared_ptr<const BlobStore> inner,
                                              std::shared_ptr<const Cache> cache) {
    if (cache == nullptr) return inner;
    return std::make_shared<CachedStore>(std::move(inner), std::move(cache));
}

std::optional<std::string> cached_document(const Cache& cache, const Digest& digest, std::uint64_t limit) {
    const std::shared_ptr<const File> file = cache.blob(digest, std::nullopt);
    if (file == nullptr || file->size() > limit) return std::nullopt;
    FileRange source(file, 0, file->size());
    return read_all(source, limit, file->name());
}

} // namespace touchstone
