// The order of entries in a canonical tar (W1): depth-first, component by component; within a directory the opaque
// marker, then the other whiteouts, then the rest, each by unsigned bytes.
#pragma once

#include <string_view>

namespace touchstone {

/// < 0, 0 or > 0. The root is the empty path and comes first.
int compare_canonical(std::string_view a, std::string_view b);

} // namespace touchstone
