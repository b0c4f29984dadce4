// Opening looks before it touches: the type is read with fstatat first (so that no FIFO or device is ever opened), then
// the descriptor is asked again, because a directory may change in between. O_NONBLOCK keeps even that race harmless.
#include "base/file.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/printable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace touchstone {

namespace {

constexpr int open_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string_view type_name(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "a regular file";
    case S_IFDIR:
        return "a directory";
    case S_IFLNK:
        return "a symbolic link";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
        return "a character device";
    case S_IFBLK:
        return "a block device";
    default:
        return "of an unknown type";
    }
}

[[noreturn]] void fail_open(int error_number, const std::string& name) {
    if (error_number == ENOENT) fail(ErrorKind::unreadable, name + ": no such file");
    if (error_number == ELOOP) fail(ErrorKind::unreadable, name + ": is a symbolic link, or a loop of them");
    fail_errno(error_number, name);
}

void require_regular(const struct stat& status, const std::string& name) {
    if (S_ISREG(status.st_mode)) return;
    fail(ErrorKind::unreadable, fmt::format("{}: is {}, expected a regular file", name, type_name(status.st_mode)));
}

/// `extra_flags` is 0 or O_NOFOLLOW; the look before obeys it too.
std::shared_ptr<const File> open_regular(int directory, const std::string& path, int extra_flags, std::string name) {
    struct stat status {};
    const int look_flags = (extra_flags & O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
    if (::fstatat(directory, path.c_str(), &status, look_flags) != 0) fail_open(errno, name);
    require_regular(status, name);
    Fd fd(::openat(directory, path.c_str(), open_flags | extra_flags));
    if (!fd) fail_open(errno, name);
    if (::fstat(fd.get(), &status) != 0) fail_errno(errno, name);
    require_regular(status, name);
    return std::make_shared<const File>(std::move(fd), static_cast<std::uint64_t>(status.st_size), std::move(name));
}

/// Cuts the first component off `rest`. Throws when it is one that could lead elsewhere.
std::string next_component(std::string_view& rest, std::string_view whole) {
    const std::size_t slash = rest.find('/');
    std::string component(rest.substr(0, slash));
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    const bool trailing_slash = slash != std::string_view::npos && rest.empty();
    const bool steers = component.empty() || component == "." || component == "..";
    if (steers || trailing_slash || component.find('\0') != std::string::npos) {
        fail(ErrorKind::unreadable, fmt::format("\"{}\": not a plain relative path (no empty, \".\" or \"..\" parts)",
                                                printable_short(whole)));
    }
    return component;
}

} // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

int Fd::release() noexcept {
    return std::exchange(fd_, -1);
}

void Fd::reset() noexcept {
    if (fd_ >= 0) ::close(release());
}

std::size_t File::read_at(std::uint64_t offset, ByteSpan buffer) const {
    if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return 0;
    stop_if_interrupted();
    for (;;) {
        const ssize_t count = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) fail_errno(errno, name_);
    }
}

void File::will_need(std::uint64_t offset, std::uint64_t length) const {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
    if (offset > most || length > most) return;
    ::posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_WILLNEED);
}

std::shared_ptr<const File> open_file(const std::string& path) {
    return open_regular(AT_FDCWD, path, 0, printable(path));
}

Directory::Directory(const std::string& path)
    : fd_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)), path_(path) {
    if (fd_) return;
    if (errno == ENOTDIR) fail(ErrorKind::unreadable, printable(path) + ": is not a directory");
    if (errno == ENOENT) fail(ErrorKind::unreadable, printable(path) + ": no such directory");
    fail_errno(errno, printable(path));
}

std::shared_ptr<const File> Directory::open(std::string_view relative) const {
    std::string_view rest = relative;
    std::string name = printable(path_) + "/" + printable(relative);
    std::string component = next_component(rest, relative);
    Fd parent;
    while (!rest.empty()) {
        const int below = parent ? parent.get() : fd_.get();
        struct stat status {};
        if (::fstatat(below, component.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail_open(errno, name);
        if (!S_ISDIR(status.st_mode)) {
            fail(ErrorKind::unreadable, fmt::format("{}: the part \"{}\" is {}, expected a directory", name,
                                                    printable(component), type_name(status.st_mode)));
        }
        Fd next(::openat(below, component.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!next) fail_open(errno, name);
        parent = std::move(next);
        component = next_component(rest, relative);
    }
    return open_regular(parent ? parent.get() : fd_.get(), component, O_NOFOLLOW, std::move(name));
}

bool Directory::has(std::string_view relative) const {
    std::string_view rest = relative;
    Fd parent;
    for (;;) {
        const std::string component = next_component(rest, relative);
        const int below = parent ? parent.get() : fd_.get();
        struct stat status {};
        if (::fstatat(below, component.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return false;
            fail_errno(errno, printable(path_) + "/" + printable(relative));
        }
        // A link on the way counts as there, so that open() gets to refuse it by name.
        if (rest.empty() || S_ISLNK(status.st_mode)) return true;
        if (!S_ISDIR(status.st_mode)) return false;
        Fd next(::openat(below, component.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!next) fail_errno(errno, printable(path_) + "/" + printable(relative));
        parent = std::move(next);
    }
}

FileRange::FileRange(std::shared_ptr<const File> file, std::uint64_t offset, std::uint64_t length)
    : file_(std::move(file)), offset_(offset), end_(offset + length) {
    if (end_ < offset_) {
        fail(ErrorKind::malformed,
             fmt::format("{}: a range of {} bytes at byte {} passes 2^64", file_->name(), length, offset));
    }
}

std::size_t FileRange::read(ByteSpan buffer) {
    if (buffer.empty() || offset_ == end_) return 0;
    ask_ahead();
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end_ - offset_));
    const std::size_t count = file_->read_at(offset_, buffer.first(wanted));
    if (count == 0) {
        fail(ErrorKind::malformed, fmt::format("{}: ends at byte {}, expected data up to byte {}", file_->name(),
                                               std::min(offset_, file_->size()), end_));
    }
    offset_ += count;
    return count;
}

void FileRange::ask_ahead() {
    constexpr std::uint64_t ahead = std::uint64_t{16} << 20;
    constexpr std::uint64_t step = ahead / 4; // one call for so many bytes; less is left to the kernel
    const std::uint64_t known = std::max(offset_, asked_);
    const std::uint64_t wanted = end_ - offset_ < ahead ? end_ : offset_ + ahead;
    if (wanted < known || wanted - known < step) return;
    file_->will_need(known, wanted - known);
    asked_ = wanted;
}

std::uint64_t FileRange::skip(std::uint64_t count) {
    const std::uint64_t skipped = std::min(count, end_ - offset_);
    offset_ += skipped;
    return skipped;
}

std::size_t DescriptorSource::read(ByteSpan buffer) {
    for (;;) {
        stop_if_interrupted();
        const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EAGAIN) { // somebody set the shared description to non-blocking
            pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
            ::poll(&waiting, 1, -1);
        } else if (errno != EINTR) {
            fail_errno(errno, fmt::format("descriptor {}", fd_));
        }
    }
}

} // namespace touchstone
