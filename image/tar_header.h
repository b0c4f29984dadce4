// One header block, read as Go's archive/tar reads it: checksum, magic, numeric fields, and the few constructs that
// other readers take differently (as flags: which member they belong to is known only later).
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "image/entry.h"
#include "image/oddity.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Where something went wrong: put in front of every refusal.
struct TarPlace {
    std::uint64_t offset = 0; ///< of the header block, in the uncompressed stream
    std::string_view name;    ///< as far as it is known; raw bytes
};
[[noreturn]] void fail_at(const TarPlace& place, ErrorKind kind, std::string_view message);

/// An oddity that waits for its member's path.
struct TarNote {
    OddityCode code;
    std::string detail;
};

struct TarHeader {
    std::string_view name; ///< views into the block, cut at the first NUL
    std::string_view prefix;
    std::string_view link;
    std::string_view uname;
    std::string_view gname;
    std::int64_t size = 0;
    std::int64_t mode = 0;
    std::int64_t uid = 0;
    std::int64_t gid = 0;
    std::int64_t mtime = 0;
    std::int64_t dev_major = 0;
    std::int64_t dev_minor = 0;
    std::optional<std::int64_t> atime;
    std::optional<std::int64_t> ctime;
    char type = '0';
    Dialect dialect = Dialect::v7; ///< never pax: that is known only from the extensions
};

/// Parses a full block that is not all zero. Oddities are appended to `notes`. Throws malformed.
TarHeader parse_tar_header(ByteView block, std::uint64_t offset, std::vector<TarNote>& notes);

/// A numeric field: octal with NULs and blanks around it, or base-256 (GNU). Empty when Go would refuse it.
struct TarNumber {
    std::int64_t value = 0;
    bool base256 = false;
    bool after_nul = false; ///< a NUL stands before the digits: most other readers see 0
    bool odd = false;       ///< blanks only, or more bytes behind the NUL that ends it
};
std::optional<TarNumber> parse_tar_number(ByteView field);

} // namespace touchstone
