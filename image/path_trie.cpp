// Open addressing with linear probing. The hash is seeded per process, so that a hostile layer cannot choose names that
// collide; nothing that is reported depends on it.
#include "image/path_trie.h"

#include "image/tar_hash.h"

#include <algorithm>
#include <random>

namespace touchstone {

namespace {

std::uint64_t seed() {
    static const std::uint64_t value = [] {
        std::random_device random;
        return std::uint64_t{random()} << 32U | random();
    }();
    return value;
}

std::uint32_t hash_of(std::uint32_t parent, std::string_view component) {
    const std::uint64_t hash = mix_extent(seed() + parent, as_bytes(component));
    return static_cast<std::uint32_t>(hash ^ hash >> 32U);
}

constexpr std::size_t first_slots = 1024;

} // namespace

PathTrie::PathTrie() : nodes_(1), slots_(first_slots, PathNode::none) {}

void PathTrie::reserve(std::size_t paths) {
    nodes_.reserve(paths + paths / 8);
    std::size_t slots = first_slots;
    while (slots < paths * 2) slots *= 2;
    if (slots > slots_.size()) grow(slots);
}

void PathTrie::grow(std::size_t slots) {
    slots_.assign(slots, PathNode::none);
    for (std::uint32_t node = 1; node < size(); ++node) {
        std::size_t at = nodes_[node].hash & (slots - 1);
        while (slots_[at] != PathNode::none) at = (at + 1) & (slots - 1);
        slots_[at] = node;
    }
}

std::uint32_t* PathTrie::slot_of(std::uint32_t parent, std::string_view component, std::uint32_t hash) {
    std::size_t at = hash & (slots_.size() - 1);
    for (;; at = (at + 1) & (slots_.size() - 1)) {
        std::uint32_t* const slot = &slots_[at];
        if (*slot == PathNode::none) return slot;
        const PathNode& node = nodes_[*slot];
        if (node.hash == hash && node.parent == parent && node.component == component) return slot;
    }
}

std::uint32_t PathTrie::child(std::uint32_t parent, std::string_view component) {
    const std::uint32_t hash = hash_of(parent, component);
    std::uint32_t* slot = slot_of(parent, component, hash);
    if (*slot != PathNode::none) return *slot;
    const std::uint32_t made = size();
    *slot = made;
    PathNode node;
    node.component = component;
    node.parent = parent;
    node.hash = hash;
    nodes_.push_back(node);
    if (nodes_.size() * 2 > slots_.size()) grow(slots_.size() * 2);
    return made;
}

std::uint32_t PathTrie::intern(std::string_view path) {
    std::uint32_t node = root;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        node = child(node, path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return node;
}

std::uint32_t PathTrie::find(std::string_view path) const {
    std::uint32_t node = root;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const std::string_view component = path.substr(0, slash);
        // slot_of() only looks; it is not const because intern() writes through what it returns.
        node = *const_cast<PathTrie*>(this)->slot_of(node, component, hash_of(node, component));
        if (node == PathNode::none) return node;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return node;
}

std::string PathTrie::path_of(std::uint32_t node) const {
    std::vector<std::string_view> parts;
    for (; node != root; node = nodes_[node].parent) parts.push_back(nodes_[node].component);
    std::string path;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        if (!path.empty()) path.push_back('/');
        path += *part;
    }
    return path;
}

} // namespace touchstone
