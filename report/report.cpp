// Putting comparisons together: a set of platforms is as good as its worst one.
#include "report/report.h"

#include <algorithm>
#include <utility>

namespace touchstone {

Report make_report(std::vector<Comparison> comparisons, std::vector<Finding> unpaired, Verdict required) {
    Report report;
    report.required = required;
    // No comparison at all proves nothing, and a platform without a partner was not shown to be anything.
    const bool proven = !comparisons.empty() && unpaired.empty();
    report.verdict = proven ? Verdict::identical : Verdict::divergent;
    for (const Comparison& comparison : comparisons) report.verdict = std::max(report.verdict, comparison.verdict);
    report.pass = meets(report.verdict, required);
    std::stable_sort(comparisons.begin(), comparisons.end(), [](const Comparison& a, const Comparison& b) {
        return a.sides[0].platform < b.sides[0].platform;
    });
    report.comparisons = std::move(comparisons);
    report.unpaired = std::move(unpaired);
    return report;
}

const RecordedBases* bases_of(const Report& report, const Comparison& comparison) {
    const auto index = static_cast<std::size_t>(&comparison - report.comparisons.data());
    return index < report.bases.size() ? &report.bases[index] : nullptr;
}

} // namespace touchstone
