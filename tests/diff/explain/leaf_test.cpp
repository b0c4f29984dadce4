// Leaves: what is believed of a claim, how bytes are counted, and how a leaf is drawn.
#include "diff/explain/leaf_claims.h"
#include "tests/diff/explain/support.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cstdlib>
#include <random>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// Two texts with their regions; lives as long as what looks into it.
struct Pair {
    Pair(std::string a, std::string b) : published(std::move(a)), rebuilt(std::move(b)) {
        Subject subject;
        subject.path = subject.name = "f";
        subject.bytes = {as_bytes(published), as_bytes(rebuilt)};
        leaf = align(subject, {});
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    std::string published;
    std::string rebuilt;
    Leaf leaf;
};

Difference claim(const Span& published, const Span& rebuilt, std::optional<CauseId> cause = CauseId::text_date) {
    Difference difference;
    difference.spans = {published, rebuilt};
    difference.cause = cause;
    return difference;
}

/// How many claims are accepted when these are offered in order.
std::size_t accepted(const Pair& pair, const std::vector<Difference>& offered) {
    Claims claims(pair.leaf);
    for (const Difference& one : offered) claims.offer(one);
    claims.prove();
    return claims.accepted().size();
}

constexpr char kind_letter(ViewLine::Kind kind) {
    switch (kind) {
    case ViewLine::Kind::context:
        return ' ';
    case ViewLine::Kind::published:
        return '-';
    case ViewLine::Kind::rebuilt:
        return '+';
    default:
        return '\0';
    }
}

std::string drawn(const std::vector<ViewLine>& view) {
    std::string text;
    for (const ViewLine& line : view) {
        if (const char letter = kind_letter(line.kind); letter != '\0') text += letter;
        text += line.text + "\n";
    }
    return text;
}

/// What GNU diff says of the pair, without the two lines that name the files.
std::string gnu_diff(const Pair& pair) {
    const TempDir dir;
    const std::string a = dir.write("a", pair.published);
    const std::string b = dir.write("b", pair.rebuilt);
    const std::string command = fmt::format("LC_ALL=C diff -a -u {} {} > {}", a, b, dir / "out");
    REQUIRE(std::system(command.c_str()) != -1);
    const std::string text = read_text_file(dir / "out");
    return text.substr(text.find('\n', text.find('\n') + 1) + 1);
}

/// The marked bytes of a line.
std::string marked(const ViewLine& line) {
    std::string text;
    for (const auto& [from, to] : line.marks) text += (text.empty() ? "" : ",") + line.text.substr(from, to - from);
    return text;
}

std::string numbered(int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) text += fmt::format("line {}\n", i);
    return text;
}

using Bytes = std::array<std::uint64_t, 2>;

} // namespace

TEST_CASE("replaced spans cover a pair when all that is left is equal, stretch by stretch") {
    const BytePair bytes{as_bytes("ab1cd"), as_bytes("ab22cd")};
    using Claims = std::vector<SpanPair>;
    CHECK(covers(bytes, Claims{{Span{2, 1}, Span{2, 2}}}));
    CHECK(covers(bytes, Claims{{Span{0, 5}, Span{0, 6}}}));
    CHECK(covers(bytes, Claims{{Span{1, 2}, Span{1, 3}}, {Span{3, 1}, Span{4, 1}}})); // touching
    CHECK_FALSE(covers(bytes, {}));
    CHECK_FALSE(covers(bytes, Claims{{Span{2, 1}, Span{2, 1}}}));
    CHECK_FALSE(covers(bytes, Claims{{Span{2, 1}, Span{1, 3}}})); // another placeholder's place
    CHECK_FALSE(covers(bytes, Claims{{Span{2, 1}, Span{2, 2}}, {Span{2, 1}, Span{4, 1}}})); // overlapping
    CHECK_FALSE(covers(bytes, Claims{{Span{2, 4}, Span{2, 4}}}));                           // out of bounds
    CHECK_FALSE(covers(bytes, Claims{{Span{2, ~std::uint64_t{0}}, Span{2, 2}}}));           // and when it overflows
}

