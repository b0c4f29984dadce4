// --diffoscope: pairs of files that nothing explains are handed to diffoscope, and the reports say where its output is.
#pragma once

#include "cli/command_line.h"
#include "diff/compare.h"

#include <chrono>
#include <cstddef>
#include <string>

namespace touchstone {

struct DiffoscopeOptions {
    std::size_t pairs = 0;            ///< at most so many; 0: it is not wanted
    std::chrono::seconds timeout{60}; ///< for each
    std::string output;               ///< a directory, new or empty
    std::string program;              ///< its path; set by check_diffoscope
};

/// --diffoscope[=N], --diffoscope-output and --diffoscope-timeout.
void add_diffoscope_options(CommandLine& line, DiffoscopeOptions& options);

/// Finds the program. Throws usage where the options make no sense together, and unreadable where it is not installed.
void check_diffoscope(DiffoscopeOptions& options, const ExplainOptions& explain);

/// Hands over the unexplained pairs of a comparison, the weightiest first, and notes at each what came of it. `used`
/// counts the pairs over all comparisons of a run. What may hold secrets stays here. Throws what reading throws.
void run_diffoscope(const DiffoscopeOptions& options, const Image& published, const Image& rebuilt,
                    const CompareOptions& compare, Comparison& comparison, std::size_t& used);

} // namespace touchstone
