// Trees: sorted paths with the inodes behind them. A layer by itself is one (whiteouts among its nodes), and so is the
// merged tree that a runtime would show (diff/tree.h builds that). They live here because the canonical forms are
// written from them.
#pragma once

#include "base/arena.h"
#include "image/entry.h"
#include "image/layer.h"

#include <cstdint>
#include <memory>
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

/// A hard link's header that brings attributes or ACLs to the inode that it joins.
struct LinkHeader {
    std::uint32_t inode = 0;
    const Entry* entry = nullptr;
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
    std::vector<LinkHeader> link_headers; ///< by inode, then in the order they were applied; rare
    const Entry* root = nullptr;          ///< attributes of the root directory, where a layer gives them
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

/// Extended attributes in effect: those of the content's header, with what the headers of links to it add or replace
/// (containerd: setxattr only ever adds). Sorted by name, unique.
std::vector<NamedBytes> xattrs_of(const Tree& tree, std::uint32_t inode);
bool has_xattrs(const Tree& tree, std::uint32_t inode);
/// ACLs likewise: "access"/"default" and text.
std::vector<NamedBytes> acls_of(const Tree& tree, std::uint32_t inode);

/// One layer by itself: its entries as a sorted set, whiteouts among them as plain names, the root as the node of the
/// empty path; duplicates: the last wins. `index` is the layer's in its stack.
Tree build_layer_tree(std::shared_ptr<const LayerListing> listing, std::uint32_t index);

/// The steps of building, shared with diff/tree.cpp.

/// Indices of a listing's entries in path order; equal paths in stream order.
std::vector<std::uint32_t> sorted_indices(const LayerListing& listing);

/// Adds the inodes of one layer to `tree`; returns the inode of each entry. Hard links join the inode of their target,
/// in stream order, so that "a(old), b -> a, a(new)" leaves b with the old content (docs/canonical-layer.md R13).
std::vector<std::uint32_t> add_inodes(Tree& tree, const LayerListing& listing, const std::vector<std::uint32_t>& order);

/// Notes what a hard link's header brings to `inode`; `listing` is the one that holds it.
void apply_link_header(Tree& tree, std::uint32_t inode, const Entry& entry, const LayerListing& listing);

/// Sets Inode::links and Inode::first, and sorts link_headers. The last step of building.
void finish_tree(Tree& tree);

} // namespace touchstone
