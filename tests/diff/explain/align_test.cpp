// Regions: which words of a text, which bytes of anything else; and the promise that outside of them nothing differs.
#include "diff/explain/align_regions.h"
#include "tests/diff/explain/support.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <random>
#include <thread>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// Looks into both strings, which must live as long.
Leaf aligned(std::string_view published, std::string_view rebuilt, const ExplainLimits& limits = {}) {
    Subject subject;
    subject.path = subject.name = "f";
    subject.bytes = {as_bytes(published), as_bytes(rebuilt)};
    return align(subject, limits);
}

std::string visible(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else {
            out += c;
        }
    }
    return out;
}

/// "a|b c|d": the words of each region.
std::string words_of(const Leaf& leaf) {
    std::string words;
    for (const Region& region : leaf.regions) {
        words += fmt::format("{}{}|{}", words.empty() ? "" : " # ", visible(text_of(leaf.subject, 0, region[0])),
                             visible(text_of(leaf.subject, 1, region[1])));
    }
    return words;
}

std::string words_of(std::string_view published, std::string_view rebuilt) {
    return words_of(aligned(published, rebuilt));
}

/// "4+2|4+3": offset and size of each region.
std::string spans_of(const Leaf& leaf) {
    std::string spans;
    for (const auto& [a, b] : leaf.regions) {
        spans += fmt::format("{}{}+{}|{}+{}", spans.empty() ? "" : " ", a.offset, a.size, b.offset, b.size);
    }
    return spans;
}

/// The promise of every region list.
bool keeps_promise(const Leaf& leaf) {
    for (std::size_t i = 0; i < leaf.regions.size(); ++i) {
        const auto& [a, b] = leaf.regions[i];
        if (a.size + b.size == 0) return false;
        if (i == 0) continue;
        const auto& [a_before, b_before] = leaf.regions[i - 1];
        if (a.offset <= a_before.end() || b.offset <= b_before.end()) return false; // touching, or out of order
    }
    return covers(leaf.subject.bytes, leaf.regions);
}

using Random = std::mt19937; // the same numbers everywhere, unlike std's distributions

std::string random_bytes(Random& random, std::size_t size, std::string_view alphabet) {
    std::string bytes(size, '\0');
    Random::result_type number = 0;
    for (std::size_t i = 0; i < size; ++i, number /= 256) { // four characters of a number: there are megabytes of them
        if (i % 4 == 0) number = random();
        bytes[i] = alphabet[number % 256 % alphabet.size()];
    }
    return bytes;
}

/// A few pieces replaced, removed, repeated or put in.
std::string mutated(Random& random, std::string bytes, std::string_view alphabet) {
    for (auto times = 1 + random() % 4; times > 0; --times) {
        const std::size_t at = random() % (bytes.size() + 1);
        const std::size_t size = random() % 12;
        switch (random() % 3) {
        case 0:
            bytes.replace(at, size, random_bytes(random, random() % 12, alphabet));
            break;
        case 1:
            bytes.erase(at, size);
            break;
        default:
            bytes.insert(at, bytes.substr(random() % (bytes.size() + 1), size * 4));
        }
    }
    return bytes;
}

std::string numbered_lines(std::size_t count, std::string_view format) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += fmt::format(fmt::runtime(format), i);
    return text;
}

constexpr std::string_view every_byte_kind("\0\1ab\x7f\x80\xff", 7);

} // namespace

TEST_CASE("text has no NUL and is UTF-8 or nearly ASCII") {
    const std::string latin1 = std::string(95, 'a') + std::string(5, '\xE9');
    struct Row {
        std::string bytes;
        bool text;
    };
    for (const Row& row : std::vector<Row>{
             {"", true},
             {"plain\n", true},
             {"gr\xC3\xBC\xC3\x9F\x65\n", true},
             {std::string("a\0b", 3), false},
             {latin1, true},                   // 5 %
             {latin1 + "\xE9", false},         // more, and no UTF-8
             {std::string(100, '\x01'), true}, // valid UTF-8
             {"\xFF\xFE\xFD", false},
         }) {
        CAPTURE(row.bytes);
        CHECK(is_text(as_bytes(row.bytes)) == row.text);
    }
}

