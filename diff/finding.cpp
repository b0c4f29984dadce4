// Names of places, weights and verdicts, and the collection of findings. Sorting is by value alone, so that the list is
// the same whatever order the comparison ran in.
#include "diff/finding.h"
#include "diff/comparison.h"
#include "normalize/path_order.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace touchstone {

namespace {

template <class Enum, std::size_t N>
std::string_view text_of(const std::array<std::string_view, N>& names, Enum value) {
    return names.at(static_cast<std::size_t>(value));
}

constexpr std::array<std::string_view, 2> side_names{"published", "rebuilt"};
constexpr std::array<std::string_view, 4> place_names{"image", "config", "layer", "file"};
constexpr std::array<std::string_view, 3> weight_names{"noise", "real", "security"};
constexpr std::array<std::string_view, 5> verdict_names{"identical", "equivalent", "same-files", "accepted",
                                                        "divergent"};
constexpr std::array<std::string_view, 3> history_names{"absent", "identical", "different"};

bool comes_before(const Finding& a, const Finding& b) {
    if (a.place != b.place) return a.place < b.place;
    if (const int order = compare_paths(a.path, b.path); order != 0) return order < 0;
    if (a.fact != b.fact) return a.fact < b.fact;
    return a.detail < b.detail;
}

} // namespace

std::string_view name_of(Side side) {
    return text_of(side_names, side);
}
std::string_view name_of(Place place) {
    return text_of(place_names, place);
}
std::string_view name_of(Weight weight) {
    return text_of(weight_names, weight);
}
std::string_view name_of(Verdict verdict) {
    return text_of(verdict_names, verdict);
}
std::string_view name_of(HistoryRelation relation) {
    return text_of(history_names, relation);
}

Verdict parse_verdict(std::string_view text) {
    const auto found = std::find(verdict_names.begin(), verdict_names.end(), text);
    if (found == verdict_names.end()) {
        fail(ErrorKind::usage,
             fmt::format("\"{}\" is no verdict; the ladder is {}", printable(text), fmt::join(verdict_names, ", ")));
    }
    return static_cast<Verdict>(found - verdict_names.begin());
}

void Findings::add(Finding finding) {
    list_.push_back(std::move(finding));
}

void Findings::count_noise(std::string_view fact, std::uint64_t times) {
    if (times == 0) return;
    const auto found = counts_.find(fact);
    if (found == counts_.end()) {
        counts_.emplace(fact, times);
    } else {
        found->second += times;
    }
}

void Findings::add_noise(Finding finding) {
    count_noise(finding.fact);
    if (keep_noise_) noise_.push_back(std::move(finding));
}

void Findings::take_files(const std::set<std::string_view>& paths) {
    std::erase_if(list_, [&](const Finding& f) { return f.place == Place::file && paths.contains(f.path); });
}

void Findings::append(Findings&& more) {
    std::move(more.list_.begin(), more.list_.end(), std::back_inserter(list_));
    std::move(more.noise_.begin(), more.noise_.end(), std::back_inserter(noise_));
    for (const auto& [fact, times] : more.counts_) count_noise(fact, times);
}

void Findings::sort() {
    std::stable_sort(list_.begin(), list_.end(), comes_before);
    std::stable_sort(noise_.begin(), noise_.end(), comes_before);
}

} // namespace touchstone
