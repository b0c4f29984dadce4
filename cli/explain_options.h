// The options of the second pass.
#pragma once

#include "cli/command_line.h"
#include "diff/explain/explain.h"

#include <chrono>

namespace touchstone {

/// --explain, --explain-budget, --max-explained-file and --accept. Sets the mode to automatic first.
void add_explain_options(CommandLine& line, ExplainOptions& options);

/// --explain-budget and --max-explained-file, which `touchstone explain` has, too.
void add_explain_bounds(CommandLine& line, std::chrono::seconds& budget, ExplainLimits& limits);

} // namespace touchstone
