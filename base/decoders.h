// What the gzip and zstd decoders share, and the seams that tests and fuzz targets use; nobody else includes this.
// Buffered input that can be looked at and stepped back in, the guard against bombs, and raw deflate as an interface,
// so that the gzip member loop exists once and zlib and ISA-L are held to the same rules by the same tests.
#pragma once

#include "base/bytes.h"
#include "base/compression.h"
#include "base/source.h"
#include "base/toc_footer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace touchstone {

/// Compressed bytes, a block at a time, with a count of those that were consumed.
class CompressedInput {
public:
    explicit CompressedInput(std::unique_ptr<ByteSource> source);

    /// What is buffered and not consumed; valid until the next fill() or peek().
    ByteView available() const { return ByteView(buffer_).subspan(begin_, end_ - begin_); }
    /// Reads a block if nothing is available; false when the input has ended.
    bool fill();
    /// Exactly `count` bytes (at most sniff_length) in one piece, or fewer when the input ends before.
    ByteView peek(std::size_t count);
    /// Consumes `count` of the available bytes; when negative, gives back at most step_back of those consumed last.
    void advance(std::ptrdiff_t count);
    std::uint64_t consumed() const { return consumed_; }
    /// The bytes consumed last, at most toc_footer_size of them; valid like available().
    ByteView last() const {
        const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(consumed_, toc_footer_size));
        return ByteView(buffer_).subspan(begin_ - count, count);
    }
    /// The rest of the source, once nothing is available any more: plain input needs no copy.
    ByteSource& source() { return *source_; }

    /// What is kept before begin_: ISA-L gives back up to 8 bytes when a stream ends, and a footer is asked for.
    static constexpr std::size_t step_back = toc_footer_size;

private:
    void make_room();

    std::unique_ptr<ByteSource> source_;
    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = step_back; // never less: the bytes consumed last lie before it
    std::size_t end_ = step_back;
    std::uint64_t consumed_ = 0;
};

/// Throws over_limit when `uncompressed` bytes out of `compressed` ones are more than the limits allow.
void check_output(const InflateLimits& limits, std::uint64_t compressed, std::uint64_t uncompressed);

/// Raw deflate streams (RFC 1951), one after the other.
class DeflateDecoder {
public:
    struct Step {
        std::ptrdiff_t consumed = 0; ///< may be negative at the end: bytes of earlier input are given back
        std::size_t produced = 0;
        bool ended = false; ///< the final block is decoded and written out
    };

    virtual ~DeflateDecoder() = default;
    virtual void restart() = 0;
    /// Decodes what is there of `input` into `output` (not empty). Throws malformed.
    virtual Step decode(ByteView input, ByteSpan output) = 0;
    /// The CRC-32 of gzip over `bytes`, continued from `crc` (0 at first).
    virtual std::uint32_t crc32(std::uint32_t crc, ByteView bytes) const = 0;
};

std::unique_ptr<DeflateDecoder> make_zlib_decoder();
/// ISA-L in builds that have it, else zlib.
std::unique_ptr<DeflateDecoder> make_fast_decoder();

/// A stream of the content of gzip members (RFC 1952). `facts` must outlive it.
std::unique_ptr<ByteSource> make_gzip_source(CompressedInput input, const InflateLimits& limits,
                                             CompressionFacts& facts, std::unique_ptr<DeflateDecoder> decoder);

/// A stream of the content of zstd frames (RFC 8878). `facts` must outlive it.
std::unique_ptr<ByteSource> make_zstd_source(CompressedInput input, const InflateLimits& limits,
                                             CompressionFacts& facts);

} // namespace touchstone
