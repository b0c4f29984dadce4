// gzip (RFC 1952): headers, members, trailers. Strict where runtimes are lax in different ways (Go refuses trailing
// bytes, unpigz and igzip drop them), so that one blob never has two contents.
#include "base/decoders.h"
#include "base/endian.h"
#include "base/error.h"

#include <fmt/format.h>

#include <string>

namespace touchstone {

namespace {

// RFC 1952 section 2.3.1
constexpr std::uint8_t flag_header_crc = 0x02;
constexpr std::uint8_t flag_extra = 0x04;
constexpr std::uint8_t flag_name = 0x08;
constexpr std::uint8_t flag_comment = 0x10;
constexpr std::uint8_t reserved_flags = 0xE0;
constexpr std::size_t fixed_header = 10;
constexpr std::size_t trailer_size = 8;
constexpr std::uint8_t method_deflate = 8;

/// eStargz (containerd/stargz-snapshotter, docs/estargz.md, "The footer"): a subfield "SG" of 22 bytes, which are the
/// table of contents' offset as 16 hexadecimal digits and "STARGZ".
bool has_estargz_subfield(ByteView extra) {
    constexpr std::size_t subfield_header = 4;
    constexpr std::size_t offset_digits = 16;
    constexpr std::string_view mark = "STARGZ";
    while (extra.size() >= subfield_header) {
        const std::size_t length = little_number(extra, 2, 2);
        if (extra.size() - subfield_header < length) return false;
        const std::string_view body = as_text(extra.subspan(subfield_header, length));
        const bool hex =
            body.substr(0, offset_digits).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
        const bool named = extra[0] == 'S' && extra[1] == 'G';
        if (named && length == offset_digits + mark.size() && hex && body.ends_with(mark)) return true;
        extra = extra.subspan(subfield_header + length);
    }
    return false;
}

class GzipSource final : public ByteSource {
public:
    GzipSource(CompressedInput input, const InflateLimits& limits, CompressionFacts& facts,
               std::unique_ptr<DeflateDecoder> decoder)
        : input_(std::move(input)), limits_(limits), facts_(facts), decoder_(std::move(decoder)) {}

