// gzip as a specification: RFC 1952 and spec/formats-and-hostile-input.md section 3.4, for both deflate decoders.
#include "base/compression.h"
#include "base/decoders.h"
#include "tests/base/gzip_builder.h"
#include "tests/base/helpers.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace touchstone::test {

namespace {

struct Decoder {
    std::string name;
    std::unique_ptr<DeflateDecoder> (*make)();
};
const std::array decoders{Decoder{"zlib", make_zlib_decoder}, Decoder{"fast", make_fast_decoder}};

struct Inflated {
    std::string content;
    CompressionFacts facts;
};

Inflated gunzip(const std::string& stream, const Decoder& decoder, std::size_t piece = SIZE_MAX,
                std::size_t step = 262144) {
    Inflated result;
    const auto source = make_gzip_source(CompressedInput(std::make_unique<PiecewiseSource>(stream, piece)),
                                         InflateLimits{}, result.facts, decoder.make());
    result.content = content_of(*source, step);
    return result;
}

std::optional<Refusal> gunzip_refusal(const std::string& stream, const Decoder& decoder) {
    return refusal_of([&] { gunzip(stream, decoder); });
}

/// Content of the three kinds that exercise stored, literal-heavy and match-heavy blocks.
std::string sample(Random& random, std::size_t size) {
    switch (random.below(4)) {
    case 0:
        return random.bytes(size);
    case 1:
        return random.bytes(size, 4);
    case 2:
        return std::string(size, 'z');
    default:
        break;
    }
    std::string text; // repeats at distances up to the whole window
    while (text.size() < size)
        text += text.size() > 40 && random.below(3) != 0
                    ? text.substr(random.below(static_cast<std::uint32_t>(text.size())), random.below(400))
                    : random.bytes(1 + random.below(60));
    text.resize(size);
    return text;
}

} // namespace

TEST_CASE("concatenated gzip members give their contents in order, whatever the sizes, pieces and buffers") {
    const std::array<std::size_t, 16> sizes{0,     1,     2,     7,     8,     9,      255,    4096,
                                            32767, 32768, 32769, 65536, 70000, 262143, 262144, 300001};
    const std::array<std::size_t, 6> pieces{1, 7, 511, 4096, 65537, SIZE_MAX};
    const std::array<std::size_t, 6> steps{1, 100, 4096, 65536, 262144, 1000000};
    Random random(20240601);
    for (std::size_t round = 0; round < rounds(60); ++round) {
        const std::size_t piece = pieces[random.below(pieces.size())];
        const std::size_t step = steps[random.below(steps.size())];
        // Byte by byte, a window is long enough.
        const std::uint32_t choice = std::min(piece, step) < 100 ? 9 : static_cast<std::uint32_t>(sizes.size());
        std::string stream;
        std::string expected;
        const std::uint32_t members = 1 + random.below(6);
        for (std::uint32_t i = 0; i < members; ++i) {
            GzipMember member{.content = sample(random, sizes[random.below(choice)])};
            member.level = static_cast<int>(random.below(10));
            member.strategy = static_cast<int>(random.below(5)); // default, filtered, Huffman only, RLE, fixed codes
            if (random.below(2) != 0) member.name = "name";
            member.header_crc = random.below(2) != 0;
            expected += member.content;
            stream += gzip_member(member);
        }
        for (const Decoder& decoder : decoders) {
            CAPTURE(round);
            CAPTURE(decoder.name);
            CAPTURE(piece);
            CAPTURE(step);
            const Inflated result = gunzip(stream, decoder, piece, step);
            CHECK((result.content == expected)); // no dump of a megabyte on failure
            CHECK(result.facts.members == members);
            CHECK(result.facts.compressed == stream.size());
            CHECK(result.facts.uncompressed == expected.size());
        }
    }
}

TEST_CASE("every small member size and buffer size around it is exact") {
    Random random(7);
    for (std::size_t size = 0; size < 40; ++size) {
        const std::string content = random.bytes(size);
        const std::string stream = gzip_of_text(content) + gzip_of_text(content);
        for (const Decoder& decoder : decoders) {
            for (std::size_t step = 1; step < 45; step += 3) {
                CHECK(gunzip(stream, decoder, 1, step).content == content + content);
            }
        }
    }
}

