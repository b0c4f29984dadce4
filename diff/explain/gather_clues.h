// Where the clues come from: the configurations (times, host names, environment, labels) and the trees (times of
// files).
#pragma once

#include "diff/explain/clues.h"
#include "diff/explain/divergent.h"
#include "image/image.h"

#include <string_view>
#include <vector>

namespace touchstone {

/// All but `users` and `derived`, which need contents.
Clues gather_clues(const std::array<const Image*, 2>& images, const std::array<const Tree*, 2>& trees,
                   const std::vector<DivergentFile>& files);

/// The names in an etc/passwd, for SideClues::users.
void add_users(SideClues& clues, std::string_view passwd);

} // namespace touchstone
