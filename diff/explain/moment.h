// Dates and times as texts write them: a table of grammars, each a pattern in the letters of date(1), and the calendar
// arithmetic that turns a match into seconds. No locale and no clock: names are English, and an unnamed zone is UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace touchstone {

constexpr std::int64_t seconds_a_day = 86'400;

/// How much of a moment is written.
enum class Precision : std::uint8_t { month, day, minute, second };

struct Grammar {
    std::string_view name;    ///< "ISO 8601"; for the evidence
    std::string_view pattern; ///< %Y %y %m %d %e %b %B %a %H %I %M %S %p as in date(1); %f an optional fraction,
                              ///< %z an offset or Z, %Z a zone's name or an offset; all else stands for itself
};

/// The widest first: a date alone must not take the place of a date with its time.
std::span<const Grammar> grammars();

struct Moment {
    std::int64_t seconds = 0; ///< since 1970-01-01, less the offset where one is written
    bool zoned = false;       ///< the offset is written, or a zone's name that has one
    bool has_year = true;     ///< false: in the year that was asked for
    Precision precision = Precision::day;
    std::size_t size = 0; ///< bytes of the text that were read
};

/// The moment that `text` begins with; nothing when it does not parse, or names no real day. `year` is for texts
/// without one.
std::optional<Moment> parse_moment(const Grammar& grammar, std::string_view text, std::int64_t year = 2000);

/// False where `text`, a piece of something, cannot be a piece of a moment: a quick look that spares most parsing.
bool may_be_in_moment(std::string_view text);

/// Days since 1970-01-01 in the Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day);
/// The year of a second.
std::int64_t year_of(std::int64_t seconds);
/// Year and month as one number: year * 12 + month - 1.
std::int64_t month_number(std::int64_t seconds);

} // namespace touchstone
