// Options that several commands share, and how the values of options are read.
#pragma once

#include "cli/command_line.h"
#include "cli/streams.h"
#include "diff/stack.h"
#include "image/image.h"
#include "normalize/profile.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace touchstone {

/// A whole number of at least `least`; throws usage, naming `option`.
std::uint64_t parse_number(std::string_view option, std::string_view text, std::uint64_t least = 0);
/// The same with K, M, G or T behind it: powers of 1024.
std::uint64_t parse_size(std::string_view option, std::string_view text);

enum class ColorChoice : std::uint8_t { automatic, always, never };

/// Colour for standard output: the option, then NO_COLOR (no-color.org), CLICOLOR_FORCE (bixense.com/clicolors), then
/// whether it is a terminal.
bool wants_color(ColorChoice choice, const Streams& streams);

void add_color_option(CommandLine& line, ColorChoice& choice);
void add_quiet_option(CommandLine& line, bool& quiet, std::string_view description);
void add_json_option(CommandLine& line, bool& json, std::string_view description);
/// How an image is opened: --platform, where `several` makes sense --all-platforms, how registries are reached, and
/// what is kept of them. `streams` and `quiet`, --quiet of the command if it has that, must live as long as `options`.
void add_platform_options(CommandLine& line, OpenOptions& options, bool several, const Streams& streams,
                          const bool* quiet = nullptr);
/// The limits of the readers.
void add_limit_options(CommandLine& line, LayerLimits& limits);
/// --mtime and --owner. SOURCE_DATE_EPOCH (reproducible-builds.org) is what a bare `clamp` means.
void add_profile_options(CommandLine& line, Profile& profile, const Streams& streams);
/// --jobs and the limits.
void add_load_options(CommandLine& line, LoadOptions& options);

} // namespace touchstone
