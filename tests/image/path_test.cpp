// clean_name against Go's filepath.Clean on the rooted name, then without its leading slash.
#include "image/tar_reader.h"

#include <doctest/doctest.h>

namespace touchstone::test {

TEST_CASE("names are cleaned as filepath.Clean does on the rooted name") {
    struct Row {
        const char* stored;
        const char* path;
        bool absolute;
        bool dot_dot;
    };
    const Row rows[] = {
        {"", "", false, false},
        {".", "", false, false},
        {"./", "", false, false},
        {"././.", "", false, false},
        {"/", "", true, false},
        {"//", "", true, false},
        {"a", "a", false, false},
        {"./a", "a", false, false},
        {".//a", "a", false, false},
        {"/a", "a", true, false},
        {"/./a", "a", true, false},
        {"a/", "a", false, false},
        {"a//", "a", false, false},
        {"a/.", "a", false, false},
        {"a/./", "a", false, false},
        {"a/b", "a/b", false, false},
        {"a//b", "a/b", false, false},
        {"a/./b", "a/b", false, false},
        {"a/../b", "b", false, true},
        {"a/b/..", "a", false, true},
        {"a/b/../..", "", false, true},
        {"..", "", false, true},
        {"../", "", false, true},
        {"../../a", "a", false, true},
        {"/../a", "a", true, true},
        {"a/../../b/c/./../d/", "b/d", false, true},
        {"...", "...", false, false},
        {"..a/b..", "..a/b..", false, false},
        {".a", ".a", false, false},
        {"a/.b/..c", "a/.b/..c", false, false},
        {"a\\..\\b", "a\\..\\b", false, false},
        {" ", " ", false, false},
    };
    Arena arena;
    for (const Row& row : rows) {
        CAPTURE(row.stored);
        const CleanedName cleaned = clean_name(row.stored, arena);
        CHECK(cleaned.path == row.path);
        CHECK(cleaned.absolute == row.absolute);
        CHECK(cleaned.dot_dot == row.dot_dot);
    }
}

TEST_CASE("a clean name costs no memory") {
    Arena arena;
    const std::string stored = "./usr/share/doc/a..b/.hidden/";
    const CleanedName cleaned = clean_name(stored, arena);
    CHECK(cleaned.path.data() == stored.data() + 2);
    CHECK(arena.bytes() == 0);
}

} // namespace touchstone::test
