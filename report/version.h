// The version of this build, as `--version` prints it and every JSON carries it. It is written down once, in the top
// CMakeLists.txt.
#pragma once

#include <string_view>

namespace touchstone {

std::string_view version(); ///< "0.1.0"

} // namespace touchstone