TEST_CASE("a value that differs is one region, whole") {
    struct Row {
        const char* published;
        const char* rebuilt;
        const char* words;
    };
    for (const Row& row : {
             Row{"built 2026-03-01T10:00:00+01:00 here\n", "built 2026-03-02T12:13:00+01:00 here\n",
                 "2026-03-01T10:00:00+01:00|2026-03-02T12:13:00+01:00"},
             Row{"t=2026-03-01T10:00:00.123456Z;\n", "t=2026-03-01T10:00:01.000001Z;\n",
                 "2026-03-01T10:00:00.123456Z|2026-03-01T10:00:01.000001Z"},
             Row{"at 10:00:00, done\n", "at 12:13:00, done\n", "10:00:00|12:13:00"},
             Row{"src /build/x-1.2/y end\n", "src /tmp/z/y end\n", "/build/x-1.2/y|/tmp/z/y"},
             Row{"x 1.2.3-4~deb12u1 y\n", "x 1.2.3-4~deb12u2 y\n", "1.2.3-4~deb12u1|1.2.3-4~deb12u2"},
             Row{"id=0f8fad5b-d9cb-469f-a165-70867728950e\n", "id=7c9e6679-7425-40de-944b-e07fc1f90ae7\n",
                 "0f8fad5b-d9cb-469f-a165-70867728950e|7c9e6679-7425-40de-944b-e07fc1f90ae7"},
             Row{"sha256:00ff00ff x\n", "sha256:00ff01ff x\n", "00ff00ff|00ff01ff"},
             Row{"took 1.25s.\n", "took 1.5s.\n", "1.25s|1.5s"},
             Row{"port 8080.\n", "port 9090.\n", "8080|9090"},
             Row{"app:!:19783:0:99999:7:::\n", "app:!:19784:0:99999:7:::\n", "19783|19784"},
             Row{"root@buildhost1 make\n", "root@ci-runner-7 make\n", "buildhost1|ci-runner-7"},
             Row{"f(\"x\", 1)\n", "f(\"y\", 22)\n", "x|y # 1|22"},
             Row{"gr\xC3\xBC\xC3\x9F\x65 an alle\n", "gr\xC3\xBC\xC3\x9F an alle\n",
                 "gr\xC3\xBC\xC3\x9F\x65|gr\xC3\xBC\xC3\x9F"},
             Row{"Sun Mar 1 10:00:00 UTC 2026\n", "Mon Mar 2 12:13:00 UTC 2026\n", "Sun|Mon # 1|2 # 10:00:00|12:13:00"},
             Row{"{\"a\":1,\"b\":2}\n", "{\"a\":1,\"b\":3}\n", "2|3"},
         }) {
        CHECK(words_of(row.published, row.rebuilt) == row.words);
    }
}

TEST_CASE("words that were not replaced one by one are one region with the blanks between them") {
    CHECK(words_of("host a b\n", "host c d e\n") == "a b|c d e");
}

TEST_CASE("lines that only one side has are one region, empty on the other") {
    CHECK(words_of("a\nb\nc\n", "a\nc\n") == "b\\n|");
    CHECK(words_of("a\nc\n", "a\nb\nb2\nc\n") == "|b\\nb2\\n");
    CHECK(words_of("", "a\nb\n") == "|a\\nb\\n");
}

TEST_CASE("a hunk of equally many lines is compared line by line") {
    CHECK(words_of("x\na 1\nb 1\ny\n", "x\na 2\nb 2\ny\n") == "1|2 # 1|2");
}

TEST_CASE("in a hunk of unequally many lines those that are alike are found") {
    CHECK(words_of("first\nbuilt on host alpha at noon\nlast\n",
                   "first\nan added sentence\nbuilt on host beta at noon\nlast\n") ==
          "|an added sentence\\n # alpha|beta");
}

TEST_CASE("a hunk of unequally many lines that are not alike is one region") {
    CHECK(words_of("first\nalpha beta\nlast\n", "first\none two\nthree four\nlast\n") ==
          "alpha beta\\n|one two\\nthree four\\n");
}

