// Modes and times as text. The calendar is std::chrono's; it knows no time zone and no leap seconds, as POSIX time
// does.
#include "report/listing_text.h"

#include <fmt/format.h>

#include <chrono>

namespace touchstone {

namespace {

char type_letter(const Entry& entry) {
    switch (entry.whiteout) {
    case Whiteout::file:
        return 'w';
    case Whiteout::opaque:
        return 'o';
    case Whiteout::aufs:
        return 'a';
    case Whiteout::none:
        break;
    }
    switch (entry.type) {
    case EntryType::hardlink:
        return 'h';
    case EntryType::symlink:
        return 'l';
    case EntryType::char_device:
        return 'c';
    case EntryType::block_device:
        return 'b';
    case EntryType::directory:
        return 'd';
    case EntryType::fifo:
        return 'p';
    case EntryType::file:
        break;
    }
    return '-';
}

/// One of the three groups; `special` stands for s or t, and says so in capitals where x is missing.
std::string triplet(std::uint32_t bits, bool is_special, char special) {
    std::string text;
    text += (bits & 4U) != 0 ? 'r' : '-';
    text += (bits & 2U) != 0 ? 'w' : '-';
    const bool executable = (bits & 1U) != 0;
    if (is_special) {
        text += executable ? special : static_cast<char>(special - 'a' + 'A');
    } else {
        text += executable ? 'x' : '-';
    }
    return text;
}

// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what ISO 8601 writes with four digits.
constexpr std::int64_t first_second = -62'167'219'200;
constexpr std::int64_t last_second = 253'402'300'799;

} // namespace

std::string mode_text(const Entry& entry, std::uint32_t permissions) {
    return type_letter(entry) + triplet(permissions >> 6U, (permissions & 04000U) != 0, 's') +
           triplet(permissions >> 3U, (permissions & 02000U) != 0, 's') +
           triplet(permissions, (permissions & 01000U) != 0, 't');
}

std::string time_text(const Timestamp& time) {
    if (time.seconds < first_second || time.seconds > last_second) return "@" + seconds_text(time);
    const std::chrono::sys_seconds when{std::chrono::seconds(time.seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(when - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

} // namespace touchstone