TEST_CASE("many tiny members in a row are read at their exact boundaries") {
    Random random(11);
    std::string stream;
    std::string expected;
    for (std::size_t i = 0; i < 3000; ++i) { // about 90 KiB of input: boundaries fall everywhere in the input blocks
        const std::string content = random.bytes(i % 19);
        expected += content;
        stream += gzip_member({.content = content, .level = static_cast<int>(i % 10)});
    }
    for (const Decoder& decoder : decoders) {
        for (const std::size_t piece : {std::size_t{3}, std::size_t{1000}, SIZE_MAX}) {
            const Inflated result = gunzip(stream, decoder, piece);
            CHECK((result.content == expected));
            CHECK(result.facts.members == 3000);
        }
    }
}

TEST_CASE("a gzip stream cut short at any byte is refused as malformed") {
    const std::string first = gzip_member(
        {.content = "hello, hello, hello", .extra = "abcd", .name = "n", .comment = "c", .header_crc = true});
    const std::string stream = first + gzip_of_text("world");
    for (const Decoder& decoder : decoders) {
        for (std::size_t length = 1; length < stream.size(); ++length) {
            if (length == first.size()) continue; // a whole stream of one member
            CAPTURE(length);
            const auto refusal = gunzip_refusal(stream.substr(0, length), decoder);
            REQUIRE(refusal);
            CHECK(refusal->kind == ErrorKind::malformed);
        }
    }
}

TEST_CASE("a gzip stream with any one bit flipped is refused, or gives the same content") {
    // With FHCRC, every header bit is covered; what is left are the padding bits after the last deflate symbol.
    const std::string stream = gzip_member({.content = "hello, hello, hello", .name = "n", .header_crc = true}) +
                               gzip_member({.content = "stored", .level = 0, .header_crc = true});
    for (const Decoder& decoder : decoders) {
        for (std::size_t bit = 0; bit < stream.size() * 8; ++bit) {
            std::string spoiled = stream;
            spoiled[bit / 8] = static_cast<char>(static_cast<unsigned char>(spoiled[bit / 8]) ^ 1U << bit % 8);
            CAPTURE(decoder.name);
            CAPTURE(bit);
            std::string content;
            const auto refusal = refusal_of([&] { content = gunzip(spoiled, decoder).content; });
            if (refusal)
                CHECK(refusal->kind == ErrorKind::malformed);
            else
                CHECK(content == "hello, hello, hellostored");
        }
    }
}

TEST_CASE("what is wrong with a gzip stream is refused by name") {
    struct Row {
        std::string name;
        std::string stream;
        const char* says;
    };
    const std::string good = gzip_of_text("good");
    const std::vector<Row> rows{
        {"wrong CRC32", gzip_member({.content = "x", .crc_xor = 1}), "CRC32"},
        {"wrong CRC32 in the second member", good + gzip_member({.content = "x", .crc_xor = 1}),
         "member 2: the content's CRC32"},
        {"wrong ISIZE", gzip_member({.content = "x", .size_add = 1}), "ISIZE"},
        {"ISIZE too big by 2^31", gzip_member({.content = "x", .size_add = 1U << 31U}), "ISIZE"},
        {"wrong FHCRC", gzip_member({.content = "x", .header_crc = true, .header_crc_xor = 1}), "FHCRC"},
        {"reserved flag 0x20", gzip_member({.content = "x", .extra_flags = 0x20}), "reserved flags"},
        {"reserved flag 0x40", gzip_member({.content = "x", .extra_flags = 0x40}), "reserved flags"},
        {"reserved flag 0x80", gzip_member({.content = "x", .extra_flags = 0x80}), "reserved flags"},
        {"method 7 in a later member", good + gzip_member({.content = "x", .method = 7}), "compression method 7"},
        {"garbage after the last member", good + "garbage", "trailing garbage"},
        {"one byte after the last member", good + "\x01", "trailing garbage"},
        {"half a magic after the last member", good + "\x1f\x8c", "trailing garbage"},
        {"garbage after zero padding", good + std::string(700, '\0') + "x", "trailing garbage"},
        {"a member after zero padding", good + std::string(1, '\0') + good, "trailing garbage"},
        {"FNAME too long", gzip_member({.content = "x", .name = std::string(gzip_text_limit + 1, 'n')}), "FNAME"},
        {"FCOMMENT too long", gzip_member({.content = "x", .comment = std::string(gzip_text_limit + 1, 'n')}),
         "FCOMMENT"},
        {"FNAME without end", good.substr(0, 3) + "\x08" + good.substr(4, 6) + std::string(9000, 'n'), "FNAME"},
        {"deflate block type 3", good.substr(0, 10) + "\x07" + std::string(20, '\0'), "deflate"},
        {"distance before the start", good.substr(0, 10) + "\x03\x02" + std::string(20, '\0'), "deflate"},
    };
    for (const Row& row : rows) {
        for (const Decoder& decoder : decoders) {
            CAPTURE(row.name);
            CAPTURE(decoder.name);
            const auto refusal = gunzip_refusal(row.stream, decoder);
            REQUIRE(refusal);
            CAPTURE(refusal->message);
            CHECK(refusal->kind == ErrorKind::malformed);
            CHECK(refusal->says(row.says));
        }
    }
}

