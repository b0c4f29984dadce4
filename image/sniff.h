// What a bare path holds.
#pragma once

#include "image/reference.h"

#include <string>

namespace touchstone {

/// By the files of a directory, or by the member names of a (perhaps compressed) tar. Throws usage when it is neither.
Transport sniff_path(const std::string& path);

} // namespace touchstone
