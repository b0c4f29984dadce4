// Numbers and times of archives. Calendars come from <chrono>, which knows neither clock nor locale here.
#include "diff/explain/archive_bytes.h"

#include <fmt/format.h>

#include <chrono>

namespace touchstone::archives {

namespace {

constexpr std::int64_t day = 86400;

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 16;
}

} // namespace

std::optional<std::int64_t> digits(std::string_view text, unsigned base) {
    constexpr std::size_t longest = 15; // 15 hexadecimal digits are 60 bits
    std::size_t used = 0;
    std::int64_t value = 0;
    while (used < text.size() && digit_of(text[used]) < static_cast<int>(base)) {
        if (used == longest) return {};
        value = value * static_cast<std::int64_t>(base) + digit_of(text[used]);
        ++used;
    }
    if (used == 0 || text.find_first_not_of(' ', used) != std::string_view::npos) return {};
    return value;
}

std::string utc_text(std::int64_t seconds) {
    // Beyond year 9999 a date says less than the number.
    constexpr std::int64_t last = 253402300799;
    if (seconds < 0 || seconds > last) return fmt::format("{} s", seconds);
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{seconds / day}}};
    const std::int64_t rest = seconds % day;
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest / 3600,
                       rest / 60 % 60, rest % 60);
}

std::optional<std::int64_t> dos_seconds(std::uint32_t value) {
    if (value == 0) return 0;
    const std::uint32_t date = value >> 16U;
    const std::chrono::year_month_day civil{std::chrono::year{1980 + static_cast<int>(date >> 9U)},
                                            std::chrono::month{date >> 5U & 15U}, std::chrono::day{date & 31U}};
    const std::int64_t hour = value >> 11U & 31U;
    const std::int64_t minute = value >> 5U & 63U;
    const std::int64_t second = std::int64_t{value & 31U} * 2;
    if (!civil.ok() || hour > 23 || minute > 59 || second > 59) return {};
    return std::chrono::sys_days{civil}.time_since_epoch().count() * day + hour * 3600 + minute * 60 + second;
}

std::int64_t filetime_seconds(std::uint64_t value) {
    constexpr std::int64_t from_1601_to_1970 = 11644473600;
    return static_cast<std::int64_t>(value / 10'000'000) - from_1601_to_1970;
}

} // namespace touchstone::archives
