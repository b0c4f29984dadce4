// Days, months and years against the clocks. A day may be written in any time zone, hence half a day of slack around
// it.
#include "diff/explain/plausible.h"

namespace touchstone {

namespace {

constexpr std::int64_t furthest_zone = 14LL * 3600; ///< east; west it is 12 hours

/// A second that lies on the day that begins at `day`, somewhere on earth.
bool is_on_day(std::int64_t second, std::int64_t day) {
    return second >= day - furthest_zone && second < day + seconds_a_day + furthest_zone;
}

constexpr std::int64_t last_sane_second = std::int64_t{1} << 40; ///< far behind any year of four digits

bool is_day_of(const SideClues& side, std::int64_t day) {
    if (sane_clock(side) > 0 && is_on_day(sane_clock(side), day)) return true;
    const auto file = side.mtimes.lower_bound(day - furthest_zone);
    return file != side.mtimes.end() && is_on_day(*file, day);
}

bool is_month_of(const SideClues& side, std::int64_t second) {
    return sane_clock(side) > 0 && month_number(second) == month_number(sane_clock(side));
}

/// A step of the build runs a while before the image's time is taken, or a little after.
bool is_year_of(const SideClues& side, std::int64_t year) {
    const std::int64_t clock = sane_clock(side);
    return clock > 0 && (year == year_of(clock - seconds_a_day) || year == year_of(clock + seconds_a_day));
}

bool in_window(const SideClues& side, std::int64_t second) {
    const std::int64_t clock = sane_clock(side);
    if (clock <= 0 || side.oldest_mtime <= 0) return false;
    return second >= side.oldest_mtime - seconds_a_day && second <= clock + seconds_a_day;
}

} // namespace

std::int64_t sane_clock(const SideClues& side) {
    const std::int64_t clock = side.clock();
    return clock > 0 && clock < last_sane_second ? clock : 0;
}

bool in_both_windows(const Clues& clues, std::int64_t published, std::int64_t rebuilt) {
    return in_window(clues.side[0], published) && in_window(clues.side[1], rebuilt);
}

bool plausible_years(const Clues& clues, std::int64_t published, std::int64_t rebuilt) {
    return is_year_of(clues.side[0], published) && is_year_of(clues.side[1], rebuilt);
}

bool plausible_moments(const Clues& clues, const Moment& published, const Moment& rebuilt) {
    switch (published.precision) {
    case Precision::second:
    case Precision::minute:
        return clues.plausible_times(published.seconds, rebuilt.seconds);
    case Precision::day:
        return is_day_of(clues.side[0], published.seconds) && is_day_of(clues.side[1], rebuilt.seconds);
    case Precision::month:
        break;
    }
    return is_month_of(clues.side[0], published.seconds) && is_month_of(clues.side[1], rebuilt.seconds);
}

} // namespace touchstone
