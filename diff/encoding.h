// Every digest mismatch is accounted for. Two layers (or documents) whose bytes differ although nothing in them does
// must say what it is that differs: order, dialect, padding, compression. What nothing explains is a finding of its
// own.
#pragma once

#include "diff/finding.h"
#include "diff/layers.h"
#include "diff/stack.h"
#include "diff/tree.h"
#include "image/image.h"

namespace touchstone {

/// The encoding facts of one matched pair of layers. `explained_by_entries`: some fact of some entry differs (noise or
/// not).
void compare_layer_encoding(const LayerMatch& match, const MatchableLayer& published, const MatchableLayer& rebuilt,
                            bool explained_by_entries, const RuleSet& rules, Findings& findings);

/// Media types, annotations and formatting of the two manifests, and the formatting of the configs.
void compare_document_encoding(const Image& published, const Image& rebuilt, const RuleSet& rules, Findings& findings);

/// Adds a finding as noise when `rule` is on, else with weight real.
void add_by_rule(Findings& findings, const RuleSet& rules, Rule rule, Finding finding);

} // namespace touchstone
