// The two encoders and the pieces that they are fed with. All parameters are named here, once, and the record is made
// of the same names, so that it cannot say anything else than what was done.
#include "base/compressor.h"

#include "base/error.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <new>

namespace touchstone {

namespace {

/// What the libraries get at a time: the largest block of zstd (RFC 8878 section 3.1.1.2.4). Neither promises that its
/// output does not depend on how its input is cut; with pieces of one size the question does not arise.
constexpr std::size_t piece_size = std::size_t{128} << 10;
/// Room for what one step gives. Fixed for the same reason.
constexpr std::size_t output_block = std::size_t{64} << 10;

/// zlib's own default. Of a tar of 113 MB, level 9 saves 0.9 % more and takes 4.6 times as long.
constexpr int gzip_level = 6;
constexpr int gzip_window = 15; // log2; the largest that deflate has, and what every reader expects
constexpr int gzip_memory = 8;  // zlib's default; it decides where blocks end
/// RFC 1952 section 2.3.1: unknown. What Go writes; zlib's own value would name the host.
constexpr int gzip_os = 255;

/// libzstd's own default, and that of BuildKit. Of the same tar, level 9 saves 12 % more and takes five times as long.
constexpr int zstd_level = 3;
/// log2: what level 3 takes for input of unknown size, said here so that no version's table decides. 2 MiB, where every
/// reader takes 8 MiB (RFC 8878 section 3.1.1.1.2) and libzstd 2^27.
constexpr int zstd_window = 21;

class GzipEncoder final : public Encoder {
public:
    GzipEncoder() {
        constexpr int with_gzip_header = 16; // added to the window; zlib.h, deflateInit2
        const int result = ::deflateInit2(&stream_, gzip_level, Z_DEFLATED, gzip_window + with_gzip_header, gzip_memory,
                                          Z_DEFAULT_STRATEGY);
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result != Z_OK) refuse(result);
        header_.os = gzip_os; // all else is zero: no time, no name, no comment, no header CRC
        ::deflateSetHeader(&stream_, &header_);
    }
    ~GzipEncoder() override { ::deflateEnd(&stream_); }
    GzipEncoder(const GzipEncoder&) = delete; // the stream points into itself
    GzipEncoder& operator=(const GzipEncoder&) = delete;

    void encode(ByteView input, bool last, ByteSink& out) override {
        stream_.next_in = const_cast<Bytef*>(input.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib's API
        stream_.avail_in = static_cast<uInt>(input.size()); // a piece at most
        for (bool more = true; more;) {
            stream_.next_out = block_.data();
            stream_.avail_out = static_cast<uInt>(block_.size());
            const int result = ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) refuse(result);
            const std::size_t produced = block_.size() - stream_.avail_out;
            if (produced != 0) out.write(ByteView(block_).first(produced));
            // Room that is left over says that zlib has nothing more to give for this input.
            more = last ? result != Z_STREAM_END : stream_.avail_out == 0;
            if (more && produced == 0) refuse(result);
        }
    }

private:
    [[noreturn]] void refuse(int result) const {
        fail(ErrorKind::unsupported, fmt::format("gzip: zlib {} does not compress: {}", ::zlibVersion(),
                                                 stream_.msg != nullptr ? stream_.msg : ::zError(result)));
    }

    z_stream stream_{};
    gz_header header_{};
    std::array<std::uint8_t, output_block> block_{};
};

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

class ZstdEncoder final : public Encoder {
public:
    ZstdEncoder() : context_(ZSTD_createCCtx()) {
        if (!context_) throw std::bad_alloc();
        set(ZSTD_c_compressionLevel, zstd_level);
        set(ZSTD_c_windowLog, zstd_window);
        set(ZSTD_c_checksumFlag, 1); // RFC 8878 section 3.1.1: XXH64 of the content; off by default
        // The frame is opened before there is input. When a whole stream comes in its last call, libzstd takes the
        // size for known, and both the header and the tables depend on it.
        step({}, ZSTD_e_continue);
    }

    void encode(ByteView input, bool last, ByteSink& out) override {
        ZSTD_inBuffer in{input.data(), input.size(), 0};
        for (bool more = true; more;) {
            const Step result = step(in, last ? ZSTD_e_end : ZSTD_e_continue);
            if (result.produced != 0) out.write(ByteView(block_).first(result.produced));
            more = last ? result.left != 0 : in.pos != in.size;
        }
    }

private:
    struct Step {
        std::size_t produced = 0;
        std::size_t left = 0; ///< 0 once all is written; otherwise a guess
    };

    void set(ZSTD_cParameter parameter, int value) { check(ZSTD_CCtx_setParameter(context_.get(), parameter, value)); }

    Step step(ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
        ZSTD_outBuffer out{block_.data(), block_.size(), 0};
        const std::size_t left = check(ZSTD_compressStream2(context_.get(), &out, &in, directive));
        return {out.pos, left};
    }
    Step step(ZSTD_inBuffer&& in, ZSTD_EndDirective directive) { return step(in, directive); }

    static std::size_t check(std::size_t result) {
        if (ZSTD_isError(result) == 0) return result;
        if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) throw std::bad_alloc();
        fail(ErrorKind::unsupported,
             fmt::format("zstd: libzstd {} does not compress: {}", ZSTD_versionString(), ZSTD_getErrorName(result)));
    }

    std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
    std::array<std::uint8_t, output_block> block_{};
};

std::unique_ptr<Encoder> make_encoder(Compression kind) {
    switch (kind) {
    case Compression::gzip:
        return std::make_unique<GzipEncoder>();
    case Compression::zstd:
        return std::make_unique<ZstdEncoder>();
    case Compression::none:
        break;
    }
    return nullptr;
}

} // namespace

CompressingSink::CompressingSink(Compression kind, ByteSink& out) : out_(out), encoder_(make_encoder(kind)) {
    if (encoder_) piece_.reserve(piece_size);
}

void CompressingSink::write(ByteView bytes) {
    expect_open();
    if (!encoder_) {
        out_.write(bytes);
        return;
    }
    while (!bytes.empty()) {
        const ByteView part = bytes.first(std::min(bytes.size(), piece_size - piece_.size()));
        bytes = bytes.subspan(part.size());
        if (part.size() == piece_size) { // no copy where the caller's pieces are large
            encoder_->encode(part, false, out_);
            continue;
        }
        piece_.insert(piece_.end(), part.begin(), part.end());
        if (piece_.size() < piece_size) continue;
        encoder_->encode(piece_, false, out_);
        piece_.clear();
    }
}

void CompressingSink::finish() {
    expect_open();
    finished_ = true;
    if (encoder_) encoder_->encode(piece_, true, out_);
}

void CompressingSink::expect_open() const {
    if (finished_) fail(ErrorKind::usage, "a compressed stream is written to after its end");
}

std::string compression_record(Compression kind) {
    switch (kind) {
    case Compression::gzip:
        return fmt::format("gzip zlib-{} level={} window={} memory={}", ::zlibVersion(), gzip_level, gzip_window,
                           gzip_memory);
    case Compression::zstd:
        return fmt::format("zstd libzstd-{} level={} window={} checksum", ZSTD_versionString(), zstd_level,
                           zstd_window);
    case Compression::none:
        break;
    }
    return {};
}

} // namespace touchstone
