// Where the last bytes of a blob say that a table of contents lies: the footers of eStargz
// (containerd/stargz-snapshotter docs/estargz.md, "Footer"; estargz/gzip.go for the older stargz) and of zstd:chunked
// (containers/storage pkg/chunked/internal/minimal, and the shorter form that came before it). They are looked for in
// the raw bytes, as lazy runtimes do: whoever decompresses the blob need not meet a member or a frame there.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>

namespace touchstone {

enum class TocFormat : std::uint8_t { none, estargz, zstd_chunked };

struct TocFooter {
    TocFormat format = TocFormat::none;
    bool elsewhere = false;     ///< eStargz with the table in another image: no offset
    std::uint64_t offset = 0;   ///< of the table's first byte in the blob, as stated; may lie anywhere
    std::uint64_t size = 0;     ///< stored bytes, as stated; of eStargz all up to the footer (0 where that is less)
    std::uint64_t unpacked = 0; ///< zstd:chunked: bytes of the JSON, as stated
    std::uint64_t type = 0;     ///< zstd:chunked: the type of the manifest; 1 is the only one there is

    bool operator==(const TocFooter&) const = default;
};

/// The longest footer; who has read a blob gives this many of its last bytes, or all of a shorter one.
inline constexpr std::size_t toc_footer_size = 64;

/// `end` are the last bytes of a blob of `blob_size` bytes.
TocFooter read_toc_footer(ByteView end, std::uint64_t blob_size);

} // namespace touchstone
