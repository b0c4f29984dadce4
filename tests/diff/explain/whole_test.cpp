// Files that are decided as a whole: ldconfig's auxiliary cache, a digest beside its file, logs that were cut.
#include "tests/diff/explain/support.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <random>

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

// ldconfig 2.36 (Debian 12) with -r on two directories that hold the same five libraries:
//   mkdir -p rN/lib/x86_64-linux-gnu rN/etc rN/usr/lib rN/var/cache/ldconfig; cp -p … ; ldconfig -r rN; xxd -p
//   aux-cache
constexpr std::string_view aux_published =
    "676c6962632d6c642e736f2e61757863616368652d322e3005000000380000000b40ab00000000002bd1016b00000000"
    "c0d901000000000000fe000000000000030300000100000000000000000000000f40ab00000000002bd1016b00000000"
    "80e901000000000000fe000000000000030300000b00000000000000000000000e40ab00000000002bd1016b00000000"
    "903800000000000000fe000000000000030300001900000000000000000000000d40ab00000000002bd1016b00000000"
    "20ea0d000000000000fe000000000000030300002400000000000000000000000c40ab00000000002bd1016b00000000"
    "c0d901000000000000fe000000000000030300002e0000000000000000000000006c69627a2e736f2e31006c69626763"
    "635f732e736f2e31006c6962646c2e736f2e32006c69626d2e736f2e36006c69627a2e736f2e3100";
constexpr std::string_view aux_rebuilt =
    "676c6962632d6c642e736f2e61757863616368652d322e3005000000380000001a40ab00000000002cd1016b00000000"
    "c0d901000000000000fe000000000000030300000100000000000000000000001d40ab00000000002dd1016b00000000"
    "903800000000000000fe000000000000030300000b00000000000000000000001e40ab00000000002dd1016b00000000"
    "80e901000000000000fe000000000000030300001600000000000000000000001c40ab00000000002dd1016b00000000"
    "20ea0d000000000000fe000000000000030300002400000000000000000000001b40ab00000000002cd1016b00000000"
    "c0d901000000000000fe000000000000030300002e0000000000000000000000006c69627a2e736f2e31006c6962646c"
    "2e736f2e32006c69626763635f732e736f2e31006c69626d2e736f2e36006c69627a2e736f2e3100";
constexpr std::string_view aux_path = "var/cache/ldconfig/aux-cache";
constexpr std::size_t first_record = 32;

} // namespace

TEST_CASE("ldconfig's auxiliary cache of the same libraries is stale memory") {
    const Part part = explain(aux_path, unhex(aux_published), unhex(aux_rebuilt));
    CHECK(causes_of(part) == "R4");
    CHECK(part.explained());
}

TEST_CASE("uninitialised bytes of a record are stale memory") {
    std::string rebuilt = unhex(aux_published);
    rebuilt.replace(first_record + 44, 4, "/lib"); // seen in the cache of a Debian 12 system
    CHECK(causes_of(explain(aux_path, unhex(aux_published), rebuilt)) == "R4");
}

TEST_CASE("an auxiliary cache of other libraries is not explained") {
    struct Row {
        std::string_view what;
        std::size_t offset;
        char byte;
    };
    const std::vector<Row> rows{
        {"another size", first_record + 16, 1},
        {"other flags", first_record + 32, 1},
        {"another name", 0x111, 'L'},
        {"another version", first_record + 40, 1},
        {"another number of libraries", 0x18, 4},
        {"a name that starts elsewhere", first_record + 36, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::string rebuilt = unhex(aux_rebuilt);
        rebuilt[row.offset] = row.byte;
        CHECK(causes_of(explain(aux_path, unhex(aux_published), rebuilt)).find("R4") == std::string::npos);
    }
}

TEST_CASE("names that no library uses are no part of an auxiliary cache") {
    std::string rebuilt = unhex(aux_rebuilt) + std::string("payload\0", 8);
    rebuilt[0x1C] = static_cast<char>(rebuilt[0x1C] + 8);
    CHECK_FALSE(explain(aux_path, unhex(aux_published), rebuilt).explained());
}

TEST_CASE("mutated auxiliary caches are read within their bounds") {
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp): the same inputs in every run
    const std::string published = unhex(aux_published);
    const std::string whole = unhex(aux_rebuilt);
    for (std::size_t round = 0; round < rounds(1500); ++round) {
        std::string rebuilt = whole;
        for (int edit = 0; edit < 3; ++edit) rebuilt[random() % rebuilt.size()] = static_cast<char>(random());
        if (round % 3 == 0) rebuilt.resize(random() % rebuilt.size());
        explain(aux_path, published, rebuilt);
    }
}

TEST_CASE("a file that is the digest of another divergent file is derived") {
    Clues clues = two_builds();
    clues.side[0].derived.add("opt/foo", as_bytes("hello\n"));
    clues.side[1].derived.add("opt/foo", as_bytes("hello, world\n"));
    // sha256sum foo > foo.sha256
    const std::string published = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  foo\n";
    const std::string rebuilt = "853ff93762a06ddbf722c4ebe9ddd66d8f63ddaea97f521c3ecc20da7c976020  foo\n";
    const Part part = explain("opt/foo.sha256", published, rebuilt, clues);
    CHECK(causes_of(part) == "C2");
    CHECK(part.explained());
    REQUIRE(part.differences.size() == 1);
    CHECK(part.differences[0].derived_of == "opt/foo");

    std::string wrong = rebuilt;
    wrong[0] = '9';
    CHECK_FALSE(explain("opt/foo.sha256", published, wrong, clues).explained());
    CHECK_FALSE(explain("opt/foo.sha256", published, rebuilt + "extra\n", clues).explained());
    CHECK_FALSE(explain("opt/foo.sha256", rebuilt, published, clues).explained());
}

TEST_CASE("a file that is the raw digest of another one is derived") {
    Clues clues = two_builds();
    clues.side[0].derived.add("opt/foo", as_bytes("hello\n"));
    clues.side[1].derived.add("opt/foo", as_bytes("hello, world\n"));
    const std::string published = unhex("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
    const std::string rebuilt = unhex("853ff93762a06ddbf722c4ebe9ddd66d8f63ddaea97f521c3ecc20da7c976020");
    CHECK(causes_of(explain("opt/foo.digest", published, rebuilt, clues)) == "C2");
}

TEST_CASE("a log that ends early is a race") {
    const std::string whole = "step one\nstep two\nstep three\n";
    const Part part = explain("var/log/build.log", whole.substr(0, 14), whole);
    CHECK(causes_of(part) == "R8");
    CHECK(part.explained());
}

TEST_CASE("lines of a log that are there twice are a race") {
    CHECK(causes_of(explain("var/log/build.log", "a line\nb line\nc line\n", "a line\nb line\nb line\nc line\n")) ==
          "R8");
}

TEST_CASE("what is not a log and ends early is not explained") {
    const std::string whole = "deny from all\nallow from here\nallow from there\n";
    for (const std::string_view path :
         {"etc/access.conf", "usr/bin/tool", "opt/run.sh", "usr/share/list.txt", "etc/x.log"}) {
        CAPTURE(path);
        CHECK_FALSE(explain(path, whole.substr(0, 14), whole).explained());
    }
    CHECK_FALSE(explain("var/log/x.log", "#!/bin/sh\n", "#!/bin/sh\nrm -rf /\n").explained());
    CHECK_FALSE(explain("var/log/x.log", "", whole).explained());
}
