// Two steps. Layers of equal content are matched in order by a longest common subsequence; what is left over is grouped
// by how many entries it shares. Entries are compared by a 64-bit fingerprint of the facts that are never noise: only a
// grouping depends on it, never a verdict (equality is confirmed by compare_trees).
#include "diff/layers.h"

#include "diff/facts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

namespace touchstone {

namespace {

constexpr std::array<std::string_view, 9> kind_names{
    "same-stream", "equivalent", "changed", "moved", "split", "merged", "regrouped", "only-published", "only-rebuilt"};

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15ULL; // 2^64 / golden ratio
    hash = (hash ^ value) * odd;
    return hash ^ (hash >> 29U);
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
    return mix(hash, std::hash<std::string_view>()(text));
}

std::uint64_t fingerprint(const Tree& tree, const Node& node) {
    const Inode& inode = tree.inode_of(node);
    std::uint64_t content = 0;
    std::memcpy(&content, inode.content->content.data(), sizeof content);
    std::uint64_t hash = mix(0, node.path);
    hash = mix(hash, static_cast<std::uint64_t>(inode.content->type));
    hash = mix(hash, content);
    hash = mix(hash, inode.content->link);
    return inode.content->whiteout == Whiteout::none ? mix(hash, inode.meta->permissions()) : hash;
}

struct Profile {
    std::vector<std::uint64_t> entries; ///< fingerprints, sorted and unique
    std::uint64_t sum = 0;              ///< of the fingerprints: equal for equal sets
};

Profile profile_of(const MatchableLayer& layer) {
    Profile profile;
    profile.entries.reserve(layer.tree->nodes.size());
    for (const Node& node : layer.tree->nodes) profile.entries.push_back(fingerprint(*layer.tree, node));
    std::sort(profile.entries.begin(), profile.entries.end());
    profile.entries.erase(std::unique(profile.entries.begin(), profile.entries.end()), profile.entries.end());
    for (const std::uint64_t print : profile.entries) profile.sum += print;
    return profile;
}

bool same_stream(const MatchableLayer& a, const MatchableLayer& b) {
    return a.layer->listing == b.layer->listing || a.layer->listing->diff_id == b.layer->listing->diff_id;
}

/// The whole job of matching, with what it needs to remember.
class Matcher {
public:
    Matcher(const std::vector<MatchableLayer>& published, const std::vector<MatchableLayer>& rebuilt,
            const RuleSet& rules)
        : sides_{&published, &rebuilt},
          rules_(rules), taken_{std::vector<bool>(published.size()), std::vector<bool>(rebuilt.size())} {}

    std::vector<LayerMatch> run() {
        find_equal();
        match_in_order();
        match_moved();
        if (anything_left()) {
            match_overlapping();
            match_leftovers();
        }
        std::sort(matches_.begin(), matches_.end(), [](const LayerMatch& a, const LayerMatch& b) {
            const auto key = [](const LayerMatch& m) {
                constexpr int last = 1 << 30;
                return std::pair(m.published.empty() ? last : m.published.front(),
                                 m.rebuilt.empty() ? last : m.rebuilt.front());
            };
            return key(a) < key(b);
        });
        return std::move(matches_);
    }

private:
    std::size_t count(std::size_t side) const { return sides_[side]->size(); }
    const MatchableLayer& layer(std::size_t side, std::size_t i) const { return (*sides_[side])[i]; }

    const Profile& profile(std::size_t side, std::size_t i) {
        auto& known = profiles_[side];
        known.resize(count(side));
        if (!known[i]) known[i] = profile_of(layer(side, i));
        return *known[i];
    }

    bool equal_content(std::size_t i, std::size_t j) {
        const MatchableLayer& a = layer(0, i);
        const MatchableLayer& b = layer(1, j);
        if (same_stream(a, b)) return true;
        if (!a.layer->listing->listed || !b.layer->listing->listed) return false; // nothing is known of the one
        if (a.tree->nodes.size() != b.tree->nodes.size()) return false;
        return same_but_for_noise(*a.tree, *b.tree, rules_);
    }

    /// Only pairs of equal size at the same place are compared outright; others first have to have one fingerprint.
    void find_equal() {
        equal_.assign(count(0), std::vector<bool>(count(1)));
        for (std::size_t i = 0; i < count(0); ++i) {
            for (std::size_t j = 0; j < count(1); ++j) {
                const bool candidate = same_stream(layer(0, i), layer(1, j)) || (i == j && count(0) == count(1)) ||
                                       (layer(0, i).tree->nodes.size() == layer(1, j).tree->nodes.size() &&
                                        profile(0, i).sum == profile(1, j).sum);
                equal_[i][j] = candidate && equal_content(i, j);
            }
        }
    }

    /// Longest common subsequence; among equally long ones that with the largest sum of content weights, so that the
    /// choice does not depend on which side is which.
    void match_in_order() {
        const std::size_t n = count(0);
        const std::size_t m = count(1);
        using Score = std::pair<std::size_t, std::uint64_t>;
        std::vector<std::vector<Score>> best(n + 1, std::vector<Score>(m + 1));
        const auto with = [&](std::size_t i, std::size_t j) {
            const Score& rest = best[i + 1][j + 1];
            return Score{rest.first + 1, rest.second + weight(i, j)};
        };
        for (std::size_t i = n; i-- > 0;) {
            for (std::size_t j = m; j-- > 0;) {
                best[i][j] = std::max(best[i + 1][j], best[i][j + 1]);
                if (equal_[i][j]) best[i][j] = std::max(best[i][j], with(i, j));
            }
        }
        for (std::size_t i = 0, j = 0; i < n && j < m;) {
            if (equal_[i][j] && best[i][j] == with(i, j)) {
                match(same_stream(layer(0, i), layer(1, j)) ? MatchKind::same_stream : MatchKind::equivalent, {i}, {j});
                ++i;
                ++j;
            } else if (best[i + 1][j] >= best[i][j + 1]) {
                ++i;
            } else {
                ++j;
            }
        }
    }

