// The patterns, and a parser that follows one of them. A moment is matched from its first byte; the caller looks at
// what stands before and behind it.
#include "diff/explain/moment.h"

#include "diff/explain/words.h"

#include <algorithm>
#include <array>
#include <string>

namespace touchstone {

namespace {

constexpr std::array<Grammar, 75> table{{
    // ISO 8601 and its relatives
    {"ISO 8601", "%Y-%m-%dT%H:%M:%S%f%z"},
    {"ISO 8601", "%Y-%m-%d %H:%M:%S%f %z"},
    {"ISO 8601", "%Y-%m-%d %H:%M:%S%f%z"},
    {"ISO 8601", "%Y-%m-%d %H:%M:%S%f %Z"},
    {"ISO 8601", "%Y-%m-%dT%H:%M:%S%f"},
    {"ISO 8601", "%Y-%m-%d %H:%M:%S%f"},
    {"ISO 8601", "%Y-%m-%d  %H:%M:%S"},
    {"ISO 8601", "%Y-%m-%dT%H:%M%z"},
    {"ISO 8601", "%Y-%m-%d %H:%M%z"},
    {"ISO 8601", "%Y-%m-%d %H:%M %z"},
    {"ISO 8601", "%Y-%m-%d %H:%M %Z"},
    {"ISO 8601", "%Y-%m-%dT%H:%M"},
    {"ISO 8601", "%Y-%m-%d %H:%M"},
    {"date in a file name", "%Y-%m-%dT%H_%M_%S"},
    {"date in a file name", "%Y-%m-%dT%H-%M-%S"},
    {"date in a file name", "%Y-%m-%d_%H-%M-%S"},
    {"date in a file name", "%Y-%m-%d-%H-%M-%S"},
    {"date in a file name", "%Y-%m-%d-%H%M%S"},
    {"date in a file name", "%Y-%m-%d_%H%M%S"},
    {"ISO 8601 basic", "%Y%m%dT%H%M%S%z"},
    {"ISO 8601 basic", "%Y%m%dT%H%M%S"},
    {"PDF", "%Y%m%d%H%M%S%z"},
    {"YYYYMMDDHHMMSS", "%Y%m%d%H%M%S"},
    {"YYYYMMDD HHMMSS", "%Y%m%d-%H%M%S"},
    {"YYYYMMDD HHMMSS", "%Y%m%d_%H%M%S"},
    {"YYYYMMDD HHMMSS", "%Y%m%d.%H%M%S"},
    {"YYYYMMDD HH:MM:SS", "%Y%m%d %H:%M:%S"},
    {"YYYYMMDD HHMM", "%Y%m%d-%H%M"},
    {"YYYYMMDD HHMM", "%Y%m%d.%H%M"},
    {"YYYYMMDDHHMM", "%Y%m%d%H%M"},
    {"Y/M/D", "%Y/%m/%d %H:%M:%S%f"},
    {"Y/M/D", "%Y/%m/%d %H:%M"},
    {"Y-M-D h:m AM", "%Y-%m-%d %I:%M:%S %p"},
    // RFC 2822 and its relatives
    {"RFC 2822", "%a, %e %b %Y %H:%M:%S %z"},
    {"RFC 2822", "%a, %e %b %Y %H:%M:%S %Z"},
    {"RFC 2822", "%a, %e %b %Y %H:%M:%S"},
    {"RFC 2822", "%a, %e %b %Y"},
    {"D Mon Y", "%e %b %Y %H:%M:%S %z"},
    {"D Mon Y", "%e %b %Y %H:%M:%S %Z"},
    {"D Mon Y", "%e %b %Y %H:%M:%S"},
    {"D Mon Y", "%e %b %Y %H:%M"},
    // asctime, date
    {"git log", "%a %b %e %H:%M:%S %Y %z"},
    {"asctime", "%a %b %e %H:%M:%S %Y"},
    {"date", "%a %b %e %H:%M:%S %Z %Y"},
    {"date", "%a %b %e %I:%M:%S %p %Z %Y"},
    {"date", "%a %e %b %H:%M:%S %Z %Y"},
    {"date", "%a %e %b %Y %I:%M:%S %p %Z"},
    {"date", "%a %e %b %Y %H:%M:%S %Z"},
    {"date", "%a %b %e %Y %H:%M:%S"},
    {"date", "%a %b %e %Y"},
    {"Mon D Y", "%b %e %Y %H:%M:%S"},
    {"Mon D Y", "%b %e %Y, %H:%M:%S"},
    {"Mon D Y", "%b %e, %Y %I:%M:%S %p"},
    {"Mon D Y", "%b %e, %Y %H:%M:%S"},
    {"Apache log", "%d/%b/%Y:%H:%M:%S %z"},
    {"D-Mon-Y", "%e-%b-%Y %H:%M:%S"},
    {"D-Mon-Y", "%e-%b-%Y %H:%M"},
    // days and months in numbers; which is which is settled by the clocks
    {"D/M/Y", "%d/%m/%Y %H:%M:%S"},
    {"M/D/Y", "%m/%d/%Y %I:%M:%S %p"},
    {"M/D/Y", "%m/%d/%Y %H:%M:%S"},
    {"D.M.Y", "%d.%m.%Y %H:%M:%S"},
    {"M/D/y", "%m/%d/%y %H:%M:%S"},
    // without a year
    {"syslog", "%b %e %H:%M:%S"},
    {"ls -l", "%b %e %H:%M"},
    // days
    {"date", "%e %B %Y"},
    {"date", "%B %e, %Y"},
    {"date", "%B %e %Y"},
    {"date", "%e-%b-%Y"},
    {"date", "%Y-%m-%d"},
    {"date", "%Y/%m/%d"},
    {"D/M/Y", "%d/%m/%Y"},
    {"M/D/Y", "%m/%d/%Y"},
    {"D.M.Y", "%d.%m.%Y"},
    {"YYYYMMDD", "%Y%m%d"},
    // months
    {"month", "%B %Y"},
}};

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> weekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};

struct Zone {
    std::string_view name;
    int minutes; ///< east of Greenwich
};
/// Zones that a build machine is likely to have, and that mean one offset wherever they are written.
constexpr std::array<Zone, 17> zones{{{"UTC", 0},
                                      {"GMT", 0},
                                      {"Z", 0},
                                      {"WET", 0},
                                      {"WEST", 60},
                                      {"CET", 60},
                                      {"CEST", 120},
                                      {"EET", 120},
                                      {"EEST", 180},
                                      {"MSK", 180},
                                      {"JST", 540},
                                      {"EST", -300},
                                      {"EDT", -240},
                                      {"MST", -420},
                                      {"MDT", -360},
                                      {"PST", -480},
                                      {"PDT", -420}}};

constexpr std::array<int, 12> month_days{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/// What has been read of one moment.
struct Fields {
    std::int64_t year = 2000;
    std::int64_t month = 1;
    std::int64_t day = 1;
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    std::int64_t offset = 0; ///< minutes
    bool afternoon = false;
    bool twelve_hours = false;
};

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool follow(std::string_view pattern);
    Fields fields;
    bool zoned = false;
    std::size_t used() const { return at_; }

private:
    bool field(char letter);
    bool digits(std::size_t count, std::int64_t& value, std::int64_t least, std::int64_t most);
    bool short_day();
    template <std::size_t size>
    bool name(const std::array<std::string_view, size>& names, bool full_too, std::int64_t& value);
    bool fraction();
    bool offset();
    bool zone_name();
    bool literal(char c);
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    std::string_view text_;
    std::size_t at_ = 0;
};

bool Reader::follow(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool is_field = pattern[i] == '%' && i + 1 < pattern.size();
        if (is_field ? !field(pattern[++i]) : !literal(pattern[i])) return false;
    }
    return true;
}

