// Any blob is either refused with an Error or inflated to the byte count that its facts tell; and zlib and the fast
// decoder, held to the same member loop, never give two contents for one gzip stream.
#include "base/compression.h"
#include "base/decoders.h"
#include "base/error.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace touchstone;

/// What a source gives in blocks of `step`, or nothing when it refuses.
std::optional<std::string> content_of(ByteSource& source, std::size_t step) {
    std::string all;
    std::vector<std::uint8_t> block(step);
    try {
        while (const std::size_t count = source.read(block)) all += as_text(ByteView(block).first(count));
    } catch (const Error&) {
        return std::nullopt;
    }
    return all;
}

InflateLimits small_limits() {
    InflateLimits limits;
    limits.output = std::uint64_t{4} << 20U; // keeps a run short
    limits.zstd_window_log = 23;
    return limits;
}

std::optional<std::string> by_magic(ByteView blob, CompressionFacts& facts) {
    try {
        return content_of(*inflate(std::make_unique<MemorySource>(blob), small_limits(), facts), 65536);
    } catch (const Error&) {
        return std::nullopt; // a compression that is refused by name
    }
}

std::optional<std::string> gunzip(ByteView blob, std::unique_ptr<DeflateDecoder> decoder, std::size_t step) {
    CompressionFacts facts;
    CompressedInput input(std::make_unique<MemorySource>(blob));
    return content_of(*make_gzip_source(std::move(input), small_limits(), facts, std::move(decoder)), step);
}

struct Raw {
    std::string content;
    std::ptrdiff_t consumed = 0;
    bool operator==(const Raw&) const = default;
};

/// One raw deflate stream at the start of `data`, or nothing when it is refused, unfinished or long: no checksum stands
/// between the fuzzer and the decoders here.
std::optional<Raw> raw_inflate(ByteView data, DeflateDecoder& decoder) {
    Raw raw;
    std::vector<std::uint8_t> block(65536);
    try {
        for (int i = 0; i < 64; ++i) {
            const auto step = decoder.decode(data.subspan(static_cast<std::size_t>(raw.consumed)), block);
            raw.consumed += step.consumed;
            raw.content += as_text(ByteView(block).first(step.produced));
            if (step.ended) return raw;
        }
    } catch (const Error&) {
        return std::nullopt;
    }
    return std::nullopt;
}

void compare_decoders(ByteView data) {
    const auto slow = raw_inflate(data, *make_zlib_decoder());
    const auto fast = raw_inflate(data, *make_fast_decoder());
    if (slow && fast && *slow != *fast) std::abort();
    if (slow && !fast) std::abort(); // ISA-L takes more (incomplete codes), never less
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView blob(data, size);
    CompressionFacts facts;
    const auto content = by_magic(blob, facts);
    if (content && (facts.uncompressed != content->size() || facts.compressed != size)) std::abort();
    compare_decoders(blob);
    if (facts.kind != Compression::gzip) return 0;
    const auto slow = gunzip(blob, make_zlib_decoder(), 65536);
    const auto bytewise = gunzip(blob, make_fast_decoder(), 1 + size % 7);
    if (content != bytewise) std::abort();
    if (slow && content && *slow != *content) std::abort();
    return 0;
}
