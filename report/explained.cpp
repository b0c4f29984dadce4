// The words about causes, cover and owners.
#include "report/explained.h"

#include "base/printable.h"
#include "base/unicode.h"
#include "report/canvas.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t name_limit = 120; // of packages, versions and members; longer ones are cut with their length

CauseClass class_of(CauseId cause) {
    return row_of(cause).weight;
}

std::string checksum_phrase(Ownership::Match match) {
    switch (match) {
    case Ownership::Match::matches:
        return "matches";
    case Ownership::Match::differs:
        return "differs from";
    case Ownership::Match::not_recorded:
        break;
    }
    return "is without";
}

/// "published differs from the package's recorded checksum, rebuilt matches"
std::string match_text(Ownership::Match published, Ownership::Match rebuilt) {
    using Match = Ownership::Match;
    if (published == Match::not_recorded && rebuilt == Match::not_recorded) return "no checksum recorded";
    if (published == rebuilt) {
        return published == Match::matches ? "both match the package's recorded checksum"
                                           : "both differ from the package's recorded checksum";
    }
    // The words that both would share are said once.
    const auto in_short = [](Match match) {
        return match == Match::not_recorded ? "has none" : match == Match::matches ? "matches" : "differs";
    };
    if (published == Match::not_recorded) {
        return fmt::format("published has no recorded checksum, rebuilt {}", in_short(rebuilt));
    }
    return fmt::format("published {} the package's recorded checksum, rebuilt {}", checksum_phrase(published),
                       in_short(rebuilt));
}

std::string package_text(const Ownership& owner) {
    return fmt::format("{} {}", printable_short(owner.package, name_limit), printable_short(owner.version, name_limit));
}

std::string one_owner(std::string_view role, const Ownership& owner) {
    std::string text = fmt::format("{} ({}), in the {} image only", package_text(owner), printable(owner.system), role);
    if (owner.match == Ownership::Match::not_recorded) return text + "; no checksum recorded";
    return text + fmt::format("; {} {} the package's recorded checksum", role, checksum_phrase(owner.match));
}

} // namespace

std::string_view name_of(Standing standing) {
    switch (standing) {
    case Standing::security:
        return "security";
    case Standing::unexplained:
        return "unexplained";
    case Standing::suspicious:
        return "suspicious";
    case Standing::input_drift:
        return "input-drift";
    case Standing::hygiene:
        return "hygiene";
    case Standing::benign:
        return "benign-metadata";
    case Standing::unexamined:
        return "unexamined";
    case Standing::accepted:
        break;
    }
    return "accepted";
}

std::string_view title_of(Standing standing) {
    switch (standing) {
    case Standing::security:
        return "Security weight";
    case Standing::unexplained:
        return "Not explained";
    case Standing::suspicious:
        return "Explained, and to be looked at";
    case Standing::input_drift:
        return "Explained: other inputs";
    case Standing::hygiene:
        return "Explained: left behind by the build";
    case Standing::benign:
        return "Explained: how bytes were written down";
    case Standing::unexamined:
        return "Different, not examined";
    case Standing::accepted:
        break;
    }
    return "Accepted by name";
}

Standing standing_of(const Item& item) {
    if (item.weight == Weight::security) return Standing::security;
    const FileExplanation* file = item.explanation;
    if (file == nullptr || !file->examined) return Standing::unexamined;
    if (!file->accepted.empty()) return Standing::accepted;
    if (!file->explained) return Standing::unexplained;
    switch (file->worst) {
    case CauseClass::benign_metadata:
        return Standing::benign;
    case CauseClass::hygiene:
        return Standing::hygiene;
    case CauseClass::input_drift:
        return Standing::input_drift;
    case CauseClass::suspicious:
        break;
    }
    return Standing::suspicious;
}

std::vector<CauseId> by_weight(const std::map<CauseId, std::uint64_t>& causes) {
    std::vector<CauseId> order;
    order.reserve(causes.size());
    for (const auto& [cause, count] : causes) order.push_back(cause);
    std::stable_sort(order.begin(), order.end(), [&](CauseId a, CauseId b) {
        if (class_of(a) != class_of(b)) return class_of(a) > class_of(b);
        return causes.at(a) > causes.at(b);
    });
    return order;
}

