// Pairing: the same platform key first, then keys that mean the same (an absent variant and the default one).
#include "cli/pairing.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace touchstone {

namespace {

std::string key_of(const Image& image) {
    return image.platform ? image.platform->string() : std::string();
}

bool same_key(const Image& a, const Image& b) {
    return a.platform == b.platform;
}

bool same_meaning(const Image& a, const Image& b) {
    if (!a.platform || !b.platform) return false;
    return matches(*a.platform, *b.platform) || matches(*b.platform, *a.platform);
}

Finding lonely(const Image& image, Side side) {
    Finding finding;
    finding.place = Place::image;
    finding.path = key_of(image);
    finding.fact = "presence";
    finding.published = side == Side::published ? "present" : "absent";
    finding.rebuilt = side == Side::rebuilt ? "present" : "absent";
    return finding;
}

} // namespace

Pairing pair_platforms(const std::vector<Image>& published, const std::vector<Image>& rebuilt) {
    std::vector<std::optional<std::size_t>> partner(published.size());
    std::vector<bool> taken(rebuilt.size());
    for (const auto& same : {same_key, same_meaning}) {
        for (std::size_t i = 0; i < published.size(); ++i) {
            for (std::size_t j = 0; j < rebuilt.size() && !partner[i]; ++j) {
                if (taken[j] || !same(published[i], rebuilt[j])) continue;
                partner[i] = j;
                taken[j] = true;
            }
        }
    }
    Pairing result;
    for (std::size_t i = 0; i < published.size(); ++i) {
        if (partner[i]) {
            result.pairs.emplace_back(i, *partner[i]);
        } else {
            result.unpaired.push_back(lonely(published[i], Side::published));
        }
    }
    for (std::size_t j = 0; j < rebuilt.size(); ++j) {
        if (!taken[j]) result.unpaired.push_back(lonely(rebuilt[j], Side::rebuilt));
    }
    std::stable_sort(result.unpaired.begin(), result.unpaired.end(),
                     [](const Finding& a, const Finding& b) { return a.path < b.path; });
    return result;
}

} // namespace touchstone
