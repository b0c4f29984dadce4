// What a comparison knows of canonical forms: whether layers that are equal fact by fact are so to the bit, and the
// digests that a report shows.
#pragma once

#include "diff/comparison.h"
#include "diff/layers.h"
#include "diff/stack.h"
#include "normalize/profile.h"

#include <vector>

namespace touchstone {

/// The profile that hides what `rules` hide: times kept without the rule `mtime`, ids fixed with the rule `owner`.
Profile profile_of(const RuleSet& rules);

/// A second opinion on layers that were found equal, by the canonical writer in place of the table of facts. Where the
/// forms of a pair differ all the same (attributes that only libarchive restores are one reason), a finding `canonical`
/// says so. Returns true when all are equal.
bool confirm_canonical(const std::vector<MatchableLayer>& published, const std::vector<MatchableLayer>& rebuilt,
                       const RuleSet& rules, Findings& findings);

/// Reads both images again and sets LayerSummary::canonical and SideSummary::tree. Throws unverified when the verdict
/// is `equivalent` and the digests are not equal: then the images changed while they were compared.
void add_canonical_values(const Image& published, const Image& rebuilt, const LoadOptions& load,
                          Comparison& comparison);

} // namespace touchstone
