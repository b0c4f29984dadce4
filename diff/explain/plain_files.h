// Explaining two plain files, outside of any image: the same engine with the few clues that files have.
#pragma once

#include "diff/explain/analyzer.h"
#include "diff/explain/explanation.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace touchstone {

struct PlainFiles {
    std::string_view name;               ///< by which formats and causes go: that of the first file
    BytePair bytes;                      ///< live as long as the call; they differ
    std::array<std::int64_t, 2> built{}; ///< when each was made, unix seconds
    bool executable = false;
};

FileExplanation explain_plain_files(const PlainFiles& files, const ExplainLimits& limits, std::chrono::seconds budget);

} // namespace touchstone