bool Reader::literal(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
}

bool Reader::digits(std::size_t count, std::int64_t& value, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(peek(i))) return false;
        number = number * 10 + (peek(i) - '0');
    }
    if (number < least || number > most) return false;
    value = number;
    at_ += count;
    return true;
}

/// "1", " 1", "01", "31": what %e, %-d and %d print.
bool Reader::short_day() {
    if (is_digit(peek()) && is_digit(peek(1))) return digits(2, fields.day, 1, 31);
    if (peek() == ' ' && is_digit(peek(1)) && !is_digit(peek(2))) ++at_;
    return digits(1, fields.day, 1, 9);
}

template <std::size_t size>
bool Reader::name(const std::array<std::string_view, size>& names, bool full_too, std::int64_t& value) {
    constexpr std::size_t short_size = 3;
    for (std::size_t i = 0; i < size; ++i) {
        const std::string_view full = names[i];
        const std::string_view rest = text_.substr(at_);
        const bool is_full = full_too && rest.starts_with(full);
        if (!is_full && !rest.starts_with(full.substr(0, short_size))) continue;
        const std::size_t length = is_full ? full.size() : short_size;
        if (is_letter(peek(length))) return false;
        value = static_cast<std::int64_t>(i) + 1;
        at_ += length;
        return true;
    }
    return false;
}

