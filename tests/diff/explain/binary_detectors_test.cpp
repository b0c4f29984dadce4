// Numbers and digests in binary data, and all the places where they must not be seen.
#include "tests/diff/explain/document_samples.h"
#include "tests/diff/explain/support.h"

#include "base/printable.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <random>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string number(std::uint64_t value, std::size_t width, bool big_endian) {
    std::string bytes;
    for (std::size_t i = 0; i < width; ++i) {
        bytes += static_cast<char>(value >> 8 * (big_endian ? width - 1 - i : i) & 0xFFU);
    }
    return bytes;
}

/// Binary data (NULs) with `value` at `offset`.
std::string data_with(std::string_view value, std::size_t offset = 16) {
    std::string data("DATA\0\1\2\3", 8);
    data.resize(64, '\0');
    data[40] = 'x';
    data.replace(offset, value.size(), value);
    return data;
}

Part explain_number(std::uint64_t published, std::uint64_t rebuilt, std::size_t width, bool big_endian,
                    std::string_view path = "usr/share/x/data.idx", std::size_t offset = 16) {
    return explain(path, data_with(number(published, width, big_endian), offset),
                   data_with(number(rebuilt, width, big_endian), offset));
}

std::string unhex(std::string_view text) {
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    }
    return bytes;
}

constexpr std::uint64_t before = published_clock - 600;
constexpr std::uint64_t after = rebuilt_clock - 500;

} // namespace

