// What layers hold but the merged tree does not show: entries that an upper layer replaces or deletes. They are
// shipped, downloaded and readable (a secret in a lower layer), so a difference in them is a finding, though it changes
// no verdict below same-files.
#pragma once

#include "diff/finding.h"
#include "diff/layers.h"

#include <set>
#include <string>

namespace touchstone {

/// The paths that already have a finding of place `file`.
class FoundPaths {
public:
    explicit FoundPaths(const Findings& findings);
    bool has(std::string_view path) const { return paths_.contains(path); }

private:
    std::set<std::string, std::less<>> paths_;
};

/// Compares two matched layers entry by entry. Differences at paths that have no finding yet become findings with fact
/// `shadowed`; whiteouts' metadata is counted as noise. Returns true when any fact of any entry differs, noise or not.
bool report_shadowed(const LayerMatch& match, const MatchableLayer& published, const MatchableLayer& rebuilt,
                     const RuleSet& rules, const FoundPaths& found, Findings& findings);

} // namespace touchstone
