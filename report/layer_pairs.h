// Which layer of one image stands across from which of the other, and how alike they are, as far as a comparison says:
// by digest, by what the layer findings name, and by place. For pictures and tables; the verdict has its own matching.
#pragma once

#include "diff/comparison.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace touchstone {

enum class LayerState : std::uint8_t {
    shared,     ///< the same blob
    equal,      ///< the same stream, in another blob
    equivalent, ///< other bytes; nothing that counts differs
    different,
    only_published, ///< no counterpart
    only_rebuilt,
};
constexpr std::size_t layer_state_count = 6;
std::string_view name_of(LayerState state);    ///< "shared", "equal", …, "only published"
std::string_view meaning_of(LayerState state); ///< one sentence

struct LayerPair {
    int published = -1; ///< index, -1: none
    int rebuilt = -1;
    LayerState state = LayerState::different;
    std::uint64_t paths = 0; ///< paths with a finding whose value comes from this layer
};

/// Every layer of both sides in at least one pair; a layer that was split or merged stands in several. Sorted by the
/// published index, then the rebuilt one; layers that only one side has stand where they lie.
std::vector<LayerPair> pair_layers(const Comparison& comparison);

} // namespace touchstone