TEST_CASE("times of both builds are found in the forms that tools write") {
    struct Row {
        std::string_view what;
        std::uint64_t published;
        std::uint64_t rebuilt;
        std::size_t width;
        bool big_endian;
    };
    // 2026-03-01 09:50:00 is DOS 0x5C61 0x4E40: (2026-1980)<<9 | 3<<5 | 1, 9<<11 | 50<<5; 2026-03-02 12:04:40 follows
    // rebuilt_clock - 500, which is 12:04:40: 0x5C62, 12<<11 | 4<<5 | 20.
    const std::vector<Row> rows{
        {"seconds, little-endian", before, after, 4, false},
        {"seconds, big-endian", before, after, 4, true},
        {"seconds in 64 bits, little-endian", before, after, 8, false},
        {"seconds in 64 bits, big-endian", before, after, 8, true},
        {"milliseconds", before * 1000 + 17, after * 1000 + 995, 8, false},
        {"milliseconds, big-endian", before * 1000 + 17, after * 1000 + 995, 8, true},
        {"nanoseconds", before * 1'000'000'000 + 5, after * 1'000'000'000 + 999'999'999, 8, false},
        {"FILETIME", (before + 11'644'473'600) * 10'000'000, (after + 11'644'473'600) * 10'000'000 + 1, 8, false},
        {"Mac seconds", before + 2'082'844'800, after + 2'082'844'800, 4, true},
        {"DOS", 0x5C614E40, 0x5C626094, 4, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Part part = explain_number(row.published, row.rebuilt, row.width, row.big_endian);
        CHECK(causes_of(part) == "T3");
        CHECK(part.explained());
    }
}

TEST_CASE("numbers that are no times of these builds are not explained") {
    struct Row {
        std::string_view what;
        std::uint64_t published;
        std::uint64_t rebuilt;
        std::size_t offset;
    };
    const std::vector<Row> rows{
        {"further apart than the builds", before, after + 40000, 16},
        {"the sides exchanged", after, before, 16},
        {"before the oldest file", 1769904000 - 90000, 1769904000 - 90000 + 94380, 16},
        {"not aligned", before, after, 17},
        {"two small numbers", 5, 7, 16},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK_FALSE(
            explain_number(row.published, row.rebuilt, 4, false, "usr/share/x/data.idx", row.offset).explained());
    }
}

TEST_CASE("what runs is never explained by a time or an address, by whatever it shows itself") {
    const std::string time[2] = {data_with(number(before, 4, false)), data_with(number(after, 4, false))};
    const std::string pointer[2] = {data_with(number(0x00007F1234567010, 8, false)),
                                    data_with(number(0x00007F9876543010, 8, false))};
    for (const std::string_view path : {"usr/bin/tool", "usr/lib/libx.so.1", "usr/lib/x.so", "opt/x.ko", "opt/x.pyc",
                                        "boot/vmlinuz-6.1", "usr/libexec/x", "opt/app.jar"}) {
        CAPTURE(path);
        CHECK_FALSE(explain(path, time[0], time[1]).explained());
        CHECK_FALSE(explain(path, pointer[0], pointer[1]).explained());
    }
    using namespace std::string_view_literals;
    for (const std::string_view magic : {"\x7f"
                                         "ELF"sv,
                                         "MZ\x90\0"sv, "\xca\xfe\xba\xbe"sv, "\0asm"sv, "#!/b"sv, "o\r\r\n"sv}) {
        CAPTURE(printable(magic));
        const auto with_magic = [&](std::string data) { return data.replace(0, 4, magic); };
        CHECK_FALSE(explain("usr/share/x/data", with_magic(time[0]), with_magic(time[1])).explained());
        CHECK_FALSE(explain("usr/share/x/data", with_magic(pointer[0]), with_magic(pointer[1])).explained());
    }
}

TEST_CASE("a file with an x bit is not explained by a time") {
    const Clues clues = two_builds();
    const ExplainLimits limits;
    Analyzer analyzer(clues, limits, Analyzer::Clock::now() + std::chrono::minutes(1));
    const std::string sides[2] = {data_with(number(before, 4, false)), data_with(number(after, 4, false))};
    Subject subject;
    subject.path = subject.name = "usr/share/x/data";
    subject.bytes = {as_bytes(sides[0]), as_bytes(sides[1])};
    subject.executable = true;
    CHECK_FALSE(analyzer.analyze(subject).explained());
}

TEST_CASE("bytes beside a time are not covered by it") {
    std::string published = data_with(number(before, 4, false));
    std::string rebuilt = data_with(number(after, 4, false));
    rebuilt[20] = 'p';
    rebuilt[21] = 'w';
    CHECK_FALSE(explain("usr/share/x/data", published, rebuilt).explained());
}

TEST_CASE("an address that moved by whole pages is a pointer") {
    CHECK(causes_of(explain_number(0x00007F1234567010, 0x00007F9876543010, 8, false)) == "R5");
    CHECK(causes_of(explain_number(0x0000551234567010, 0x0000559876543010, 8, false)) == "R5");
}

TEST_CASE("eight bytes that are no address are not explained") {
    struct Row {
        std::string_view what;
        std::uint64_t published;
        std::uint64_t rebuilt;
        std::size_t offset;
    };
    const std::vector<Row> rows{
        {"another place in the page", 0x00007F1234567010, 0x00007F9876543018, 16},
        {"on one side only", 0x00007F1234567010, 0x0000119876543010, 16},
        {"of two regions", 0x0000551234567010, 0x00007F9876543010, 16},
        {"with a tag", 0x00017F1234567010, 0x00017F9876543010, 16},
        {"not aligned", 0x00007F1234567010, 0x00007F9876543010, 20},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK_FALSE(
            explain_number(row.published, row.rebuilt, 8, false, "usr/share/x/data.idx", row.offset).explained());
    }
}

TEST_CASE("a raw digest in binary data is traced to its file") {
    Clues clues = two_builds();
    clues.side[0].derived.add("opt/foo", as_bytes("hello\n"));
    clues.side[1].derived.add("opt/foo", as_bytes("hello, world\n"));
    // printf 'hello\n' | sha256sum; printf 'hello, world\n' | sha256sum
    const std::string published =
        data_with(unhex("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"), 9);
    const std::string rebuilt = data_with(unhex("853ff93762a06ddbf722c4ebe9ddd66d8f63ddaea97f521c3ecc20da7c976020"), 9);
    const Part part = explain("usr/share/x/data", published, rebuilt, clues);
    CHECK(causes_of(part) == "C2");
    CHECK(part.explained());
    REQUIRE(part.differences.size() == 1);
    CHECK(part.differences[0].derived_of == "opt/foo");

    std::string wrong = rebuilt;
    wrong[30] = static_cast<char>(wrong[30] ^ 1);
    CHECK_FALSE(explain("usr/share/x/data", published, wrong, clues).explained());
    CHECK_FALSE(explain("usr/share/x/data", rebuilt, published, clues).explained());
}

TEST_CASE("digests of two files are not the digest of one") {
    Clues clues = two_builds();
    clues.side[0].derived.add("opt/foo", as_bytes("hello\n"));
    clues.side[1].derived.add("opt/bar", as_bytes("hello, world\n"));
    const std::string published =
        data_with(unhex("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"), 9);
    const std::string rebuilt = data_with(unhex("853ff93762a06ddbf722c4ebe9ddd66d8f63ddaea97f521c3ecc20da7c976020"), 9);
    CHECK_FALSE(explain("usr/share/x/data", published, rebuilt, clues).explained());
}

TEST_CASE("the hexadecimal text of a digest inside binary data is traced to its file") {
    Clues clues = two_builds();
    clues.side[0].derived.add("opt/foo", as_bytes("hello\n"));
    clues.side[1].derived.add("opt/foo", as_bytes("hello, world\n"));
    // printf 'hello\n' | md5sum; printf 'hello, world\n' | md5sum
    const std::string published = data_with("b1946ac92492d2347c6235b4d2611184", 9);
    const std::string rebuilt = data_with("22c3683b094136c3398391ae71b20f04", 9);
    CHECK(causes_of(explain("usr/share/x/data", published, rebuilt, clues)) == "C2");
}

TEST_CASE("validity inside DER that moved with the builds is expiry") {
    const auto der = [](std::string_view not_before, std::string_view not_after) {
        const std::string times = "\x17\x0d" + std::string(not_before) + "\x17\x0d" + std::string(not_after);
        return data_with("\x30\x1e" + times, 12);
    };
    // 2026-03-01 09:50:00 and 2026-03-02 12:03:00, the second 94380 seconds later; each 365 days long
    const std::string published = der("260301095000Z", "270301095000Z");
    const Part part = explain("usr/share/x/store", published, der("260302120300Z", "270302120300Z"));
    CHECK(causes_of(part) == "T8");
    CHECK(part.explained());
    CHECK_FALSE(explain("usr/share/x/store", published, der("260302120300Z", "370302120300Z")).explained());
    CHECK_FALSE(explain("usr/share/x/store", published, der("260309120300Z", "270309120300Z")).explained());
    CHECK_FALSE(explain("usr/share/x/store", published, der("260332120300Z", "270332120300Z")).explained());
}

TEST_CASE("mutated data never breaks a detector") {
    std::mt19937 random(11); // NOLINT(cert-msc51-cpp): the same inputs in every run
    Clues clues = two_builds();
    clues.side[0].derived.add("opt/foo", as_bytes("hello\n"));
    clues.side[1].derived.add("opt/foo", as_bytes("hello, world\n"));
    const std::string start =
        data_with(number(before, 4, false)) + unbase64("MIIBiDCCAS+gAwIBAgIUandzJ9JFXx6tt8ZcIjXB");
    for (std::size_t round = 0; round < rounds(2000); ++round) {
        std::string published = start;
        std::string rebuilt = start;
        for (std::string* side : {&published, &rebuilt}) {
            for (int edit = 0; edit < 3; ++edit) (*side)[random() % side->size()] = static_cast<char>(random());
            if (random() % 4 == 0) side->erase(random() % side->size(), random() % 9);
        }
        if (published != rebuilt) explain("usr/share/x/data", published, rebuilt, clues);
    }
}
