// Compressing as a specification: what comes back out, what the headers say (RFC 1952, RFC 8878), and that the same
// content gives the same bytes however it was cut. Readers are our own inflate() and, beside it, zlib and libzstd.
#include "base/compression.h"
#include "base/compressor.h"
#include "tests/base/helpers.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace touchstone::test {

namespace {

constexpr std::array both{Compression::gzip, Compression::zstd};

/// The stream of `content`, written `cut()` bytes at a time.
template <class Cut>
std::string compressed(Compression kind, std::string_view content, Cut&& cut) {
    StringSink out;
    CompressingSink sink(kind, out);
    while (!content.empty()) {
        const std::size_t part = std::min<std::size_t>(cut(), content.size());
        sink.write(content.substr(0, part));
        content.remove_prefix(part);
    }
    sink.finish();
    return out.text();
}
std::string compressed(Compression kind, std::string_view content) {
    return compressed(kind, content, [&] { return content.size(); });
}

struct Inflated {
    std::string content;
    CompressionFacts facts;
};

Inflated inflated(const std::string& stream) {
    Inflated result;
    const auto source = inflate(std::make_unique<PiecewiseSource>(stream), {}, result.facts);
    result.content = content_of(*source);
    return result;
}

/// By zlib alone, header and trailer too: one member and nothing after it.
std::string by_zlib(const std::string& stream, std::size_t size) {
    constexpr int gzip_only = 16 + 15;
    z_stream state{};
    std::string in = stream;
    std::string out(size + 1, '\0');
    if (::inflateInit2(&state, gzip_only) != Z_OK) throw std::runtime_error("inflateInit2");
    state.next_in = reinterpret_cast<Bytef*>(in.data());
    state.avail_in = static_cast<uInt>(in.size());
    state.next_out = reinterpret_cast<Bytef*>(out.data());
    state.avail_out = static_cast<uInt>(out.size());
    const int result = ::inflate(&state, Z_FINISH);
    out.resize(state.total_out);
    const bool whole = result == Z_STREAM_END && state.avail_in == 0;
    ::inflateEnd(&state);
    return whole ? out : "zlib says no";
}

/// The raw deflate data of `content`, which zlib gets in one call.
std::string deflated_at_once(std::string content) {
    z_stream state{};
    if (::deflateInit2(&state, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::string out(::deflateBound(&state, content.size()), '\0');
    state.next_in = reinterpret_cast<Bytef*>(content.data());
    state.avail_in = static_cast<uInt>(content.size());
    state.next_out = reinterpret_cast<Bytef*>(out.data());
    state.avail_out = static_cast<uInt>(out.size());
    const int result = ::deflate(&state, Z_FINISH);
    out.resize(state.total_out);
    ::deflateEnd(&state);
    return result == Z_STREAM_END ? out : "zlib says no";
}

/// By libzstd alone, with the limits of its one-call reader.
std::string by_libzstd(const std::string& stream, std::size_t size) {
    std::string out(size, '\0');
    const std::size_t result = ZSTD_decompress(out.data(), out.size(), stream.data(), stream.size());
    if (ZSTD_isError(result) != 0) return ZSTD_getErrorName(result);
    out.resize(result);
    return out;
}

std::string by_other(Compression kind, const std::string& stream, std::size_t size) {
    return kind == Compression::gzip ? by_zlib(stream, size) : by_libzstd(stream, size);
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[static_cast<unsigned char>(c) >> 4U];
        text += digits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

/// Words with repeats at all distances, as in a layer of sources.
std::string text_of(Random& random, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        text += text.size() > 100 && random.below(4) != 0
                    ? text.substr(random.below(static_cast<std::uint32_t>(text.size())), random.below(60))
                    : random.bytes(1 + random.below(12), 26);
        text += ' ';
    }
    text.resize(size);
    return text;
}

/// More than zstd's window of 2^21 bytes; a tenth of it under sanitizers.
constexpr std::size_t past_window = rounds(2'200'000);

/// Kinds of content that take all paths: stored, Huffman only, matches, runs; sizes about the pieces of 2^17 bytes.
std::vector<std::string> contents() {
    Random random(41);
    std::vector<std::string> all{"", "a", "123456789", std::string(131072, 'z'), std::string(past_window, '\0')};
    for (const std::size_t size : {131071U, 131072U, 131073U, 262144U, 400000U}) {
        all.push_back(random.bytes(size));
        all.push_back(text_of(random, size));
    }
    all.push_back(random.bytes(past_window));
    all.push_back(text_of(random, past_window));
    all.push_back(random.bytes(70000) + text_of(random, 300000) + std::string(300000, '\0') + random.bytes(100000, 4));
    return all;
}

class FullDisk final : public ByteSink {
public:
    void write(ByteView) override { fail(ErrorKind::unreadable, "no space left"); }
};

} // namespace

TEST_CASE("what is compressed is read back, by us and by the libraries alone") {
    for (const std::string& content : contents()) {
        for (const Compression kind : both) {
            CAPTURE(name_of(kind));
            CAPTURE(content.size());
            const std::string stream = compressed(kind, content);
            const Inflated result = inflated(stream);
            CHECK(result.content == content);
            CHECK(by_other(kind, stream, content.size()) == content);
            CHECK(result.facts.kind == kind);
            CHECK(result.facts.members == 1);
            CHECK(result.facts.skippable_frames == 0);
            CHECK(result.facts.compressed == stream.size());
            CHECK(stream.size() <= content.size() + content.size() / 1000 + 32); // what cannot shrink is stored
        }
    }
}

TEST_CASE("text becomes smaller") {
    Random random(5);
    const std::string text = text_of(random, past_window);
    for (const Compression kind : both) CHECK(compressed(kind, text).size() < past_window * 3 / 4);
}

TEST_CASE("a gzip stream carries no time, no name and no host") {
    const CompressionFacts facts = inflated(compressed(Compression::gzip, "content")).facts;
    CHECK(facts.gzip_mtime == 0);
    CHECK(facts.gzip_os == 255);
    CHECK(facts.gzip_xfl == 0);
    CHECK(facts.gzip_name.empty());
    CHECK(facts.gzip_comment.empty());
    CHECK_FALSE(facts.gzip_extra);
    CHECK(facts.zero_padding == 0);
    // RFC 1952 2.3: magic, deflate, no flags, MTIME 0, XFL 0, OS 255.
    CHECK(hex(compressed(Compression::gzip, "content").substr(0, 10)) == "1f8b08000000000000ff");
}

TEST_CASE("a zstd frame carries a checksum and a window that every reader takes") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{7}, past_window}) {
        const std::string stream = compressed(Compression::zstd, std::string(size, 'x'));
        const CompressionFacts facts = inflated(stream).facts;
        CHECK(facts.zstd_checksum);
        CHECK(facts.zstd_window == 2097152);
        CHECK_FALSE(facts.zstd_chunked_footer);
        // RFC 8878 3.1.1.1: magic; checksum, and neither a size nor a dictionary; window 2^(10 + 11).
        CHECK(hex(stream.substr(0, 6)) == "28b52ffd0458");
    }
}

