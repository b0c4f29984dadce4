// The paths of one layer as a tree of components, in one hash table keyed by (parent, component): looking up a path
// costs its components, whatever its length, and an entry in the directory of the one before costs one look.
#pragma once

#include "image/entry.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

struct PathNode {
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    std::string_view component; ///< lives as long as the paths do
    std::uint32_t parent = none;
    std::uint32_t entry = none; ///< index of the last entry at this very path; none when it is only implied
    std::uint32_t hash = 0;
    EntryType type = EntryType::directory; ///< of that entry
    bool has_child = false;                ///< something was seen below
    bool whited = false;                   ///< a whiteout names this path
    bool implied_below = false;            ///< some directory below was implied when it was first met
    bool whiteout = false;                 ///< the entry is itself a whiteout
};

class PathTrie {
public:
    static constexpr std::uint32_t root = 0;

    PathTrie();
    void reserve(std::size_t paths);
    /// The node of `path`, made if need be; with its parents.
    std::uint32_t intern(std::string_view path);
    std::uint32_t child(std::uint32_t parent, std::string_view component);
    /// The node of `path`, or PathNode::none.
    std::uint32_t find(std::string_view path) const;
    PathNode& operator[](std::uint32_t node) { return nodes_[node]; }
    const PathNode& operator[](std::uint32_t node) const { return nodes_[node]; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); } ///< parents come before children
    std::string path_of(std::uint32_t node) const;

private:
    std::uint32_t* slot_of(std::uint32_t parent, std::string_view component, std::uint32_t hash);
    void grow(std::size_t slots);

    std::vector<PathNode> nodes_;
    std::vector<std::uint32_t> slots_; // a power of two, at most half full; none = free
};

} // namespace touchstone
