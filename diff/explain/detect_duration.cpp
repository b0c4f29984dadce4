// How long a step took (T7), and the year of the build in a notice of copyright (T5). Both are plain numbers, so the
// words around them decide: a timeout in a configuration is no duration of the build.
#include "diff/explain/detect_rules.h"

#include "diff/explain/plausible.h"

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::array<std::string_view, 22> units{
    "ns",   "us",      "µs", "ms",  "s",       "sec",  "secs",   "second",    "seconds", "m",    "min",
    "mins", "minutes", "h",  "hrs", "elapsed", "user", "system", "elapsedms", "kB/s",    "MB/s", "B/s"};

bool is_part_of_duration(char c) {
    return is_alnum(c) || c == '.' || c == ':' || c == ',';
}

/// The length of a number "12", "12.5", "1,234", "0:01.23"; 0 when there is none.
std::size_t number_size(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() &&
           (is_digit(text[size]) || (size > 0 && std::string_view(".,:").find(text[size]) != std::string_view::npos))) {
        ++size;
    }
    while (size > 0 && !is_digit(text[size - 1])) --size;
    return size;
}

std::size_t unit_size(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() &&
           (is_letter(text[size]) || text[size] == '/' || static_cast<unsigned char>(text[size]) >= 0x80))
        ++size;
    const bool known = std::find(units.begin(), units.end(), text.substr(0, size)) != units.end();
    return known ? size : 0;
}

/// One or more numbers, each with its unit: "12ms", "0m1.234s", "1.50 s"; or a number alone. The units, or nothing when
/// it is something else.
std::optional<std::string> units_of(std::string_view text) {
    std::string found;
    while (!text.empty()) {
        const std::size_t number = number_size(text);
        if (number == 0) return std::nullopt;
        text.remove_prefix(number);
        if (text.empty()) break;
        const std::size_t unit = unit_size(text);
        if (unit == 0) return std::nullopt;
        found += text.substr(0, unit);
        found += ' ';
        text.remove_prefix(unit);
    }
    return found;
}

/// A unit that stands apart: "in 12.5 seconds".
bool is_followed_by_unit(std::string_view after) {
    if (!after.starts_with(' ')) return false;
    after.remove_prefix(1);
    return unit_size(after) > 0 && after.substr(0, unit_size(after)) != "m";
}

bool tells_duration(std::string_view before, std::string_view after) {
    constexpr std::size_t near = 60;
    const std::string_view left = before.substr(before.size() - std::min(before.size(), near));
    const std::string_view right = after.substr(0, std::min(after.size(), near));
    return mentions(left, {"took", "elapsed", "real", "user", "sys", "in", "finished", "completed", "done", "duration",
                           "total", "built", "compiled", "fetched", "after", "time:", "seconds", "runtime"}) ||
           mentions(right, {"elapsed", "elapsed)", "user", "system", "total"});
}

/// Lengths of time that were chosen, not measured.
bool is_setting(std::string_view before) {
    return mentions(before,
                    {"timeout",   "interval", "delay",     "ttl",      "max",       "expire",   "expires",  "expiry",
                     "retention", "period",   "keepalive", "sleep",    "wait",      "limit",    "deadline", "grace",
                     "refresh",   "retry",    "backoff",   "lifetime", "duration:", "duration="});
}

/// "elapsed_ms": 123, duration_seconds=1.5: the key has the unit.
bool is_measured_key(std::string_view before) {
    return mentions(before, {"elapsed", "took"}) && !before.empty() && !is_alnum(before.back());
}

bool is_year(std::string_view text) {
    return text.size() == 4 && all_of(text, is_digit) && (text.starts_with("19") || text.starts_with("20"));
}

bool is_notice(std::string_view line) {
    return mentions(line, {"copyright", "copyrights", "©", "(c)", "&copy;", "all rights reserved", "year"});
}

} // namespace

bool duration(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site)) return false;
    auto word = word_around(site, is_part_of_duration);
    if (!word) return false;
    std::array<std::string, 2> found;
    for (std::size_t side : {0U, 1U}) {
        Span& span = (*word)[side];
        while (span.size > 1 && !is_alnum(site.text(side, span).back())) --span.size; // the end of a sentence
        const auto read = units_of(site.text(side, span));
        if (!read) return false;
        const std::string_view before = site.before(side, span);
        const std::string_view after = site.after(side, span);
        const bool has_unit = !read->empty() || is_followed_by_unit(after) || is_measured_key(before);
        if (!has_unit || !tells_duration(before, after) || is_setting(before)) return false;
        found[side] = *read;
    }
    // "980ms" and "1.02s" are the same kind of word; "5" and "5 items" are not.
    if (found[0].empty() != found[1].empty()) return false;
    return claims.claim(*word, CauseId::duration, "the line tells how long something took");
}

bool copyright_year(const Site& site, WordClaims& claims) {
    const auto word = word_around(site, is_digit);
    if (!word) return false;
    std::array<std::int64_t, 2> years{};
    for (std::size_t side : {0U, 1U}) {
        const std::string_view text = site.text(side, (*word)[side]);
        if (!is_year(text) || !is_notice(site.text(side, site.window[side]))) return false;
        const std::string_view before = site.before(side, (*word)[side]);
        const std::string_view after = site.after(side, (*word)[side]);
        if ((!before.empty() && is_alnum(before.back())) || (!after.empty() && is_alnum(after.front()))) return false;
        years[side] = *whole_number(text);
    }
    if (!plausible_years(site.clues, years[0], years[1])) return false;
    return claims.claim(*word, CauseId::copyright_year, "the years of both builds, in a notice");
}

} // namespace touchstone
