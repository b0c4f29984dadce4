// Moments in texts: T2 text-date and T6 timezone. Both sides must be read by one grammar at the same place, and both
// must fit the clocks of their own images; else a changed number is not a date for us, whatever it looks like.
#include "diff/explain/detect_rules.h"
#include "diff/explain/moment.h"
#include "diff/explain/plausible.h"
#include "diff/explain/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t longest_moment = 64; ///< "Wednesday, 30 September 2026 …" has 40

/// Where a moment may begin on both sides, with the text from there to the end of the window.
struct Start {
    std::array<std::uint64_t, 2> at{};
    std::array<std::string_view, 2> text;
};

/// A digit or capital, and no letter or digit before it.
bool may_start(const Site& site, std::size_t side, std::uint64_t at) {
    const Span& window = site.window[side];
    if (at < window.offset || at >= window.end() || at > site.core[side].offset) return false;
    const char first = site.text(side, {at, 1}).front();
    if (!is_digit(first) && !is_upper(first)) return false;
    return at == window.offset || !is_alnum(site.text(side, {at - 1, 1}).front());
}

std::optional<Start> start_at(const Site& site, std::uint64_t published) {
    if (!may_start(site, 0, published)) return std::nullopt;
    const auto rebuilt = position_in_rebuilt(site.leaf, published);
    if (!rebuilt || !may_start(site, 1, *rebuilt)) return std::nullopt;
    Start start{{published, *rebuilt}, {}};
    for (std::size_t side : {0U, 1U}) {
        start.text[side] = site.text(side, {start.at[side], site.window[side].end() - start.at[side]});
    }
    return start;
}

/// The core and the letters and digits that it is in could be part of a moment on both sides.
bool is_worth_reading(const Site& site) {
    for (std::size_t side : {0U, 1U}) {
        Span word = site.core[side];
        const std::string_view left = site.before(side, word).substr(site.lead[side]);
        const std::string_view right = site.after(side, word);
        std::size_t more = 0;
        while (more < left.size() && is_alnum(left[left.size() - 1 - more])) ++more;
        std::size_t further = 0;
        while (further < right.size() && is_alnum(right[further])) ++further;
        word = {word.offset - more, word.size + more + further};
        if (!may_be_in_moment(site.text(side, word))) return false;
    }
    return true;
}

/// Calls `use` for each place before the core where both sides could begin a moment, the furthest first, until true.
template <typename Use>
bool at_starts(const Site& site, Use use) {
    if (!is_worth_reading(site)) return false;
    const std::uint64_t core = site.core[0].offset;
    const std::uint64_t first = std::max(site.window[0].offset, core - std::min<std::uint64_t>(core, longest_moment));
    for (std::uint64_t at = first; at <= core; ++at) {
        const auto start = start_at(site, at);
        if (start && use(*start)) return true;
    }
    return false;
}

/// What stands behind is not more of the same: another digit, or for a date without a time, a time.
bool ends_well(std::string_view rest, Precision precision) {
    if (rest.empty()) return true;
    if (is_alnum(rest[0])) return false;
    if (precision >= Precision::minute) return true;
    if (rest.size() > 1 && std::string_view("./-:").find(rest[0]) != std::string_view::npos && is_digit(rest[1])) {
        return false;
    }
    const std::size_t next = rest.find_first_not_of(" T_,");
    const bool is_time = next != std::string_view::npos && next + 2 < rest.size() && is_digit(rest[next]) &&
                         (rest[next + 1] == ':' || (is_digit(rest[next + 1]) && rest[next + 2] == ':'));
    return !is_time;
}

/// "1.2+20260301", "Version: 2026-03-01": the version of something, which only looks like a day of the build.
bool is_part_of_version(std::string_view before, Precision precision) {
    if (precision >= Precision::minute || before.empty()) return false;
    constexpr std::string_view joints = ".~+-";
    const bool joined = joints.find(before.back()) != std::string_view::npos && before.size() > 1 &&
                        is_alnum(before[before.size() - 2]);
    constexpr std::size_t near = 20;
    return joined || mentions(before.substr(before.size() - std::min(before.size(), near)),
                              {"version", "ver", "release", "tag", "snapshot", "@", "==", "v"});
}

