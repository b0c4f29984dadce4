// ELF: two real builds of one source, and what an attacker would like to have explained away.
#include "tests/diff/explain/binary_support.h"
#include "tests/support/effort.h"

using namespace touchstone;
using namespace touchstone::test;

namespace {

constexpr std::string_view source = "#include <stdio.h>\n"
                                    "int limit = 1772359200;\n"
                                    "int main(void) { puts(BUILT); return limit == 7; }\n";

/// One source, compiled in the directories "one" and "two" with other options.
std::array<std::string, 2> build(const std::string& first, const std::string& second, const std::string& after = "") {
    const TempDir directory;
    directory.write("one/a.c", source);
    directory.write("two/a.c", source);
    run_in(directory, "cd one && gcc -DBUILT='\"x\"' " + first + " a.c -o a" + after);
    run_in(directory, "cd two && gcc -DBUILT='\"x\"' " + second + " a.c -o a" + after);
    return {read_text_file(directory / "one/a"), read_text_file(directory / "two/a")};
}

std::size_t find(const std::string& bytes, std::string_view what) {
    const std::size_t at = bytes.find(what);
    REQUIRE(at != std::string::npos);
    return at;
}

constexpr std::string_view build_id_head("\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0", 16);

} // namespace

TEST_CASE("ELF: debug information of two directories leaves the build-id derived, and the code equal") {
    const auto [published, rebuilt] = build("-g", "-g");
    REQUIRE(published != rebuilt);
    const Part part = explain("usr/bin/a", published, rebuilt);
    CHECK(part.kind == "elf");
    CHECK(cause_at(part, "build-id") == "C2");
    CHECK(cause_at(part, ".text: ") == "no such place");
}

TEST_CASE("ELF: a build-id that differs alone has no cause") {
    const auto bytes = build("", "")[0];
    const std::size_t at = find(bytes, build_id_head) + 16;
    const Part part = explain("usr/bin/a", bytes, flipped(bytes, at + 3, 0x10));
    CHECK(cause_at(part, "build-id") == "none");
    CHECK_FALSE(part.explained());
}

TEST_CASE("ELF: the checksum of a separate debug file is derived") {
    const std::string split = " && objcopy --only-keep-debug a a.debug && objcopy --strip-debug "
                              "--add-gnu-debuglink=a.debug a";
    const auto [published, rebuilt] = build("-g", "-g", split);
    const Part part = explain("usr/bin/a", published, rebuilt);
    CHECK(causes_of(part) == "C2");
    CHECK(part.explained());
}

TEST_CASE("ELF: numbers that look like times are not explained, in code or in tables") {
    const auto bytes = build("", "")[0];
    const std::string time("\xa0\x0f\xa4\x69", 4); // 1772359584, a minute of the published build
    REQUIRE(explain("a", bytes, bytes + "x").kind == "elf");
    for (const std::string_view after : {"\xf3\x0f\x1e\xfa", ".init_array"}) {
        const std::size_t at = bytes.rfind(after);
        REQUIRE(at != std::string::npos);
        std::string left = bytes;
        std::string right = bytes;
        left.replace(at / 4 * 4, 4, "\x20\x0e\xa4\x69");
        right.replace(at / 4 * 4, 4, "\xcc\x7e\xa5\x69");
        CHECK_FALSE(explain("usr/bin/a", left, right).explained());
    }
}

TEST_CASE("ELF: another version of the same compiler is a toolchain; another text in its place is nothing") {
    const auto bytes = build("", "")[0];
    const std::size_t at = find(bytes, "GCC: (");
    const std::size_t digit = bytes.find_first_of("0123456789", at);
    CHECK(causes_of(explain("a", bytes, flipped(bytes, digit, 1))) == "V4");
    CHECK(causes_of(explain("a", bytes, flipped(bytes, at, 1))).empty());
}

TEST_CASE("ELF: another machine explains a file only where the images are for two machines") {
    const auto bytes = build("", "")[0];
    const std::string other = flipped(bytes, 18, 0x3e ^ 0xb7);
    CHECK_FALSE(explain("a", bytes, other).explained());
    Clues clues = two_builds();
    clues.side[1].architecture = "arm64";
    const Part part = explain("a", bytes, other, clues);
    CHECK(causes_of(part) == "C5");
    CHECK(part.explained());
}