bool Reader::fraction() {
    if ((peek() != '.' && peek() != ',') || !is_digit(peek(1))) return true;
    constexpr std::size_t nanoseconds = 9;
    std::size_t length = 1;
    while (length <= nanoseconds && is_digit(peek(length))) ++length;
    at_ += length;
    return true;
}

/// "Z", "+01", "+0100", "+01:00", "+01'00'" (PDF).
bool Reader::offset() {
    constexpr std::int64_t furthest = 14; // hours, Kiritimati
    if (literal('Z')) {
        zoned = true;
        return true;
    }
    const char sign = peek();
    if (sign != '+' && sign != '-') return false;
    ++at_;
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!digits(2, hours, 0, furthest)) return false;
    const bool apart = (peek() == ':' || peek() == '\'') && is_digit(peek(1));
    if (apart) ++at_;
    if ((apart || is_digit(peek())) && !digits(2, minutes, 0, 59)) return false;
    if (apart && peek() == '\'') ++at_;
    fields.offset = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
    zoned = true;
    return true;
}

bool Reader::zone_name() {
    if (peek() == '+' || peek() == '-') return offset();
    constexpr std::size_t longest = 5;
    std::size_t length = 0;
    while (length <= longest && is_upper(peek(length))) ++length;
    if (length < 1 || length > longest || is_alnum(peek(length))) return false;
    const std::string_view name = text_.substr(at_, length);
    if (name == "AM" || name == "PM") return false;
    const auto zone = std::find_if(zones.begin(), zones.end(), [&](const Zone& z) { return z.name == name; });
    if (zone != zones.end()) {
        fields.offset = zone->minutes;
        zoned = true;
    }
    at_ += length;
    return true;
}

bool Reader::field(char letter) {
    std::int64_t ignored = 0;
    switch (letter) {
    case 'Y':
        return digits(4, fields.year, 1970, 2199);
    case 'y':
        if (!digits(2, fields.year, 0, 99)) return false;
        fields.year += 2000;
        return true;
    case 'm':
        return digits(2, fields.month, 1, 12);
    case 'd':
        return digits(2, fields.day, 1, 31);
    case 'e':
        return short_day();
    case 'b':
        return name(months, false, fields.month);
    case 'B':
        return name(months, true, fields.month);
    case 'a':
        return name(weekdays, true, ignored);
    case 'H':
        return digits(2, fields.hour, 0, 23);
    case 'I':
        fields.twelve_hours = true;
        return is_digit(peek(1)) ? digits(2, fields.hour, 1, 12) : digits(1, fields.hour, 1, 9);
    case 'M':
        return digits(2, fields.minute, 0, 59);
    case 'S':
        return digits(2, fields.second, 0, 60);
    case 'p':
        fields.afternoon = peek() == 'P' || peek() == 'p';
        if (!fields.afternoon && peek() != 'A' && peek() != 'a') return false;
        ++at_;
        return literal('M') || literal('m');
    case 'f':
        return fraction();
    case 'z':
        return offset();
    case 'Z':
        return zone_name();
    default:
        return false;
    }
}

