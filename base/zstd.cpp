// zstd (RFC 8878): libzstd decodes the blocks; frame boundaries and headers are read by us, so that skippable frames
// are counted, windows and dictionaries are refused by name, and legacy formats that libzstd may know are not accepted.
#include "base/decoders.h"
#include "base/endian.h"
#include "base/error.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>

namespace touchstone {

namespace {

constexpr std::uint32_t data_magic = 0xFD2FB528;
constexpr std::uint32_t skippable_magic = 0x184D2A50; // and the 15 after it
constexpr std::uint32_t skippable_mask = 0xFFFFFFF0;
constexpr std::size_t skippable_header = 8;
constexpr std::size_t largest_header = 18;              // magic, descriptor, window, dictionary ID, content size
constexpr std::string_view chunked_footer = "GNUlInUx"; // containers/storage pkg/chunked: ends the last skippable frame

struct FrameHeader {
    std::uint64_t window = 0;
    std::uint64_t dictionary = 0;
    bool checksum = false;
    bool reserved_bit = false;
    bool complete = false;
};

/// RFC 8878 section 3.1.1.1. `bytes` starts at the magic number; an incomplete header is said to be so.
FrameHeader parse_frame_header(ByteView bytes) {
    constexpr std::array<std::size_t, 4> dictionary_sizes{0, 1, 2, 4};
    constexpr std::array<std::size_t, 4> content_sizes{0, 2, 4, 8};
    FrameHeader header;
    std::size_t offset = 5;
    if (bytes.size() < offset) return header;
    const std::uint8_t descriptor = bytes[4];
    const bool single_segment = (descriptor & 0x20U) != 0;
    header.checksum = (descriptor & 0x04U) != 0;
    header.reserved_bit = (descriptor & 0x08U) != 0;

    const std::size_t dictionary_size = dictionary_sizes[descriptor & 3U];
    std::size_t content_size = content_sizes[descriptor >> 6U];
    if (single_segment && content_size == 0) content_size = 1;
    if (bytes.size() < offset + (single_segment ? 0 : 1) + dictionary_size + content_size) return header;
    if (!single_segment) {
        const std::uint64_t base = std::uint64_t{1} << (10 + (bytes[offset] >> 3U));
        header.window = base + base / 8 * (bytes[offset] & 7U);
        ++offset;
    }
    header.dictionary = little_number(bytes, offset, dictionary_size);
    offset += dictionary_size;
    // A single segment needs a window of its whole content; a two-byte size counts from 256.
    if (single_segment) header.window = little_number(bytes, offset, content_size) + (content_size == 2 ? 256 : 0);
    header.complete = true;
    return header;
}

struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdSource final : public ByteSource {
public:
    ZstdSource(CompressedInput input, const InflateLimits& limits, CompressionFacts& facts)
        : input_(std::move(input)), limits_(limits), facts_(facts), context_(ZSTD_createDCtx()) {
        if (!context_) throw std::bad_alloc();
        const std::size_t result = ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, limits.zstd_window_log);
        if (ZSTD_isError(result) != 0) {
            const ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
            fail(ErrorKind::usage, fmt::format("a zstd window limit of 2^{}: libzstd takes 2^{} to 2^{}",
                                               limits.zstd_window_log, bounds.lowerBound, bounds.upperBound));
        }
    }

    std::size_t read(ByteSpan buffer) override {
        std::size_t filled = 0;
        while (filled < buffer.size() && place_ != Place::end) {
            if (place_ == Place::between) {
                start_frame();
            } else {
                filled += decode(buffer.subspan(filled));
            }
        }
        facts_.compressed = input_.consumed();
        facts_.uncompressed += filled;
        check_output(limits_, facts_.compressed, facts_.uncompressed);
        return filled;
    }

private:
    enum class Place : std::uint8_t { between, inside, end };

    [[noreturn]] void refuse(ErrorKind kind, std::string_view reason) const {
        fail(kind, fmt::format("zstd frame {} (at byte {}): {}", facts_.members + facts_.skippable_frames, frame_start_,
                               reason));
    }

