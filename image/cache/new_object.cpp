// An object of the cache while it is written. Nothing is synced: whoever reads an object verifies it, so that a crash
// costs a download and no more.
#include "image/cache/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>

namespace touchstone {

namespace {

constexpr std::size_t block = std::size_t{256} << 10; // what decoders read at once

/// A name that nobody has: the process, and 64 random bits for its threads and for other machines.
std::string temporary_name() {
    std::random_device random;
    return fmt::format("{}-{:08x}{:08x}", ::getpid(), random(), random());
}

} // namespace

NewCacheObject::NewCacheObject(const CacheFolder& folder, CacheName name, std::uint64_t limit)
    : folder_(folder), name_(std::move(name)), temporary_{CacheKind::temporary, {"tmp"}, temporary_name()},
      limit_(limit) {}

NewCacheObject::~NewCacheObject() {
    abandon();
}

void NewCacheObject::abandon() {
    if (fd_) ::unlinkat(parent_.get(), temporary_.file.c_str(), 0);
    fd_.reset();
    buffer_ = {};
    failed_ = true;
}

void NewCacheObject::write(ByteView bytes) {
    if (failed_) return;
    if (bytes.size() > limit_ - size_) return abandon();
    size_ += bytes.size();
    buffer_ += as_text(bytes);
    if (buffer_.size() >= block) flush();
}

/// The file is made with the first block: who only looks at the beginning of a blob leaves no trace.
void NewCacheObject::flush() {
    if (!fd_) {
        parent_ = folder_.descend(temporary_.folders, CacheFolder::Missing::make);
        if (!parent_) return abandon();
        constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        fd_ = Fd(::openat(parent_.get(), temporary_.file.c_str(), flags, 0600));
        if (!fd_) return abandon();
    }
    for (std::string_view rest = buffer_; !rest.empty();) {
        const ssize_t count = ::write(fd_.get(), rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return abandon(); // disk full, say
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    buffer_.clear();
}

std::shared_ptr<const File> NewCacheObject::publish() {
    if (!failed_) flush();
    if (failed_) return nullptr;
    const Fd folder = folder_.descend(name_.folders, CacheFolder::Missing::make);
    if (!folder || ::renameat(parent_.get(), temporary_.file.c_str(), folder.get(), name_.file.c_str()) != 0) {
        abandon();
        return nullptr;
    }
    failed_ = true; // nothing more can be written
    return std::make_shared<const File>(std::move(fd_), size_, name_.path());
}

} // namespace touchstone
