// Where keys and passphrases come from: a file, a variable of the environment, or a person at the terminal. Never from
// the command line itself, which everybody on the machine can read.
#pragma once

#include "attest/keys.h"
#include "cli/streams.h"

#include <string>
#include <string_view>

namespace touchstone {

/// The text that `source` names: "env:NAME", "file:PATH" or PATH. Throws usage, naming `option`, for a variable that is
/// not set, and unreadable.
std::string read_secret_source(std::string_view option, const std::string& source, const Streams& streams);

/// The passphrase by `source` ("env:NAME" or "file:PATH", whose first line it is); asked on the terminal where that is
/// empty. `option` is what a message names; `streams` must outlive the result.
AskPassphrase passphrase_from(std::string_view option, const std::string& source, const Streams& streams);

} // namespace touchstone
