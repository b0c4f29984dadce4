// Pictures, catalogues, key stores, classes, images and indexes: one real pair each, and the fields that explain it.
#include "tests/diff/explain/binary_samples.h"
#include "tests/diff/explain/binary_support.h"

#include <fmt/format.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// A picture by Python's zlib: chunks in the order of ImageMagick.
std::string png(int level, std::string_view date, std::string_view time, std::string_view pixel = "7") {
    return from_python(
        fmt::format("import sys, zlib, struct\n"
                    "def chunk(t, d): return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))\n"
                    "rows = b''.join(b'\\0' + bytes((x * y + {3}) % 256 for x in range(40)) for y in range(40))\n"
                    "sys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 40, "
                    "40, 8, 0, 0, 0, "
                    "0)) + chunk(b'tIME', struct.pack('>HBBBBB', *{2})) + chunk(b'IDAT', zlib.compress(rows, {0})) + "
                    "chunk(b'tEXt', b'date:create\\x00{1}') + chunk(b'IEND', b''))\n",
                    level, date, time, pixel));
}
constexpr std::string_view first_date = "2026-03-01T09:59:00+00:00";
constexpr std::string_view second_date = "2026-03-02T12:12:00+00:00";
constexpr std::string_view first_time = "(2026,3,1,9,59,0)";
constexpr std::string_view second_time = "(2026,3,2,12,12,0)";

std::size_t find(const std::string& bytes, std::string_view what) {
    const std::size_t at = bytes.find(what);
    REQUIRE(at != std::string::npos);
    return at;
}

/// A U-Boot image as mkimage lays it out, with right checksums.
std::string uimage(std::int64_t time, std::string_view data) {
    return from_python(fmt::format("import sys, zlib, struct\n"
                                   "data = bytes.fromhex('{1}')\n"
                                   "rest = struct.pack('>IIIIIBBBB32s', {0}, len(data), 0, 0, zlib.crc32(data), 5, 2, "
                                   "2, 0, b'kernel')\n"
                                   "head = b'\\x27\\x05\\x19\\x56' + b'\\0' * 4 + rest\n"
                                   "sys.stdout.buffer.write(head[:4] + struct.pack('>I', zlib.crc32(head)) + rest + "
                                   "data)\n",
                                   time, hex(data)));
}

std::string pdf(std::string_view date, std::string_view id) {
    return fmt::format("%PDF-1.5\n1 0 obj\n<< /Producer (x) /CreationDate (D:{0}) /ModDate (D:{0}) >>\nendobj\n"
                       "trailer\n<< /Root 2 0 R /ID [ <{1}> <{1}> ] >>\nstartxref\n9\n%%EOF\n",
                       date, id);
}

} // namespace

TEST_CASE("PNG: times, texts with dates and another compression; the checksums follow") {
    const std::string one = png(9, first_date, first_time);
    const Part part = explain("a.png", one, png(1, second_date, second_time));
    CHECK(part.kind == "png");
    CHECK(cause_at(part, "tIME") == "T3");
    CHECK(cause_at(part, "tIME: CRC") == "C2");
    CHECK(cause_at(part, "picture") == "C3");
    CHECK(cause_at(part, "date:create: CRC") == "C2");
}

TEST_CASE("PNG: another picture is another picture") {
    const Part part = explain("a.png", png(9, first_date, first_time), png(9, first_date, first_time, "8"));
    CHECK_FALSE(part.explained());
    CHECK(part.all_causes().empty());
}

TEST_CASE("PNG: every byte is accounted for") {
    const std::string bytes = png(9, first_date, first_time);
    check_single_bytes("a.png", bytes, {{find(bytes, first_date), first_date.size()}}); // the detectors may know dates
    check_mutations("a.png", bytes, png(1, second_date, second_time), 1000);
}

TEST_CASE("gettext: the date in the header entry is the only difference") {
    const std::string one = unbase64(mo_published);
    const Part part = explain("usr/share/locale/de/LC_MESSAGES/a.mo", one, unbase64(mo_rebuilt));
    CHECK(part.kind == "mo");
    REQUIRE(part.parts.size() == 1);
    CHECK(part.parts[0].name == "header entry");
    const std::size_t header = find(one, "Project-Id");
    check_single_bytes("a.mo", one, {{header, one.size() - header}});
    check_mutations("a.mo", one, unbase64(mo_rebuilt), 1000);
}

