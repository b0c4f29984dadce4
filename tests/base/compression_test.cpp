// Sniffing as containerd does it, plain input, and the limits, which hold for every kind.
#include "base/compression.h"
#include "tests/base/gzip_builder.h"
#include "tests/base/helpers.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <vector>

namespace touchstone::test {

namespace {

std::string inflated(const std::string& stream, CompressionFacts& facts, const InflateLimits& limits = {}) {
    const auto source = inflate(std::make_unique<PiecewiseSource>(stream, 1000), limits, facts);
    std::string content = content_of(*source, 4096);
    std::uint8_t byte = 0;
    CHECK(source->read({&byte, 1}) == 0); // the end stays the end
    return content;
}

} // namespace

TEST_CASE("compression is decided by magic bytes, as containerd decides it") {
    struct Row {
        std::string name;
        std::string head;
        Compression expected;
    };
    const std::vector<Row> rows{
        {"nothing", "", Compression::none},
        {"gzip", "\x1f\x8b\x08", Compression::gzip},
        {"two bytes of gzip", "\x1f\x8b", Compression::none},
        {"gzip with another method", "\x1f\x8b\x07", Compression::none},
        {"zstd", "\x28\xb5\x2f\xfd", Compression::zstd},
        {"three bytes of zstd", "\x28\xb5\x2f", Compression::none},
        {"the first skippable magic", std::string("\x50\x2a\x4d\x18\0\0\0\0", 8), Compression::zstd},
        {"the last skippable magic", std::string("\x5f\x2a\x4d\x18\0\0\0\0", 8), Compression::zstd},
        {"past the skippable magics", std::string("\x60\x2a\x4d\x18\0\0\0\0", 8), Compression::none},
        {"a skippable magic of 7 bytes", std::string("\x50\x2a\x4d\x18\0\0\0", 7), Compression::none},
        {"zero blocks", std::string(512, '\0'), Compression::none},
        {"a tar called BZh9", header_block({.name = "BZh9"}), Compression::none},
        {"a tar called 7z", header_block({.name = "7z\xbc\xaf\x27\x1c"}), Compression::none},
        {"BZh and no block size", "BZhello", Compression::none},
        {"a tar whose name begins with the gzip magic: undecodable for all", header_block({.name = "\x1f\x8b\x08"}),
         Compression::gzip},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(sniff_compression(as_bytes(row.head)) == row.expected);
    }
}

TEST_CASE("compressions that no runtime reads are refused by their names") {
    struct Row {
        std::string head;
        std::string name;
    };
    const std::vector<Row> rows{
        {std::string("\xfd"
                     "7zXZ\0\0\4",
                     8),
         "xz"},
        {"BZh91AY&", "bzip2"},
        {"\x04\x22\x4d\x18\x64\x40\xa7\x6f", "lz4"},
        {std::string("7z\xbc\xaf\x27\x1c\0\4", 8), "7z"},
        {"BZh91AY&" + std::string(600, 'x'), "bzip2"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CompressionFacts facts;
        const auto refusal = refusal_of([&] { inflated(row.head, facts); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::unsupported);
        CHECK(refusal->says(row.name));
    }
}

TEST_CASE("plain input passes through and is counted") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{700001}}) {
        const std::string content(size, 'p');
        CompressionFacts facts;
        CHECK((inflated(content, facts) == content));
        CHECK(facts.kind == Compression::none);
        CHECK(facts.compressed == size);
        CHECK(facts.uncompressed == size);
        CHECK(facts.members == 0);
    }
}

TEST_CASE("facts of an earlier stream are forgotten") {
    CompressionFacts facts;
    inflated(gzip_member({.content = "x", .mtime = 5, .name = "n"}), facts);
    CHECK(facts.gzip_name == "n");
    inflated("plain", facts);
    CHECK(facts == CompressionFacts{.kind = Compression::none, .compressed = 5, .uncompressed = 5});
}

TEST_CASE("the limits of a stream") {
    struct Row {
        std::string name;
        std::string stream;
        InflateLimits limits;
        bool refused;
    };
    const std::string zeros(4 << 20, '\0'); // deflate makes about 1000 : 1 of it
    const std::string bomb = gzip_of_text(zeros);
    const std::string noise = gzip_of_text(Random(3).bytes(1 << 20));
    const std::vector<Row> rows{
        {"a bomb past floor and ratio", bomb, {.ratio_floor = 1 << 20, .ratio = 200}, true},
        {"a bomb under the floor", bomb, {.ratio_floor = 4 << 20, .ratio = 200}, false},
        {"a bomb under the ratio", bomb, {.ratio_floor = 1 << 20, .ratio = 1032}, false},
        {"ordinary data past the floor", noise, {.ratio_floor = 1 << 10, .ratio = 2}, false},
        {"the absolute bound, met", bomb, {.output = 4 << 20}, false},
        {"the absolute bound, passed by one", bomb, {.output = (4 << 20) - 1}, true},
        {"the absolute bound of plain input", zeros, {.output = (4 << 20) - 1}, true},
        {"a ratio of zero means one", noise, {.ratio_floor = 0, .ratio = 0}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CompressionFacts facts;
        const auto refusal = refusal_of([&] { inflated(row.stream, facts, row.limits); });
        CHECK(refusal.has_value() == row.refused);
        if (refusal) CHECK(refusal->kind == ErrorKind::over_limit);
    }
}

} // namespace touchstone::test
