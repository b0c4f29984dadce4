// Unpacking whole streams into memory, within bounds: raw deflate by zlib, other compressions by libarchive with one
// filter that is named, never guessed. Strict: what a checksum or an end mark does not confirm is not content.
#pragma once

#include "diff/explain/members.h"

#include <cstdint>
#include <string>

namespace touchstone::archives {

struct Inflated {
    UnpackStatus status = UnpackStatus::broken;
    std::uint64_t consumed = 0; ///< of the input
    bool over_limit = false;    ///< too large for `limit`, not for the analyzer
};

/// One raw deflate stream at the start of `input`, appended to `output`, at most `limit` bytes more. All of it is taken
/// from the analyzer's budget while it grows.
Inflated inflate_raw(ByteView input, std::uint64_t limit, Analyzer& analyzer, std::string& output);
std::uint32_t crc32_of(ByteView bytes);

enum class StreamFilter : std::uint8_t { xz, bzip2, lz4, lzma };
/// All of `input`, which must be nothing else than streams of this kind.
UnpackStatus unpack_stream(StreamFilter filter, ByteView input, Analyzer& analyzer, std::string& output);
/// zstd frames by base/compression.h.
UnpackStatus unpack_zstd(ByteView input, Analyzer& analyzer, std::string& output);

} // namespace touchstone::archives
