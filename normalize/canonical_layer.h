// Canonical streams: CLF-1 of one layer, CRF-1 of a merged tree (docs/canonical-layer.md). One writer makes both from a
// list of members; content is fetched by entry, because its place in the canonical order is not its place in the layer.
#pragma once

#include "base/digest.h"
#include "base/sink.h"
#include "normalize/changes.h"
#include "normalize/profile.h"
#include "normalize/tree.h"

#include <cstdint>
#include <optional>
#include <string>
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

/// Only the changes: for a canonical form that was made already. `header_hashes` are those of its members, in order.
ChangeCounts canonical_changes(const Tree& tree, const std::vector<CanonicalNode>& nodes, const Profile& profile,
                               const std::vector<std::uint64_t>& header_hashes, std::vector<Change>* log);

/// Writes CRF-1 of a merged tree: no whiteouts, implied directories and the root always there. Changes are not counted:
/// those of the layers say it all.
CanonicalResult write_canonical_tree(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out);

/// True when CRF-1 of `merged` is the canonical form of the only layer that it was made from, behind the header of the
/// root where that layer does not list it. `layer` is that layer's tree.
bool is_layer_with_root(const Tree& merged, const Tree& layer);

/// A tree and the profile under which its canonical form is meant.
struct CanonicalView {
    const Tree& tree;
    const Profile& profile;
};

/// Compares the canonical forms of two layers, or of two merged trees, by what their members would say and by the
/// Entry::content of their files: nothing is written or read. Returns the first path (printable) where they differ;
/// nothing when the forms are the same bytes.
std::optional<std::string> layer_difference(const CanonicalView& a, const CanonicalView& b);
std::optional<std::string> tree_difference(const CanonicalView& a, const CanonicalView& b);

} // namespace touchstone
