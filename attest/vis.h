// Names as vis(3) encodes them, which mtree files have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

/// Decodes octal (\101), C's escapes (\n, \s, …), \xHH, \^C, \M-c and \M^C, as unvis(3) does; nothing for other
/// escapes.
std::optional<std::string> unvis(std::string_view encoded);

} // namespace touchstone