    void start_frame() {
        const ByteView head = input_.peek(4);
        if (head.empty()) {
            place_ = Place::end;
            facts_.toc = read_toc_footer(input_.last(), input_.consumed());
            return;
        }
        frame_start_ = input_.consumed();
        const std::uint64_t magic = head.size() == 4 ? little_number(head, 0, 4) : 0;
        if (magic == data_magic) {
            ++facts_.members;
            check_header(parse_frame_header(input_.peek(largest_header)));
            ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
            place_ = Place::inside;
        } else if ((magic & skippable_mask) == skippable_magic) {
            ++facts_.skippable_frames;
            skip_frame();
        } else {
            fail(ErrorKind::malformed, fmt::format("zstd: trailing garbage at byte {} (after {} frames; not a frame)",
                                                   frame_start_, facts_.members + facts_.skippable_frames));
        }
    }

    void check_header(const FrameHeader& header) {
        if (header.reserved_bit) refuse(ErrorKind::malformed, "the reserved bit of the frame header is set");
        if (!header.complete) refuse(ErrorKind::malformed, "the stream ends inside the frame header");
        if (header.dictionary != 0) {
            refuse(ErrorKind::unsupported,
                   fmt::format("needs the dictionary {}, which no image carries", header.dictionary));
        }
        if (header.window > std::uint64_t{1} << static_cast<unsigned>(limits_.zstd_window_log)) {
            refuse(ErrorKind::over_limit, fmt::format("needs a window of {} bytes, more than the limit of 2^{}",
                                                      header.window, limits_.zstd_window_log));
        }
        if (facts_.members == 1) {
            facts_.zstd_checksum = header.checksum;
            facts_.zstd_window = header.window;
        }
    }

    void skip_frame() {
        const ByteView header = input_.peek(skippable_header);
        if (header.size() < skippable_header)
            refuse(ErrorKind::malformed, "the stream ends inside a skippable frame's header");
        const std::uint64_t size = little_number(header, 4, 4);
        input_.advance(skippable_header);
        const std::uint64_t tail = std::min<std::uint64_t>(size, chunked_footer.size());
        for (std::uint64_t left = size - tail; left != 0;) {
            if (!input_.fill()) refuse(ErrorKind::malformed, "the stream ends inside a skippable frame");
            const std::uint64_t part = std::min<std::uint64_t>(left, input_.available().size());
            input_.advance(static_cast<std::ptrdiff_t>(part));
            left -= part;
        }
        const ByteView end = input_.peek(tail);
        if (end.size() < tail) refuse(ErrorKind::malformed, "the stream ends inside a skippable frame");
        facts_.zstd_chunked_footer = as_text(end) == chunked_footer; // the last skippable frame decides
        input_.advance(static_cast<std::ptrdiff_t>(tail));
    }

    std::size_t decode(ByteSpan output) {
        const bool more = input_.fill();
        const ByteView available = input_.available();
        ZSTD_inBuffer in{available.data(), available.size(), 0};
        ZSTD_outBuffer out{output.data(), output.size(), 0};
        const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
        if (ZSTD_isError(result) != 0) refuse(ErrorKind::malformed, ZSTD_getErrorName(result));
        input_.advance(static_cast<std::ptrdiff_t>(in.pos));
        if (result == 0) {
            place_ = Place::between;
        } else if (in.pos == 0 && out.pos == 0) {
            refuse(ErrorKind::malformed, more ? "libzstd is stuck" : "the stream ends inside the frame");
        }
        return out.pos;
    }

    CompressedInput input_;
    InflateLimits limits_;
    CompressionFacts& facts_;
    std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
    Place place_ = Place::between;
    std::uint64_t frame_start_ = 0;
};

} // namespace

std::unique_ptr<ByteSource> make_zstd_source(CompressedInput input, const InflateLimits& limits,
                                             CompressionFacts& facts) {
    facts.kind = Compression::zstd;
    return std::make_unique<ZstdSource>(std::move(input), limits, facts);
}

} // namespace touchstone
