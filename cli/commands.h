// The commands: each is one function of (arguments, streams) in a file of its own, and one row of the table in run.cpp.
#pragma once

#include "cli/streams.h"

#include <string>
#include <vector>

namespace touchstone {

using Arguments = std::vector<std::string>;

/// What the exit status says (spec/verdict-and-report.md). 75 is EX_TEMPFAIL of sysexits.h.
namespace exit_status {
inline constexpr int met = 0;
inline constexpr int not_met = 1;
inline constexpr int trouble = 2;
inline constexpr int retry = 75;
} // namespace exit_status

int diff_command(const Arguments& args, Streams& streams);
int explain_command(const Arguments& args, Streams& streams);
int verify_command(const Arguments& args, Streams& streams);
int ls_command(const Arguments& args, Streams& streams);
int inspect_command(const Arguments& args, Streams& streams);
int digest_command(const Arguments& args, Streams& streams);
int normalize_command(const Arguments& args, Streams& streams);
int attest_command(const Arguments& args, Streams& streams);
int record_command(const Arguments& args, Streams& streams);
int ledger_command(const Arguments& args, Streams& streams);
int base_command(const Arguments& args, Streams& streams);
int cache_command(const Arguments& args, Streams& streams);
int rules_command(const Arguments& args, Streams& streams);

} // namespace touchstone
