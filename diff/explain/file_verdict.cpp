// The weightiest cause speaks for the file; what is not explained is suspicious, whatever else is.
#include "diff/explain/file_verdict.h"

#include <algorithm>

namespace touchstone {

namespace {

constexpr unsigned all_of_it = 1000; // per mille

unsigned coverage_of(const FileExplanation& file, bool whole) {
    if (whole) return all_of_it;
    if (file.part.kind.empty()) return file.explained ? all_of_it : 0;
    if (file.part.explained()) return all_of_it;
    const auto differing = file.part.all_differing();
    const auto covered = file.part.all_covered();
    const std::uint64_t all = differing[0] + differing[1];
    if (all == 0) return 0;
    const double share = static_cast<double>(covered[0] + covered[1]) / static_cast<double>(all);
    return std::min(all_of_it - 1, static_cast<unsigned>(share * all_of_it));
}

/// The file that all derived differences name, if nothing else differs.
std::string source_of(const FileExplanation& file) {
    const bool only_derived = file.causes.size() == 1 && file.causes.contains(CauseId::derived);
    if (!only_derived || file.part.differences.empty()) return {};
    const std::string& first = file.part.differences.front().derived_of;
    const bool same = std::all_of(file.part.differences.begin(), file.part.differences.end(),
                                  [&](const Difference& d) { return d.derived_of == first; });
    return same ? first : std::string();
}

} // namespace

void conclude_file(FileExplanation& file, bool whole) {
    file.coverage = coverage_of(file, whole);
    const CauseRow* heaviest = nullptr;
    for (const auto& [cause, count] : file.causes) {
        if (heaviest == nullptr || row_of(cause).weight > heaviest->weight) heaviest = &row_of(cause);
    }
    file.worst = file.explained && heaviest != nullptr ? heaviest->weight : CauseClass::suspicious;
    if (file.remedy.empty() && heaviest != nullptr) file.remedy = heaviest->remedy;
    if (file.derived_of.empty()) file.derived_of = source_of(file);
}

} // namespace touchstone