TEST_CASE("the line end at the end of the file and carriage returns are differences of their own") {
    CHECK(words_of("a\nb", "a\nb\n") == "|\\n");
    CHECK(words_of("a\r\nb\r\n", "a\nb\n") == "\\r| # \\r|");
    CHECK(words_of("a\nb", "a\nc\nb") == "|c\\n");
}

TEST_CASE("a word of thousands of bytes is cut to what differs in it, by whole characters") {
    const std::string data(3000, 'x');
    CHECK(words_of(data + "\xC3\xA4" + data + "\n", data + "\xC3\xB6" + data + "\n") == "\xC3\xA4|\xC3\xB6");
}

TEST_CASE("a minified line of a megabyte is compared by words") {
    std::string published = numbered_lines(100'000, "{{\"k\":{}}},");
    std::string rebuilt = published;
    rebuilt.replace(rebuilt.find(":777}"), 5, ":778}");
    rebuilt.replace(rebuilt.find(":90001}"), 7, ":5}");
    CHECK(words_of(published, rebuilt) == "777|778 # 90001|5");
}

TEST_CASE("lines in another order are found as removed and added") {
    CHECK(words_of("a 1\nb 2\nc 3\n", "c 3\na 1\nb 2\n") == "|c 3\\n # c 3\\n|");
}

TEST_CASE("a text of more lines than the limit is compared as binary") {
    ExplainLimits limits;
    limits.lines = 100;
    const std::string lines = numbered_lines(200, "line {}\n");
    const Leaf leaf = aligned("a" + lines + "a", "b" + lines + "b", limits);
    CHECK_FALSE(leaf.text);
    CHECK(spans_of(leaf) == fmt::format("0+1|0+1 {0}+1|{0}+1", lines.size() + 1));
}

TEST_CASE("bytes of equal length differ in exact runs, however close") {
    const std::string published("\0\1\2\3\4\5\6\7", 8);
    const std::string rebuilt("\0\xFF\2\xFF\xFF\5\6\7", 8);
    CHECK(spans_of(aligned(published, rebuilt)) == "1+1|1+1 3+2|3+2");
}

TEST_CASE("bytes that were put in or left out are found in the middle of what moved") {
    Random random(7);
    const std::string content = random_bytes(random, 50'000, every_byte_kind);
    std::string rebuilt = content;
    rebuilt.insert(30'000, "inserted");
    rebuilt.erase(10'000, 5);
    rebuilt[45'000] = 'Z';
    const Leaf leaf = aligned(content, rebuilt);
    CHECK_FALSE(leaf.text);
    CHECK(leaf.regions.size() == 3);
    std::uint64_t published_bytes = 0;
    for (const auto& [a, b] : leaf.regions) published_bytes += a.size;
    CHECK(published_bytes < 20);
    CHECK(keeps_promise(leaf));
}

TEST_CASE("content that moved inside a file of the same length is found") {
    Random random(8);
    std::string middle;
    for (std::size_t i = 0; i < 40'000; ++i) middle += static_cast<char>(random() % 256);
    const Leaf leaf =
        aligned("head" + std::string(8, '\0') + middle + "tail", "head" + middle + std::string(8, '\0') + "tail");
    CHECK(spans_of(leaf) == "4+8|4+0 40012+0|40004+8");
}

TEST_CASE("outside of the regions of random pairs nothing differs") {
    Random random(1);
    for (const std::string_view alphabet : {std::string_view("ab \n"), std::string_view("a1.-/:\n "),
                                            std::string_view("\xC3\xA4x\r\n"), every_byte_kind}) {
        for (int i = 0; i < 2000; ++i) {
            const std::string published = random_bytes(random, random() % 300, alphabet);
            const std::string rebuilt = mutated(random, published, alphabet);
            const Leaf leaf = aligned(published, rebuilt);
            CAPTURE(published);
            CAPTURE(rebuilt);
            REQUIRE(keeps_promise(leaf));
            REQUIRE(leaf.regions.empty() == (published == rebuilt));
        }
    }
}

TEST_CASE("outside of the regions of pairs that have nothing in common nothing differs") {
    Random random(2);
    for (int i = 0; i < 500; ++i) {
        const std::string_view alphabet = i % 2 == 0 ? std::string_view("abc .\n") : every_byte_kind;
        const std::string published = random_bytes(random, random() % 2000, alphabet);
        const std::string rebuilt = random_bytes(random, random() % 2000, alphabet);
        const Leaf leaf = aligned(published, rebuilt);
        REQUIRE(keeps_promise(leaf));
    }
}

TEST_CASE("regions beyond the limit are in the last one, and the leaf says so") {
    SUBCASE("text") {
        const std::string published = numbered_lines(region_limit + 10, "line {0} a\n");
        const std::string rebuilt = numbered_lines(region_limit + 10, "line {0} b\n");
        const Leaf leaf = aligned(published, rebuilt);
        CHECK(leaf.text);
        CHECK_FALSE(leaf.complete);
        CHECK(leaf.regions.size() <= region_limit);
        CHECK(keeps_promise(leaf));
    }
    SUBCASE("binary") {
        std::string published(region_limit * 20, '\0');
        std::string rebuilt = published;
        for (std::size_t i = 0; i < rebuilt.size(); i += 10) rebuilt[i] = '\1';
        const Leaf leaf = aligned(published, rebuilt);
        CHECK_FALSE(leaf.complete);
        CHECK(leaf.regions.size() <= region_limit);
        CHECK(keeps_promise(leaf));
    }
}

TEST_CASE("long texts in which many lines moved are aligned without giving up what differs") {
    Random random(3);
    std::vector<std::string> lines;
    for (int i = 0; i < 80'000; ++i) lines.push_back(fmt::format("line {}\n", i % 50'000));
    const auto text = [&] {
        std::string all;
        for (const std::string& line : lines) all += line;
        return all;
    };
    const std::string published = text();
    for (int i = 0; i < 2000; ++i) std::swap(lines[random() % lines.size()], lines[random() % lines.size()]);
    const std::string rebuilt = text();
    const Leaf leaf = aligned(published, rebuilt);
    CHECK(leaf.text);
    CHECK(keeps_promise(leaf));
}

TEST_CASE("megabytes of text are compared around what differs, to the same words") {
    const std::string published = numbered_lines(100'000, "line {} of a long text\n");
    std::string rebuilt = published;
    const auto replace = [&](std::string_view from, std::string_view to) {
        rebuilt.replace(rebuilt.find(from), from.size(), to);
    };
    replace("line 3 of", "line 3 in");
    replace("line 50000 of", "line 50000 in");
    replace("line 50040 of", "line 50040 in"); // near enough for one window
    replace("line 70000 of a long text\n", "");
    replace("line 99999 of a long text\n", "line 99999 of a long text\nadded");
    CHECK(words_of(published, rebuilt) == "of|in # of|in # of|in # line 70000 of a long text\\n| # |added");
}

TEST_CASE("outside of the regions of megabytes of random text nothing differs") {
    Random random(11);
    for (std::size_t i = 0; i < rounds(10); ++i) {
        const std::string_view alphabet = i % 2 == 0 ? "abcdefghij    \n" : "ab\n";
        const std::string published = random_bytes(random, 1'200'000, alphabet);
        std::string rebuilt = published;
        for (int times = 0; times < 5; ++times) rebuilt = mutated(random, std::move(rebuilt), alphabet);
        const Leaf leaf = aligned(published, rebuilt);
        REQUIRE(leaf.text);
        REQUIRE(keeps_promise(leaf));
        REQUIRE(leaf.regions.size() < 200);
    }
}

TEST_CASE("several threads align at once, with the same result") {
    const std::string published = numbered_lines(2000, "line {0} of many\n");
    std::string rebuilt = published;
    rebuilt.erase(500, 40);
    rebuilt.insert(9000, "new\nlines\n");
    const std::vector<Region> expected = aligned(published, rebuilt).regions;
    std::array<bool, 4> same{};
    std::vector<std::thread> threads;
    for (bool& one : same) {
        threads.emplace_back([&] {
            one = true;
            for (int i = 0; i < 20; ++i) one = one && aligned(published, rebuilt).regions == expected;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(same == std::array<bool, 4>{true, true, true, true});
}
