// Comparing configs as whole JSON, not by the fields that someone thought of: an unknown field that differs is a
// finding like any other. A table says which pointers are noise, under which rule.
#pragma once

#include "diff/comparison.h"
#include "diff/finding.h"
#include "image/image.h"

namespace touchstone {

/// Findings of place config, one per JSON pointer. When only one side has a config at all (tar:), that is counted as
/// noise `config-absent`: a plain tar has no run configuration, and the verdict cannot be better than same-files.
void compare_configs(const Image& published, const Image& rebuilt, const RuleSet& rules, Findings& findings);

/// Whether the claims of the two histories (created_by, comment, author, empty_layer; not the times) are the same.
HistoryRelation compare_histories(const Image& published, const Image& rebuilt);

} // namespace touchstone
