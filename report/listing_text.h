// How `ls` writes modes and times. In UTC and without the C library's locale, so that it is the same everywhere.
#pragma once

#include "image/entry.h"

#include <string>

namespace touchstone {

/// "-rwsr-xr-x", as POSIX ls writes it; the first letter is w, o or a for whiteouts, opaque markers and AUFS metadata,
/// h for a hard link as it is stored in a layer.
std::string mode_text(const Entry& entry, std::uint32_t permissions);

/// "2023-11-14T22:13:20Z"; "@SECONDS" outside the years 0000 to 9999.
std::string time_text(const Timestamp& time);

} // namespace touchstone
