// See cache.h. A blob is hashed before its first byte is given away, not while it is read: its readers show contents to
// others as they stream by, and nobody could take those back. For that it is read twice, the second time from memory.
#include "image/cache/cache.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/cache/upkeep.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace touchstone {

namespace {

constexpr std::size_t read_block = std::size_t{256} << 10;

/// One object that takes more would drive out too much else.
constexpr std::uint64_t share_of_one = 4;

/// Nothing else has it, and nothing that was changed: inodes are used again, times of change are not.
FileIdentity identity_of(const File& file) {
    struct stat status {};
    if (::fstat(file.descriptor(), &status) != 0) fail_errno(errno, file.name());
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_ctim.tv_sec),
            static_cast<std::uint64_t>(status.st_ctim.tv_nsec)};
}

Digest digest_of_file(const File& file, DigestAlgorithm algorithm) {
    Hasher hasher(algorithm);
    FileRange source(std::shared_ptr<const File>(std::shared_ptr<void>(), &file), 0, file.size());
    std::vector<std::uint8_t> buffer(read_block);
    while (const std::size_t count = source.read(buffer)) hasher.update(ByteView(buffer).first(count));
    return hasher.finish();
}

std::vector<std::uint8_t> bytes_of(const File& file) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
    FileRange source(std::shared_ptr<const File>(std::shared_ptr<void>(), &file), 0, file.size());
    bytes.resize(read_full(source, bytes));
    return bytes;
}

/// work(), or null when the file cannot be read: one that a disk lost is as good as none. Signals still end the work.
template <class Work>
auto unless_unreadable(Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        return nullptr;
    }
}

} // namespace

std::shared_ptr<const Cache> Cache::open(const CacheOptions& options) {
    if (options.off || options.directory.empty()) return nullptr;
    std::string trouble;
    auto folder = CacheFolder::open(options.directory, CacheFolder::Missing::make, trouble);
    if (!trouble.empty() && options.note) {
        options.note(fmt::format("the cache {} is not used: {}", printable(options.directory), trouble));
    }
    if (!folder) return nullptr;
    return std::shared_ptr<const Cache>(new Cache(std::move(folder), options.limit));
}

Cache::~Cache() {
    if (written_) keep_within(*folder_, limit_);
}

std::uint64_t Cache::largest_object() const {
    return limit_ / share_of_one;
}

bool Cache::seems_to_have(const Digest& digest, std::uint64_t size) const {
    const auto file = folder_->find(CacheFolder::blob_name(digest));
    return file != nullptr && file->size() == size;
}

bool Cache::verify(const File& file, const Digest& digest) const {
    const FileIdentity identity = identity_of(file);
    {
        const std::lock_guard lock(mutex_);
        const auto known = verified_.find(digest);
        if (known != verified_.end() && known->second == identity) return true;
    }
    return digest_of_file(file, digest.algorithm) == digest;
}

void Cache::note_verified(const File& file, const Digest& digest) const {
    const FileIdentity identity = identity_of(file);
    const std::lock_guard lock(mutex_);
    verified_[digest] = identity;
}

std::shared_ptr<const File> Cache::blob(const Digest& digest, std::optional<std::uint64_t> size) const {
    const CacheName name = CacheFolder::blob_name(digest);
    std::shared_ptr<const File> file = folder_->find(name);
    if (file == nullptr) return nullptr;
    return unless_unreadable([&]() -> std::shared_ptr<const File> {
        if ((size && file->size() != *size) || !verify(*file, digest)) {
            folder_->remove(name);
            return nullptr;
        }
        CacheFolder::touch(*file);
        note_verified(*file, digest);
        return file;
    });
}

std::unique_ptr<NewCacheObject> Cache::new_blob(const Digest& digest, std::uint64_t size) const {
    if (size > largest_object()) return nullptr;
    return folder_->start(CacheFolder::blob_name(digest), size);
}

void Cache::keep(NewCacheObject& blob, const Digest& digest) const {
    const std::shared_ptr<const File> file = blob.publish();
    if (file == nullptr) return;
    written_ = true;
    note_verified(*file, digest);
}

void Cache::keep(const Digest& digest, std::string_view bytes) const {
    const std::unique_ptr<NewCacheObject> blob = new_blob(digest, bytes.size());
    if (blob == nullptr) return;
    blob->write(bytes);
    keep(*blob, digest);
}

std::unique_ptr<LayerListing> Cache::listing(const Digest& blob) const {
    const CacheName name = CacheFolder::listing_name(listing_rules(), blob);
    const std::shared_ptr<const File> file = folder_->find(name);
    if (file == nullptr) return nullptr;
    return unless_unreadable([&]() -> std::unique_ptr<LayerListing> {
        std::unique_ptr<LayerListing> listing;
        if (file->size() <= listing_limit) listing = decode_listing(bytes_of(*file));
        if (listing == nullptr || listing->blob != blob) {
            folder_->remove(name);
            return nullptr;
        }
        CacheFolder::touch(*file);
        return listing;
    });
}

void Cache::keep(const LayerListing& listing, ListingDetail detail) const {
    const std::uint64_t limit = std::min(listing_limit, largest_object());
    const auto object = folder_->start(CacheFolder::listing_name(listing_rules(), listing.blob), limit);
    encode_listing(listing, detail, *object);
    if (object->publish() != nullptr) written_ = true;
}

} // namespace touchstone