    std::size_t read(ByteSpan buffer) override {
        std::size_t filled = 0;
        while (filled < buffer.size() && place_ != Place::end) {
            if (place_ == Place::between) {
                start_member();
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

    [[noreturn]] void refuse(std::string_view reason) const {
        fail(ErrorKind::malformed, fmt::format("gzip member {}: {}", facts_.members, reason));
    }

    /// Appends the next `count` header bytes to header_.
    void take_header(std::size_t count) {
        while (count != 0) {
            if (!input_.fill()) refuse("the stream ends inside the header");
            const std::size_t part = std::min(count, input_.available().size());
            header_ += as_text(input_.available().first(part));
            input_.advance(static_cast<std::ptrdiff_t>(part));
            count -= part;
        }
    }

    ByteView header_tail(std::size_t count) const { return as_bytes(header_).last(count); }

    /// FNAME or FCOMMENT: up to and without the NUL.
    std::string take_text(std::string_view field) {
        const std::size_t start = header_.size();
        do {
            if (header_.size() - start > gzip_text_limit) {
                refuse(fmt::format("{} is longer than {} bytes", field, gzip_text_limit));
            }
            take_header(1);
        } while (header_.back() != '\0');
        return header_.substr(start, header_.size() - start - 1);
    }

    /// What may come before a member, or instead of it: the end, zero padding, garbage.
    bool at_member() {
        const ByteView head = input_.peek(2);
        if (head.empty()) return false;
        if (head[0] == 0 && facts_.members != 0) {
            skip_padding();
            return false;
        }
        if (head[0] != 0x1f || (head.size() > 1 && head[1] != 0x8b)) {
            fail(ErrorKind::malformed,
                 fmt::format("gzip: trailing garbage at byte {} (after {} members; neither a member nor zero padding)",
                             input_.consumed(), facts_.members));
        }
        return true;
    }

    void skip_padding() {
        while (input_.fill()) {
            const ByteView block = input_.available();
            const std::size_t zeros = std::min(as_text(block).find_first_not_of('\0'), block.size());
            facts_.zero_padding += zeros;
            input_.advance(static_cast<std::ptrdiff_t>(zeros));
            if (zeros != block.size()) {
                fail(ErrorKind::malformed,
                     fmt::format("gzip: trailing garbage at byte {} (after {} bytes of zero padding)",
                                 input_.consumed(), facts_.zero_padding));
            }
        }
    }

    void start_member() {
        if (!at_member()) {
            place_ = Place::end;
            facts_.toc = read_toc_footer(input_.last(), input_.consumed());
            return;
        }
        ++facts_.members;
        header_.clear();
        take_header(fixed_header);
        const ByteView fixed = header_tail(fixed_header);
        const std::uint8_t flags = fixed[3];
        if (fixed[2] != method_deflate) refuse(fmt::format("compression method {}, expected 8 (deflate)", fixed[2]));
        if ((flags & reserved_flags) != 0) refuse(fmt::format("reserved flags are set: 0x{:02x}", flags));
        const bool first = facts_.members == 1;
        if (first) {
            facts_.gzip_mtime = little_word(fixed, 4);
            facts_.gzip_xfl = fixed[8];
            facts_.gzip_os = fixed[9];
            facts_.gzip_extra = (flags & flag_extra) != 0;
        }
        read_optional_fields(flags, first);
        decoder_->restart();
        crc_ = 0;
        size_ = 0;
        place_ = Place::inside;
    }

    void read_optional_fields(std::uint8_t flags, bool first) {
        estargz_field_ = false;
        if ((flags & flag_extra) != 0) {
            take_header(2);
            const std::size_t length = little_number(header_tail(2), 0, 2);
            take_header(length);
            estargz_field_ = has_estargz_subfield(header_tail(length));
        }
        if ((flags & flag_name) != 0) {
            std::string name = take_text("the file name (FNAME)");
            if (first) facts_.gzip_name = std::move(name);
        }
        if ((flags & flag_comment) != 0) {
            std::string comment = take_text("the comment (FCOMMENT)");
            if (first) facts_.gzip_comment = std::move(comment);
        }
        if ((flags & flag_header_crc) != 0) {
            const std::uint32_t computed = decoder_->crc32(0, as_bytes(header_)) & 0xFFFFU;
            take_header(2);
            const std::uint64_t stated = little_number(header_tail(2), 0, 2);
            if (computed != stated) {
                refuse(fmt::format("the header's CRC16 is {:04x}, FHCRC says {:04x}", computed, stated));
            }
        }
    }

    std::size_t decode(ByteSpan output) {
        const bool more = input_.fill();
        const DeflateDecoder::Step step = decode_step(output);
        input_.advance(step.consumed);
        crc_ = decoder_->crc32(crc_, output.first(step.produced));
        size_ += static_cast<std::uint32_t>(step.produced);
        if (step.ended) {
            finish_member();
        } else if (step.consumed == 0 && step.produced == 0) {
            // A decoder that has input and room and still stands is not known; it must not become an endless loop.
            refuse(more ? "the deflate decoder is stuck" : "the stream ends inside the compressed data");
        }
        return step.produced;
    }

    DeflateDecoder::Step decode_step(ByteSpan output) {
        try {
            return decoder_->decode(input_.available(), output);
        } catch (const Error& error) {
            refuse(fmt::format("{} (before byte {})", error.what(), input_.consumed() + input_.available().size()));
        }
    }

    void finish_member() {
        const ByteView trailer = input_.peek(trailer_size);
        if (trailer.size() < trailer_size) refuse("the stream ends inside the trailer");
        const std::uint32_t crc = little_word(trailer, 0);
        const std::uint32_t size = little_word(trailer, 4);
        if (crc != crc_) refuse(fmt::format("the content's CRC32 is {:08x}, the trailer says {:08x}", crc_, crc));
        if (size != size_) {
            refuse(fmt::format("the content's size modulo 2^32 is {}, the trailer says {} (ISIZE)", size_, size));
        }
        input_.advance(trailer_size);
        facts_.estargz_footer = estargz_field_ && size_ == 0; // the last member decides
        place_ = Place::between;
    }

    CompressedInput input_;
    InflateLimits limits_;
    CompressionFacts& facts_;
    std::unique_ptr<DeflateDecoder> decoder_;
    Place place_ = Place::between;
    std::string header_;         // of the current member, as FHCRC covers it; at most 64 KiB + 2 texts
    bool estargz_field_ = false; // of the current member
    std::uint32_t crc_ = 0;
    std::uint32_t size_ = 0; // modulo 2^32, like ISIZE
};

} // namespace

std::unique_ptr<ByteSource> make_gzip_source(CompressedInput input, const InflateLimits& limits,
                                             CompressionFacts& facts, std::unique_ptr<DeflateDecoder> decoder) {
    facts.kind = Compression::gzip;
    return std::make_unique<GzipSource>(std::move(input), limits, facts, std::move(decoder));
}

} // namespace touchstone
