// Which of several images is meant: by platform, and by name. What cannot be decided is a usage error that lists what
// there is, in the words that the user can type.
#pragma once

#include "image/descriptor.h"
#include "image/image.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Something that may be chosen.
struct Candidate {
    std::optional<Platform> platform;
    std::string label; ///< printable: how a user would select it
};

/// Images of one tag are built for some twenty platforms at most; all_platforms holds every one of them in memory.
inline constexpr std::size_t platform_limit = 100;

/// The indices of those that `options` mean: exactly one, or with all_platforms one per platform, sorted by platform.
/// Throws usage, or over_limit.
std::vector<std::size_t> choose(const std::vector<Candidate>& candidates, const OpenOptions& options);

/// What follows the path of a reference, taken apart.
struct Selector {
    std::string name;                 ///< a ref name or tag; empty when there is none
    std::optional<std::size_t> index; ///< "@N"
    std::optional<Digest> digest;     ///< "@sha256:…", alone or after a name
    bool empty() const { return name.empty() && !index && !digest; }
};
Selector parse_selector(std::string_view text); ///< throws usage

/// A name as Docker completes it: "alpine" is docker.io/library/alpine:latest (distribution/reference, normalize.go).
std::string full_name(std::string_view name);

/// "\n  one\n  two", the first fifty.
std::string bullet_list(const std::vector<std::string>& lines);

} // namespace touchstone
