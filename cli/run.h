// The command line as a function: the arguments without the program's name, and the streams; the exit status comes
// back.
#pragma once

#include "cli/streams.h"

#include <string>
#include <vector>

namespace touchstone {

/// Runs a command. Never throws; every error is one line on Streams::err.
int run(const std::vector<std::string>& args, Streams& streams);

} // namespace touchstone
