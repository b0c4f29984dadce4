// Which platform of the published index is which of the rebuilt one. By platform and never by position, because the
// order of an index means nothing.
#pragma once

#include "diff/finding.h"
#include "image/image.h"

#include <utility>
#include <vector>

namespace touchstone {

struct Pairing {
    std::vector<std::pair<std::size_t, std::size_t>> pairs; ///< indices: published, rebuilt
    std::vector<Finding> unpaired;                          ///< one presence finding each, sorted by platform
};

Pairing pair_platforms(const std::vector<Image>& published, const std::vector<Image>& rebuilt);

} // namespace touchstone
