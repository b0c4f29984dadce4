// An image held against lists of checksums: each listed path is sought in the merged tree, and every fact that a list
// has of it must be so there.
#pragma once

#include "attest/checksum_list.h"
#include "diff/stack.h"
#include "image/image.h"
#include "normalize/tree.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// What became of a listed path; `unlisted` of one that no list has.
enum class PathState : std::uint8_t {
    matches,
    diverted, ///< it does, where dpkg's diversions in the image say that it lies
    differs,
    other_kind, ///< a directory, a symbolic link, … where a file is listed, or the other way round
    missing,
    uncheckable, ///< its only digest is one that cannot be computed here
    unlisted,
};
std::string_view name_of(PathState state); ///< "matches", "other-kind", …

struct ListedDifference {
    std::string_view fact; ///< "content", "type", "mode", "uid", "gid", "size", "link"
    std::string listed;    ///< raw; a digest as "sha256:…"
    std::string found;
};

struct ChecksumFinding {
    std::string path; ///< raw; "." = the root
    PathState state = PathState::differs;
    std::optional<std::size_t> list; ///< index; absent for an unlisted path
    std::vector<ListedDifference> differences;
    std::string place; ///< where it was found, if that is another path; raw
    bool fails = true;
};
/// No more than these are kept; all are counted.
inline constexpr std::size_t checksum_findings_kept = 10'000;

/// Of one list. `listed` is the sum of those up to `uncheckable`.
struct ChecksumCounts {
    std::uint64_t listed = 0;
    std::uint64_t matches = 0; ///< the diverted ones, too
    std::uint64_t differs = 0;
    std::uint64_t other_kind = 0;
    std::uint64_t missing = 0;
    std::uint64_t uncheckable = 0;
    std::uint64_t diverted = 0;        ///< of those that match
    std::uint64_t optional = 0;        ///< of those that are missing: the list lets them
    std::uint64_t weak = 0;            ///< of those that match: files by MD5 or SHA-1 only
    std::uint64_t without_content = 0; ///< of those that match: files whose content the list does not say
};

struct ChecksumRules {
    bool ignore_missing = false;
    bool complete = false; ///< a regular file that no list has fails
    bool all = false;      ///< keep findings that fail nothing
};

struct CheckedList {
    ChecksumList list; ///< without its entries
    ChecksumCounts counts;
};

struct ChecksumCheck {
    std::string reference; ///< raw
    std::string platform;  ///< raw; may be empty
    std::optional<std::string> manifest;
    ChecksumRules rules;
    std::vector<CheckedList> lists;
    std::uint64_t unlisted_files = 0;      ///< regular ones
    std::uint64_t unlisted_others = 0;     ///< links, devices and the like; directories are not counted
    std::vector<ChecksumFinding> findings; ///< sorted by path, then by list
    std::uint64_t findings_total = 0;
    bool pass = false;
};

/// Reads and verifies the image. Throws unsupported for an artifact, which has no files.
ChecksumCheck check_image(const Image& image, std::vector<ChecksumList> lists, const ChecksumRules& rules,
                          LoadOptions load);

std::string render_checksums_text(const ChecksumCheck& check, bool color);
/// touchstone.checksums/1 (docs/outputs.schema.json), with an LF at the end.
std::string render_checksums_json(const ChecksumCheck& check);

} // namespace touchstone
