// What may be shown as it is and what is escaped; expected values follow from the Unicode Character Database and RFC
// 3629.
#include "base/printable.h"
#include "base/unicode.h"
#include "tests/base/helpers.h"

#include <doctest/doctest.h>

#include <clocale>
#include <vector>

namespace touchstone::test {

TEST_CASE("printable text") {
    struct Row {
        std::string name;
        std::string bytes;
        std::string expected;
    };
    const std::vector<Row> rows{
        {"nothing", "", ""},
        {"a path", "usr/bin/env ~!@#$%^&*()'\"", "usr/bin/env ~!@#$%^&*()'\""},
        {"a backslash", "a\\b", "a\\\\b"},
        {"a real escape and a written one differ", "\x1b\\x1b", "\\x1b\\\\x1b"},
        {"NUL", std::string("a\0b", 3), "a\\x00b"},
        {"newline, carriage return, tab, backspace", "\n\r\t\b", "\\x0a\\x0d\\x09\\x08"},
        {"an escape sequence", "\x1b]0;title\x07", "\\x1b]0;title\\x07"},
        {"DEL", "\x7f", "\\x7f"},
        {"C1 CSI as a code point", "\xc2\x9b", "\\xc2\\x9b"},
        {"C1 CSI as a byte", "\x9b", "\\x9b"},
        {"no-break space is shown", "\xc2\xa0", "\xc2\xa0"},
        {"soft hyphen", "\xc2\xad", "\\xc2\\xad"},
        {"umlauts, Greek, CJK", "\xc3\xa4\xce\xb1\xe4\xb8\xad", "\xc3\xa4\xce\xb1\xe4\xb8\xad"},
        {"an emoji", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"zero width space", "\xe2\x80\x8b", "\\xe2\\x80\\x8b"},
        {"right-to-left override",
         "a\xe2\x80\xae"
         "b",
         "a\\xe2\\x80\\xaeb"},
        {"bidi isolate", "\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
        {"line separator", "\xe2\x80\xa8", "\\xe2\\x80\\xa8"},
        {"paragraph separator", "\xe2\x80\xa9", "\\xe2\\x80\\xa9"},
        {"a hyphen next to them is shown", "\xe2\x80\x90", "\xe2\x80\x90"},
        {"byte order mark", "\xef\xbb\xbf", "\\xef\\xbb\\xbf"},
        {"a tag character", "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"},
        {"Arabic number sign", "\xd8\x80", "\\xd8\\x80"},
        {"Kaithi number sign", "\xf0\x91\x82\xbd", "\\xf0\\x91\\x82\\xbd"},
        {"a lone continuation byte", "a\x80z", "a\\x80z"},
        {"an overlong slash", "\xc0\xaf", "\\xc0\\xaf"},
        {"an overlong three-byte form", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"above U+10FFFF", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"a cut sequence, then text",
         "\xe4\xb8"
         "ab",
         "\\xe4\\xb8ab"},
        {"a cut sequence at the end", "ab\xf0\x9f", "ab\\xf0\\x9f"},
        {"bytes that UTF-8 never has", "\xff\xfe\xf5", "\\xff\\xfe\\xf5"},
        {"the last code point", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(printable(row.bytes) == row.expected);
        CHECK(printable_short(row.bytes) == row.expected);
    }
}

TEST_CASE("the ends of every hidden range are hidden, and their neighbours outside are not") {
    struct Range {
        char32_t first;
        char32_t last;
    };
    // General category Cf of Unicode 15.0, and C0, DEL with C1, U+2028-2029.
    const std::vector<Range> ranges{
        {0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},
        {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},     {0x180E, 0x180E},
        {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x2064},   {0x2066, 0x206F},   {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
    };
    std::size_t hidden = 0;
    for (const Range& range : ranges) {
        CAPTURE(range.first);
        for (char32_t c = range.first; c <= range.last; ++c, ++hidden) CHECK(is_control_or_format(c));
        if (range.first > 0) CHECK_FALSE(is_control_or_format(range.first - 1));
        CHECK_FALSE(is_control_or_format(range.last + 1));
    }
    std::size_t found = 0;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) found += is_control_or_format(c) ? 1U : 0U;
    CHECK(found == hidden);
}

TEST_CASE("nothing depends on the locale") {
    const std::string before = printable("\xc3\xa4\xff");
    const char* const set = std::setlocale(LC_ALL, "C.UTF-8");
    CHECK(printable("\xc3\xa4\xff") == before);
    if (set != nullptr) std::setlocale(LC_ALL, "C");
}

TEST_CASE("a long text is cut at a whole code point, with its full length") {
    CHECK(printable_short("abcdef", 6) == "abcdef");
    CHECK(printable_short("abcdefg", 6) == "abcdef\xe2\x80\xa6 (7 bytes)");
    CHECK(printable_short("abcde\xc3\xa4\xc3\xa4", 6) == "abcde\xc3\xa4\xe2\x80\xa6 (9 bytes)");
    CHECK(printable_short(std::string(1'000'000, '\x1b')).size() < 250);
}

TEST_CASE("UTF-8 for JSON: valid text is itself, other bytes are escaped") {
    CHECK(utf8_or_escaped("a\\b\n\xc3\xa4") == "a\\b\n\xc3\xa4");
    CHECK(utf8_or_escaped("a\xff\xc3\xa4\xc3") == "a\\xff\xc3\xa4\\xc3");
    CHECK(is_valid_utf8("a\xc3\xa4\xf4\x8f\xbf\xbf"));
    CHECK(is_valid_utf8(""));
    for (const char* bad :
         {"\xff", "\xc3", "\xc0\x80", "\xed\xb0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\x80"}) {
        CHECK_FALSE(is_valid_utf8(bad));
    }
}

TEST_CASE("base64 is that of RFC 4648 section 10") {
    struct Row {
        std::string bytes;
        std::string text;
    };
    const std::vector<Row> rows{{"", ""},
                                {"f", "Zg=="},
                                {"fo", "Zm8="},
                                {"foo", "Zm9v"},
                                {"foob", "Zm9vYg=="},
                                {"fooba", "Zm9vYmE="},
                                {"foobar", "Zm9vYmFy"},
                                {"\xff\xfe\xfb", "//77"},
                                {"{}", "e30="}};
    for (const Row& row : rows) {
        CHECK(base64(row.bytes) == row.text);
        CHECK(unbase64(row.text) == row.bytes);
    }
    for (const char* bad :
         {"Zg=", "Zg", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zh==", "Zm9=", "Zg=a", "-_-_"}) {
        CAPTURE(bad);
        const auto refusal = refusal_of([&] { unbase64(bad); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::malformed);
    }
}

TEST_CASE("hex and sizes") {
    CHECK(hex(std::string("\0\x7f\xff", 3)) == "007fff");
    struct Row {
        std::uint64_t bytes;
        const char* text;
    };
    const std::vector<Row> rows{{0, "0 bytes"},
                                {1, "1 byte"},
                                {17, "17 bytes"},
                                {999, "999 bytes"},
                                {1000, "1.0 kB"},
                                {1049, "1.0 kB"},
                                {1050, "1.1 kB"},
                                {9949, "9.9 kB"},
                                {9950, "10 kB"},
                                {312'000, "312 kB"},
                                {999'499, "999 kB"},
                                {999'500, "1.0 MB"},
                                {1'400'000'000, "1.4 GB"},
                                {UINT64_MAX, "18 EB"},
                                {9'999'999'999'999'999'999U, "10 EB"}};
    for (const Row& row : rows) CHECK(human_bytes(row.bytes) == row.text);
}

} // namespace touchstone::test