TEST_CASE("a claim is believed when it covers whole regions and is as much wider on both sides") {
    const Pair pair("x at 10:00:00 on Monday\n", "x at 12:13:00 on Tuesday\n");
    REQUIRE(pair.leaf.regions.size() == 2); // 5+8|5+8 and 17+6|17+7
    struct Row {
        const char* what;
        Difference difference;
        std::size_t accepted;
    };
    for (const Row& row : {
             Row{"the region", claim({5, 8}, {5, 8}), 1},
             Row{"wider by the same", claim({2, 12}, {2, 12}), 1},
             Row{"both regions", claim({5, 18}, {5, 19}), 1},
             Row{"all", claim({0, 24}, {0, 25}), 1},
             Row{"no cause", claim({5, 8}, {5, 8}, std::nullopt), 0},
             Row{"a part of the region", claim({6, 7}, {6, 7}), 0},
             Row{"whole on one side only", claim({5, 8}, {5, 7}), 0},
             Row{"no region", claim({0, 3}, {0, 3}), 0},
             Row{"cuts the next region", claim({5, 14}, {5, 14}), 0},
             Row{"wider on one side only", claim({4, 9}, {5, 8}), 0},
             Row{"out of bounds", claim({5, 80}, {5, 80}), 0},
             Row{"overflowing", claim({5, ~std::uint64_t{0}}, {5, 8}), 0},
         }) {
        CAPTURE(row.what);
        CHECK(accepted(pair, {row.difference}) == row.accepted);
    }
}

TEST_CASE("a claim that overlaps an earlier one is dropped") {
    const Pair pair("x at 10:00:00 on Monday\n", "x at 12:13:00 on Tuesday\n");
    CHECK(accepted(pair, {claim({5, 8}, {5, 8}), claim({5, 8}, {5, 8})}) == 1);
    CHECK(accepted(pair, {claim({5, 8}, {5, 8}), claim({5, 18}, {5, 19})}) == 1);
    CHECK(accepted(pair, {claim({5, 10}, {5, 10}), claim({14, 9}, {14, 10})}) == 1); // in the equal bytes between
    CHECK(accepted(pair, {claim({17, 6}, {17, 7}), claim({5, 8}, {5, 8})}) == 2);
}

TEST_CASE("whatever is offered, what is believed covers the pair together with the other regions") {
    std::mt19937 random(4);
    for (int i = 0; i < 3000; ++i) {
        std::string rebuilt = numbered(0, 5);
        for (int times = 0; times < 4; ++times) rebuilt.replace(random() % rebuilt.size(), random() % 4, "7");
        const Pair pair(numbered(0, 5), rebuilt);
        Claims claims(pair.leaf);
        const auto span = [&](std::size_t size) { return Span{random() % (size + 2), random() % 20}; };
        for (int offers = 0; offers < 20; ++offers) {
            Difference offer = claim(span(pair.published.size()), span(pair.rebuilt.size()));
            if (offers % 2 == 0 && !pair.leaf.regions.empty()) {
                offer.spans = pair.leaf.regions[random() % pair.leaf.regions.size()];
                const std::uint64_t wider = std::min<std::uint64_t>(random() % 3, offer.spans[0].offset);
                for (Span& one : offer.spans) one = {one.offset - std::min(wider, one.offset), one.size + wider};
            }
            claims.offer(offer);
        }
        std::vector<SpanPair> spans = claims.unclaimed();
        for (const auto& [region, one] : claims.accepted()) spans.push_back(one.spans);
        std::sort(spans.begin(), spans.end(), [](const SpanPair& a, const SpanPair& b) {
            return a[0].offset + a[1].offset < b[0].offset + b[1].offset;
        });
        REQUIRE(covers(pair.leaf.subject.bytes, spans));
        const auto believed = claims.accepted().size();
        claims.prove();
        REQUIRE(claims.accepted().size() == believed);
    }
}

