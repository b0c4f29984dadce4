// zstd as a specification: RFC 8878 and spec/formats-and-hostile-input.md section 3.4. Frames by libzstd, or by hand.
#include "base/compression.h"
#include "tests/base/helpers.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>
#include <zstd.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace touchstone::test {

namespace {

std::string zstd_frame(std::string_view content, int level = 3, bool checksum = true, bool content_size = true) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, content_size ? 1 : 0);
    std::string out(ZSTD_compressBound(content.size()), '\0');
    const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), content.data(), content.size());
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
    out.resize(size);
    return out;
}

/// RFC 8878 section 3.1.2: one of sixteen magic numbers, a size, bytes that mean nothing to the decoder.
std::string skippable_frame(std::string_view payload, unsigned variant = 0) {
    std::string out;
    out += static_cast<char>(0x50 + variant);
    out += "\x2a\x4d\x18";
    for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(payload.size() >> (8 * i) & 255U);
    return out + std::string(payload);
}

const std::string magic = "\x28\xb5\x2f\xfd";
const std::string empty_last_block("\x01\x00\x00", 3); // raw, size 0

struct Inflated {
    std::string content;
    CompressionFacts facts;
};

Inflated unzstd(const std::string& stream, const InflateLimits& limits = {}, std::size_t piece = SIZE_MAX,
                std::size_t step = 262144) {
    Inflated result;
    const auto source = inflate(std::make_unique<PiecewiseSource>(stream, piece), limits, result.facts);
    result.content = content_of(*source, step);
    return result;
}

} // namespace

TEST_CASE("zstd frames and skippable frames in any order give the data frames' content") {
    const std::array<std::size_t, 9> sizes{0, 1, 255, 256, 65536, 131072, 131073, 262144, 700000};
    const std::array<std::size_t, 4> pieces{1, 100, 70000, SIZE_MAX};
    const std::array<std::size_t, 4> steps{10, 4096, 262144, 1000000};
    Random random(99);
    for (std::size_t round = 0; round < rounds(40); ++round) {
        std::string stream;
        std::string expected;
        std::uint32_t frames = 0;
        std::uint32_t skippable = 0;
        const std::uint32_t parts = 1 + random.below(6);
        for (std::uint32_t i = 0; i < parts; ++i) {
            if (random.below(3) == 0) {
                stream += skippable_frame(random.bytes(random.below(5000)), random.below(16));
                ++skippable;
                continue;
            }
            const std::string content = random.bytes(sizes[random.below(sizes.size())], random.below(2) != 0 ? 256 : 3);
            stream +=
                zstd_frame(content, 1 + static_cast<int>(random.below(5)), random.below(2) != 0, random.below(2) != 0);
            expected += content;
            ++frames;
        }
        CAPTURE(round);
        const Inflated result =
            unzstd(stream, {}, pieces[random.below(pieces.size())], steps[random.below(steps.size())]);
        CHECK((result.content == expected));
        CHECK(result.facts.kind == Compression::zstd);
        CHECK(result.facts.members == frames);
        CHECK(result.facts.skippable_frames == skippable);
        CHECK(result.facts.compressed == stream.size());
        CHECK(result.facts.uncompressed == expected.size());
    }
}

