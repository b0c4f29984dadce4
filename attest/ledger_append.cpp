// Writing: one line by one write under an exclusive flock(2), then fsync. Only the last line is looked at; the whole
// chain is held together by `check`.
#include "attest/ledger.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/printable.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace touchstone {

namespace {

void lock(int fd, int how, const std::string& name) {
    while (::flock(fd, how) != 0) {
        if (errno != EINTR) fail_errno(errno, name + ": locking");
        stop_if_interrupted();
    }
}

std::uint64_t size_of_file(int fd, const std::string& name) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) fail_errno(errno, name);
    if (!S_ISREG(status.st_mode)) fail(ErrorKind::unreadable, name + ": is not a regular file");
    return static_cast<std::uint64_t>(status.st_size);
}

void make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) fail_errno(errno, printable(path));
}

void sync_directory(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) fail_errno(errno, printable(path));
}

/// The end of the file: the last whole line, and what is torn behind it.
struct Tail {
    std::string line; ///< without its LF; empty in an empty ledger
    std::string torn;
    std::uint64_t whole = 0; ///< bytes up to the end of the last whole line
};

/// Reads backwards, doubling, until the last whole line is in.
Tail read_tail(const File& file) {
    for (std::uint64_t length = std::uint64_t{64} << 10;; length *= 2) {
        const std::uint64_t start = length < file.size() ? file.size() - length : 0;
        FileRange range(std::shared_ptr<const File>(&file, [](const File*) {}), start, file.size() - start);
        const std::string text = read_all(range, file.size() - start, file.name());
        Tail tail;
        const std::size_t last = text.rfind('\n');
        if (last != std::string::npos) {
            const std::size_t before = last == 0 ? std::string::npos : text.rfind('\n', last - 1);
            if (before != std::string::npos || start == 0) {
                const std::size_t first = before == std::string::npos ? 0 : before + 1;
                return {text.substr(first, last - first), text.substr(last + 1), start + last + 1};
            }
        } else if (start == 0) {
            return {{}, text, 0};
        }
        if (length > 2 * ledger_line_limit) {
            fail(ErrorKind::unverified, fmt::format("{}: its end is no line of a ledger", file.name()));
        }
    }
}

/// What a crash left behind is kept for whoever wants to know, and no part of the ledger any more.
std::string set_aside(const std::string& directory, const Tail& tail, int fd, std::uint64_t line,
                      const std::string& name) {
    constexpr std::size_t prefix = 16; // hex digits: enough to tell two crashes apart
    const std::string aside =
        fmt::format("{}/torn-{}-{}", directory, line, digest_of(as_bytes(tail.torn)).hex().substr(0, prefix));
    write_file_whole(aside, tail.torn, true);
    if (::ftruncate(fd, static_cast<off_t>(tail.whole)) != 0) fail_errno(errno, name);
    return fmt::format("{}: line {} was torn ({} bytes without an end): set aside as {}", name, line, tail.torn.size(),
                       printable(aside));
}

/// The last line must be in order by itself: nothing is appended to what is broken.
LedgerEntry next_entry(const Tail& tail, const std::string& name) {
    LedgerEntry next;
    if (tail.whole == 0) return next;
    std::string why;
    const std::optional<LedgerEntry> last = parse_ledger_line(tail.line, why);
    if (!last || digest_of(as_bytes(last->record)).string() != last->digest) {
        fail(ErrorKind::unverified, fmt::format("{}: the last line is damaged; nothing is appended (see touchstone "
                                                "ledger verify)",
                                                name));
    }
    next.sequence = last->sequence + 1;
    next.previous = digest_of(as_bytes(tail.line + "\n")).string();
    return next;
}

void append_line(int fd, std::string_view line, std::uint64_t end, const std::string& name) {
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t count = ::write(fd, rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const int error = errno;
            // A full disk leaves no torn line where that can be helped.
            static_cast<void>(::ftruncate(fd, static_cast<off_t>(end)) == 0);
            fail_errno(error, name);
        }
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(fd) != 0) fail_errno(errno, name);
}

} // namespace

void Ledger::create() const {
    make_directory(directory_);
}

LedgerEntry Ledger::append(const Record& record, std::string& note) const {
    const std::string path = file_path();
    const std::string name = printable(path);
    std::string text = record_json(record, JsonWriter::Layout::line);
    text.pop_back(); // its LF
    Fd fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666));
    if (!fd) fail_errno(errno, name);
    const int number = fd.get();
    lock(number, LOCK_EX, name); // given back when the file is closed
    const std::uint64_t size = size_of_file(number, name);
    const File file(std::move(fd), size, name);
    const Tail tail = read_tail(file);
    LedgerEntry entry = next_entry(tail, name);
    if (!tail.torn.empty()) note = set_aside(directory_, tail, number, entry.sequence + 1, name);
    entry.record = std::move(text);
    entry.digest = digest_of(as_bytes(entry.record)).string();
    append_line(number, ledger_line(entry), tail.whole, name);
    if (tail.whole == 0) sync_directory(directory_);
    return entry;
}

void Ledger::store(const SpooledListing& listing) const {
    const std::string directory = directory_ + "/listings";
    make_directory(directory);
    WholeFile file(listing_path(listing.name), true); // the same name is the same text
    file.write_file(*listing.compressed);
    file.commit();
    sync_directory(directory);
}

LedgerCheck Ledger::check(const std::string& wanted_head, const LedgerVisitor& visit) const {
    const std::string path = file_path();
    const std::string name = printable(path);
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) fail_errno(errno, name);
    const int number = fd.get();
    lock(number, LOCK_SH, name);
    const std::uint64_t size = size_of_file(number, name);
    lock(number, LOCK_UN, name); // lines that are there do not change
    FileRange bytes(std::make_shared<const File>(std::move(fd), size, name), 0, size);
    return check_ledger_bytes(bytes, wanted_head, visit);
}

} // namespace touchstone
