// A cause here never makes a finding lighter: a file that everybody may write stays a security finding, explained by a
// umask or not.
#include "diff/explain/fact_causes.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// Debian's and Alpine's, that of user-private groups, and two that hide files from others.
constexpr std::array<std::uint32_t, 4> umasks{022, 002, 077, 027};

/// First id that shadow's useradd gives to people (UID_MIN in login.defs), and first of the subordinate ids that
/// rootless builders map to (SUB_UID_MIN).
constexpr std::uint32_t first_person = 1000;
constexpr std::uint32_t first_mapped = 100'000;

/// An owner that a user on the build machine explains: root on one side, a person or a mapped id on the other, or a
/// mapped id instead of what the image means.
bool is_builders_id(std::uint32_t published, std::uint32_t rebuilt) {
    const auto [low, high] = std::minmax(published, rebuilt);
    return high >= first_mapped || (low == 0 && high >= first_person);
}

bool is_host_xattr(const Finding& finding) {
    const bool one_side = finding.published.has_value() != finding.rebuilt.has_value();
    return finding.fact == "xattr:security.selinux" || (one_side && finding.fact.starts_with("xattr:user."));
}

bool both(const DivergentFile& file) {
    return file.inode[0] != nullptr && file.inode[1] != nullptr;
}

} // namespace

bool differ_by_umask(std::uint32_t published, std::uint32_t rebuilt) {
    const std::uint32_t all = published | rebuilt;
    if ((all & ~0777U) != 0) return false; // setuid, setgid and sticky are no matter of a umask
    const std::uint32_t asked = (all & 0111U) != 0 ? 0777 : 0666;
    return std::any_of(umasks.begin(), umasks.end(), [&](std::uint32_t a) {
        return std::any_of(umasks.begin(), umasks.end(),
                           [&](std::uint32_t b) { return published == (asked & ~a) && rebuilt == (asked & ~b); });
    });
}

std::optional<CauseId> cause_of_fact(const Finding& finding, const DivergentFile& file) {
    if (finding.fact == "mtime") return CauseId::tar_mtime;
    if (finding.fact == "hardlink") return CauseId::fs_feature;
    if (is_host_xattr(finding)) return CauseId::host_xattr;
    if (!both(file)) return std::nullopt;
    const Entry& published = *file.inode[0]->meta;
    const Entry& rebuilt = *file.inode[1]->meta;
    if (finding.fact == "mode" && differ_by_umask(published.permissions(), rebuilt.permissions())) {
        return CauseId::umask;
    }
    if (finding.fact == "uid" && is_builders_id(published.uid, rebuilt.uid)) return CauseId::uid_map;
    if (finding.fact == "gid" && is_builders_id(published.gid, rebuilt.gid)) return CauseId::uid_map;
    return std::nullopt;
}

} // namespace touchstone
