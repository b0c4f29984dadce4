// Adding up a tree of parts.
#include "diff/explain/part.h"

#include <algorithm>

namespace touchstone {

bool Part::explained() const {
    return complete && differing == covered &&
           std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.explained(); });
}

std::array<std::uint64_t, 2> Part::all_differing() const {
    std::array<std::uint64_t, 2> sum = differing;
    for (const Part& part : parts) {
        const auto inner = part.all_differing();
        for (std::size_t side : {0U, 1U}) sum[side] += inner[side];
    }
    return sum;
}

std::array<std::uint64_t, 2> Part::all_covered() const {
    std::array<std::uint64_t, 2> sum = covered;
    for (const Part& part : parts) {
        const auto inner = part.all_covered();
        for (std::size_t side : {0U, 1U}) sum[side] += inner[side];
    }
    return sum;
}

std::map<CauseId, std::uint64_t> Part::all_causes() const {
    std::map<CauseId, std::uint64_t> sum = causes;
    for (const Part& part : parts) {
        for (const auto& [cause, count] : part.all_causes()) sum[cause] += count;
    }
    return sum;
}

void Part::add(Difference difference) {
    for (std::size_t side : {0U, 1U}) {
        const std::uint64_t bytes = std::max<std::uint64_t>(1, difference.spans[side].size);
        differing[side] += bytes;
        if (difference.cause) covered[side] += bytes;
    }
    if (difference.cause) ++causes[*difference.cause];
    if (differences.size() < difference_limit) {
        differences.push_back(std::move(difference));
    } else {
        ++more;
    }
}

bool holds_secrets(const Part& part) {
    return part.kind == "shadow" || part.all_causes().contains(CauseId::key_material) ||
           std::any_of(part.parts.begin(), part.parts.end(), [](const Part& inner) { return holds_secrets(inner); });
}

void hide_secrets(Part& part) {
    for (Part& inner : part.parts) hide_secrets(inner);
    for (Difference& difference : part.differences) {
        if (difference.cause == CauseId::key_material) difference.values = {};
    }
    // A hash that differs under the same salt has no cause, and is a secret all the same.
    const bool secret = part.kind == "shadow" || part.all_causes().contains(CauseId::key_material);
    if (!secret) return;
    if (part.kind == "shadow") {
        for (Difference& difference : part.differences) {
            if (!difference.cause) difference.values = {};
        }
    }
    if (!part.view.empty()) part.view = {{ViewLine::Kind::note, "not shown: it holds secrets", {}}};
}

std::string short_bytes(std::string_view bytes) {
    return std::string(bytes.substr(0, value_limit));
}

} // namespace touchstone
