// The canonical tar writer (CLF-1 rules W2-W20, docs/canonical-layer.md). Written by hand on purpose: a canonical form
// must not depend on a library's version, locale or taste.
#pragma once

#include "base/bytes.h"
#include "image/entry.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// One member, every value already canonical: names relative and clean, times and owners by the profile.
struct CanonicalMember {
    std::string_view path; ///< cleaned; empty = the root
    EntryType type = EntryType::file;
    std::uint32_t mode = 0; ///< 07777 bits only
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0; ///< seconds, >= 0
    std::uint64_t size = 0; ///< 0 unless type is file
    std::string_view link;  ///< symlink target as it is; hardlink: the primary's cleaned path
    std::uint32_t dev_major = 0;
    std::uint32_t dev_minor = 0;
    std::vector<NamedBytes> xattrs; ///< name and raw value
    std::vector<NamedBytes> acls;   ///< "access"/"default" and text
    bool operator==(const CanonicalMember&) const = default;
};

/// The name as it is stored (W2): directories end in '/', the root is "./".
std::string canonical_name(const CanonicalMember& member);

/// Appends the header blocks of `member` (a pax header with its body where one is needed, then the ustar header).
/// Returns what Entry::header_hash is of a member that was written so.
std::uint64_t append_canonical_header(std::string& out, const CanonicalMember& member);

/// How many zero bytes fill up the last block of `size` bytes of content (W18).
std::uint64_t canonical_padding(std::uint64_t size);

/// The end marker: exactly two zero blocks (W20).
inline constexpr std::size_t canonical_end_size = 1024;

} // namespace touchstone
