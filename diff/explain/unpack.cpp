// See unpack.h.
#include "diff/explain/unpack.h"

#include "base/compression.h"
#include "base/error.h"
#include "diff/explain/archive_bytes.h"
#include "diff/explain/libarchive.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <vector>

namespace touchstone::archives {

namespace {

constexpr std::size_t step = std::size_t{64} << 10; // small members are many, and each costs its first step

struct EndInflate {
    void operator()(z_stream* stream) const { ::inflateEnd(stream); }
};

using Reader = ArchiveReader;

/// Appends blocks that `read` gives until it gives none. It returns a negative number where the stream is broken.
template <class Read>
UnpackStatus append_all(Analyzer& analyzer, std::string& output, Read&& read) {
    const std::uint64_t limit = analyzer.limits().file;
    std::vector<std::uint8_t> block(step);
    for (;;) {
        const std::int64_t count = read(ByteSpan(block));
        if (count < 0) return UnpackStatus::broken;
        if (count == 0) return UnpackStatus::done;
        const auto size = static_cast<std::size_t>(count);
        if (size > limit - std::min<std::uint64_t>(limit, output.size()) || !analyzer.take_unpacked(size) ||
            analyzer.out_of_time()) {
            return UnpackStatus::too_large;
        }
        output += as_text(ByteView(block).first(size));
    }
}

int filter_code(StreamFilter filter) {
    switch (filter) {
    case StreamFilter::xz:
        return ARCHIVE_FILTER_XZ;
    case StreamFilter::bzip2:
        return ARCHIVE_FILTER_BZIP2;
    case StreamFilter::lz4:
        return ARCHIVE_FILTER_LZ4;
    case StreamFilter::lzma:
        break;
    }
    return ARCHIVE_FILTER_LZMA;
}

/// ARCHIVE_WARN means that libarchive was built without the library and would run a program instead; that is refused.
bool enable(archive* reader, StreamFilter filter) {
    switch (filter) {
    case StreamFilter::xz:
        return libarchive().read_support_filter_xz(reader) == ARCHIVE_OK;
    case StreamFilter::bzip2:
        return libarchive().read_support_filter_bzip2(reader) == ARCHIVE_OK;
    case StreamFilter::lz4:
        return libarchive().read_support_filter_lz4(reader) == ARCHIVE_OK;
    case StreamFilter::lzma:
        break;
    }
    return libarchive().read_support_filter_lzma(reader) == ARCHIVE_OK;
}

/// A reader behind the first header; null where this is no such stream, or one inside another of its kind.
Reader open_stream(StreamFilter filter, ByteView input) {
    Reader reader(libarchive().read_new());
    if (!reader) throw std::bad_alloc();
    archive_entry* entry = nullptr;
    const bool opened = enable(reader.get(), filter) &&
                        libarchive().read_support_format_raw(reader.get()) == ARCHIVE_OK &&
                        libarchive().read_support_format_empty(reader.get()) == ARCHIVE_OK &&
                        libarchive().read_open_memory(reader.get(), input.data(), input.size()) == ARCHIVE_OK;
    if (!opened) return {};
    const int header = libarchive().read_next_header(reader.get(), &entry);
    if (header != ARCHIVE_OK && header != ARCHIVE_EOF) return {};
    // The filter and the memory below it; more means that the content is such a stream itself.
    if (libarchive().filter_count(reader.get()) != 2) return {};
    return libarchive().filter_code(reader.get(), 0) == filter_code(filter) ? std::move(reader) : Reader{};
}

UnpackStatus unpack_once(StreamFilter filter, ByteView input, Analyzer& analyzer, std::string& output) {
    const Reader reader = open_stream(filter, input);
    if (!reader) return UnpackStatus::broken;
    if (libarchive().format(reader.get()) != ARCHIVE_FORMAT_RAW) return UnpackStatus::done; // no content
    return append_all(analyzer, output, [&](ByteSpan block) {
        return static_cast<std::int64_t>(libarchive().read_data(reader.get(), block.data(), block.size()));
    });
}

/// True when the stream is broken without its last byte. Else that byte was not needed, so something stands behind the
/// stream that libarchive passed over.
bool needs_last_byte(StreamFilter filter, ByteView input) {
    const Reader reader = open_stream(filter, input.first(input.size() - 1));
    if (!reader) return true;
    if (libarchive().format(reader.get()) != ARCHIVE_FORMAT_RAW) return false;
    std::vector<std::uint8_t> block(step);
    for (;;) {
        const auto count = libarchive().read_data(reader.get(), block.data(), block.size());
        if (count <= 0) return count < 0;
    }
}

} // namespace

Inflated inflate_raw(ByteView input, std::uint64_t limit, Analyzer& analyzer, std::string& output) {
    constexpr std::size_t largest = std::numeric_limits<std::int32_t>::max(); // zlib counts in 32 bits
    if (input.size() > largest) return {UnpackStatus::too_large, 0, false};
    z_stream stream{};
    constexpr int raw_deflate = -15; // negative: no header; 15: the largest window that deflate has
    if (::inflateInit2(&stream, raw_deflate) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, EndInflate> end(&stream);
    stream.next_in = const_cast<Bytef*>(input.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib's API
    stream.avail_in = static_cast<uInt>(input.size());
    std::vector<std::uint8_t> block(static_cast<std::size_t>(std::min<std::uint64_t>(step, limit + 1)));
    for (std::uint64_t produced = 0;;) {
        stream.next_out = block.data();
        stream.avail_out = static_cast<uInt>(block.size());
        const int result = ::inflate(&stream, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result != Z_OK && result != Z_STREAM_END) return {};
        const std::size_t count = block.size() - stream.avail_out;
        produced += count;
        if (produced > limit) return {UnpackStatus::too_large, 0, true};
        if (!analyzer.take_unpacked(count) || analyzer.out_of_time()) return {UnpackStatus::too_large, 0, false};
        output += as_text(ByteView(block).first(count));
        if (result == Z_STREAM_END) return {UnpackStatus::done, input.size() - stream.avail_in, false};
        if (count == 0) return {}; // input is at its end, and the stream is not
    }
}

std::uint32_t crc32_of(ByteView bytes) {
    return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

UnpackStatus unpack_stream(StreamFilter filter, ByteView input, Analyzer& analyzer, std::string& output) {
    if (input.empty()) return UnpackStatus::broken;
    const UnpackStatus status = unpack_once(filter, input, analyzer, output);
    if (status != UnpackStatus::done) return status;
    return needs_last_byte(filter, input) ? UnpackStatus::done : UnpackStatus::broken;
}

UnpackStatus unpack_zstd(ByteView input, Analyzer& analyzer, std::string& output) {
    try {
        CompressionFacts facts;
        InflateLimits limits;
        limits.output = analyzer.limits().file + step;
        const std::unique_ptr<ByteSource> source = inflate(std::make_unique<MemorySource>(input), limits, facts);
        return append_all(analyzer, output,
                          [&](ByteSpan block) { return static_cast<std::int64_t>(source->read(block)); });
    } catch (const Error& error) {
        return error.kind() == ErrorKind::over_limit ? UnpackStatus::too_large : UnpackStatus::broken;
    }
}

} // namespace touchstone::archives
