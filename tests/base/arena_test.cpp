// Arenas must never move what they keep: entries hold views into them.
#include "base/arena.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace touchstone {

TEST_CASE("what an arena keeps stays where it is, also when the arena is moved") {
    Arena arena;
    std::vector<std::string_view> kept;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < 5000; ++i) { // small and huge ones, over many chunks
        const std::string text(i % 1000 == 999 ? 3'000'000 : i % 700, static_cast<char>('a' + i % 26));
        kept.push_back(arena.keep(text));
        bytes += text.size();
    }
    const Arena moved = std::move(arena);
    CHECK(moved.bytes() == bytes);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        CHECK(kept[i].size() == (i % 1000 == 999 ? 3'000'000 : i % 700));
        CHECK(kept[i].find_first_not_of(static_cast<char>('a' + i % 26)) == std::string_view::npos);
    }
}

TEST_CASE("a string table numbers each distinct text once, from 0 for the empty one") {
    StringTable table;
    CHECK(table.number_of("") == 0);
    CHECK(table.number_of("root") == 1);
    CHECK(table.number_of("wheel") == 2);
    CHECK(table.number_of(std::string("root")) == 1);
    CHECK(table.number_of(std::string_view("\0", 1)) == 3);
    CHECK(table.text_of(0).empty());
    CHECK(table.text_of(2) == "wheel");
    CHECK(table.text_of(3).size() == 1);
}

} // namespace touchstone
