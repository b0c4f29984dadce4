// See folder.h. Every folder and every file is looked at after it was opened, never before: there is no moment between.
#include "image/cache/folder.h"

#include "base/error.h"
#include "base/printable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace touchstone {

namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
constexpr mode_t folder_mode = 0700;

/// Why something of this owner and mode is not to be trusted; empty when it is.
std::string distrust(const struct stat& status) {
    if (status.st_uid != ::geteuid()) return fmt::format("belongs to another user ({})", status.st_uid);
    constexpr mode_t others_write = S_IWGRP | S_IWOTH;
    if ((status.st_mode & others_write) != 0) return "can be written by others";
    return {};
}

std::string distrust_open(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return "cannot be looked at";
    return distrust(status);
}

/// The XDG base directory specification wants what is missing made, for the user alone. One level above is enough: a
/// home that is not there stays so.
void make_folders(const std::string& path) {
    if (::mkdir(path.c_str(), folder_mode) == 0 || errno != ENOENT) return;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) return;
    if (::mkdir(path.substr(0, slash).c_str(), folder_mode) == 0) ::mkdir(path.c_str(), folder_mode);
}

std::string reason_of(int error_number) {
    try {
        fail_errno(error_number, "it cannot be opened");
    } catch (const Error& error) {
        return error.what();
    }
}

} // namespace

std::string CacheName::path() const {
    return fmt::format("{}/{}", fmt::join(folders, "/"), file);
}

std::shared_ptr<const CacheFolder> CacheFolder::open(const std::string& path, Missing missing, std::string& trouble) {
    trouble.clear();
    if (!path.starts_with('/')) return nullptr; // "all paths set in these environment variables must be absolute"
    Fd root(::open(path.c_str(), folder_flags));
    if (!root && errno == ENOENT && missing == Missing::make) {
        make_folders(path);
        root = Fd(::open(path.c_str(), folder_flags));
    }
    if (!root) {
        const int why = errno;
        struct stat status {};
        if (::lstat(path.c_str(), &status) != 0) return nullptr; // nothing is there, and nobody is surprised
        trouble = S_ISDIR(status.st_mode) ? reason_of(why) : "it is not a directory";
        return nullptr;
    }
    if (const std::string why = distrust_open(root.get()); !why.empty()) {
        trouble = "it " + why;
        return nullptr;
    }
    return std::shared_ptr<const CacheFolder>(new CacheFolder(path, std::move(root)));
}

CacheName CacheFolder::blob_name(const Digest& digest) {
    return {CacheKind::blob, {"blobs", std::string(touchstone::name_of(digest.algorithm))}, digest.hex()};
}

CacheName CacheFolder::listing_name(std::string_view rules, const Digest& digest) {
    return {CacheKind::listing,
            {"listings", std::string(rules), std::string(touchstone::name_of(digest.algorithm))},
            digest.hex()};
}

/// None when one of them is missing (and may not, or cannot, be made) or is not to be trusted.
Fd CacheFolder::descend(const std::vector<std::string>& folders, Missing missing) const {
    Fd folder;
    for (const std::string& name : folders) {
        const int parent = folder ? folder.get() : root_.get();
        Fd next(::openat(parent, name.c_str(), folder_flags));
        if (!next && errno == ENOENT && missing == Missing::make) {
            ::mkdirat(parent, name.c_str(), folder_mode);
            next = Fd(::openat(parent, name.c_str(), folder_flags));
        }
        if (!next || !distrust_open(next.get()).empty()) return {};
        folder = std::move(next);
    }
    return folder;
}

std::shared_ptr<const File> CacheFolder::find(const CacheName& name) const {
    const Fd folder = descend(name.folders, Missing::leave);
    if (!folder) return nullptr;
    Fd fd(::openat(folder.get(), name.file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) return nullptr;
    if (!S_ISREG(status.st_mode) || !distrust(status).empty()) return nullptr;
    return std::make_shared<const File>(std::move(fd), static_cast<std::uint64_t>(status.st_size),
                                        printable(path_ + "/" + name.path()));
}

void CacheFolder::touch(const File& file) {
    static_cast<void>(::futimens(file.descriptor(), nullptr)); // on a read-only file system nothing is evicted, either
}

void CacheFolder::remove(const CacheName& name) const {
    const Fd folder = descend(name.folders, Missing::leave);
    if (folder) ::unlinkat(folder.get(), name.file.c_str(), 0);
}

std::unique_ptr<NewCacheObject> CacheFolder::start(CacheName name, std::uint64_t limit) const {
    return std::unique_ptr<NewCacheObject>(new NewCacheObject(*this, std::move(name), limit));
}

} // namespace touchstone
