// Clues: what is known of both images before any file is explained. Detectors judge a token by them: a number is a time
// only if it fits both images' clocks, a word is a host name only if the config says so, a hex string is derived only
// if a divergent file of its own side has that digest.
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace touchstone {

/// What a divergent file's bytes hash and count to, so that a token can be traced to it.
class DerivedTable {
public:
    /// Bytes of the digests that it has, the shortest first.
    static constexpr std::array<std::size_t, 6> digest_sizes{16, 20, 28, 32, 48, 64};

    struct Source {
        std::string path; ///< raw
        std::string what; ///< "sha256", "md5", "crc32", "size", …
    };
    /// md5, sha1, sha224, sha256, sha384, sha512, git blob id; crc32 and size are kept apart, because short numbers
    /// match by chance.
    void add(std::string_view path, ByteView content);
    /// By the raw bytes of a digest; nullptr when no file has it.
    const Source* find_digest(ByteView digest) const;
    /// All files of that CRC-32 (zlib's) or size; used only where the format says that the number is one.
    const Source* find_crc32(std::uint32_t crc) const;
    const Source* find_size(std::uint64_t size) const;
    bool empty() const { return digests_.empty(); }

private:
    std::unordered_map<std::string, Source> digests_;
    std::unordered_map<std::uint32_t, Source> crcs_;
    std::unordered_map<std::uint64_t, Source> sizes_;
};

struct SideClues {
    std::optional<std::int64_t> created;           ///< config.created, unix seconds; absent or the epoch: unknown
    std::optional<std::int64_t> source_date_epoch; ///< from labels or ENV
    std::int64_t oldest_mtime = 0;                 ///< of all entries with a time > 0
    std::int64_t newest_mtime = 0;
    std::set<std::int64_t> mtimes;    ///< of divergent files and what lies beside them; for exact matches
    std::set<std::string> host_names; ///< config Hostname, container ids (12 and 64 hex digits)
    std::vector<std::pair<std::string, std::string>> environment; ///< config Env
    std::vector<std::pair<std::string, std::string>> labels;
    std::set<std::string> users; ///< names in etc/passwd
    std::string architecture;
    DerivedTable derived;

    /// When this side was built, as well as it is known: created, else newest_mtime.
    std::int64_t clock() const;
    /// In [oldest mtime - 1 day, clock + 1 day]. False where no time is known: every second since 1970 would fit.
    bool in_window(std::int64_t seconds) const;
};

struct Clues {
    std::array<SideClues, 2> side;

    /// Both seconds could be moments of their builds: each in the window of its side, and their distance that of the
    /// builds (within the larger of 10 % and an hour), or each an mtime or the SOURCE_DATE_EPOCH of its side.
    bool plausible_times(std::int64_t published, std::int64_t rebuilt) const;
};

} // namespace touchstone