/// "Last-Modified: Sun, …" says what a server sent, "vcs.time=…" when a commit was made: other causes.
bool is_time_of_source(const Site& site, const SpanPair& token) {
    return mentions(site.before(0, token[0]), {"last-modified", "vcs.time", "committime", "commitdate", "commit_time",
                                               "commit_date", "commit.time", "expires", "not before", "not after"});
}

/// "%a …", "%b …": such a grammar begins with letters, all others with a digit.
bool starts_with_name(const Grammar& grammar) {
    return std::string_view("abB").find(grammar.pattern[1]) != std::string_view::npos;
}

std::optional<Moment> read(const Grammar& grammar, std::string_view text, const SideClues& side) {
    if (starts_with_name(grammar) == is_digit(text.front())) return std::nullopt;
    auto moment = parse_moment(grammar, text);
    if (!moment || moment->has_year || sane_clock(side) == 0) return moment;
    // The last such day that is not after the build, but for a day of slack.
    const std::int64_t year = year_of(sane_clock(side) + seconds_a_day);
    moment = parse_moment(grammar, text, year);
    return moment && moment->seconds <= sane_clock(side) + seconds_a_day ? moment
                                                                         : parse_moment(grammar, text, year - 1);
}

struct Read {
    SpanPair token{};
    std::array<Moment, 2> moment;
};

/// Both sides by their grammars from `start`, if that covers the region.
std::optional<Read> read_both(const Site& site, const Start& start, const std::array<const Grammar*, 2>& grammar) {
    Read both;
    for (std::size_t side : {0U, 1U}) {
        const auto moment = read(*grammar[side], start.text[side], site.clue(side));
        if (!moment || start.at[side] + moment->size < site.core[side].end()) return std::nullopt;
        both.moment[side] = *moment;
        both.token[side] = {start.at[side], moment->size};
        if (!ends_well(start.text[side].substr(moment->size), moment->precision)) return std::nullopt;
        if (is_part_of_version(site.before(side, both.token[side]), moment->precision)) return std::nullopt;
    }
    return both;
}

bool text_date(const Site& site, WordClaims& claims) {
    return at_starts(site, [&](const Start& start) {
        for (const Grammar& grammar : grammars()) {
            const auto both = read_both(site, start, {&grammar, &grammar});
            if (!both || !plausible_moments(site.clues, both->moment[0], both->moment[1])) continue;
            if (is_time_of_source(site, both->token)) continue;
            const auto words = fmt::format("{}; both fit the clocks of their builds", grammar.name);
            if (claims.claim(both->token, CauseId::text_date, words)) return true;
        }
        return false;
    });
}

/// The same second, both with their offsets written, in any two grammars.
bool same_instant(const Site& site, WordClaims& claims) {
    return at_starts(site, [&](const Start& start) {
        for (const Grammar& published : grammars()) {
            if (!read(published, start.text[0], site.clue(0))) continue;
            for (const Grammar& rebuilt : grammars()) {
                const auto both = read_both(site, start, {&published, &rebuilt});
                if (!both || both->moment[0].precision < Precision::minute) continue;
                const auto& [a, b] = both->moment;
                if (!a.zoned || !b.zoned || a.seconds != b.seconds || a.precision != b.precision) continue;
                if (claims.claim(both->token, CauseId::timezone, "the same moment in UTC")) return true;
            }
        }
        return false;
    });
}

/// Without offsets: local times that differ as two zones do, to the second.
bool other_zone(const Site& site, WordClaims& claims) {
    constexpr std::int64_t quarter = 15LL * 60;
    constexpr std::int64_t furthest_apart = 26LL * 3600; // Kiritimati and Baker Island
    return at_starts(site, [&](const Start& start) {
        for (const Grammar& grammar : grammars()) {
            const auto both = read_both(site, start, {&grammar, &grammar});
            if (!both || both->moment[0].precision != Precision::second) continue;
            const auto& [a, b] = both->moment;
            const std::int64_t apart = b.seconds > a.seconds ? b.seconds - a.seconds : a.seconds - b.seconds;
            const bool as_zones = apart > 0 && apart <= furthest_apart && apart % quarter == 0;
            if ((a.zoned && b.zoned) || !as_zones || !in_both_windows(site.clues, a.seconds, b.seconds)) continue;
            const auto words = fmt::format("local times that are {} minutes apart", apart / 60);
            if (claims.claim(both->token, CauseId::timezone, words)) return true;
        }
        return false;
    });
}

