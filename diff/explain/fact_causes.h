// Causes of what is found about a file besides its content: permissions, owners, extended attributes, times, presence.
#pragma once

#include "diff/explain/divergent.h"
#include "diff/explain/explanation.h"

#include <optional>

namespace touchstone {

/// Why this fact differs; absent: no cause explains it. `finding` is not about content.
std::optional<CauseId> cause_of_fact(const Finding& finding, const DivergentFile& file);

/// True when both sides' permissions are what one program asked for, under two usual umasks.
bool differ_by_umask(std::uint32_t published, std::uint32_t rebuilt);

} // namespace touchstone