TEST_CASE("what nobody explains is a difference with its place and its words") {
    const Part part = explain("usr/share/x", "same\nthe brown fox\n", "same\nthe green fox\n");
    CHECK(part.kind == "text");
    REQUIRE(part.differences.size() == 1);
    CHECK(part.differences[0].where == "line 2");
    CHECK(part.differences[0].values == std::array<std::string, 2>{"brown", "green"});
    CHECK_FALSE(part.differences[0].cause);
    CHECK(part.differing == Bytes{5, 5});
    CHECK(part.covered == Bytes{0, 0});
    CHECK_FALSE(part.explained());
}

TEST_CASE("a place that the rebuilt side has elsewhere is named on both") {
    const Part part = explain("usr/share/x", "one\nthe brown fox\n", "one\nadded\nthe green fox\n");
    REQUIRE(part.differences.size() == 2);
    CHECK(part.differences[0].where == "line 2");
    CHECK(part.differences[1].where == "line 2, rebuilt 3");
    const Part binary = explain("usr/share/x", std::string("\0\1\2\3", 4), std::string("\0\1\2\4", 4));
    CHECK(binary.kind == "binary");
    REQUIRE(binary.differences.size() == 1);
    CHECK(binary.differences[0].where == "offset 0x3");
}

TEST_CASE("a side that has nothing there counts as one byte") {
    const Part part = explain("usr/share/x", "a\nb\n", "a\nadded\nb\n");
    CHECK(part.differing == Bytes{1, 6});
}

TEST_CASE("the unified diff is the one that GNU diff prints") {
    const std::string body = numbered(0, 40);
    const auto changed = [&](std::vector<std::pair<std::string, std::string>> changes) {
        std::string text = body;
        for (const auto& [from, to] : changes) text.replace(text.find(from), from.size(), to);
        return text;
    };
    struct Row {
        const char* what;
        std::string published;
        std::string rebuilt;
    };
    for (const Row& row : {
             Row{"one line", body, changed({{"line 20", "other 20"}})},
             Row{"first and last line", body, changed({{"line 0", "x"}, {"line 39", "y"}})},
             Row{"an added line", body, changed({{"line 20\n", "line 20\nadded\n"}})},
             Row{"a removed line", body, changed({{"line 20\n", ""}})},
             Row{"two hunks that join", body, changed({{"line 10\n", "ten\n"}, {"line 17\n", "seventeen\n"}})},
             Row{"two hunks that do not", body, changed({{"line 10\n", "ten\n"}, {"line 18\n", "eighteen\n"}})},
             Row{"several lines for one", body, changed({{"line 20\n", "1\n2\n3\n"}})},
             Row{"one line for several", body, changed({{"line 20\nline 21\nline 22\n", "1\n"}})},
             Row{"lines that moved", body, changed({{"line 5\n", ""}, {"line 30\n", "line 30\nline 5\n"}})},
             Row{"an added line that repeats its neighbour", "a\nb\nb\nc\n", "a\nb\nb\nb\nc\n"},
             Row{"an added block", "{\n a\n}\n{\n b\n}\n", "{\n a\n}\n{\n c\n}\n{\n b\n}\n"},
             Row{"no line end on one side", "a\nb\n", "a\nb"},
             Row{"no line end on both", "a\nb", "c\nb"},
             Row{"no line end, changed", "a\nb", "a\nc"},
             Row{"lines after no line end", "a\nb", "a\nb\nc\n"},
             Row{"nothing published", "", "a\nb\n"},
             Row{"nothing rebuilt", "a\n", ""},
             Row{"carriage returns", "a\r\nb\r\nc\r\n", "a\nb\r\nc\r\n"},
             Row{"one line that a word was put in at the start", "b c\nd\n", "a b c\nd\n"},
             Row{"two lines that became one", "alpha\nbeta\n", "alphabeta\n"},
         }) {
        CAPTURE(row.what);
        const Pair pair(row.published, row.rebuilt);
        CHECK(drawn(draw_leaf(pair.leaf)) == gnu_diff(pair));
    }
}

