// Every header trick of the spec's tables as a named archive with what must come of it. One table for the unit tests,
// the differential test against Go, GNU tar, Python and libarchive, the fuzzer's seeds and the committed fixtures.
#pragma once

#include "base/error.h"
#include "image/oddity.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone::test {

struct TarCase {
    std::string name;
    std::string bytes;
    std::optional<ErrorKind> refused;   ///< the kind of the refusal; absent: accepted
    std::vector<OddityCode> oddities{}; ///< each kind that must be found, and no other
    std::string entries{};              ///< "path:type[:size of a file]" joined by blanks; unchecked when empty
    bool go_accepts_too = false;        ///< refused by us for containerd's sake or by a limit, although Go reads it
};

std::vector<TarCase> number_cases();
std::vector<TarCase> pax_cases();
std::vector<TarCase> extension_cases();
std::vector<TarCase> header_cases();
std::vector<TarCase> stream_cases();
std::vector<TarCase> sparse_cases();
std::vector<TarCase> layer_cases();

/// All of them.
const std::vector<TarCase>& tar_cases();

// Shorthands for the tables.
TarCase good(std::string name, std::string bytes, std::vector<OddityCode> oddities = {}, std::string entries = {});
TarCase bad(std::string name, std::string bytes, ErrorKind kind = ErrorKind::malformed);
/// Refused on top of what Go refuses.
TarCase bad_for_runtimes(std::string name, std::string bytes, ErrorKind kind);

} // namespace touchstone::test
