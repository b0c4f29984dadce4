// From a node to the member that stands for it in a canonical stream: what W2 and W7-W16 of docs/canonical-layer.md
// make of one entry. Shared by the writer, which has a whole tree, and by the streamer, which has one entry at a time.
#pragma once

#include "normalize/canonical_tar.h"
#include "normalize/canonical_xattrs.h"
#include "normalize/profile.h"
#include "normalize/tree.h"

#include <string_view>

namespace touchstone {

/// The member of a node that carries its inode. `dropped` is told of attributes that are not kept. Views point into the
/// tree's listings. Not for whiteouts.
CanonicalMember canonical_member(const Tree& tree, const Node& node, const Profile& profile,
                                 const XattrDropped& dropped);

/// W15: `member` at `path`, as a link to the path that carries the data: the same metadata, no body, no attributes.
CanonicalMember as_link(CanonicalMember member, std::string_view path, std::string_view carrier);

/// W16: only the name of a whiteout means anything.
CanonicalMember canonical_whiteout(std::string_view path);

} // namespace touchstone