/// Replays a unified diff as drawn: the lines of each side in its hunks, with the line number that the heading claims.
TEST_CASE("the unified diff of random pairs holds what each side has at the places that it names") {
    std::mt19937 random(6);
    for (int i = 0; i < 2000; ++i) {
        std::string published;
        for (auto lines = random() % 30; lines > 0; --lines)
            published += fmt::format("{} {}\n", random() % 3, random() % 3);
        std::string rebuilt = published;
        for (auto times = 1 + random() % 3; times > 0; --times)
            rebuilt.replace(random() % (rebuilt.size() + 1), random() % 6, random() % 2 == 0 ? "9\n" : "9");
        if (published == rebuilt) continue;
        const Pair pair(published, rebuilt);
        CAPTURE(published);
        CAPTURE(rebuilt);
        std::array<std::vector<std::string>, 2> sides;
        for (std::size_t side : {0U, 1U}) {
            std::string_view rest = side == 0 ? published : rebuilt;
            while (!rest.empty()) {
                const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
                sides[side].emplace_back(rest.substr(0, end));
                rest.remove_prefix(end);
            }
        }
        std::array<std::size_t, 2> at{};
        const std::vector<ViewLine> view = draw_leaf(pair.leaf);
        REQUIRE(view.size() < view_limit);
        for (const ViewLine& line : view) {
            if (line.kind == ViewLine::Kind::hunk) {
                std::array<unsigned long, 4> numbers{0, 1, 0, 1}; // start and length of each side
                const char* text = line.text.c_str() + 3;
                for (std::size_t side : {0U, 1U}) {
                    char* end = nullptr;
                    numbers[side * 2] = std::strtoul(text + 1, &end, 10);
                    if (*end == ',') numbers[side * 2 + 1] = std::strtoul(end + 1, &end, 10);
                    at[side] = numbers[side * 2] - (numbers[side * 2 + 1] == 0 ? 0 : 1);
                    text = end + 1;
                }
            } else if (line.kind != ViewLine::Kind::note) {
                for (std::size_t side : {0U, 1U}) {
                    if (line.kind == (side == 0 ? ViewLine::Kind::rebuilt : ViewLine::Kind::published)) continue;
                    REQUIRE(at[side] < sides[side].size());
                    const std::string& expected = sides[side][at[side]++];
                    REQUIRE(line.text == expected.substr(0, expected.find('\n')));
                }
            }
        }
    }
}

TEST_CASE("what differs inside a line is marked") {
    const Pair pair("at 10:00:00 on alpha\n", "at 12:13:00 on beta\n");
    const std::vector<ViewLine> view = draw_leaf(pair.leaf);
    REQUIRE(view.size() == 3);
    CHECK(view[0].text == "@@ -1 +1 @@");
    CHECK(marked(view[1]) == "10:00:00,alpha");
    CHECK(marked(view[2]) == "12:13:00,beta");
}

TEST_CASE("a long line is shown around its first mark") {
    const std::string words = [] {
        std::string text;
        for (int i = 0; i < 2000; ++i) text += "gr\xC3\xBC\xC3\x9F\x65 ";
        return text;
    }();
    const Pair pair(words + "alpha " + words + "\n", words + "beta " + words + "\n");
    for (const ViewLine& line : draw_leaf(pair.leaf)) {
        CAPTURE(line.text);
        CHECK(line.text.size() <= view_line_limit);
        if (line.kind == ViewLine::Kind::hunk) continue;
        CHECK(marked(line) == (line.kind == ViewLine::Kind::published ? "alpha" : "beta"));
        CHECK(line.text.starts_with("…"));
        CHECK(line.text.ends_with("…"));
        CHECK(is_text(as_bytes(line.text))); // no character was cut
    }
}

