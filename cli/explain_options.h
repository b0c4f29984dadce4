// The options of the second pass.
#pragma once

#include "cli/command_line.h"
#include "diff/explain/explain.h"

namespace touchstone {

/// --explain, --explain-budget, --max-explained-file and --accept. Sets the mode to automatic first.
void add_explain_options(CommandLine& line, ExplainOptions& options);

} // namespace touchstone
