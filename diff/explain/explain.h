// The second pass: why do the files differ that differ. Reads again only what a finding is about, gives each pair to
// the Analyzer, asks the package databases, and draws conclusions over all files together.
#pragma once

#include "base/progress.h"
#include "diff/comparison.h"
#include "diff/explain/analyzer.h"
#include "diff/explain/explanation.h"
#include "diff/stack.h"
#include "normalize/tree.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace touchstone {

struct ExplainOptions {
    enum class Mode : std::uint8_t { none, automatic, all };
    Mode mode = Mode::none;
    std::size_t files = 1000;        ///< with Mode::automatic: so many, security weight first
    std::chrono::seconds budget{60}; ///< for all of it; what it cuts is said
    std::vector<std::string> accept; ///< names of rules (diff/explain/accept.h), checked already
    ExplainLimits limits;
};

/// What explaining needs of one side; everything must outlive the call.
struct ExplainSide {
    const Stack& stack;
    const Tree& tree; ///< merged, of the specification's reading
};

/// Explains the file findings of `comparison`, whose findings are sorted. Files whose every finding is accepted by name
/// are moved from the findings to Explanation::accepted; the caller judges again where there are such. Throws what
/// reading throws: unverified where a content is not the one that was compared.
Explanation explain_differences(const std::array<ExplainSide, 2>& sides, Comparison& comparison,
                                const ExplainOptions& options, const LoadOptions& load);

} // namespace touchstone
