// Opening hostile directories: what is not a regular file is refused by name, and nothing blocks.
#include "base/file.h"
#include "tests/base/helpers.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <limits>
#include <vector>

namespace touchstone::test {

namespace {

std::string whole(const std::shared_ptr<const File>& file) {
    FileRange range(file, 0, file->size());
    return content_of(range);
}

void make_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

/// A directory with one thing of each kind in it, and a file below it.
struct Zoo {
    TempDir dir;
    Zoo() {
        dir.write("blobs/sha256/file", "content");
        std::filesystem::create_symlink("file", dir / "blobs/sha256/link");
        std::filesystem::create_symlink("nowhere", dir / "dangling");
        std::filesystem::create_symlink("blobs", dir / "linked-blobs");
        std::filesystem::create_symlink("loop", dir / "loop");
        REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
        make_socket(dir / "socket");
    }
};

struct Row {
    std::string name;
    std::string path;
    const char* says;
};

void check_refused(const Row& row, const std::optional<Refusal>& refusal) {
    CAPTURE(row.name);
    REQUIRE(refusal);
    CAPTURE(refusal->message);
    CHECK(refusal->kind == ErrorKind::unreadable);
    CHECK(refusal->says(row.says));
}

} // namespace

TEST_CASE("open_file follows the user's links and refuses what is not a regular file, by name") {
    const Zoo zoo;
    CHECK(whole(open_file(zoo.dir / "blobs/sha256/link")) == "content");
    CHECK(whole(open_file(zoo.dir / "linked-blobs/sha256/file")) == "content");
    const std::vector<Row> rows{
        {"nothing", "nothing", "nothing: no such file"},
        {"a dangling link", "dangling", "no such file"},
        {"a directory", "blobs", "is a directory"},
        {"a FIFO", "fifo", "is a FIFO"},
        {"a socket", "socket", "is a socket"},
        {"a loop", "loop", "symbolic link"},
        {"below a file", "blobs/sha256/file/x", "Not a directory"},
    };
    for (const Row& row : rows) check_refused(row, refusal_of([&] { open_file(zoo.dir / row.path); }));
    check_refused({"a device", "", "is a character device"}, refusal_of([] { open_file("/dev/null"); }));
    check_refused({"an escape in the name", "", "\\x1b"}, refusal_of([] { open_file("/nowhere/\x1b[1m"); }));
}

TEST_CASE("below a directory handle no link is followed, on any part of the way") {
    const Zoo zoo;
    const Directory directory(zoo.dir.path());
    CHECK(whole(directory.open("blobs/sha256/file")) == "content");
    const std::vector<Row> rows{
        {"a link at the end", "blobs/sha256/link", "is a symbolic link"},
        {"a link on the way", "linked-blobs/sha256/file", "\"linked-blobs\" is a symbolic link"},
        {"a dangling link", "dangling", "is a symbolic link"},
        {"a FIFO", "fifo", "is a FIFO"},
        {"a FIFO on the way", "fifo/x", "\"fifo\" is a FIFO"},
        {"a socket", "socket", "is a socket"},
        {"a directory", "blobs", "is a directory"},
        {"nothing", "blobs/sha256/nothing", "nothing: no such file"},
        {"nothing on the way", "blob/sha256/file", "no such file"},
        {"an absolute path", "/etc/passwd", "plain relative path"},
        {"dot dot", "blobs/../blobs/sha256/file", "plain relative path"},
        {"dot", "./fifo", "plain relative path"},
        {"an empty part", "blobs//sha256/file", "plain relative path"},
        {"a trailing slash", "blobs/", "plain relative path"},
        {"an empty path", "", "plain relative path"},
        {"a NUL", std::string("fifo\0x", 6), "plain relative path"},
    };
    for (const Row& row : rows) check_refused(row, refusal_of([&] { (void)directory.open(row.path); }));
}

TEST_CASE("has() tells whether open() would find anything") {
    const Zoo zoo;
    const Directory directory(zoo.dir.path());
    for (const char* there :
         {"blobs", "blobs/sha256/file", "blobs/sha256/link", "dangling", "fifo", "linked-blobs/sha256/file"}) {
        CAPTURE(there);
        CHECK(directory.has(there));
    }
    for (const std::string missing : {"nothing", "blobs/nothing/file", "fifo/x", "blobs/sha256/file/x"}) {
        CAPTURE(missing);
        CHECK_FALSE(directory.has(missing));
    }
    CHECK_FALSE(directory.has(std::string(300, 'n')));
    CHECK(refusal_of([&] { (void)directory.has("../x"); }));
}

TEST_CASE("a directory that is none is refused by name") {
    const Zoo zoo;
    check_refused({"nothing", "", "no such directory"}, refusal_of([&] { Directory(zoo.dir / "nothing"); }));
    check_refused({"a file", "", "is not a directory"}, refusal_of([&] { Directory(zoo.dir / "blobs/sha256/file"); }));
    check_refused({"a FIFO", "", "is not a directory"}, refusal_of([&] { Directory(zoo.dir / "fifo"); }));
    CHECK(Directory(zoo.dir / "linked-blobs").has("sha256/file")); // the user's own link is the user's choice
}

TEST_CASE("a file is read by offset, and ends where it ends") {
    const TempDir dir;
    const auto file = open_file(dir.write("f", "0123456789"));
    std::array<std::uint8_t, 4> buffer{};
    CHECK(file->size() == 10);
    CHECK(file->read_at(8, buffer) == 2);
    CHECK(buffer[0] == '8');
    CHECK(file->read_at(10, buffer) == 0);
    CHECK(file->read_at(std::numeric_limits<std::uint64_t>::max(), buffer) == 0);
}

TEST_CASE("a range gives its stretch, and is malformed when the file ends inside it") {
    const TempDir dir;
    const auto file = open_file(dir.write("f", "0123456789"));
    constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
    const auto range = [&](std::uint64_t offset, std::uint64_t length) {
        FileRange source(file, offset, length);
        return content_of(source, 3);
    };
    CHECK(range(0, 10) == "0123456789");
    CHECK(range(2, 5) == "23456");
    CHECK(range(10, 0).empty());
    CHECK(range(huge, 0).empty());
    struct Stretch {
        std::uint64_t offset;
        std::uint64_t length;
    };
    for (const Stretch& s :
         {Stretch{0, 11}, Stretch{10, 1}, Stretch{5, huge}, Stretch{huge, huge}, Stretch{huge - 1, 1}}) {
        CAPTURE(s.offset);
        CAPTURE(s.length);
        const auto refusal = refusal_of([&] { range(s.offset, s.length); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::malformed);
    }
}

TEST_CASE("a descriptor that cannot seek is a stream") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) == 0); // non-blocking, as a shared terminal may be
    const Fd in(ends[0]);
    Fd out(ends[1]);
    REQUIRE(::write(out.get(), "piped", 5) == 5);
    out.reset();
    DescriptorSource source(in.get());
    CHECK(content_of(source, 2) == "piped");
}

TEST_CASE("an Fd owns its descriptor and gives it up when moved") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    Fd first(ends[0]);
    Fd second(std::move(first));
    CHECK_FALSE(first); // NOLINT(bugprone-use-after-move): that is the point
    CHECK(second.get() == ends[0]);
    second = Fd(ends[1]);
    CHECK(::fcntl(ends[0], F_GETFD) == -1);
    second.reset();
    CHECK(::fcntl(ends[1], F_GETFD) == -1);
}

} // namespace touchstone::test