bool is_decimal(char c) {
    return is_digit(c) || c == '.';
}

/// Unix seconds, with or without a fraction, or milli-, micro- or nanoseconds.
std::optional<std::int64_t> unix_seconds(std::string_view text) {
    constexpr std::size_t seconds_digits = 10; // from September 2001 to 2286
    constexpr std::array<std::size_t, 4> lengths{10, 13, 16, 19};
    const std::size_t dot = text.find('.');
    const std::string_view digits = text.substr(0, dot);
    if (dot != std::string_view::npos && (digits.size() != seconds_digits || !all_of(text.substr(dot + 1), is_digit))) {
        return std::nullopt;
    }
    if (std::find(lengths.begin(), lengths.end(), digits.size()) == lengths.end()) return std::nullopt;
    if (!all_of(digits, is_digit)) return std::nullopt;
    return whole_number(digits.substr(0, seconds_digits));
}

bool unix_time(const Site& site, WordClaims& claims) {
    auto word = word_around(site, is_decimal);
    if (!word) return false;
    std::array<std::int64_t, 2> seconds{};
    for (std::size_t side : {0U, 1U}) {
        Span& span = (*word)[side];
        if (site.text(side, span).back() == '.') --span.size; // the end of a sentence
        const std::string_view before = site.before(side, span);
        const std::string_view after = site.after(side, span);
        if (!before.empty() && (is_letter(before.back()) || before.back() == '-')) return false;
        if (!after.empty() && is_letter(after.front())) return false;
        // In binaries ten digits alone are too little: a key must stand before them.
        if (!site.leaf.text && !all_of(before.substr(0, 1), is_letter)) return false;
        const auto number = unix_seconds(site.text(side, span));
        if (!number) return false;
        seconds[side] = *number;
    }
    if ((*word)[0].size != (*word)[1].size && site.text(0, (*word)[0]).find('.') == std::string_view::npos) {
        return false;
    }
    if (!site.clues.plausible_times(seconds[0], seconds[1]) || is_time_of_source(site, *word)) return false;
    return claims.claim(*word, CauseId::text_date, "seconds since 1970; both fit the clocks of their builds");
}

/// __TIME__ of a C compiler: a string of its own in a binary, without its day.
bool compile_time(const Site& site, WordClaims& claims) {
    if (site.leaf.text) return false;
    constexpr Grammar time_of_day{"time of day", "%H:%M:%S"};
    std::array<std::int64_t, 2> seconds{};
    for (std::size_t side : {0U, 1U}) {
        const std::string_view text = site.text(side, site.window[side]);
        const auto time = parse_moment(time_of_day, text);
        const std::int64_t clock = sane_clock(site.clue(side));
        if (!time || time->size != text.size() || clock == 0) return false;
        const std::int64_t of_day = time->seconds - days_from_civil(2000, 1, 1) * seconds_a_day;
        seconds[side] = clock - clock % seconds_a_day + of_day;
        if (seconds[side] > clock + seconds_a_day / 2) seconds[side] -= seconds_a_day;
        if (seconds[side] < clock - seconds_a_day / 2) seconds[side] += seconds_a_day;
    }
    if (!site.clues.plausible_times(seconds[0], seconds[1])) return false;
    return claims.claim(site.window, CauseId::text_date, "time of day; both fit the clocks of their builds");
}

constexpr std::array<DetectorRow, 7> rows{{
    {"same-instant", run_rule<same_instant>},
    {"text-date", run_rule<text_date>},
    {"unix-time", run_rule<unix_time>},
    {"compile-time", run_rule<compile_time>},
    {"timezone", run_rule<other_zone>},
    {"duration", run_rule<duration>},
    {"copyright-year", run_rule<copyright_year>},
}};

} // namespace

std::span<const DetectorRow> time_detectors() {
    return rows;
}

} // namespace touchstone
