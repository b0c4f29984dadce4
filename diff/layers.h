// Layer matching: which layer of one image is which of the other, by content and not by position, so that a layer that
// was split, merged, moved or inserted is named as that. The matching is the same with the sides swapped.
#pragma once

#include "diff/finding.h"
#include "diff/stack.h"
#include "diff/tree.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

enum class MatchKind : std::uint8_t {
    same_stream, ///< the diffIDs are equal
    equivalent,  ///< other bytes, but no entry differs in anything that is not noise
    changed,     ///< the counterpart, with entries that differ
    moved,       ///< equal in content, at another place in the order
    split,       ///< one published layer is several rebuilt ones
    merged,      ///< several published layers are one rebuilt one
    regrouped,   ///< several are several others
    only_published,
    only_rebuilt,
};
std::string_view name_of(MatchKind kind); ///< "same-stream", "equivalent", "changed", "moved", …

struct LayerMatch {
    MatchKind kind = MatchKind::changed;
    std::vector<int> published; ///< indices, ascending
    std::vector<int> rebuilt;

    bool one_to_one() const { return published.size() == 1 && rebuilt.size() == 1; }
    /// "1:1,2", "-:3"
    std::string label() const;
};

/// One layer, ready to be matched.
struct MatchableLayer {
    const StackLayer* layer = nullptr;
    const Tree* tree = nullptr; ///< of build_layer_tree

    /// A number made of the stream's digest: breaks ties in a way that does not depend on the side.
    std::uint64_t listing_weight() const;
};

/// Every layer of both sides is in exactly one match. Sorted by the first published index, then the first rebuilt one.
std::vector<LayerMatch> match_layers(const std::vector<MatchableLayer>& published,
                                     const std::vector<MatchableLayer>& rebuilt, const RuleSet& rules);

} // namespace touchstone
