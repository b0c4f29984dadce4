// Numbers of both byte orders, by hand.
#include "base/endian.h"

#include <doctest/doctest.h>

#include <array>
#include <string_view>

using namespace touchstone;

TEST_CASE("the first byte is the least significant one, or the most significant one") {
    struct Row {
        std::string_view bytes;
        std::uint64_t offset;
        std::size_t size;
        std::uint64_t little;
        std::uint64_t big;
    };
    constexpr std::string_view bytes("\x01\x02\x03\x04\xf5\xf6\xf7\xf8\xff", 9);
    constexpr std::array rows{
        Row{bytes, 0, 0, 0, 0},
        Row{bytes, 9, 0, 0, 0},
        Row{bytes, 8, 1, 0xff, 0xff},
        Row{bytes, 0, 2, 0x0201, 0x0102},
        Row{bytes, 3, 3, 0xf6f504, 0x04f5f6},
        Row{bytes, 4, 4, 0xf8f7f6f5, 0xf5f6f7f8},
        Row{bytes, 0, 8, 0xf8f7f6f504030201, 0x01020304f5f6f7f8},
        Row{bytes, 1, 8, 0xfff8f7f6f5040302, 0x020304f5f6f7f8ff},
    };
    for (const Row& row : rows) {
        CAPTURE(row.offset);
        CAPTURE(row.size);
        CHECK(little_number(as_bytes(row.bytes), row.offset, row.size) == row.little);
        CHECK(big_number(as_bytes(row.bytes), row.offset, row.size) == row.big);
    }
    CHECK(little_word(as_bytes(bytes), 4) == 0xf8f7f6f5);
    CHECK(big_word(as_bytes(bytes), 4) == 0xf5f6f7f8);
}
