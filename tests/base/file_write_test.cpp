// Outputs appear whole or not at all; what exists is not overwritten unasked.
#include "base/file.h"
#include "tests/base/helpers.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace touchstone::test {

namespace {

std::size_t entries_in(const std::string& directory) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
    return count;
}

} // namespace

TEST_CASE("a whole file appears at commit, and without it nothing is left behind") {
    const TempDir dir;
    const std::string path = dir / "out";
    {
        WholeFile file(path, false);
        file.write(std::string_view("half"));
        CHECK(read_text_file(file.temporary_path()) == "half");
        CHECK_FALSE(std::filesystem::exists(path));
    }
    CHECK(std::filesystem::is_empty(dir.path()));
    WholeFile file(path, false);
    file.write(std::string_view("who"));
    file.write(std::string_view("le"));
    dir.write("out", "somebody was faster");
    CHECK_THROWS_WITH_AS(file.commit(), doctest::Contains("exists"), Error);
    CHECK_THROWS_WITH_AS(WholeFile(path, false), doctest::Contains("exists"), Error);
    CHECK_THROWS_WITH_AS(WholeFile(dir.path(), true), doctest::Contains("not a regular file"), Error);
    WholeFile other(path, true);
    other.write(std::string_view("new"));
    other.commit();
    CHECK(read_text_file(path) == "new");
}

TEST_CASE("a file is written whole, with the permissions that the umask leaves") {
    const TempDir dir;
    const mode_t old = ::umask(027);
    write_file_whole(dir / "out", "content", false);
    ::umask(old);
    CHECK(read_text_file(dir / "out") == "content");
    struct stat status {};
    REQUIRE(::stat((dir / "out").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0640);
    CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("an existing file is replaced only when asked") {
    const TempDir dir;
    const std::string path = dir.write("out", "old");
    const auto refusal = refusal_of([&] { write_file_whole(path, "new", false); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::unreadable);
    CHECK(refusal->says("exists"));
    CHECK(read_text_file(path) == "old");
    write_file_whole(path, "new", true);
    CHECK(read_text_file(path) == "new");
    write_file_whole(path, "", true);
    CHECK(read_text_file(path).empty());
    CHECK(entries_in(dir.path()) == 1); // no temporary file is left, whatever happened
}

TEST_CASE("a dangling link in the place of the output is not overwritten") {
    const TempDir dir;
    std::filesystem::create_symlink("nowhere", dir / "link");
    const auto refusal = refusal_of([&] { write_file_whole(dir / "link", "new", false); });
    REQUIRE(refusal);
    CHECK(refusal->says("exists"));
    CHECK(std::filesystem::is_symlink(dir / "link"));
    CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("overwriting through a link changes the file and leaves the link") {
    const TempDir dir;
    dir.write("real/out", "old");
    std::filesystem::create_symlink("real/out", dir / "link");
    write_file_whole(dir / "link", "new", true);
    CHECK(std::filesystem::is_symlink(dir / "link"));
    CHECK(read_text_file(dir / "real/out") == "new");
}

TEST_CASE("a directory or a missing parent is refused") {
    const TempDir dir;
    for (const std::string& path : {dir.path(), dir / "missing/out"}) {
        const auto refusal = refusal_of([&] { write_file_whole(path, "x", true); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::unreadable);
        CHECK(refusal->says(path));
    }
    CHECK(entries_in(dir.path()) == 0);
}

TEST_CASE("a FIFO or device named as output is written to, never replaced") {
    const TempDir dir;
    const std::string path = dir / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const Fd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    write_file_whole(path, "through", false);
    std::array<char, 16> buffer{};
    CHECK(::read(reader.get(), buffer.data(), buffer.size()) == 7);
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    CHECK(S_ISFIFO(status.st_mode));
}

TEST_CASE("a name as long as names may be can be written") {
    const TempDir dir;
    const std::string path = dir / std::string(255, 'n');
    write_file_whole(path, "x", false);
    CHECK(read_text_file(path) == "x");
}

TEST_CASE("a spooled stream can be read by offset and leaves no name behind") {
    const TempDir dir;
    const char* const old = std::getenv("TMPDIR");
    const std::string kept = old != nullptr ? old : "";
    ::setenv("TMPDIR", dir.path().c_str(), 1);
    const std::string content = Random(5).bytes(600'001);
    PiecewiseSource source(content, 1000);
    const auto file = spool(source, content.size(), "standard input");
    CHECK(entries_in(dir.path()) == 0);
    if (old != nullptr)
        ::setenv("TMPDIR", kept.c_str(), 1);
    else
        ::unsetenv("TMPDIR");

    CHECK(file->size() == content.size());
    CHECK(file->name() == "standard input");
    FileRange range(file, 0, file->size());
    CHECK((content_of(range) == content));
}

TEST_CASE("spooling past the limit is refused") {
    PiecewiseSource source("abcdef");
    const auto refusal = refusal_of([&] { spool(source, 5, "standard input"); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::over_limit);
    CHECK(refusal->says("standard input"));
}

} // namespace touchstone::test