TEST_CASE("an empty stream is the smallest one of its format") {
    // RFC 1951: a last block of fixed codes with nothing but its end; CRC and size 0.
    CHECK(hex(compressed(Compression::gzip, "")) == "1f8b08000000000000ff03000000000000000000");
    // RFC 8878: a last raw block of no bytes; the low half of XXH64 of nothing, ef46db3751d8e999.
    CHECK(hex(compressed(Compression::zstd, "")) == "28b52ffd0458"
                                                    "010000"
                                                    "99e9d851");
    CHECK(compressed(Compression::none, "").empty());
}

TEST_CASE("the way in which content is cut into calls does not change a byte") {
    Random random(20240607);
    for (const std::string& content : contents()) {
        for (const Compression kind : both) {
            CAPTURE(name_of(kind));
            CAPTURE(content.size());
            const std::string stream = compressed(kind, content);
            for (const std::size_t step : {511U, 65536U, 131071U, 131072U, 131073U, 262144U}) {
                CAPTURE(step);
                CHECK(compressed(kind, content, [&] { return step; }) == stream);
            }
            for (const std::uint32_t most : {3000U, 700000U}) { // also calls with nothing in them
                CAPTURE(most);
                CHECK(compressed(kind, content, [&] { return random.below(most); }) == stream);
            }
            if (content.size() <= 131073) CHECK(compressed(kind, content, [] { return 1U; }) == stream);
        }
    }
}

TEST_CASE("a gzip stream is what zlib gives for the whole content in one call") {
    for (const std::string& content : contents()) {
        CAPTURE(content.size());
        const std::string stream = compressed(Compression::gzip, content);
        CHECK(stream.substr(10, stream.size() - 18) == deflated_at_once(content)); // without header and trailer
    }
}

TEST_CASE("without compression bytes pass through at once") {
    StringSink out;
    CompressingSink sink(Compression::none, out);
    sink.write("abc");
    CHECK(out.text() == "abc");
    sink.finish();
    CHECK(out.text() == "abc");
}

TEST_CASE("the record names the library that runs and all parameters") {
    CHECK(compression_record(Compression::none).empty());
    CHECK(compression_record(Compression::gzip) ==
          std::string("gzip zlib-") + ::zlibVersion() + " level=6 window=15 memory=8");
    CHECK(compression_record(Compression::zstd) ==
          std::string("zstd libzstd-") + ZSTD_versionString() + " level=3 window=21 checksum");
}

TEST_CASE("nothing follows the end of a stream") {
    for (const Compression kind : {Compression::none, Compression::gzip, Compression::zstd}) {
        CAPTURE(name_of(kind));
        StringSink out;
        CompressingSink sink(kind, out);
        sink.write("abc");
        sink.finish();
        const std::string stream = out.text();
        for (const auto& refusal : {refusal_of([&] { sink.write("d"); }), refusal_of([&] { sink.finish(); })}) {
            REQUIRE(refusal);
            CHECK(refusal->kind == ErrorKind::usage);
            CHECK(refusal->says("after its end"));
        }
        CHECK(out.text() == stream);
    }
}

TEST_CASE("trouble of the sink below comes through as it is") {
    Random random(1);
    const std::string content = random.bytes(1000000);
    for (const Compression kind : {Compression::none, Compression::gzip, Compression::zstd}) {
        FullDisk disk;
        const auto refusal = refusal_of([&] {
            CompressingSink sink(kind, disk);
            sink.write(content);
            sink.finish();
        });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::unreadable);
        CHECK(refusal->message == "no space left");
    }
}

} // namespace touchstone::test
