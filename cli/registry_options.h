// Options about registries: trust, credentials, patience. Every command that opens an image has them.
#pragma once

#include "cli/command_line.h"
#include "image/remote/options.h"

namespace touchstone {

void add_registry_options(CommandLine& line, RemoteOptions& options);

} // namespace touchstone
