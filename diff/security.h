// What an attacker wants: which differences weigh as `security` (spec/verdict-and-report.md, "Facts of a file"). A
// table of path patterns with their reasons, and the few bits of metadata that grant power.
#pragma once

#include "diff/finding.h"

#include <span>
#include <string_view>

namespace touchstone {

struct NodeView;

/// How a pattern is matched against a cleaned path.
enum class Match : std::uint8_t { exact, below, base_name, suffix, contains };

struct SensitivePath {
    Match match;
    std::string_view pattern;
    std::string_view reason; ///< "certificate store", "account database", …
};

std::span<const SensitivePath> sensitive_paths();
/// The row that `path` falls under, or nullptr.
const SensitivePath* sensitive(std::string_view path);

/// The weight of a fact that differs and is not noise. `always` comes from the fact's row.
Weight weight_of_change(std::string_view fact, bool always, const NodeView& published, const NodeView& rebuilt);
/// The weight of a path that only one side has.
Weight weight_of_presence(const NodeView& node);
/// security.*, system.posix_acl_* and trusted.* weigh as security.
Weight weight_of_xattr(std::string_view name);

} // namespace touchstone
