// What each helper takes and leaves: tables by hand, from the comments of base/text.h.
#include "base/text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

using namespace touchstone;

TEST_CASE("blanks are taken off the ends, and nothing from within") {
    struct Row {
        std::string_view text;
        std::string_view blanks;
        std::string_view both; ///< trimmed()
        std::string_view end;  ///< trimmed_end()
    };
    constexpr std::array rows{
        Row{"", any_blanks, "", ""},
        Row{" ", any_blanks, "", ""},
        Row{"\n \t\r", any_blanks, "", ""},
        Row{"a", any_blanks, "a", "a"},
        Row{"  a b  ", any_blanks, "a b", "  a b"},
        Row{"\r\n\ta\tb\r\n", any_blanks, "a\tb", "\r\n\ta\tb"},
        Row{" \ta\r", line_blanks, "a\r", " \ta\r"},
        Row{"a\n", line_blanks, "a\n", "a\n"},
        Row{"\ra\t\r", line_end_blanks, "a", "\ra"},
        Row{" a\r\n", line_end_blanks, "a\r\n", " a\r\n"},
        Row{"\ta ", " ", "\ta", "\ta"},
        Row{std::string_view("\0 a \0", 5), any_blanks, std::string_view("\0 a \0", 5), std::string_view("\0 a \0", 5)},
        Row{"\v\fa\xc2\xa0", any_blanks, "\v\fa\xc2\xa0", "\v\fa\xc2\xa0"}, // no blanks of ours
        Row{" a ", "", " a ", " a "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(trimmed(row.text, row.blanks) == row.both);
        CHECK(trimmed_end(row.text, row.blanks) == row.end);
    }
}

TEST_CASE("what is trimmed is a view of the text that was given") {
    constexpr std::string_view text = "  a  ";
    CHECK(trimmed(text, line_blanks).data() == text.data() + 2);
}

TEST_CASE("a part and its mark are taken off the text") {
    struct Row {
        std::string_view text;
        char mark;
        std::string_view part;
        std::string_view rest;
    };
    constexpr std::array rows{
        Row{"", ':', "", ""},        Row{":", ':', "", ""},         Row{"a", ':', "a", ""},
        Row{"a:", ':', "a", ""},     Row{":b", ':', "", "b"},       Row{"a:b", ':', "a", "b"},
        Row{"a::b", ':', "a", ":b"}, Row{"a:b:c", ':', "a", "b:c"}, Row{std::string_view("a\0b", 3), '\0', "a", "b"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        std::string_view rest = row.text;
        CHECK(take_until(rest, row.mark) == row.part);
        CHECK(rest == row.rest);
    }
}

TEST_CASE("lines end with LF only, and the last one may lack it") {
    std::string_view text = "one\r\n\ntwo\rtwo\nlast";
    CHECK(take_line(text) == "one\r");
    CHECK(take_line(text).empty());
    CHECK(take_line(text) == "two\rtwo");
    CHECK(take_line(text) == "last");
    CHECK(text.empty());
    CHECK(take_line(text).empty());
}

TEST_CASE("a text consists of what is allowed, and of something") {
    CHECK(consists_of("0", decimal_digits));
    CHECK(consists_of("0123456789", decimal_digits));
    CHECK(consists_of("09af", lower_hex_digits));
    for (const std::string_view text : {"", " ", "1 ", "-1", "/", ":", "a"}) {
        CAPTURE(text);
        CHECK_FALSE(consists_of(text, decimal_digits));
    }
    for (const std::string_view text : {"", "g", "A", "0F", "`"}) {
        CAPTURE(text);
        CHECK_FALSE(consists_of(text, lower_hex_digits));
    }
}

TEST_CASE("of all bytes just 22 are hex digits") {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::string_view large = "0123456789ABCDEF";
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const std::size_t place = std::min(digits.find(c), large.find(c));
        CAPTURE(byte);
        CHECK(hex_value(c) == (place == std::string_view::npos ? -1 : static_cast<int>(place)));
    }
}

TEST_CASE("hex digits become bytes, in pairs") {
    CHECK(bytes_of_hex("") == "");
    CHECK(bytes_of_hex("00ff") == std::string("\0\xff", 2));
    CHECK(bytes_of_hex("4aA4Fe") == "\x4a\xa4\xfe");
    for (const std::string_view text : {"0", "000", "0g", "g0", " 00", "0x", "00 ", "-1", "+1"}) {
        CAPTURE(text);
        CHECK_FALSE(bytes_of_hex(text).has_value());
    }
}

TEST_CASE("only A to Z become lower case") {
    std::string all;
    std::string lower;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
        lower += static_cast<char>(byte >= 65 && byte <= 90 ? byte + 32 : byte);
    }
    CHECK(ascii_lower(all) == lower);
    CHECK(ascii_lower("").empty());
    CHECK(ascii_lower('Q') == 'q');
}
