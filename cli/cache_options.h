// Options about what is kept of registries, and where that is.
#pragma once

#include "cli/command_line.h"
#include "cli/streams.h"
#include "image/cache/options.h"

#include <string>

namespace touchstone {

/// $XDG_CACHE_HOME/touchstone, else $HOME/.cache/touchstone (XDG base directory specification: a path that is not
/// absolute is to be ignored); empty where there is neither.
std::string default_cache_directory(const Streams& streams);

/// --no-cache and --cache-limit; the cache is on. `streams` gets the note of a cache that cannot be used, once, unless
/// `*quiet`, which is what the command line has said by then (nullptr: the command is never quiet).
void add_cache_options(CommandLine& line, CacheOptions& options, const Streams& streams, const bool* quiet);

} // namespace touchstone
