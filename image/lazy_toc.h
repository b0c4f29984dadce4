// The table of contents that lazy-pulling runtimes show in place of the tar: a JSON text with an entry for each member,
// in eStargz (containerd/stargz-snapshotter docs/estargz.md, "TOC and TOCEntries") and in zstd:chunked
// (containers/storage pkg/chunked/internal/minimal). Read strictly: what one of its readers would take and another not
// is refused.
#pragma once

#include "base/digest.h"
#include "image/entry.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// A stretch of a regular file; stretches of one file follow each other without a gap.
struct LazyChunk {
    std::uint64_t end = 0;        ///< offset in the file behind its last byte
    std::optional<Digest> digest; ///< of its bytes
};

struct LazyEntry {
    std::string name; ///< as written
    std::string link; ///< likewise
    EntryType type = EntryType::file;
    std::int64_t mode = 0; ///< as stored in the tar's header
    std::int64_t uid = 0;
    std::int64_t gid = 0;
    std::int64_t dev_major = 0;
    std::int64_t dev_minor = 0;
    std::uint64_t size = 0;
    std::optional<Digest> digest;   ///< of a regular file's content
    std::vector<LazyChunk> chunks;  ///< of a regular file that is not empty: at least one
    bool chunks_fit = true;         ///< they make up its `size` bytes
    std::vector<NamedBytes> xattrs; ///< sorted by name
};

struct LazyToc {
    std::vector<LazyEntry> entries; ///< chunks are with their files
};

/// containers/storage reads no larger one (maxTocSize in pkg/chunked/compression_linux.go). Real ones take 200 to 400
/// bytes an entry: this holds half a million.
inline constexpr std::uint64_t lazy_toc_limit = std::uint64_t{150} << 20;

/// Entries and chunks together. Nobody writes them with less than 150 bytes, so that a table within the limit above has
/// fewer; short ones would only cost memory.
inline constexpr std::size_t lazy_entry_limit = 1'000'000;

/// Throws malformed, unsupported (a digest that cannot be verified) or over_limit, saying where.
LazyToc parse_lazy_toc(std::string_view json);

} // namespace touchstone
