// Lists of checksums that others publish: which files, what is in them, and with which mode and owner. Whatever the
// format, a list becomes one sorted vector of entries; what it says and nobody here compares is counted by name, so
// that a list is never taken to have said less than it did. Formats are told apart by content, never by name.
#pragma once

#include "base/compression.h"
#include "base/content_hash.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// A list, as it lies on the disk and inflated. An rpm database of a full desktop has 150 MB (package_file_limit).
constexpr std::uint64_t checksum_list_limit = std::uint64_t{256} << 20;
/// Documents of JSON: read into memory they cost up to fifty times as much.
constexpr std::uint64_t checksum_document_limit = std::uint64_t{64} << 20;
/// As many as a record's listing may have; the largest images have half a million.
constexpr std::size_t checksum_entry_limit = 2'000'000;
/// PATH_MAX: no system opens a longer name.
constexpr std::size_t checksum_path_limit = 4096;
/// A line of text: two paths of which each byte is written as four, and every digest.
constexpr std::size_t checksum_line_limit = std::size_t{64} << 10;
/// Names of what is not compared that are kept apart; a format has some twenty.
constexpr std::size_t checksum_ignored_limit = 64;

enum class ListFormat : std::uint8_t { sums, md5sums, mtree, apk, rpm, spdx, spdx_tag_value, spdx3, cyclonedx };
std::string_view name_of(ListFormat format);  ///< "sums", "md5sums", "mtree", …
std::string_view describe(ListFormat format); ///< for people: "checksums of coreutils or BSD", …

/// What a list says of one path. A path may have several.
struct ChecksumEntry {
    std::string path;                  ///< raw, cleaned; empty = the root
    std::string_view kind;             ///< a name_of(EntryType), or "socket"; empty = it does not say
    std::optional<std::uint32_t> mode; ///< permissions: 07777
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::optional<std::uint64_t> size; ///< of a regular file
    std::optional<std::string> link;   ///< a symbolic link's target; raw
    std::vector<ContentDigest> digests;
    bool unknown_digest = false; ///< it has one that cannot be computed here
    bool may_be_link = false;    ///< apk: the digest of a file, or of a symbolic link's target; it does not say which
    bool may_be_absent = false;  ///< mtree: optional
};

struct ChecksumList {
    std::string name; ///< how messages call it; printable
    ListFormat format = ListFormat::sums;
    Compression compression = Compression::none;
    std::string digest; ///< "sha256:…" of its bytes, as they lie on the disk and as a signature covers them
    std::uint64_t size = 0;
    std::vector<ChecksumEntry> entries;           ///< sorted by compare_paths, of one path in the list's order
    std::map<std::string, std::uint64_t> ignored; ///< what it says and is not compared: printable name, how often
    std::optional<std::string> signer;            ///< fingerprint of the key that signed it; absent: nobody vouches
};

/// Reads a list from its bytes, plain or compressed. `name` must be printable. Throws malformed for a damaged one,
/// unsupported for what is no list, or one without digests of files, and over_limit.
ChecksumList read_checksum_list(std::string_view bytes, std::string name);

} // namespace touchstone
