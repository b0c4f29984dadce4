// What all handlers of binary formats share: pairing two layouts, judging fields, values for people; and PE.
#include "diff/explain/binary_fields.h"
#include "tests/diff/explain/binary_support.h"

#include <fmt/format.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

struct Result {
    bool fits = false;
    Part part;
};

Result compare(const std::string& left, const std::string& right, std::array<FieldLayout, 2> layouts) {
    const Clues clues = two_builds();
    Analyzer analyzer(clues, {}, Analyzer::Clock::now() + std::chrono::minutes(5));
    Subject subject;
    subject.path = subject.name = "a";
    subject.bytes = {as_bytes(left), as_bytes(right)};
    Result result;
    result.fits = compare_layouts(subject, analyzer, result.part, std::move(layouts));
    return result;
}

FieldLayout stretches(std::vector<Stretch> list) {
    FieldLayout layout;
    layout.stretches = std::move(list);
    return layout;
}

FieldLayout one_field(Proof proof, bool right = false) {
    FieldLayout layout = stretches({{"all", {0, 8}}});
    Field field;
    field.name = "field";
    field.span = {0, 4};
    field.proof = proof;
    field.right = right;
    layout.fields.push_back(field);
    return layout;
}

/// A program for Windows with one section and right checksum, as a linker lays it out.
std::string pe(std::int64_t stamp, std::string_view code = "90", int checksum_error = 0) {
    return from_python(fmt::format(
        "import struct, sys\n"
        "coff = struct.pack('<HHIIIHH', 0x8664, 1, {0}, 0, 0, 240, 0x22)\n"
        "opt = struct.pack('<HBBIIIII', 0x20b, 14, 0, 512, 0, 0, 0x1000, 0x1000)\n"
        "opt += struct.pack('<QIIHHHHHHIIIIHH', 0x140000000, 0x1000, 512, 6, 0, 0, 0, 6, 0, 0, 0x2000, 512, 0, 3, 0)\n"
        "opt += struct.pack('<QQQQII', 0, 0, 0, 0, 0, 16) + bytes(128)\n"
        "sect = struct.pack('<8sIIIIIIHHI', b'.text', 512, 0x1000, 512, 512, 0, 0, 0, 0, 0x60000020)\n"
        "d = bytearray(b'MZ' + bytes(58) + struct.pack('<I', 64) + b'PE\\0\\0' + coff + opt + sect)\n"
        "d += bytes(512 - len(d)) + bytes.fromhex('{1}') * 512\n"
        "s = sum(w for (w,) in struct.iter_unpack('<H', d))\n"
        "while s > 0xffff: s = (s & 0xffff) + (s >> 16)\n"
        "d[152:156] = struct.pack('<I', s + len(d) + {2})\n"
        "sys.stdout.buffer.write(d)\n",
        stamp, code, checksum_error));
}

} // namespace

TEST_CASE("layouts that do not fit their bytes are refused, and nothing is reported") {
    const std::string left(8, 'a');
    const std::string right(8, 'b');
    const std::vector<std::vector<Stretch>> broken = {
        {{"one", {0, 5}}, {"two", {4, 4}}},                   // overlap
        {{"one", {0, 9}}},                                    // past the end
        {{"one", {9, 0}}},                                    // starts past the end
        {{"one", {4, 0xFFFFFFFFFFFFFFFFU}}},                  // overflows
        {{"one", {0, 4}}, {"two", {0xFFFFFFFFFFFFFFFEU, 4}}}, // overflows
    };
    for (const auto& list : broken) {
        const Result result = compare(left, right, {stretches(list), stretches(list)});
        CHECK_FALSE(result.fits);
        CHECK(result.part.differences.empty());
    }
    FieldLayout crossing = stretches({{"one", {0, 2}}, {"two", {2, 6}}});
    crossing.fields.push_back(time_field("time", {0, 4}, 1));
    CHECK_FALSE(compare(left, right, {crossing, crossing}).fits);
}

