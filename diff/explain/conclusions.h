// Conclusions over all files together: the same pair of words in many files is one source, and a few changes to the
// build settle most of what differs.
#pragma once

#include "diff/explain/explanation.h"

#include <vector>

namespace touchstone {

/// Pairs of values that have a cause and appear in at least two files. The most frequent ones first, at most
/// vote_limit.
std::vector<Vote> count_votes(const std::vector<FileExplanation>& files);
constexpr std::size_t vote_limit = 100; ///< what comes behind says little; the files have their own differences

/// The shortest list of changes, greedily: each next one is that after which most files have no difference left.
/// Files that nothing explains are settled by none.
std::vector<Remedy> find_remedies(const std::vector<FileExplanation>& files);

} // namespace touchstone
