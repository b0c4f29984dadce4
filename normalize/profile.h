// Profiles: the choices that a canonical form leaves to its user, and how they are spelled in an id. Two digests are
// only comparable when their ids name the same profile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// W10. `zero` is the default; `keep` drops fractions and lifts negative times to 0; `clamp` also caps at `limit`.
struct MtimePolicy {
    enum class Kind : std::uint8_t { zero, keep, clamp };
    Kind kind = Kind::zero;
    std::int64_t limit = 0; ///< seconds, of clamp

    std::int64_t apply(std::int64_t seconds) const;
    std::string string() const; ///< "zero", "keep", "clamp:1700000000"
    bool operator==(const MtimePolicy&) const = default;
};

/// Who owns what. `keep` is the default: ids carry meaning.
struct OwnerPolicy {
    struct Range {
        std::uint32_t from = 0;
        std::uint32_t to = 0;
        std::uint32_t count = 1;
        bool operator==(const Range&) const = default;
    };
    enum class Kind : std::uint8_t { keep, fixed, map };
    Kind kind = Kind::keep;
    std::uint32_t uid = 0;     ///< of fixed
    std::uint32_t gid = 0;     ///< of fixed
    std::vector<Range> ranges; ///< of map: ids outside every range stay; applied to uid and gid alike

    std::uint32_t apply_uid(std::uint32_t id) const;
    std::uint32_t apply_gid(std::uint32_t id) const;
    std::string string() const; ///< "keep", "0:0", "map:1000:0,100000:0:65536"
    bool operator==(const OwnerPolicy&) const = default;
};

/// Throw usage. `clamp` alone takes SOURCE_DATE_EPOCH's value from `source_date_epoch` (empty = refused).
MtimePolicy parse_mtime_policy(std::string_view text, std::string_view source_date_epoch = {});
OwnerPolicy parse_owner_policy(std::string_view text);

struct Profile {
    MtimePolicy mtime;
    OwnerPolicy owner;

    bool is_default() const { return *this == Profile(); }
    /// "clf1:" + hex for the default, "clf1:mtime=…,owner=…:" + hex otherwise; `form` is "clf1" or "crf1".
    std::string id(std::string_view form, std::string_view digest) const;
    bool operator==(const Profile&) const = default;
};

} // namespace touchstone