TEST_CASE("zero padding after the last gzip member is accepted and counted") {
    for (const Decoder& decoder : decoders) {
        const Inflated result = gunzip(gzip_of_text("content") + std::string(1000, '\0'), decoder, 300);
        CHECK(result.content == "content");
        CHECK(result.facts.zero_padding == 1000);
    }
}

TEST_CASE("the facts are those of the first gzip member's header") {
    const std::string longest(gzip_text_limit, 'n');
    const std::string stream = gzip_member({.content = "a",
                                            .mtime = 0xFEDCBA98,
                                            .xfl = 2,
                                            .os = 3,
                                            .extra = std::string(65535, 'e'),
                                            .name = longest,
                                            .comment = "note\xff",
                                            .header_crc = true}) +
                               gzip_member({.content = "b", .mtime = 1, .xfl = 4, .os = 7, .name = "other"});
    for (const Decoder& decoder : decoders) {
        const CompressionFacts facts = gunzip(stream, decoder).facts;
        CHECK(facts.kind == Compression::gzip);
        CHECK(facts.gzip_mtime == 0xFEDCBA98);
        CHECK(facts.gzip_xfl == 2);
        CHECK(facts.gzip_os == 3);
        CHECK(facts.gzip_name == longest);
        CHECK(facts.gzip_comment == "note\xff");
        CHECK(facts.gzip_extra);
        CHECK_FALSE(facts.estargz_footer);
    }
}

TEST_CASE("an eStargz footer is the SG field in an empty last member, and nothing else") {
    struct Row {
        std::string name;
        std::string last;
        bool footer;
    };
    const std::string layer = gzip_of_text("tar");
    const std::string footer = gzip_member({.content = "", .level = 0, .extra = estargz_extra(1234)});
    CHECK(footer.size() == 51); // the size that docs/estargz.md gives
    const std::vector<Row> rows{
        {"the footer", footer, true},
        {"after another subfield",
         gzip_member({.content = "", .extra = std::string("XY\x01\0z", 5) + estargz_extra(1)}), true},
        {"before zero padding", footer + std::string(10, '\0'), true},
        {"not last", footer + layer, false},
        {"in a member with content", gzip_member({.content = "x", .extra = estargz_extra(1)}), false},
        {"another subfield", gzip_member({.content = "", .extra = "XY" + estargz_extra(1).substr(2)}), false},
        {"no hexadecimal offset",
         gzip_member({.content = "", .extra = std::string("SG\x16\0", 4) + "000000000000000gSTARGZ"}), false},
        {"a subfield length past the end", gzip_member({.content = "", .extra = estargz_extra(1).substr(0, 25)}),
         false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        for (const Decoder& decoder : decoders)
            CHECK(gunzip(layer + row.last, decoder).facts.estargz_footer == row.footer);
    }
}

} // namespace touchstone::test
