// The one place that sees the definition that CMake gives, so that a new version rebuilds one file.
#include "report/version.h"

namespace touchstone {

std::string_view version() {
    return TOUCHSTONE_VERSION;
}

} // namespace touchstone