TEST_CASE("gaps are compared, too: padding with zeros may vary, other bytes may not") {
    const auto at = [](std::uint64_t offset) { return stretches({{"one", {0, 2}}, {"two", {offset, 2}}}); };
    CHECK(compare(std::string("aa\0\0bb", 6), std::string("aa\0bb", 5), {at(4), at(3)}).part.explained());
    const Result hidden = compare("aa\x90\x90"
                                  "bb",
                                  std::string("aa\0bb", 5), {at(4), at(3)});
    REQUIRE(hidden.fits);
    CHECK_FALSE(hidden.part.explained());
}

TEST_CASE("the same stretches in another order are a difference of their own") {
    const FieldLayout left = stretches({{"one", {0, 2}}, {"two", {2, 2}}});
    const FieldLayout right = stretches({{"two", {0, 2}}, {"one", {2, 2}}});
    const Result result = compare("aabb", "bbaa", {left, right});
    REQUIRE(result.part.differences.size() == 1);
    CHECK_FALSE(result.part.explained());
}

TEST_CASE("a field has its cause only with its proof") {
    const auto cause = [](Proof proof, bool left_right, bool right_right, std::string_view rest) {
        return compare("AAAAaaaa", "BBBB" + std::string(rest),
                       {one_field(proof, left_right), one_field(proof, right_right)})
            .part.causes.contains(CauseId::derived);
    };
    CHECK_FALSE(cause(Proof::none, true, true, "aaaa"));
    CHECK(cause(Proof::known, false, false, "aaaa"));
    CHECK(cause(Proof::checksum, true, true, "aaaa"));
    CHECK_FALSE(cause(Proof::checksum, false, true, "aaaa"));
    CHECK_FALSE(cause(Proof::checksum, true, false, "aaaa"));
    CHECK(cause(Proof::follows, false, false, "abaa"));
    CHECK_FALSE(cause(Proof::follows, false, false, "aaaa"));
}

TEST_CASE("two times are believed by the clues; zero on a side is what reproducible tools write") {
    const Clues clues = two_builds();
    CHECK(believes_times(clues, published_clock, rebuilt_clock));
    CHECK(believes_times(clues, 0, rebuilt_clock));
    CHECK(believes_times(clues, published_clock, 0));
    CHECK_FALSE(believes_times(clues, 0, rebuilt_clock + std::int64_t{400} * 86400));
    CHECK_FALSE(believes_times(clues, 1, rebuilt_clock));
    CHECK_FALSE(believes_times(Clues{}, 0, rebuilt_clock));
}

TEST_CASE("times for people: as date -u prints them") {
    const std::vector<std::pair<std::int64_t, std::string>> times = {
        {0, "1970-01-01 00:00:00Z"},         {1772359200, "2026-03-01 10:00:00Z"},
        {951782399, "2000-02-28 23:59:59Z"}, {951868799, "2000-02-29 23:59:59Z"},
        {-1, "1969-12-31 23:59:59Z"},        {253402300799, "9999-12-31 23:59:59Z"},
        {253402300800, "253402300800"},
    };
    for (const auto& [seconds, text] : times) CHECK(show_time(seconds) == text);
    CHECK(seconds_of(2026, 3, 1, 10, 0, 0) == 1772359200);
}

TEST_CASE("PE: the stamp, and the checksum that follows from it") {
    const std::string one = pe(published_clock);
    const Part part = explain("a.exe", one, pe(rebuilt_clock));
    CHECK(part.kind == "pe");
    CHECK(causes_of(part) == "T3 C2");
    CHECK(part.explained());
    CHECK_FALSE(explain("a.exe", one, pe(1000000000)).explained());
    CHECK_FALSE(explain("a.exe", one, pe(rebuilt_clock, "90", 1)).explained());
}

TEST_CASE("PE: code is never explained, nor are broken files") {
    const std::string one = pe(published_clock);
    CHECK(explain("a.exe", one, pe(published_clock, "cc")).all_causes().size() <= 1); // the checksum
    CHECK_FALSE(explain("a.exe", one, pe(published_clock, "cc")).explained());
    check_single_bytes("a.exe", one, {});
    check_mutations("a.exe", one, pe(rebuilt_clock), 2000);
}
