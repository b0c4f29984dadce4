// Simple case folding of names, independent of any locale: which names a case-insensitive file system would merge.
#pragma once

#include <string>
#include <string_view>

namespace touchstone {

/// Appends the folded form of `name` to `out`: Unicode simple case folding, code point by code point; bytes that are
/// not valid UTF-8 stay as they are. Returns true when it differs from `name`.
bool append_folded(std::string_view name, std::string& out);

} // namespace touchstone