bool has(std::string_view pattern, char letter) {
    for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
        if (pattern[i] == '%' && pattern[i + 1] == letter) return true;
    }
    return false;
}

Precision precision_of(std::string_view pattern) {
    if (has(pattern, 'S')) return Precision::second;
    if (has(pattern, 'M')) return Precision::minute;
    return has(pattern, 'd') || has(pattern, 'e') ? Precision::day : Precision::month;
}

/// A piece of a month's or weekday's name, or of a zone's or other sign in capitals.
bool may_be_in_name(std::string_view letters) {
    constexpr std::size_t longest_sign = 5;
    if (letters.size() <= longest_sign && std::all_of(letters.begin(), letters.end(), is_upper)) return true;
    const auto holds = [&](std::string_view name) { return name.find(letters) != std::string_view::npos; };
    return std::any_of(months.begin(), months.end(), holds) || std::any_of(weekdays.begin(), weekdays.end(), holds) ||
           letters == "am" || letters == "pm" || letters == "a" || letters == "p";
}

bool is_leap(std::int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/// Year, month and day of a day's number, by counting whole years and months; a loop of at most a few hundred steps.
std::array<std::int64_t, 2> year_and_month(std::int64_t seconds) {
    std::int64_t days = seconds / seconds_a_day - (seconds % seconds_a_day < 0 ? 1 : 0);
    constexpr std::int64_t far = 400LL * 365; // beyond what clocks say; keeps the loop short for hostile times
    days = std::clamp(days, std::int64_t{0}, far);
    std::int64_t year = 1970;
    while (days >= (is_leap(year) ? 366 : 365)) days -= is_leap(year++) ? 366 : 365;
    std::int64_t month = 1;
    while (month < 12 && days_from_civil(year, month + 1, 1) - days_from_civil(year, 1, 1) <= days) ++month;
    return {year, month};
}

} // namespace

std::span<const Grammar> grammars() {
    return table;
}

bool may_be_in_moment(std::string_view text) {
    constexpr std::string_view signs = " ,:+-./_'";
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && is_letter(text[end])) ++end;
        if (end > i && !may_be_in_name(text.substr(i, end - i))) return false;
        if (end == i && !is_digit(text[i]) && signs.find(text[i]) == std::string_view::npos) return false;
        i = std::max(end, i + 1);
    }
    return true;
}

std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
    // Years that begin in March have their leap day at the end, so that months before have fixed lengths.
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t months_since_march = (month + 9) % 12;
    const std::int64_t days_before_month = (153 * months_since_march + 2) / 5;
    constexpr std::int64_t first_of_march_year_0_to_1970 = 719'468;
    return 365 * y + y / 4 - y / 100 + y / 400 + days_before_month + day - 1 - first_of_march_year_0_to_1970;
}

std::int64_t year_of(std::int64_t seconds) {
    return year_and_month(seconds)[0];
}

std::int64_t month_number(std::int64_t seconds) {
    const auto [year, month] = year_and_month(seconds);
    return year * 12 + month - 1;
}

std::optional<Moment> parse_moment(const Grammar& grammar, std::string_view text, std::int64_t year) {
    Reader reader(text);
    reader.fields.year = year;
    if (!reader.follow(grammar.pattern)) return std::nullopt;
    Fields& f = reader.fields;
    const bool february_29 = f.month == 2 && f.day == 29;
    if (f.day > month_days.at(static_cast<std::size_t>(f.month - 1)) || (february_29 && !is_leap(f.year))) {
        return std::nullopt;
    }
    if (f.twelve_hours) f.hour = f.hour % 12 + (f.afternoon ? 12 : 0);
    Moment moment;
    moment.seconds = days_from_civil(f.year, f.month, f.day) * seconds_a_day + f.hour * 3600 + f.minute * 60 +
                     f.second - f.offset * 60;
    moment.zoned = reader.zoned;
    moment.has_year = has(grammar.pattern, 'Y') || has(grammar.pattern, 'y');
    moment.precision = precision_of(grammar.pattern);
    moment.size = reader.used();
    return moment;
}

} // namespace touchstone
