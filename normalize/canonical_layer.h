// Canonical streams: CLF-1 of one layer, CRF-1 of a merged tree (docs/canonical-layer.md). One writer makes both from a
// list of members; content is fetched by entry, because its place in the canonical order is not its place in the layer.
#pragma once

#include "base/digest.h"
#include "base/sink.h"
#include "normalize/changes.h"
#include "normalize/profile.h"
#include "normalize/tree.h"

#include <cstdint>
#include <vector>

namespace touchstone {

/// Gives the content of regular files, in any order. Safe to use from one thread at a time.
class ContentStore {
public:
    virtual ~ContentStore() = default;
    /// Writes exactly entry.size bytes. Throws unreadable.
    virtual void copy(const Entry& entry, ByteSink& out) = 0;
};

struct CanonicalResult {
    Digest digest;          ///< sha256 of the stream
    std::uint64_t size = 0; ///< bytes of the stream
    ChangeCounts changes;   ///< of a layer; empty where nobody asked for them
};

/// A path of a layer in its canonical form, with the entry that put it there.
struct CanonicalNode {
    Node node;
    const Entry* own = nullptr;
};

/// What of a layer is in its canonical form, in canonical order: no metadata of aufs, nothing that a later entry of the
/// layer replaced or swept away (R12). `tree` is that of build_layer_tree.
std::vector<CanonicalNode> canonical_nodes(const Tree& tree);

/// Writes the canonical form of one layer to `out`, and counts what is changed on the way. `log` may be null.
CanonicalResult write_canonical_layer(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out,
                                      std::vector<Change>* log);

/// Only the changes: for a canonical form that was made already.
ChangeCounts canonical_changes(const Tree& tree, const std::vector<CanonicalNode>& nodes, const Profile& profile,
                               std::vector<Change>* log);

/// Writes CRF-1 of a merged tree: no whiteouts, implied directories and the root always there. Changes are not counted:
/// those of the layers say it all.
CanonicalResult write_canonical_tree(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out);

/// Digests of the canonical streams with the SHA-256 of each file in place of its content: equal if and only if the
/// canonical forms are, and no content is read for it. They never leave the process.
Digest layer_fingerprint(const Tree& tree, const Profile& profile);
Digest tree_fingerprint(const Tree& tree, const Profile& profile);

} // namespace touchstone
