// What the words behind `touchstone attest` share.
#pragma once

#include "cli/commands.h"

#include <string>

namespace touchstone {

/// `touchstone attest verify`.
int attest_verify(const Arguments& args, Streams& streams);

/// `touchstone attest key`.
int attest_key(const Arguments& args, Streams& streams);

/// A file of statements, as the user named it. Throws unreadable, and over_limit past longest_statement_file.
std::string read_statement_file(const std::string& path);

} // namespace touchstone
