// Small builders for tests of the second pass: clues with two clocks, and one pair of texts through the engine.
#pragma once

#include "diff/explain/analyzer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone::test {

/// Two builds: one at 2026-03-01 10:00:00 UTC, one a day, two hours and 13 minutes later; sources from 2026-02-01 on.
inline constexpr std::int64_t published_clock = 1772359200;
inline constexpr std::int64_t rebuilt_clock = published_clock + 94380;

inline Clues two_builds() {
    Clues clues;
    for (std::size_t side : {0U, 1U}) {
        SideClues& one = clues.side[side];
        one.created = side == 0 ? published_clock : rebuilt_clock;
        one.oldest_mtime = 1769904000;
        one.newest_mtime = *one.created - 60;
        one.users = {"root", "daemon", "app"};
        one.architecture = "amd64";
    }
    clues.side[0].host_names = {"buildhost1", "0123456789ab"};
    clues.side[1].host_names = {"ci-runner-7", "ba9876543210"};
    return clues;
}

/// The whole engine on a pair of contents, as if found at `path`.
inline Part explain(std::string_view path, std::string_view published, std::string_view rebuilt,
                    const Clues& clues = two_builds(), const ExplainLimits& limits = {}) {
    Analyzer analyzer(clues, limits, Analyzer::Clock::now() + std::chrono::minutes(5));
    Subject subject;
    subject.path = path;
    subject.name = path;
    subject.bytes = {as_bytes(published), as_bytes(rebuilt)};
    subject.mtime = {published_clock - 60, rebuilt_clock - 60};
    return analyzer.analyze(subject);
}

/// "T2 P1", the causes of a part and all in it, in the order of the table.
inline std::string causes_of(const Part& part) {
    std::string text;
    for (const auto& [cause, count] : part.all_causes()) {
        text += (text.empty() ? "" : " ") + std::string(code_of(cause));
    }
    return text;
}

} // namespace touchstone::test
