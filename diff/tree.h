// Trees: the sorted set of paths that a runtime would show after the layers are applied, with their facts. Built by one
// merge of sorted lists, layer by layer. Where a layer holds a construct that appliers are known to read differently,
// the stack is simulated instead (diff/readings.h).
#pragma once

#include "base/arena.h"
#include "diff/stack.h"
#include "image/entry.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace touchstone {

/// What several hard-linked paths share. Indexed by Node::inode.
struct Inode {
    const Entry* content = nullptr;        ///< type, size, content, link target, device
    const Entry* meta = nullptr;           ///< mode, owner, times, xattrs: the last header that was applied to it
    const LayerListing* listing = nullptr; ///< of `meta`, for owner names
    std::uint32_t links = 0;               ///< paths in the tree that name it
    std::uint32_t first = 0;               ///< the first of them, in path order (index into Tree::nodes)
};

struct Node {
    std::string_view path; ///< cleaned; the root is Tree::root in a merged tree, the empty path in a layer's
    std::uint32_t inode = 0;
    std::uint32_t layer = 0; ///< of the entry that put the path there
};

/// Views point into the listings, which the tree keeps alive.
struct Tree {
    std::vector<Node> nodes; ///< sorted by compare_paths, unique
    std::vector<Inode> inodes;
    const Entry* root = nullptr; ///< attributes of the root directory, where a layer gives them
    std::vector<std::shared_ptr<const LayerListing>> keep;
    std::shared_ptr<Arena> names; ///< paths that no entry spells out (simulated stacks); may be null

    const Inode& inode_of(const Node& node) const { return inodes[node.inode]; }
};

/// The entry that stands for a directory that no layer lists: 0755, 0:0, time 0.
const Entry& implied_directory();
/// True when the node's directory is only implied by what lies below it.
inline bool is_implied(const Inode& inode) {
    return inode.content == &implied_directory();
}

/// The merged tree by the OCI image-spec's reading. `oddities` gets what only the stack shows (below_symlink through a
/// lower layer, readings_differ, …), with their layer.
Tree build_tree(const Stack& stack, std::vector<Oddity>& oddities);

/// One layer by itself: its entries as a sorted set, whiteouts among them as plain names, the root as the node of the
/// empty path; duplicates: the last wins.
Tree build_layer_tree(const StackLayer& layer, std::uint32_t index);

} // namespace touchstone
