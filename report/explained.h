// What an explanation says, in the words that text, Markdown and HTML share: which cause weighs most, how much of a
// file it covers, whose file it is. Pure functions from explanation values to printable text.
#pragma once

#include "diff/comparison.h"
#include "report/items.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Where a file stands for somebody who has to look at files; what to look at first stands first.
enum class Standing : std::uint8_t {
    security,    ///< of security weight, whatever explains it
    unexplained, ///< examined, and something in it has no cause
    suspicious,  ///< explained by a cause that needs a person's eyes
    input_drift,
    hygiene,
    benign,
    unexamined, ///< only the facts are known
    accepted,   ///< by a named rule
};
constexpr std::size_t standing_count = 8;
std::string_view name_of(Standing standing);  ///< "security", "unexplained", "suspicious", …
std::string_view title_of(Standing standing); ///< a heading: "Not explained"
Standing standing_of(const Item& item);

/// The worst class first, then the most frequent, then the order of the table.
std::vector<CauseId> by_weight(const std::map<CauseId, std::uint64_t>& causes);
/// What a program may take for the answer: the weightiest cause of a file that is wholly explained, or S1. Absent in
/// any other case, for a cause of some bytes is not a cause of the file.
std::optional<CauseId> settled_cause(const FileExplanation& file);

/// "T2 text-date"
std::string cause_name(CauseId cause);
/// "all differing bytes", "93.4 % of the differing bytes", "nothing"; empty where only other facts differ.
std::string coverage_text(const FileExplanation& file);
/// "93.4 %"
std::string per_mille_text(unsigned per_mille);

/// "perl-base 5.36.0-7 (dpkg); published differs from the package's recorded checksum, rebuilt matches"; empty where no
/// package owns the file.
std::string owner_text(const FileExplanation& file);
/// "out/0001.html", or why there is none; empty where diffoscope was not asked for. Printable.
std::string diffoscope_text(const FileExplanation& file);
/// "libssl3 3.0.15 -> 3.0.17", "curl 8.1 only rebuilt"
std::string drift_text(const PackageDrift& drift);

/// A text that is printable already (Difference::where, evidence, limits), cut to about `limit` bytes. What should not
/// be there is escaped all the same; backslashes are not doubled.
std::string said(std::string_view text, std::size_t limit = 200);

/// The name of a nested part in short: "META-INF/MANIFEST.MF".
std::string part_name(const Part& part);
/// What a difference says by itself: "line 3: Mon | Tue"; without values only where it is.
std::string difference_text(const Difference& difference);

/// A sum over all files.
struct CauseCount {
    CauseId cause = CauseId::last_;
    std::uint64_t files = 0;
};
/// Causes by files: the worst class first, then the most files.
std::vector<CauseCount> count_causes(const Explanation& explanation);

/// How the examined files stand.
struct Tally {
    std::uint64_t files = 0;     ///< all of them
    std::uint64_t explained = 0; ///< wholly
};
Tally tally_of(const Explanation& explanation);

} // namespace touchstone
