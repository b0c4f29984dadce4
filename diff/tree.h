// The merged tree: the sorted set of paths that a runtime would show after the layers are applied. Built by one merge
// of sorted lists, layer by layer. Where a layer holds a construct that appliers are known to read differently, the
// stack is simulated instead (diff/readings.h).
#pragma once

#include "diff/stack.h"
#include "image/oddity.h"
#include "normalize/tree.h"

#include <vector>

namespace touchstone {

/// The merged tree by the OCI image-spec's reading. `oddities` gets what only the stack shows (below_symlink through a
/// lower layer, readings_differ, …), with their layer.
Tree build_tree(const Stack& stack, std::vector<Oddity>& oddities);

} // namespace touchstone
