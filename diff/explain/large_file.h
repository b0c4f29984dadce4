// Files that are too large to keep in memory: read by blocks, and only windows around what differs are kept.
#pragma once

#include "diff/explain/analyzer.h"
#include "diff/explain/divergent.h"
#include "diff/stack.h"

#include <array>
#include <cstdint>

namespace touchstone {

/// A view of what differs, without causes: what is as large as this is an archive or a database, and a cause that was
/// found in a window would say nothing of what it belongs to. Two streaming passes over the layers that hold the file.
Part explain_large_file(const DivergentFile& file, const std::array<const Stack*, 2>& stacks, const LoadOptions& load,
                        const ExplainLimits& limits);

} // namespace touchstone
