// What is written: unnamed spool files, and outputs that appear whole or not at all.
#include "base/file.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/printable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace touchstone {

namespace {

constexpr std::size_t block_size = std::size_t{256} << 10;
/// Of one call. Kernels with large folios take memory for the page cache in pieces as large as a write; pieces of this
/// size are mostly there already, larger ones are fetched from the host of a virtual machine, at a third of the speed.
constexpr std::size_t largest_write = std::size_t{64} << 10;

void write_all(int fd, ByteView bytes, const std::string& name) {
    while (!bytes.empty()) {
        stop_if_interrupted();
        const ssize_t count = ::write(fd, bytes.data(), std::min(bytes.size(), largest_write));
        if (count >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail_errno(errno, name);
        }
    }
}

/// Nobody else can open it; the mode is for the day when it gets a name.
Fd unnamed_file(const std::string& directory) {
    Fd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
    // File systems without O_TMPFILE answer EOPNOTSUPP, old kernels EISDIR.
    if (fd || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
    std::string path = directory + "/touchstone-XXXXXX";
    fd = Fd(::mkostemp(path.data(), O_CLOEXEC));
    if (fd) ::unlink(path.c_str());
    return fd;
}

/// A new file beside the target that is removed again unless it was moved into place.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& target) {
        constexpr int attempts = 100; // a name that is taken is already unlikely once
        const std::string directory = target.substr(0, target.rfind('/') + 1); // empty for a bare name
        std::random_device random;
        for (int i = 0; i < attempts && !fd_; ++i) {
            path_ = fmt::format("{}.touchstone-{:08x}.tmp", directory, random());
            fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
            if (!fd_ && errno != EEXIST) break;
        }
        if (!fd_) fail_errno(errno, printable(target));
    }
    ~TemporaryFile() {
        if (!path_.empty()) ::unlink(path_.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    int fd() const { return fd_.get(); }
    const std::string& path() const { return path_; }
    void moved() { path_.clear(); }

private:
    Fd fd_;
    std::string path_;
};

[[noreturn]] void fail_exists(const std::string& target) {
    fail(ErrorKind::unreadable, printable(target) + ": exists, and is not overwritten");
}

/// renameat2 refuses to replace in one step; file systems without it get link(), which never replaces either.
void move_without_replacing(TemporaryFile& temporary, const std::string& target) {
    if (::renameat2(AT_FDCWD, temporary.path().c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) {
        temporary.moved();
        return;
    }
    if (errno == EEXIST) fail_exists(target);
    if (errno != EINVAL && errno != ENOSYS) fail_errno(errno, printable(target));
    if (::link(temporary.path().c_str(), target.c_str()) == 0) return; // the other name goes with `temporary`
    if (errno == EEXIST) fail_exists(target);
    fail_errno(errno, printable(target));
}

/// Where a rename must go: through the user's symlinks, so that the file changes and the link stays.
std::string resolved(const std::string& path) {
    char* const real = ::realpath(path.c_str(), nullptr);
    if (real == nullptr) return path;
    std::string result(real);
    std::free(real); // NOLINT(cppcoreguidelines-no-malloc): realpath's contract
    return result;
}

} // namespace

SpoolFile::SpoolFile(std::string name, const std::string& directory)
    : directory_(directory.empty() ? environment_variable("TMPDIR", "/tmp") : directory), fd_(unnamed_file(directory_)),
      name_(std::move(name)), to_last_(!directory.empty()) {
    if (!fd_) fail_errno(errno, fmt::format("{}: a temporary file in {}", name_, printable(directory_)));
}

void SpoolFile::write(ByteView bytes) {
    try {
        write_all(fd_.get(), bytes, name_);
    } catch (const Error& error) {
        // The name says what is kept; where the disk is full is what the reader can do something about.
        fail(error.kind(), fmt::format("{} (a temporary file in {})", error.what(), printable(directory_)));
    }
    size_ += bytes.size();
    constexpr std::uint64_t step = std::uint64_t{8} << 20;
    if (!to_last_ || size_ - on_its_way_ < step) return;
    // What will be made to last is sent on its way while more of it is computed. A hint: a failure shows at fsync.
    static_cast<void>(::sync_file_range(fd_.get(), static_cast<off64_t>(on_its_way_),
                                        static_cast<off64_t>(size_ - on_its_way_), SYNC_FILE_RANGE_WRITE));
    on_its_way_ = size_;
}

bool File::link_as(const std::string& path) const {
    if (::fsync(fd_.get()) != 0) fail_errno(errno, printable(path));
    const std::string unnamed = fmt::format("/proc/self/fd/{}", fd_.get());
    if (::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
    if (errno == EEXIST) fail_exists(path);
    return false;
}

std::shared_ptr<const File> SpoolFile::finish() {
    return std::make_shared<const File>(std::move(fd_), size_, std::move(name_));
}

void copy_file(const File& file, ByteSink& out) {
    std::vector<std::uint8_t> block(block_size);
    for (std::uint64_t offset = 0; offset < file.size();) {
        const std::size_t count = file.read_at(offset, block);
        if (count == 0) fail(ErrorKind::unreadable, file.name() + ": became shorter while it was read");
        out.write(ByteView(block).first(count));
        offset += count;
    }
}

std::shared_ptr<const File> spool(ByteSource& source, std::uint64_t limit, std::string name) {
    SpoolFile file(name);
    std::vector<std::uint8_t> block(block_size);
    while (const std::size_t count = read_full(source, block)) {
        if (count > limit - file.size()) {
            fail(ErrorKind::over_limit, fmt::format("{}: longer than the limit of {} bytes", name, limit));
        }
        file.write(ByteView(block).first(count));
    }
    return file.finish();
}

void write_file_whole(const std::string& path, std::string_view content, bool overwrite) {
    struct stat status {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) fail(ErrorKind::unreadable, printable(path) + ": is a directory");
    if (exists && !S_ISREG(status.st_mode)) {
        // /dev/null, /dev/stdout, a FIFO: nothing there can be overwritten, and a rename would replace the device
        // itself.
        const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
        if (!fd) fail_errno(errno, printable(path));
        write_all(fd.get(), as_bytes(content), printable(path));
        return;
    }
    if (exists && !overwrite) fail_exists(path);

    WholeFile file(path, overwrite);
    file.write(content);
    file.commit();
}

struct WholeFile::State {
    State(const std::string& path, bool replaces)
        : name(printable(path)), target(resolved(path)), overwrite(replaces), temporary(target) {}
    std::string name;
    std::string target;
    bool overwrite;
    TemporaryFile temporary;
};

WholeFile::WholeFile(const std::string& path, bool overwrite) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (!S_ISREG(status.st_mode))
            fail(ErrorKind::unreadable, printable(path) + ": exists, and is not a regular file");
        if (!overwrite) fail_exists(path);
    }
    state_ = std::make_unique<State>(path, overwrite);
}

WholeFile::~WholeFile() = default;

void WholeFile::write(ByteView bytes) {
    write_all(state_->temporary.fd(), bytes, state_->name);
}

void WholeFile::write_file(const File& file) {
    const int out = state_->temporary.fd();
    auto offset = off64_t{0};
    while (static_cast<std::uint64_t>(offset) < file.size()) {
        stop_if_interrupted();
        const std::uint64_t left = file.size() - static_cast<std::uint64_t>(offset);
        constexpr std::uint64_t most = std::uint64_t{1} << 30; // the kernel's own bound is just below 2 GiB
        const ssize_t count = ::copy_file_range(file.descriptor(), &offset, out, nullptr,
                                                static_cast<std::size_t>(std::min(left, most)), 0);
        if (count > 0) continue;
        // Between some file systems the kernel does not copy; nothing is lost by asking.
        const bool cannot = count < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP);
        if (cannot && offset == 0) return copy_file(file, *this);
        if (count == 0) fail(ErrorKind::unreadable, file.name() + ": became shorter while it was read");
        if (errno != EINTR) fail_errno(errno, state_->name);
    }
}

const std::string& WholeFile::temporary_path() const {
    return state_->temporary.path();
}

void WholeFile::commit() {
    TemporaryFile& temporary = state_->temporary;
    if (::fsync(temporary.fd()) != 0) fail_errno(errno, state_->name);
    if (!state_->overwrite) return move_without_replacing(temporary, state_->target);
    if (::rename(temporary.path().c_str(), state_->target.c_str()) != 0) fail_errno(errno, state_->name);
    temporary.moved();
}

} // namespace touchstone
