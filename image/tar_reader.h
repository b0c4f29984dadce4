// The tar reader: the semantics of Go's archive/tar, which Docker, containerd, Podman and BuildKit use. What Go refuses
// is refused with the member and the rule; what Go accepts is given exactly as Go reads it, and where another known
// reader sees something else an ambiguous oddity says so (spec/formats-and-hostile-input.md sections 3.1 and 4.1).
#pragma once

#include "base/arena.h"
#include "base/source.h"
#include "image/entry.h"
#include "image/oddity.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace touchstone {

struct TarLimits {
    std::uint64_t entries = 5'000'000;                  ///< the largest known images hold under 2 million
    std::uint64_t name_bytes = std::uint64_t{1} << 30;  ///< names and links of all entries together
    std::uint64_t path_depth = 1024;                    ///< components; PATH_MAX allows 2048
    std::uint64_t extension = std::uint64_t{1} << 20;   ///< body of one x, g, L or K header; Go's maxSpecialFileSize
    std::uint64_t xattrs = std::uint64_t{16} << 20;     ///< names and values of one entry
    std::uint64_t sparse_regions = 1'000'000;           ///< of one member
    std::uint64_t hole_bytes = std::uint64_t{64} << 30; ///< of all sparse members: each costs hashing, none costs input
    std::uint64_t oddities = 10'000; ///< ambiguous ones; past that an archive is hostile (over_limit)

    bool operator==(const TarLimits&) const = default;
};

/// What the stream holds besides members; complete after TarReader::next() has returned false.
struct TarTail {
    std::uint64_t zero_blocks = 0;     ///< zero blocks from the end marker on, until data or the end of the stream
    std::uint64_t bytes_after_end = 0; ///< bytes from the first non-zero byte after the end marker to the end
    std::uint64_t global_headers = 0;
    std::uint64_t extension_hash = 0; ///< over the raw g headers and dangling extensions (they belong to no entry)
    std::uint64_t padding_hash = 0;   ///< over non-zero padding and the bytes after the end marker
    bool operator==(const TarTail&) const = default;
};

class TarReader {
public:
    /// `source` gives the uncompressed stream; names go to `arena`, owner names to `names`, oddities (with
    /// `path` and `detail`, without `layer`) to `oddities`. All must outlive the reader. Reads ahead of what it has
    /// returned.
    TarReader(ByteSource& source, Arena& arena, StringTable& names, std::vector<Oddity>& oddities,
              const TarLimits& limits = {});
    ~TarReader();
    TarReader(const TarReader&) = delete;
    TarReader& operator=(const TarReader&) = delete;

    /// Fills `entry` (all but `content`) with the next member; content of the one before that was not read is skipped.
    /// Returns false at the end of the archive, after the source was drained. Throws malformed, unsupported or
    /// over_limit with the member's name and offset. g, x, L and K headers are never returned.
    bool next(Entry& entry);

    /// The next stretch of the current member's content, as a view into the reader's buffer that lives until the next
    /// call; empty at its end. Holes of sparse members come as zeros and are never materialised as a whole.
    ByteView content();

    /// Whether the bytes after the current member's content are zero; known once content() has returned empty.
    bool padding_zero() const;

    const TarTail& tail() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The lexical cleaning of a member name: leading '/' and "." parts dropped, ".." resolved as Go's filepath.Clean does
/// on the rooted name, no trailing '/'. The result is a view into `stored` where that is possible, else kept in
/// `arena`. Raw bytes; no Unicode work. `dot_dot` and `absolute` tell what was met on the way.
struct CleanedName {
    std::string_view path;
    bool absolute = false;
    bool dot_dot = false;
};
CleanedName clean_name(std::string_view stored, Arena& arena);

} // namespace touchstone