TEST_CASE("a zstd stream cut short at any byte is refused as malformed") {
    const std::string first = zstd_frame("hello, hello, hello, hello");
    const std::string second = skippable_frame("0123456789abcdef");
    const std::string stream = first + second + zstd_frame(std::string(300, 'w'), 3, true, false);
    for (std::size_t length = 4; length < stream.size(); ++length) { // below 4 bytes there is no magic: plain
        if (length == first.size() || length == first.size() + second.size()) continue;
        CAPTURE(length);
        const auto refusal = refusal_of([&] { unzstd(stream.substr(0, length)); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::malformed);
    }
}

TEST_CASE("what is wrong with a zstd stream is refused by name") {
    struct Row {
        std::string name;
        std::string stream;
        ErrorKind kind;
        const char* says;
    };
    const std::string good = zstd_frame("good");
    std::string bad_checksum = zstd_frame("content");
    bad_checksum.back() = static_cast<char>(bad_checksum.back() ^ 1);
    const std::vector<Row> rows{
        {"trailing garbage", good + "garbage", ErrorKind::malformed, "trailing garbage"},
        {"trailing zero bytes", good + std::string(4, '\0'), ErrorKind::malformed, "trailing garbage"},
        {"three trailing bytes", good + "\x28\xb5\x2f", ErrorKind::malformed, "trailing garbage"},
        {"a legacy v0.7 frame after a good one", good + "\x27\xb5\x2f\xfd" + std::string(20, '\0'),
         ErrorKind::malformed, "trailing garbage"},
        {"a gzip member after a frame", good + "\x1f\x8b\x08", ErrorKind::malformed, "trailing garbage"},
        {"a wrong content checksum", bad_checksum, ErrorKind::malformed, "checksum"},
        {"a dictionary", magic + "\x21\x07" + std::string(1, '\0') + empty_last_block, ErrorKind::unsupported,
         "dictionary 7"},
        {"the reserved bit", magic + "\x28" + std::string(1, '\0') + empty_last_block, ErrorKind::malformed,
         "reserved bit"},
        {"a window of 2^28", magic + std::string("\0\x90", 2) + empty_last_block, ErrorKind::over_limit, "268435456"},
        {"a window of 2^27 and an eighth", magic + std::string("\0\x89", 2) + empty_last_block, ErrorKind::over_limit,
         "150994944"},
        {"a single segment of 2^40 bytes", magic + "\xe0" + std::string("\0\0\0\0\0\1\0\0", 8) + empty_last_block,
         ErrorKind::over_limit, "1099511627776"},
        {"a content size that lies", magic + "\x20\x05" + empty_last_block, ErrorKind::malformed, "zstd frame 1"},
        {"a reserved block type", magic + std::string("\x20\x00\x07\x00\x00", 5), ErrorKind::malformed, "zstd frame 1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto refusal = refusal_of([&] { unzstd(row.stream); });
        REQUIRE(refusal);
        CAPTURE(refusal->message);
        CHECK(refusal->kind == row.kind);
        CHECK(refusal->says(row.says));
    }
}

TEST_CASE("a window at the limit is accepted, and the limit can be raised") {
    CHECK(unzstd(magic + std::string("\0\x88", 2) + empty_last_block).facts.zstd_window == std::uint64_t{1} << 27U);
    InflateLimits wide;
    wide.zstd_window_log = 28;
    CHECK(unzstd(magic + std::string("\0\x90", 2) + empty_last_block, wide).facts.zstd_window == std::uint64_t{1}
                                                                                                     << 28U);
    InflateLimits absurd;
    absurd.zstd_window_log = 99;
    const auto refusal = refusal_of([&] { unzstd(zstd_frame("x"), absurd); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::usage);
}

TEST_CASE("window and checksum are facts of the first data frame") {
    const Inflated with = unzstd(skippable_frame("x") + zstd_frame("hello", 3, true) + zstd_frame("world", 3, false));
    CHECK(with.facts.zstd_checksum);
    CHECK(with.facts.zstd_window == 5); // a single segment: its content is its window
    CHECK_FALSE(unzstd(zstd_frame("hello", 3, false) + zstd_frame("world", 3, true)).facts.zstd_checksum);
    // RFC 8878 3.1.1.1.3: a two-byte content size counts from 256.
    CHECK(unzstd(zstd_frame(std::string(300, 'x'))).facts.zstd_window == 300);
}

TEST_CASE("the zstd:chunked footer is the end of the last skippable frame") {
    const std::string data = zstd_frame("tar");
    const std::string footer =
        skippable_frame(std::string(56, '\1') + "GNUlInUx"); // 64 bytes, as containers/storage writes it
    CHECK(unzstd(data + skippable_frame("toc") + footer).facts.zstd_chunked_footer);
    CHECK(unzstd(data + skippable_frame("GNUlInUx")).facts.zstd_chunked_footer);
    CHECK_FALSE(unzstd(data + footer + skippable_frame("other")).facts.zstd_chunked_footer);
    CHECK_FALSE(unzstd(data + skippable_frame("NUlInUx")).facts.zstd_chunked_footer);
    CHECK_FALSE(unzstd(data + skippable_frame("")).facts.zstd_chunked_footer);
    CHECK_FALSE(unzstd(data).facts.zstd_chunked_footer);
}

TEST_CASE("a blob of skippable frames only is an empty zstd stream") {
    const Inflated result = unzstd(skippable_frame("abc", 15));
    CHECK(result.content.empty());
    CHECK(result.facts.kind == Compression::zstd);
    CHECK(result.facts.members == 0);
    CHECK(result.facts.skippable_frames == 1);
}

TEST_CASE("a zstd bomb is refused when it passes the floor and the ratio") {
    InflateLimits limits;
    limits.ratio_floor = 1 << 20;
    const std::string bomb = zstd_frame(std::string(8 << 20, '\0')); // runs: thousands to one
    const auto refusal = refusal_of([&] { unzstd(bomb, limits); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::over_limit);
    CHECK(unzstd(bomb).content.size() == 8 << 20); // under the default floor of 1 GiB nobody asks
}

} // namespace touchstone::test