TEST_CASE("a long view is cut, and says how much is left out") {
    std::string published;
    std::string rebuilt;
    for (int i = 0; i < 1000; ++i) {
        published += fmt::format("line {} a\n", i);
        rebuilt += fmt::format("line {} {}\n", i, i % 10 == 0 ? "b" : "a");
    }
    const Pair pair(published, rebuilt);
    const std::vector<ViewLine> view = draw_leaf(pair.leaf);
    CHECK(view.size() == view_limit);
    CHECK(view.back().kind == ViewLine::Kind::note);
    // GNU diff prints 100 hunks of a heading, two changed and six context lines; the first has three after it only.
    CHECK(view.back().text == fmt::format("… {} more lines", 100 * 9 - 3 - (view_limit - 1)));
}

TEST_CASE("a long run of lines that only one side has does not hide the other side") {
    const Pair pair(numbered(0, 5000), "one\n");
    const std::vector<ViewLine> view = draw_leaf(pair.leaf);
    CHECK(view.size() < view_limit);
    CHECK(std::any_of(view.begin(), view.end(),
                      [](const ViewLine& line) { return line.kind == ViewLine::Kind::rebuilt; }));
    CHECK(std::any_of(view.begin(), view.end(),
                      [](const ViewLine& line) { return line.text == "… 4960 more lines that only published has"; }));
}

TEST_CASE("bytes are shown in hex with a line before and after") {
    std::string published;
    for (int i = 0; i < 80; ++i) published += static_cast<char>(i);
    std::string rebuilt = published;
    rebuilt[37] = 'Z';
    rebuilt[40] = 'Y';
    const Pair pair(published, rebuilt);
    const std::vector<ViewLine> view = draw_leaf(pair.leaf);
    // Columns as `hexdump -C` prints them.
    CHECK(drawn(view) == "@@ -0x25,4 +0x25,4 @@\n"
                         " 00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  |................|\n"
                         "-00000020  20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f  | !\"#$%&'()*+,-./|\n"
                         "+00000020  20 21 22 23 24 5a 26 27  59 29 2a 2b 2c 2d 2e 2f  | !\"#$Z&'Y)*+,-./|\n"
                         " 00000030  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  |0123456789:;<=>?|\n");
    CHECK(marked(view[2]) == "25,28,%,(");
    CHECK(marked(view[3]) == "5a,59,Z,Y");
}

TEST_CASE("bytes that were put in are shown after the published ones") {
    std::string content;
    for (int i = 0; i < 200; ++i) content += static_cast<char>(i * 7);
    std::string rebuilt = content;
    rebuilt.insert(100, "new");
    const Pair pair(content, rebuilt);
    const std::vector<ViewLine> view = draw_leaf(pair.leaf);
    REQUIRE(view.size() == 4);
    CHECK(view[0].text == "@@ -0x64,0 +0x64,3 @@");
    CHECK(view[1].kind == ViewLine::Kind::context);
    CHECK(view[2].kind == ViewLine::Kind::published);
    CHECK(view[2].text.starts_with("00000060"));
    CHECK(view[3].kind == ViewLine::Kind::rebuilt);
    CHECK(marked(view[3]) == "6e 65 77,new");
}

TEST_CASE("views of random bytes stay within their bounds") {
    std::mt19937 random(9);
    for (int i = 0; i < 300; ++i) {
        std::string published;
        for (auto size = random() % 5000; size > 0; --size) published += static_cast<char>(random() % 256);
        std::string rebuilt = published + "\xFF";
        for (auto times = random() % 60; times > 0; --times)
            rebuilt.replace(random() % rebuilt.size(), random() % 50, std::string(random() % 50, 'x'));
        const Pair pair(published, rebuilt);
        const std::vector<ViewLine> view = draw_leaf(pair.leaf);
        REQUIRE(view.size() <= view_limit);
        for (const ViewLine& line : view) {
            REQUIRE(line.text.size() <= view_line_limit);
            for (const auto& [from, to] : line.marks) REQUIRE((from < to && to <= line.text.size()));
        }
    }
}
