// Where the clues come from: the configurations (times, host names, environment, labels) and the trees (times of
// files).
#pragma once

#include "diff/explain/clues.h"
#include "diff/explain/divergent.h"
#include "image/image.h"

#include <optional>
#include <string_view>
#include <vector>

namespace touchstone {

/// Unix seconds of an RFC 3339 time ("2026-03-01T10:00:00.123456789Z", "+01:00"); absent when it is none.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

/// All but `users` and `derived`, which need contents.
Clues gather_clues(const std::array<const Image*, 2>& images, const std::array<const Tree*, 2>& trees,
                   const std::vector<DivergentFile>& files);

/// The names in an etc/passwd, for SideClues::users.
void add_users(SideClues& clues, std::string_view passwd);

} // namespace touchstone