std::optional<CauseId> settled_cause(const FileExplanation& file) {
    if (file.causes.contains(CauseId::unexplained_code)) return CauseId::unexplained_code;
    if (!file.explained || file.causes.empty()) return std::nullopt;
    return by_weight(file.causes).front();
}

std::string cause_name(CauseId cause) {
    return fmt::format("{} {}", row_of(cause).code, row_of(cause).name);
}

std::string per_mille_text(unsigned per_mille) {
    if (per_mille % 10 == 0) return fmt::format("{} %", per_mille / 10);
    return fmt::format("{}.{} %", per_mille / 10, per_mille % 10);
}

std::string coverage_text(const FileExplanation& file) {
    if (!file.examined || file.part.kind.empty()) return {};
    if (file.explained) return "all differing bytes";
    if (file.coverage == 0) return "nothing";
    return per_mille_text(file.coverage) + " of the differing bytes";
}

std::string diffoscope_text(const FileExplanation& file) {
    if (!file.diffoscope) return {};
    return file.diffoscope->output.empty() ? said(file.diffoscope->why, 300) : printable(file.diffoscope->output);
}

std::string owner_text(const FileExplanation& file) {
    const auto& [published, rebuilt] = file.owner;
    if (!published && !rebuilt) return {};
    if (!published) return one_owner("rebuilt", *rebuilt);
    if (!rebuilt) return one_owner("published", *published);
    std::string text = fmt::format("{} ({})", package_text(*published), printable(published->system));
    if (published->package != rebuilt->package) {
        text += fmt::format(" published, {} ({}) rebuilt", package_text(*rebuilt), printable(rebuilt->system));
    } else if (published->version != rebuilt->version) {
        text += fmt::format(" published, {} rebuilt", printable_short(rebuilt->version, name_limit));
    }
    text += "; " + match_text(published->match, rebuilt->match);
    if (published->configuration || rebuilt->configuration) text += "; a configuration file";
    return text;
}

std::string drift_text(const PackageDrift& drift) {
    std::string name = printable_short(drift.package, name_limit);
    const auto version = [&](std::size_t side) { return printable_short(*drift.version.at(side), name_limit); };
    if (drift.version[0] && drift.version[1]) return fmt::format("{} {} -> {}", name, version(0), version(1));
    if (drift.version[0]) return fmt::format("{} {} only published", name, version(0));
    if (drift.version[1]) return fmt::format("{} {} only rebuilt", name, version(1));
    return name;
}

std::string said(std::string_view text, std::size_t limit) {
    std::string_view rest = text;
    std::size_t kept = 0;
    while (!rest.empty()) {
        const CodePoint code_point = first_code_point(rest);
        if (!code_point.valid || is_control_or_format(code_point.value)) return printable_short(text, limit);
        if (kept < limit) kept += code_point.length;
        rest.remove_prefix(code_point.length);
    }
    return kept < text.size() ? std::string(text.substr(0, kept)) + "…" : std::string(text);
}

std::string part_name(const Part& part) {
    return part.name.empty() ? printable(part.kind) : printable_short(part.name, name_limit);
}

std::string difference_text(const Difference& difference) {
    const bool bare = difference.values[0].empty() && difference.values[1].empty();
    std::string where = said(difference.where, name_limit);
    if (bare) return where;
    const std::string values = short_value(difference.values[0]) + " | " + short_value(difference.values[1]);
    return where.empty() ? values : where + ": " + values;
}

std::vector<CauseCount> count_causes(const Explanation& explanation) {
    std::map<CauseId, std::uint64_t> files;
    for (const FileExplanation& file : explanation.files) {
        for (const auto& [cause, count] : file.causes) ++files[cause];
    }
    std::vector<CauseCount> counts;
    for (const CauseId cause : by_weight(files)) counts.push_back({.cause = cause, .files = files.at(cause)});
    return counts;
}

Tally tally_of(const Explanation& explanation) {
    Tally tally;
    tally.files = explanation.files.size();
    for (const FileExplanation& file : explanation.files) tally.explained += file.explained ? 1 : 0;
    return tally;
}

} // namespace touchstone