    std::uint64_t weight(std::size_t i, std::size_t j) const {
        return (layer(0, i).listing_weight() + layer(1, j).listing_weight()) >> 8U;
    }

    void match_moved() {
        for (std::size_t i = 0; i < count(0); ++i) {
            for (std::size_t j = 0; j < count(1) && !taken_[0][i]; ++j) {
                if (!taken_[1][j] && equal_[i][j]) match(MatchKind::moved, {i}, {j});
            }
        }
    }

    bool anything_left() const {
        const auto open = [](const std::vector<bool>& taken) {
            return std::find(taken.begin(), taken.end(), false) != taken.end();
        };
        return open(taken_[0]) || open(taken_[1]);
    }

    /// At least half of the smaller layer's entries are also in the other.
    bool overlap(std::size_t i, std::size_t j) {
        const auto& a = profile(0, i).entries;
        const auto& b = profile(1, j).entries;
        std::size_t common = 0;
        for (auto p = a.begin(), q = b.begin(); p != a.end() && q != b.end();) {
            const bool equal = *p == *q;
            const bool less = *p < *q;
            common += equal ? 1 : 0;
            if (equal || less) ++p;
            if (equal || !less) ++q;
        }
        return common > 0 && common * 2 >= std::min(a.size(), b.size());
    }

    /// Connected components of the layers that share entries, by union-find over both sides' indices.
    void match_overlapping() {
        const std::size_t total = count(0) + count(1);
        std::vector<std::size_t> parent(total);
        for (std::size_t i = 0; i < total; ++i) parent[i] = i;
        const auto root_of = [&](std::size_t i) {
            while (parent[i] != i) i = parent[i] = parent[parent[i]];
            return i;
        };
        for (std::size_t i = 0; i < count(0); ++i) {
            for (std::size_t j = 0; j < count(1); ++j) {
                const bool open = !taken_[0][i] && !taken_[1][j];
                if (open && overlap(i, j)) parent[root_of(count(0) + j)] = root_of(i);
            }
        }
        std::map<std::size_t, std::array<std::vector<std::size_t>, 2>> components;
        for (std::size_t i = 0; i < count(0); ++i) {
            if (!taken_[0][i]) components[root_of(i)][0].push_back(i);
        }
        for (std::size_t j = 0; j < count(1); ++j) {
            if (!taken_[1][j]) components[root_of(count(0) + j)][1].push_back(j);
        }
        for (const auto& [root, sides] : components) {
            if (!sides[0].empty() && !sides[1].empty())
                match(kind_of(sides[0].size(), sides[1].size()), sides[0], sides[1]);
        }
    }

    static MatchKind kind_of(std::size_t published, std::size_t rebuilt) {
        if (published == 1 && rebuilt == 1) return MatchKind::changed;
        if (published == 1) return MatchKind::split;
        return rebuilt == 1 ? MatchKind::merged : MatchKind::regrouped;
    }

    /// What shares nothing: layers at the same place between the same neighbours are each other's counterpart.
    void match_leftovers() {
        std::array<std::vector<std::size_t>, 2> left;
        for (std::size_t side = 0; side < 2; ++side) {
            for (std::size_t i = 0; i < count(side); ++i) {
                if (!taken_[side][i]) left[side].push_back(i);
            }
        }
        if (left[0].size() == left[1].size() && count(0) == count(1)) {
            for (std::size_t k = 0; k < left[0].size(); ++k) match(MatchKind::changed, {left[0][k]}, {left[1][k]});
            return;
        }
        for (const std::size_t i : left[0]) match(MatchKind::only_published, {i}, {});
        for (const std::size_t j : left[1]) match(MatchKind::only_rebuilt, {}, {j});
    }

    void match(MatchKind kind, const std::vector<std::size_t>& published, const std::vector<std::size_t>& rebuilt) {
        LayerMatch result{.kind = kind, .published = {}, .rebuilt = {}};
        for (const std::size_t i : published) {
            taken_[0][i] = true;
            result.published.push_back(static_cast<int>(i));
        }
        for (const std::size_t j : rebuilt) {
            taken_[1][j] = true;
            result.rebuilt.push_back(static_cast<int>(j));
        }
        matches_.push_back(std::move(result));
    }

    std::array<const std::vector<MatchableLayer>*, 2> sides_;
    const RuleSet& rules_;
    std::array<std::vector<std::optional<Profile>>, 2> profiles_;
    std::vector<std::vector<bool>> equal_;
    std::array<std::vector<bool>, 2> taken_;
    std::vector<LayerMatch> matches_;
};

std::string join_indices(const std::vector<int>& indices) {
    return indices.empty() ? "-" : fmt::format("{}", fmt::join(indices, ","));
}

} // namespace

std::uint64_t MatchableLayer::listing_weight() const {
    std::uint64_t weight = 0;
    std::memcpy(&weight, layer->listing->diff_id.bytes.data(), sizeof weight);
    return weight >> 8U;
}

std::string_view name_of(MatchKind kind) {
    return kind_names.at(static_cast<std::size_t>(kind));
}

std::string LayerMatch::label() const {
    return join_indices(published) + ":" + join_indices(rebuilt);
}

std::vector<LayerMatch> match_layers(const std::vector<MatchableLayer>& published,
                                     const std::vector<MatchableLayer>& rebuilt, const RuleSet& rules) {
    return Matcher(published, rebuilt, rules).run();
}

} // namespace touchstone