TEST_CASE("ELF: code compiled for two processors, as the compiler recorded, is suspicious but has its cause") {
    const TempDir directory;
    const std::string flags = "-O3 -c -frecord-gcc-switches -ffunction-sections -fno-function-sections ";
    directory.write("a.c", "float f(const float* x) { float s = 0; for (int i = 0; i < 64; ++i) s += x[i] * x[i]; "
                           "return s; }\n");
    run_in(directory, "gcc " + flags + "-ffast-math -march=x86-64 a.c -o one && gcc " + flags +
                          "-ffast-math -march=haswell a.c -o two");
    const Part part = explain("lib/a.o", read_text_file(directory / "one"), read_text_file(directory / "two"));
    CHECK(cause_at(part, ".text: 0x") == "E3");
}

TEST_CASE("ELF: code of two profiles, as the compiler recorded, has its cause; of no profile it has none") {
    const auto bytes = build("-c -frecord-gcc-switches -fprofile-use -Wno-missing-profile", "-c")[0];
    const std::size_t code = find(bytes, "\x55\x48\x89\xe5"); // push %rbp; mov %rsp,%rbp
    const Part part = explain("a.o", bytes, flipped(bytes, code, 1));
    CHECK(cause_at(part, ".text: 0x") == "C4");
    const auto plain = build("-c -frecord-gcc-switches", "-c")[0];
    CHECK_FALSE(explain("a.o", plain, flipped(plain, find(plain, "\x55\x48\x89\xe5"), 1)).explained());
}

TEST_CASE("ELF: debug information names directories, compressed or not") {
    // Of these two the compiler writes the names in one order; it is that of a hash.
    for (const std::string_view packed : {"", " -gz=zlib"}) {
        const std::string flags = "-g" + std::string(packed);
        const auto [published, rebuilt] =
            build(flags + " -ffile-prefix-map=$PWD=/build/b/hello", flags + " -ffile-prefix-map=$PWD=/build/c/hello");
        const Part part = explain("usr/bin/a", published, rebuilt);
        CAPTURE(std::string(packed));
        CHECK(causes_of(part).find("P1") != std::string::npos);
        CHECK(part.explained());
    }
}

TEST_CASE("ELF: a compressed section that is damaged is compared as it stands") {
    const auto bytes = build("-g -gz=zlib -c", "")[0];
    // ch_type 1, and the stream's own mark behind the 24 bytes of the head.
    const std::size_t stream = find(bytes, "\x78\x9c");
    for (std::size_t at = stream - 24; at < stream + 40; ++at) {
        CAPTURE(at - stream);
        CHECK_FALSE(explain("a.o", bytes, flipped(bytes, at, 0x04)).explained());
    }
}

TEST_CASE("ELF: the signature of a kernel module") {
    const auto bytes = build("-c", "-c")[0];
    const auto sign = [&](char fill) {
        std::string info(12, '\0');
        info[11] = 40;
        return bytes + std::string(40, fill) + info + "~Module signature appended~\n";
    };
    const Part part = explain("lib/modules/a.ko", sign('a'), sign('b'));
    CHECK(causes_of(part) == "R3");
    CHECK(part.explained());
    CHECK_FALSE(explain("lib/modules/a.ko", sign('a'), bytes).explained());
}

TEST_CASE("ELF: every byte is accounted for, and only the build-id's neighbours could explain") {
    const auto bytes = build("-Wl,-z,norelro -s", "-s")[0];
    const std::size_t comment = find(bytes, "GCC: (");
    check_single_bytes("usr/bin/a", bytes, {{comment, 64}}, 61);
    check_single_bytes("usr/bin/a", bytes.substr(0, 1200), {}, 7); // no section table any more
    const std::string head = bytes.substr(0, 64);
    for (std::size_t at = 0; at < 64; ++at) {
        const std::string mutated = flipped(bytes, at, 0x21);
        CHECK_FALSE(explain("usr/bin/a", bytes, mutated).explained());
    }
}

TEST_CASE("ELF: mutated files do not crash") {
    const auto [published, rebuilt] = build("-g -c", "-g -c -O2");
    check_mutations("a.o", published, rebuilt, 750);
    // The section table stands at the end.
    check_mutations("a.o", std::string(published.rbegin(), published.rend()), rebuilt, 10);
    const std::string front = published.substr(0, 64);
    std::string tail = published.substr(64);
    for (std::size_t i = 0; i < rounds(300); ++i) {
        const std::string left = front + flipped(tail, tail.size() - 1 - i, 0x80);
        CHECK_FALSE(explain("a.o", published, left).explained());
    }
}
