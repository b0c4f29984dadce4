// One side of a comparison (or of `verify`) as plain values: what was read and verified, with every oddity.
#pragma once

#include "diff/comparison.h"
#include "diff/stack.h"
#include "diff/tree.h"

#include <vector>

namespace touchstone {

/// `stack_oddities` are those that building the tree found. The result holds no view into anything.
SideSummary summarize(Side side, const Stack& stack, const Tree& tree, const std::vector<Oddity>& stack_oddities);

} // namespace touchstone
