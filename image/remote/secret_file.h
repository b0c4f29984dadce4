// The user's own configuration files that may hold passwords (docker's config.json, containers-auth.json).
#pragma once

#include "base/json.h"

#include <cstdint>
#include <string>

namespace touchstone {

inline constexpr std::uint64_t secret_file_limit = std::uint64_t{1} << 20; ///< people have a few dozen registries in it

/// The document in a file. Throws unreadable, over_limit or malformed, and never with anything of what it holds.
Json read_secret_file(const std::string& path);

} // namespace touchstone
