// Ambiguity (spec/verdict-and-report.md): bytes that are the same are the same under any reading; bytes that differ and
// hold a construct that known runtimes read differently are never called equal, unless the ambiguous entries themselves
// are equal on both sides and every reading gives equal trees.
#pragma once

#include "diff/finding.h"
#include "diff/layers.h"
#include "diff/readings.h"

#include <string>
#include <vector>

namespace touchstone {

/// What one side brings.
struct AmbiguitySide {
    const std::vector<MatchableLayer>* layers = nullptr;
    const Readings* readings = nullptr;
    const std::vector<Oddity>* stack_oddities = nullptr; ///< those that build_readings found
};

/// Adds an `ambiguous` finding (security) per ambiguous construct in layers that are not byte-equal; returns true when
/// there was any, so that the verdict cannot be better than divergent.
bool judge_ambiguity(const AmbiguitySide& published, const AmbiguitySide& rebuilt, const RuleSet& rules,
                     Findings& findings);

} // namespace touchstone