TEST_CASE("JKS: times of entries, and the digest that follows from them") {
    const std::string one = unbase64(jks_published);
    const std::string two = unbase64(jks_rebuilt);
    const Part part = explain("etc/ssl/certs/java/cacerts", one, two);
    CHECK(part.kind == "jks");
    CHECK(causes_of(part) == "T3 C2");
    CHECK(part.explained());
    check_single_bytes("cacerts", one, {});
    // A time without a new digest: the digest is the same, but the file is not what it says.
    check_mutations("cacerts", one, two, 1500);
}

TEST_CASE("Java: a text of the constant pool is compared by itself") {
    const std::string one = unbase64(java_class_published);
    const Part part = explain("A.class", one, unbase64(java_class_rebuilt));
    CHECK(part.kind == "class");
    REQUIRE(part.parts.size() == 1);
    CHECK(part.parts[0].name.starts_with("constant "));
    CHECK(causes_of(explain("A.class", one, flipped(one, 7, 1))) == "V4");
    const std::size_t text = find(one, "2026-03-01");
    check_single_bytes("A.class", one, {{4, 4}, {text, 23}});
    check_mutations("A.class", one, unbase64(java_class_rebuilt), 2000);
}

TEST_CASE("squashfs: the time of its making, and nothing else") {
    const auto image = [](std::string_view time) {
        std::string bytes(400, '\x5a');
        bytes.replace(0, 4, "hsqs");
        bytes.replace(8, 4, time);
        bytes.replace(28, 2, std::string("\4\0", 2));
        return bytes;
    };
    const std::string one = image("\x20\x0e\xa4\x69"); // 1772359200
    const Part part = explain("a.squashfs", one, image("\xcc\x7e\xa5\x69"));
    CHECK(part.kind == "squashfs");
    CHECK(causes_of(part) == "T3");
    CHECK(part.explained());
    check_single_bytes("a.squashfs", one, {{8, 4}});
}

TEST_CASE("U-Boot image: the time, and the checksum of the header that follows") {
    const std::string one = uimage(published_clock, "kernel code");
    const Part part = explain("boot/uImage", one, uimage(rebuilt_clock, "kernel code"));
    CHECK(causes_of(part) == "T3 C2");
    CHECK(part.explained());
    CHECK_FALSE(explain("boot/uImage", one, uimage(published_clock, "kernel c0de")).explained());
    check_single_bytes("boot/uImage", one, {});
    check_mutations("boot/uImage", one, uimage(rebuilt_clock, "kernel code"), 1000);
}

TEST_CASE("PDF: dates and ids") {
    const std::string one = pdf("20260301095900Z", "00112233445566778899aabbccddeeff");
    const Part part = explain("a.pdf", one, pdf("20260302131200+01'00'", "0123456789abcdef0123456789abcdef"));
    CHECK(part.kind == "pdf");
    CHECK(cause_at(part, "/ID") == "R1");
    const Part same_form = explain("a.pdf", one, pdf("20260302121200Z", "0123456789abcdef0123456789abcdef"));
    CHECK(causes_of(same_form) == "T2 R1");
    CHECK(same_form.explained());
    CHECK_FALSE(explain("a.pdf", one, pdf("19990302121200Z", "00112233445566778899aabbccddeeff")).explained());
    check_single_bytes("a.pdf", one, {{find(one, "D:"), 60}, {find(one, "<0011"), 70}});
    check_mutations("a.pdf", one, pdf("20260302121200Z", "0123456789abcdef0123456789abcdef"), 1500);
}

TEST_CASE("git index: what lstat said, and the digest of the whole") {
    const std::string one = unbase64(git_index_published);
    const std::string two = unbase64(git_index_rebuilt);
    const Part part = explain("src/.git/index", one, two);
    CHECK(part.kind == "git-index");
    CHECK(part.explained());
    CHECK(cause_at(part, "a.txt: time") == "T3");
    CHECK(cause_at(part, "a.txt: inode") == "E9");
    check_single_bytes("src/.git/index", one, {}); // the digest is wrong then
    check_mutations("src/.git/index", one, two, 1000);
}
