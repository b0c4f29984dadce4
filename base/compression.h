// Inflating, by magic bytes and never by media type (what containerd does), strictly: every member and frame, every
// checksum, no trailing garbage. gzip by ISA-L (zlib where ISA-L is missing), zstd by libzstd with a window limit.
#pragma once

#include "base/bytes.h"
#include "base/source.h"
#include "base/toc_footer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace touchstone {

enum class Compression : std::uint8_t { none, gzip, zstd };
std::string_view name_of(Compression compression); ///< "none", "gzip", "zstd"

/// Decided like containerd's DetectCompression (pkg/archive/compression/compression.go): gzip 1f 8b 08; zstd 28 b5 2f
/// fd or a skippable frame 0x184D2A50..5F of at least 8 bytes; anything else, also nothing at all, is plain. Throws
/// unsupported, by name, for xz, bzip2, lz4 and 7z magics, which no runtime reads as a layer, unless "ustar" at offset
/// 257 shows a tar whose first name merely begins with those bytes. `head` should hold at least the first 8 bytes,
/// where there are that many; better, the first sniff_length.
Compression sniff_compression(ByteView head);

/// How many bytes a reader should look at before it calls sniff_compression: one tar header block.
inline constexpr std::size_t sniff_length = 512;

/// What the encoder left behind besides the content: it explains a digest mismatch between two blobs of equal content.
/// Filled as the stream is read, complete at its end. All fields are 0 or empty where they have no meaning.
struct CompressionFacts {
    Compression kind = Compression::none;
    std::uint64_t compressed = 0;       ///< bytes in
    std::uint64_t uncompressed = 0;     ///< bytes out
    std::uint32_t members = 0;          ///< gzip members, or zstd data frames
    std::uint32_t skippable_frames = 0; ///< zstd only
    std::uint64_t zero_padding = 0;     ///< zero bytes after the last gzip member
    std::uint32_t gzip_mtime = 0;       ///< of the first member; seconds
    std::uint8_t gzip_xfl = 0;          ///< 2 = best, 4 = fastest, 0 = anything else
    std::uint8_t gzip_os = 0;           ///< 3 = Unix, 255 = unknown (what Go writes)
    std::string gzip_name;              ///< FNAME, raw bytes, at most gzip_text_limit
    std::string gzip_comment;           ///< FCOMMENT, likewise
    bool gzip_extra = false;            ///< an FEXTRA field in the first member
    bool estargz_footer = false;      ///< the last member is the empty one with the "SG" extra field (docs/estargz.md)
    bool zstd_checksum = false;       ///< the first frame carries a content checksum
    std::uint64_t zstd_window = 0;    ///< bytes, of the first frame
    bool zstd_chunked_footer = false; ///< the last skippable frame ends in "GNUlInUx"
    TocFooter toc;                    ///< what the last bytes in say, whatever the decoder makes of them

    bool operator==(const CompressionFacts&) const = default;
};

/// FNAME and FCOMMENT longer than this are refused: no writer makes them, and they must not cost memory.
inline constexpr std::size_t gzip_text_limit = 4096;

struct InflateLimits {
    /// Refused when the output passes all of: this floor, `ratio` times the input so far. 1 GiB: ordinary layers never
    /// ask.
    std::uint64_t ratio_floor = std::uint64_t{1} << 30;
    /// deflate cannot pass 1032:1; real layers stay below 50:1.
    std::uint64_t ratio = 200;
    /// The absolute bound of one stream: 64 GiB.
    std::uint64_t output = std::uint64_t{64} << 30;
    /// log2 of the largest zstd window; libzstd's own default. 31 is the format's practical maximum.
    int zstd_window_log = 27;

    bool operator==(const InflateLimits&) const = default;
};

/// A stream of the uncompressed bytes of `input`, which it owns and reads to its end. Facts are written to `facts`,
/// which must outlive the source. Plain input passes through and is counted. Throws malformed (bad CRC, ISIZE, reserved
/// flag, trailing garbage, truncated), over_limit (bomb, window), unsupported (dictionary).
std::unique_ptr<ByteSource> inflate(std::unique_ptr<ByteSource> input, const InflateLimits& limits,
                                    CompressionFacts& facts);

} // namespace touchstone
