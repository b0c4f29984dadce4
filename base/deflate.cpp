// Raw deflate by ISA-L and by zlib. Only the raw mode of either is used: gzip headers and trailers are read by us
// (base/gzip.cpp), so that both libraries are equally strict about them. Inside deflate they differ in one known point:
// ISA-L takes some incomplete code-length codes that zlib refuses. Where both accept, they give the
// same bytes (tests/fuzz/fuzz_inflate.cpp), and the checksums hold them to those.
#include "base/decoders.h"
#include "base/error.h"

#include <fmt/format.h>
#include <zlib.h>
#ifdef TOUCHSTONE_HAVE_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#endif

#include <algorithm>
#include <limits>
#include <new>

namespace touchstone {

namespace {

/// Both libraries count in 32 bits.
constexpr std::size_t largest_step = std::size_t{1} << 30;

std::uint32_t step_size(std::size_t size) {
    return static_cast<std::uint32_t>(std::min(size, largest_step));
}

class ZlibDecoder final : public DeflateDecoder {
public:
    ZlibDecoder() {
        constexpr int raw_deflate = -15; // negative: no header; 15: the largest window that deflate has
        if (::inflateInit2(&stream_, raw_deflate) != Z_OK) throw std::bad_alloc();
    }
    ~ZlibDecoder() override { ::inflateEnd(&stream_); }
    ZlibDecoder(const ZlibDecoder&) = delete;
    ZlibDecoder& operator=(const ZlibDecoder&) = delete;

    void restart() override { ::inflateReset(&stream_); }

    Step decode(ByteView input, ByteSpan output) override {
        const std::uint32_t in = step_size(input.size());
        const std::uint32_t out = step_size(output.size());
        stream_.next_in = const_cast<Bytef*>(input.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib's API
        stream_.avail_in = in;
        stream_.next_out = output.data();
        stream_.avail_out = out;
        const int result = ::inflate(&stream_, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            const char* const reason = stream_.msg != nullptr ? stream_.msg : "invalid data";
            fail(ErrorKind::malformed, fmt::format("deflate: {}", reason));
        }
        return {static_cast<std::ptrdiff_t>(in - stream_.avail_in), out - stream_.avail_out, result == Z_STREAM_END};
    }

    std::uint32_t crc32(std::uint32_t crc, ByteView bytes) const override {
        return static_cast<std::uint32_t>(::crc32_z(crc, bytes.data(), bytes.size()));
    }

private:
    z_stream stream_{};
};

#ifdef TOUCHSTONE_HAVE_ISAL
std::string_view isal_reason(int result) {
    switch (result) {
    case ISAL_INVALID_BLOCK:
        return "invalid block";
    case ISAL_INVALID_SYMBOL:
        return "invalid symbol";
    case ISAL_INVALID_LOOKBACK:
        return "a distance that points before the start";
    default:
        return "invalid data";
    }
}

class IsalDecoder final : public DeflateDecoder {
public:
    IsalDecoder() { ::isal_inflate_init(&state_); }

    void restart() override { ::isal_inflate_reset(&state_); }

    Step decode(ByteView input, ByteSpan output) override {
        const std::uint32_t out = step_size(output.size());
        state_.next_in =
            const_cast<std::uint8_t*>(input.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast): its API
        state_.avail_in = step_size(input.size());
        state_.next_out = output.data();
        state_.avail_out = out;
        const int result = ::isal_inflate(&state_);
        if (result < 0) fail(ErrorKind::malformed, fmt::format("deflate: {}", isal_reason(result)));
        Step step{state_.next_in - input.data(), out - state_.avail_out, state_.block_state == ISAL_BLOCK_FINISH};
        // In raw mode the library leaves whole bytes that it had read ahead in its bit buffer; the trailer starts
        // there.
        if (step.ended) step.consumed -= state_.read_in_length / 8;
        return step;
    }

    std::uint32_t crc32(std::uint32_t crc, ByteView bytes) const override {
        return ::crc32_gzip_refl(crc, bytes.data(), bytes.size());
    }

private:
    inflate_state state_{};
};
#endif

} // namespace

std::unique_ptr<DeflateDecoder> make_zlib_decoder() {
    return std::make_unique<ZlibDecoder>();
}

std::unique_ptr<DeflateDecoder> make_fast_decoder() {
#ifdef TOUCHSTONE_HAVE_ISAL
    return std::make_unique<IsalDecoder>();
#else
    return make_zlib_decoder();
#endif
}

} // namespace touchstone
