// Python bytecode: two compilations of one source by the Python that is there, and bytecode that hides another program.
#include "tests/diff/explain/binary_support.h"
#include "tests/support/effort.h"

#include <fmt/format.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

constexpr std::string_view path = "usr/lib/python3/dist-packages/__pycache__/a.cpython-311.pyc";
constexpr std::string_view source = "import os\n"
                                    "def f(x):\n"
                                    "    return x in {\"aaa\", \"bbb\"} or os.sep\n"
                                    "class C:\n"
                                    "    built = \"2026-03-01 10:00:00\"\n"
                                    "    def g(self): return [f(i) for i in range(4000)], 2.5, 1 << 70\n";

/// The file that py_compile would write, for a source of that name and time.
std::string compiled(std::string_view text, std::string_view file = "/build/a.py",
                     std::int64_t time = published_clock) {
    return from_python(fmt::format("import sys, importlib._bootstrap_external as b\n"
                                   "code = compile({0}, \"{1}\", 'exec', dont_inherit=True)\n"
                                   "sys.stdout.buffer.write(b._code_to_timestamp_pyc(code, {2}, {3}))\n",
                                   "bytes.fromhex('" + hex(text) + "').decode()", file, time, text.size()));
}

/// The same objects after marshal has read and written them: other reference flags.
std::string written_again(const std::string& bytes) {
    return from_python("import sys, marshal\n"
                       "data = bytes.fromhex('" +
                       hex(bytes) +
                       "')\nsys.stdout.buffer.write(data[:16] + marshal.dumps(marshal.loads(data[16:])))\n");
}

/// A header of Python 3.11 for objects made by hand.
std::string with_header(std::string_view body, char flags = 0) {
    std::string bytes("\xa7\x0d\r\n", 4);
    bytes += std::string(1, flags) + std::string(11, '\0');
    return bytes + std::string(body);
}

std::string replaced(std::string bytes, std::string_view from, std::string_view to) {
    const std::size_t at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    return bytes.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("pyc: only the time of the source differs") {
    const Part part = explain(path, compiled(source), compiled(source, "/build/a.py", rebuilt_clock));
    CHECK(part.kind == "pyc");
    CHECK(part.explained());
    // Later than all times of each image: its source has another time there.
    CHECK(causes_of(part) == "T9");
}

TEST_CASE("pyc: a time that files of the image have is the source's own") {
    const Part part =
        explain(path, compiled(source, "a.py", published_clock - 90), compiled(source, "a.py", rebuilt_clock - 90));
    CHECK(causes_of(part) == "T3");
}

TEST_CASE("pyc: a time that fits no build is not explained") {
    CHECK_FALSE(explain(path, compiled(source), compiled(source, "/build/a.py", 1000000000)).explained());
}

TEST_CASE("pyc: reference flags alone depend on counts in memory") {
    const std::string once = compiled(source);
    const std::string again = written_again(once);
    REQUIRE(once != again);
    const Part part = explain(path, once, again);
    CHECK(causes_of(part) == "R4");
    CHECK(part.explained());
}

TEST_CASE("pyc: the directory of the build") {
    const Part part = explain(path, compiled(source), compiled(source, "/home/someone/src/a.py"));
    CHECK(causes_of(part) == "P1");
    CHECK(part.explained());
    CHECK(causes_of(explain(path, compiled(source, "/tmp/x1/a.py"), compiled(source, "/tmp/x2/a.py"))) == "P2");
    CHECK_FALSE(explain(path, compiled(source), compiled(source, "/build/b.py")).explained());
}

TEST_CASE("pyc: another program is never explained, whatever its flags say") {
    const std::string one = compiled(source);
    std::string other = compiled(replaced(std::string(source), "range(4000)", "range(4001)"));
    CHECK_FALSE(explain(path, one, other).explained());
    for (const char flags : {'\1', '\3'}) {
        std::string left = one;
        std::string right = other;
        left[4] = right[4] = flags;
        const Part part = explain(path, left, right);
        CHECK(part.all_causes().empty());
        CHECK_FALSE(part.explained());
    }
    other = compiled(replaced(std::string(source), "import os", "import re"));
    CHECK_FALSE(explain(path, one, other).explained());
}

TEST_CASE("pyc: a set in another order is the same set") {
    const std::string left = with_header(std::string_view(">\x02\0\0\0z\3aaaz\3bbb", 15));
    const std::string right = with_header(std::string_view(">\x02\0\0\0z\3bbbz\3aaa", 15));
    const Part part = explain(path, left, right);
    CHECK(causes_of(part) == "O3");
    CHECK(part.explained());
    CHECK_FALSE(explain(path, left, replaced(right, "aaa", "aac")).explained());
    // A tuple has an order.
    CHECK_FALSE(explain(path, replaced(left, ">", "("), replaced(right, ">", "(")).explained());
}

TEST_CASE("pyc: a reference into a set means another member when the set is in another order") {
    // (frozenset of two marked strings, reference to the first marked)
    const std::string left = with_header(std::string_view(")\x02>\x02\0\0\0\xfa\3aaa\xfa\3bbbr\0\0\0\0", 22));
    const std::string right = with_header(std::string_view(")\x02>\x02\0\0\0\xfa\3bbb\xfa\3aaar\0\0\0\0", 22));
    const Part part = explain(path, left, right);
    CHECK(cause_at(part, "the module") == "O3");
    CHECK_FALSE(part.explained());
    CHECK(explain(path, left, replaced(right, std::string("r\0\0\0\0", 5), std::string("r\1\0\0\0", 5))).explained());
}

TEST_CASE("pyc: another version of Python says so and explains no code") {
    const std::string one = compiled(source);
    std::string other = one;
    other[0] = static_cast<char>(other[0] ^ 1);
    other.back() = static_cast<char>(other.back() ^ 1);
    const Part part = explain(path, one, other);
    CHECK(cause_at(part, "magic") == "V4");
    CHECK_FALSE(part.explained());
}

TEST_CASE("pyc: every byte is accounted for") {
    const std::string bytes = compiled(source);
    const Part part = explain(path, bytes, flipped(bytes, 12, 1));
    CHECK(cause_at(part, "size of the source") == "none");
    // The magic is a toolchain, the source's name a build path, and a date in a constant is a date.
    const std::size_t date = bytes.find("2026-03-01");
    const std::size_t name = bytes.find("/build/a.py") - 2;
    for (std::size_t at = 0; at < bytes.size(); at += each_byte) {
        const bool in_field =
            at < 2 || (at >= 8 && at < 12) || (at >= date && at < date + 19) || (at >= name && at < name + 13);
        for (const unsigned mask : {1U, 0x20U, 0x80U}) {
            const Part one = explain(path, bytes, flipped(bytes, at, mask));
            // Marks of an object that nothing refers to, and of interned texts, mean nothing.
            const bool mark = mask != 1 && causes_of(one) == "R4";
            INFO("byte " << at);
            CHECK(one.all_differing()[0] + one.all_differing()[1] > 0);
            CHECK((!one.explained() || in_field || mark));
        }
    }
}

TEST_CASE("pyc: mutated files do not crash") {
    const std::string bytes = compiled(source);
    check_mutations(path, bytes, written_again(bytes), 1500);
    check_mutations(path, with_header(std::string(5000, ')')), with_header(std::string(5000, '(')), 20);
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += ")\x01";
    CHECK_FALSE(explain(path, with_header(deep + "N"), with_header(deep + "T")).explained());
}
