// Whether two dates that are less than a full time could be those of the two builds. Full times are judged by
// Clues::plausible_times; a day, a month or a year says less, so it must be that of the build itself or of a file.
#pragma once

#include "diff/explain/clues.h"
#include "diff/explain/moment.h"

namespace touchstone {

/// Both moments as they were read, each of the same grammar.
bool plausible_moments(const Clues& clues, const Moment& published, const Moment& rebuilt);
/// Both in the window of their own side: after its oldest file, before a day after its clock.
bool in_both_windows(const Clues& clues, std::int64_t published, std::int64_t rebuilt);
/// The side's clock, or 0 where it is unknown or no time of a build (times of tars may be any 64 bits).
std::int64_t sane_clock(const SideClues& side);
/// The years of both clocks.
bool plausible_years(const Clues& clues, std::int64_t published, std::int64_t rebuilt);

} // namespace touchstone
