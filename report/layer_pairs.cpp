// Pairing in three steps, surest first: the same stream, what a finding names together, the same place.
#include "report/layer_pairs.h"

#include "report/items.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace touchstone {

namespace {

/// Regrouped layers stand across from each other many to many; more than this nobody reads.
constexpr std::size_t pair_limit = 2000;

/// The indices of "1,2"; none for "-" and for what is no list of layers of this image.
std::vector<int> indices_of(std::string_view list, std::size_t layers) {
    std::vector<int> result;
    while (!list.empty()) {
        const std::string_view one = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), one.size() + 1));
        int index = -1;
        const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), index);
        if (error != std::errc() || end != one.data() + one.size()) return {};
        if (index < 0 || static_cast<std::size_t>(index) >= layers) return {};
        result.push_back(index);
    }
    return result;
}

class Pairing {
public:
    explicit Pairing(const Comparison& comparison)
        : comparison_(comparison), taken_{std::vector<bool>(layers(0).size()), std::vector<bool>(layers(1).size())} {}

    std::vector<LayerPair> run() {
        by_stream();
        by_findings();
        by_place();
        only();
        count_paths();
        std::sort(pairs_.begin(), pairs_.end(), [](const LayerPair& a, const LayerPair& b) {
            const auto place = [](const LayerPair& pair) { return pair.published < 0 ? pair.rebuilt : pair.published; };
            return std::tuple(place(a), a.published < 0, a.rebuilt) < std::tuple(place(b), b.published < 0, b.rebuilt);
        });
        return std::move(pairs_);
    }

private:
    const std::vector<LayerSummary>& layers(std::size_t side) const { return comparison_.sides.at(side).layers; }

    void take(int published, int rebuilt, LayerState state) {
        pairs_.push_back({.published = published, .rebuilt = rebuilt, .state = state});
        if (published >= 0) taken_[0][static_cast<std::size_t>(published)] = true;
        if (rebuilt >= 0) taken_[1][static_cast<std::size_t>(rebuilt)] = true;
    }

    void by_stream() {
        std::multimap<std::string_view, std::size_t> published;
        for (std::size_t i = 0; i < layers(0).size(); ++i) published.emplace(layers(0)[i].diff_id, i);
        for (std::size_t i = 0; i < layers(1).size(); ++i) {
            const auto found = published.lower_bound(layers(1)[i].diff_id); // the lowest of equal ones
            if (found == published.end() || found->first != layers(1)[i].diff_id) continue;
            const LayerSummary& left = layers(0)[found->second];
            const bool same_blob = left.digest && left.digest == layers(1)[i].digest;
            take(static_cast<int>(found->second), static_cast<int>(i),
                 same_blob ? LayerState::shared : LayerState::equal);
            published.erase(found);
        }
    }

    void by_findings() {
        std::set<std::pair<int, int>> seen;
        for (const Finding& finding : comparison_.findings.list()) {
            const std::size_t colon = finding.path.find(':');
            if (finding.place != Place::layer || colon == std::string::npos) continue;
            const std::string_view path = finding.path;
            const std::vector<int> left = indices_of(path.substr(0, colon), layers(0).size());
            const std::vector<int> right = indices_of(path.substr(colon + 1), layers(1).size());
            named_[0].insert(left.begin(), left.end());
            named_[1].insert(right.begin(), right.end());
            for (const int published : left) {
                for (const int rebuilt : right) {
                    if (pairs_.size() == pair_limit) return;
                    const bool same = layers(0)[static_cast<std::size_t>(published)].diff_id ==
                                      layers(1)[static_cast<std::size_t>(rebuilt)].diff_id;
                    if (!same && seen.emplace(published, rebuilt).second) {
                        take(published, rebuilt, LayerState::different);
                    }
                }
            }
        }
    }

    void by_place() {
        for (std::size_t i = 0; i < std::min(layers(0).size(), layers(1).size()); ++i) {
            if (taken_[0][i] || taken_[1][i]) continue;
            const int index = static_cast<int>(i);
            const bool named = named_[0].contains(index) || named_[1].contains(index);
            take(index, index, named ? LayerState::different : LayerState::equivalent);
        }
    }

    void only() {
        for (std::size_t i = 0; i < layers(0).size(); ++i) {
            if (!taken_[0][i]) take(static_cast<int>(i), -1, LayerState::only_published);
        }
        for (std::size_t i = 0; i < layers(1).size(); ++i) {
            if (!taken_[1][i]) take(-1, static_cast<int>(i), LayerState::only_rebuilt);
        }
    }

    /// A pair that is equivalent so far is different as soon as a finding comes from it.
    void count_paths() {
        std::array<std::map<int, std::uint64_t>, 2> paths;
        for (const Item& item : items_of(comparison_)) {
            if (item.first().place != Place::file) continue;
            for (std::size_t side : {0U, 1U}) ++paths.at(side)[item.first().layers.at(side)];
        }
        for (LayerPair& pair : pairs_) {
            std::uint64_t most = 0;
            if (pair.published >= 0 && paths[0].contains(pair.published)) most = paths[0].at(pair.published);
            if (pair.rebuilt >= 0 && paths[1].contains(pair.rebuilt)) most = std::max(most, paths[1].at(pair.rebuilt));
            pair.paths = most;
            if (pair.state == LayerState::equivalent && most > 0) pair.state = LayerState::different;
        }
    }

    const Comparison& comparison_;
    std::array<std::vector<bool>, 2> taken_;
    std::array<std::set<int>, 2> named_; ///< layers that a finding is about
    std::vector<LayerPair> pairs_;
};

} // namespace

std::string_view name_of(LayerState state) {
    switch (state) {
    case LayerState::shared:
        return "shared";
    case LayerState::equal:
        return "equal";
    case LayerState::equivalent:
        return "equivalent";
    case LayerState::different:
        return "different";
    case LayerState::only_published:
        return "only published";
    case LayerState::only_rebuilt:
        break;
    }
    return "only rebuilt";
}

std::string_view meaning_of(LayerState state) {
    switch (state) {
    case LayerState::shared:
        return "the same blob";
    case LayerState::equal:
        return "the same stream in another blob";
    case LayerState::equivalent:
        return "other bytes, and nothing that counts differs";
    case LayerState::different:
        return "files or facts differ";
    case LayerState::only_published:
        return "only the published image has it";
    case LayerState::only_rebuilt:
        break;
    }
    return "only the rebuilt image has it";
}

std::vector<LayerPair> pair_layers(const Comparison& comparison) {
    return Pairing(comparison).run();
}

} // namespace touchstone
