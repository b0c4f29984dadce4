// The cache's place on disk, as safe as a home directory: only what belongs to this user and that nobody else may write
// is used, nothing is reached through a link, and no name is made of anything but digests and fixed words. Objects
// appear whole, by rename, and never change; whoever reads one verifies it, so that nothing here has to be locked.
#pragma once

#include "base/digest.h"
#include "base/file.h"
#include "base/sink.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

enum class CacheKind : std::uint8_t { blob, listing, temporary };
std::string_view name_of(CacheKind kind); ///< "blobs", "listings", "temporaries"

/// One file of the cache; its parts match the grammar that folder.cpp has, so that a path can be made of them.
struct CacheName {
    CacheKind kind = CacheKind::blob;
    std::vector<std::string> folders; ///< "blobs", "sha256"
    std::string file;                 ///< "<hex>"
    std::string path() const;         ///< below the cache's place
};

struct CacheObject {
    CacheName name;
    std::uint64_t size = 0;  ///< bytes
    std::int64_t used = 0;   ///< seconds since 1970: the file's mtime, which every use sets
    std::uint32_t nanos = 0; ///< and these
};

class CacheFolder;

/// An object that is being written: a file of its own in tmp/, which is gone when nobody publishes it. A write that
/// fails ends it without a word, because a cache that cannot be written is none.
class NewCacheObject final : public ByteSink {
public:
    ~NewCacheObject() override;
    using ByteSink::write;
    /// Gathers bytes and writes them in blocks. Past the size limit it gives up.
    void write(ByteView bytes) override;
    /// Gives it its name, in place of what bore it before. Whether that was done; the file then, open.
    std::shared_ptr<const File> publish();

private:
    friend class CacheFolder;
    NewCacheObject(const CacheFolder& folder, CacheName name, std::uint64_t limit);
    void flush();
    void abandon();

    const CacheFolder& folder_;
    CacheName name_;
    CacheName temporary_;
    std::uint64_t limit_;
    std::uint64_t size_ = 0;
    std::string buffer_;
    Fd parent_; ///< tmp/
    Fd fd_;     ///< none before the first block, and after trouble
    bool failed_ = false;
};

/// Thread-safe, and safe beside any number of processes.
class CacheFolder {
public:
    enum class Missing : std::uint8_t { make, leave };
    /// Null when there is none, or none that can be used; `trouble` then says why, if there is something at the place.
    static std::shared_ptr<const CacheFolder> open(const std::string& path, Missing missing, std::string& trouble);

    const std::string& path() const { return path_; }
    static CacheName blob_name(const Digest& digest);
    static CacheName listing_name(std::string_view rules, const Digest& digest);

    /// The file, if it is there and a plain file of this user that nobody else may write; null otherwise.
    std::shared_ptr<const File> find(const CacheName& name) const;
    /// Makes it the object that was used last.
    static void touch(const File& file);
    void remove(const CacheName& name) const;
    /// To be published under `name`, of at most `limit` bytes. The folder must outlive it.
    std::unique_ptr<NewCacheObject> start(CacheName name, std::uint64_t limit) const;
    /// All that is there and bears a name of the cache's grammar, in the order of their paths.
    std::vector<CacheObject> list() const;

private:
    friend class NewCacheObject;
    CacheFolder(std::string path, Fd root) : path_(std::move(path)), root_(std::move(root)) {}
    Fd descend(const std::vector<std::string>& folders, Missing missing) const;
    void list_files(CacheKind kind, const std::vector<std::string>& folders, std::vector<CacheObject>& objects) const;

    std::string path_;
    Fd root_;
};

} // namespace touchstone
