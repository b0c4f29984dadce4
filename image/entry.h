// An entry: one tar member as it was found in a layer, with what a runtime would make of it. Kept small, because a
// layer may hold millions; what is rare (xattrs, other pax records, odd times) lies out of line.
#pragma once

#include "base/digest.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

enum class EntryType : std::uint8_t { file, hardlink, symlink, char_device, block_device, directory, fifo };
std::string_view name_of(EntryType type); ///< "file", "hardlink", "symlink", "char", "block", "dir", "fifo"

/// The header's encoding as Go's archive/tar names it; pax = ustar magic plus at least one x record used.
enum class Dialect : std::uint8_t { v7, ustar, star, gnu, pax };
std::string_view name_of(Dialect dialect);

/// What the name means to a layer applier (OCI layer.md, "Whiteouts"). `aufs` is `.wh..wh.*` other than `.wh..wh..opq`.
enum class Whiteout : std::uint8_t { none, file, opaque, aufs };

using NamedBytes = std::pair<std::string, std::string>;

struct Timestamp {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0; ///< 0..999999999, counted upwards also before 1970
    bool operator==(const Timestamp&) const = default;
};
/// Seconds as an exact decimal number: "1700000000", "-1.5", "0.000000001".
std::string seconds_text(const Timestamp& time);

/// The rare parts of an entry.
struct EntryExtra {
    std::vector<NamedBytes> xattrs;  ///< from SCHILY.xattr.*: name and raw value, sorted by name, unique (last wins)
    std::vector<NamedBytes> acls;    ///< from SCHILY.acl.{access,default}: "access"/"default" and text, sorted
    std::vector<NamedBytes> records; ///< every other pax record that is not already a field, verbatim, sorted by key
    std::optional<Timestamp> atime;
    std::optional<Timestamp> ctime;
};

struct Entry {
    std::string_view stored; ///< the name as stored (after pax/GNU long names), raw bytes, in the listing's arena
    std::string_view path; ///< cleaned: relative, no "", "." parts, no trailing '/'; empty = the root; in the arena too
    std::string_view link; ///< symlink target as stored; hardlink target *cleaned* like a path (raw when it has "..")
    Sha256 content{};      ///< of a regular file's content (also of an empty one); zero for others
    std::uint64_t size = 0;   ///< bytes of content after expansion of sparse holes; 0 for header-only types
    std::uint64_t offset = 0; ///< of the member's own header block in the uncompressed stream
    std::uint64_t header_hash =
        0; ///< of all header blocks of this member (with its x, L, K): tells encodings apart, nothing more
    Timestamp mtime;
    std::uint32_t mode = 0; ///< as stored, with any file-type bits; `mode & 07777` is the fact
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t uname = 0; ///< in the listing's StringTable
    std::uint32_t gname = 0;
    std::uint32_t dev_major = 0; ///< of device nodes; 0 otherwise
    std::uint32_t dev_minor = 0;
    EntryType type = EntryType::file;
    Dialect dialect = Dialect::ustar;
    Whiteout whiteout = Whiteout::none;
    bool padding_zero = true;          ///< the bytes after the content up to the block's end
    std::unique_ptr<EntryExtra> extra; ///< null when there is nothing rare

    std::uint32_t permissions() const { return mode & 07777U; }
    /// The last component of `path`.
    std::string_view base_name() const;
    /// `path` without its last component and the '/' before it; empty for a top-level name.
    std::string_view parent() const;
};

} // namespace touchstone
