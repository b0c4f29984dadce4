// See rfc3339.h. The calendar is the standard library's, which is that of RFC 3339: Gregorian before 1582, too.
#include "base/rfc3339.h"

#include <fmt/format.h>

#include <chrono>

namespace touchstone {

namespace {

std::optional<int> number(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(at, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// "Z", "+01:00": seconds east of UTC.
std::optional<int> offset_of(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    const auto hours = number(text, 1, 2);
    const auto minutes = number(text, 4, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const int seconds = *hours * 3600 + *minutes * 60;
    return text[0] == '-' ? -seconds : seconds;
}

/// Seconds from 1970 to the beginning of the day that "2026-03-01" is.
std::optional<std::int64_t> read_date(std::string_view text) {
    const auto year = number(text, 0, 4);
    const auto month = number(text, 5, 2);
    const auto day = number(text, 8, 2);
    if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
}

/// Seconds from midnight of "10:00:00".
std::optional<std::int64_t> read_time(std::string_view text) {
    const auto hour = number(text, 0, 2);
    const auto minute = number(text, 3, 2);
    const auto second = number(text, 6, 2);
    if (!hour || !minute || !second || text[2] != ':' || text[5] != ':') return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return *hour * 3600 + *minute * 60 + *second;
}

} // namespace

std::string rfc3339(std::int64_t seconds) {
    const std::chrono::sys_seconds moment{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(moment - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count());
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
    constexpr std::size_t clock = 11; // where the time begins, and ends
    std::size_t at = 19;
    if (text.size() <= at || (text[clock - 1] != 'T' && text[clock - 1] != 't')) return std::nullopt;
    const auto day = read_date(text.substr(0, clock - 1));
    const auto time = read_time(text.substr(clock, at - clock));
    if (!day || !time) return std::nullopt;
    if (text[at] == '.') {
        const std::size_t fraction = at + 1;
        at = text.find_first_not_of("0123456789", fraction);
        if (at == std::string_view::npos || at == fraction) return std::nullopt;
    }
    const auto offset = offset_of(text.substr(at));
    if (!offset) return std::nullopt;
    return *day + *time - *offset;
}

} // namespace touchstone
