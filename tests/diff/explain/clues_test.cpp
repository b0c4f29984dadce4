// Digests by independent tools (coreutils, git, python3's zlib), and the window of plausible times at its edges.
#include "tests/diff/explain/support.h"

#include <doctest/doctest.h>

#include <limits>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string unhex(std::string_view text) {
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    }
    return bytes;
}

constexpr std::int64_t day = 86400;
constexpr std::int64_t oldest = 1769904000; // of two_builds()
constexpr std::int64_t apart = rebuilt_clock - published_clock;

} // namespace

TEST_CASE("a derived table finds a file by each digest that tools write") {
    struct Row {
        std::string_view what;
        std::string_view hex; // of "hello\n" by `printf 'hello\n' | md5sum` …, the last by `git hash-object --stdin`
    };
    const std::vector<Row> rows{
        {"md5", "b1946ac92492d2347c6235b4d2611184"},
        {"sha1", "f572d396fae9206628714fb2ce00f72e94f2258f"},
        {"sha224", "2d6d67d91d0badcdd06cbbba1fe11538a68a37ec9c2e26457ceff12b"},
        {"sha256", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"},
        {"sha384", "1d0f284efe3edea4b9ca3bd514fa134b17eae361ccc7a1eefeff801b9bd6604e01f21f6bf249ef030599f0c218f2ba8c"},
        {"sha512", "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931f94aae41edda2c2b207a36e10f8bcb8d452"
                   "23e54878f5b316e7ce3b6bc019629"},
        {"git blob id", "ce013625030ba8dba906f756967f9e9ca394464a"},
    };
    DerivedTable table;
    CHECK(table.empty());
    table.add("usr/share/hello", as_bytes("hello\n"));
    CHECK_FALSE(table.empty());
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const std::string raw = unhex(row.hex);
        const DerivedTable::Source* source = table.find_digest(as_bytes(raw));
        REQUIRE(source != nullptr);
        CHECK(source->what == row.what);
        CHECK(source->path == "usr/share/hello");
        std::string other = raw;
        other.back() = static_cast<char>(other.back() ^ 1);
        CHECK(table.find_digest(as_bytes(other)) == nullptr);
        CHECK(table.find_digest(as_bytes(raw).first(raw.size() - 1)) == nullptr);
    }
}

TEST_CASE("CRC-32 and size are found apart from the digests") {
    DerivedTable table;
    table.add("a", as_bytes("hello\n"));
    REQUIRE(table.find_crc32(0x363a3020) != nullptr); // python3 -c 'import zlib; print(hex(zlib.crc32(b"hello\n")))'
    CHECK(table.find_crc32(0x363a3020)->what == "crc32");
    CHECK(table.find_crc32(0x363a3021) == nullptr);
    REQUIRE(table.find_size(6) != nullptr);
    CHECK(table.find_size(6)->what == "size");
    CHECK(table.find_size(7) == nullptr);
}

TEST_CASE("of two files with the same content the first one is named") {
    DerivedTable table;
    table.add("a", as_bytes("same"));
    table.add("b", as_bytes("same"));
    REQUIRE(table.find_size(4) != nullptr);
    CHECK(table.find_size(4)->path == "a");
}

TEST_CASE("the clock of a side is its created time, else its newest file") {
    SideClues side;
    side.newest_mtime = 100;
    CHECK(side.clock() == 100);
    side.created = 200;
    CHECK(side.clock() == 200);
}

TEST_CASE("two seconds are plausible inside both windows and as far apart as the builds") {
    struct Row {
        std::string_view what;
        std::int64_t published;
        std::int64_t rebuilt;
        bool plausible;
    };
    constexpr std::int64_t slack = apart / 10; // 9438 seconds, more than an hour
    const std::vector<Row> rows{
        {"the clocks", published_clock, rebuilt_clock, true},
        {"a day before the oldest file", oldest - day, oldest - day + apart, true},
        {"one second earlier", oldest - day - 1, oldest - day - 1 + apart, false},
        {"a day after the clock", published_clock + day, rebuilt_clock + day, true},
        {"one second later, published", published_clock + day + 1, rebuilt_clock + day, false},
        {"one second later, rebuilt", published_clock + day, rebuilt_clock + day + 1, false},
        {"ten per cent closer", published_clock, rebuilt_clock - slack, true},
        {"closer than that", published_clock, rebuilt_clock - slack - 1, false},
        {"ten per cent further", published_clock, rebuilt_clock + slack, true},
        {"further than that", published_clock, rebuilt_clock + slack + 1, false},
        {"the sides exchanged", rebuilt_clock, published_clock, false},
        {"the same moment", published_clock, published_clock, false},
        {"nothing like a time", 0, 1, false},
        {"the ends of the range", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
         false},
    };
    const Clues clues = two_builds();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(clues.plausible_times(row.published, row.rebuilt) == row.plausible);
    }
}

TEST_CASE("builds that follow each other have an hour of slack") {
    Clues clues = two_builds();
    clues.side[1].created = published_clock + 60;
    CHECK(clues.plausible_times(published_clock, published_clock + 60 + 3600));
    CHECK_FALSE(clues.plausible_times(published_clock, published_clock + 60 + 3601));
    CHECK(clues.plausible_times(published_clock, published_clock + 60 - 3600));
    CHECK_FALSE(clues.plausible_times(published_clock, published_clock + 60 - 3601));
}

TEST_CASE("the times of files fit exactly, on their own side only") {
    Clues clues = two_builds();
    clues.side[0].mtimes = {1000};
    clues.side[1].mtimes = {5000};
    CHECK(clues.plausible_times(1000, 5000));
    CHECK_FALSE(clues.plausible_times(5000, 1000));
    CHECK_FALSE(clues.plausible_times(1000, 5001));
}

TEST_CASE("each side's SOURCE_DATE_EPOCH fits exactly") {
    Clues clues = two_builds();
    clues.side[0].source_date_epoch = 1000;
    CHECK_FALSE(clues.plausible_times(1000, 5000));
    clues.side[1].source_date_epoch = 5000;
    CHECK(clues.plausible_times(1000, 5000));
    CHECK_FALSE(clues.plausible_times(5000, 1000));
    CHECK_FALSE(clues.plausible_times(1000, 5001));
}

TEST_CASE("a side without any known time has no window") {
    Clues clues = two_builds();
    clues.side[1].oldest_mtime = 0;
    CHECK_FALSE(clues.plausible_times(published_clock, rebuilt_clock));
}

TEST_CASE("hostile clocks do not overflow") {
    Clues clues = two_builds();
    clues.side[0].created = std::numeric_limits<std::int64_t>::max();
    clues.side[1].created = std::numeric_limits<std::int64_t>::min();
    CHECK_FALSE(clues.plausible_times(published_clock, rebuilt_clock));
    clues.side[0].oldest_mtime = std::numeric_limits<std::int64_t>::max();
    CHECK_FALSE(clues.plausible_times(std::numeric_limits<std::int64_t>::max(), 0));
}
