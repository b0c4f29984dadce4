// Which extended attributes the canonical form keeps (W13): all but those that are the host's policy or the
// snapshotter's plumbing. What is dropped is an enumerated list, and each drop is told.
#pragma once

#include "normalize/tree.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// An attribute (or a family, ending in '.') that is dropped, with the reason.
struct DroppedXattr {
    std::string_view name;
    std::string_view reason;
};
std::span<const DroppedXattr> dropped_xattrs();

/// Told of each drop: "xattr-dropped NAME" and the raw value.
using XattrDropped = std::function<void(std::string_view what, const std::string& value)>;

/// xattrs_of() without the dropped ones, and with LIBARCHIVE.xattr.* decoded where no SCHILY twin is there.
std::vector<NamedBytes> canonical_xattrs(const Tree& tree, std::uint32_t inode, const XattrDropped& dropped);

} // namespace touchstone
