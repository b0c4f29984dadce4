// What the words behind `touchstone attest` share.
#pragma once

#include "cli/commands.h"

#include <string>

namespace touchstone {

/// `touchstone attest verify`.
int attest_verify(const Arguments& args, Streams& streams);

/// A file with an envelope, as the user named it. Throws unreadable, and over_limit past longest_envelope.
std::string read_envelope_file(const std::string& path);

} // namespace touchstone
