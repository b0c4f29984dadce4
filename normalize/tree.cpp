// The tree of one layer, and the steps that the merged tree is built of too.
#include "normalize/tree.h"

#include "normalize/path_order.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace touchstone {

const Entry& implied_directory() {
    static const Entry directory = [] {
        Entry entry;
        entry.type = EntryType::directory;
        entry.mode = 0755;
        return entry;
    }();
    return directory;
}

std::vector<std::uint32_t> sorted_indices(const LayerListing& listing) {
    const std::vector<Entry>& entries = listing.entries;
    std::vector<std::uint32_t> order(entries.size());
    std::iota(order.begin(), order.end(), 0U);
    // Most layers come sorted, which is seen without going through the indices.
    const auto out_of_order = [](const Entry& a, const Entry& b) { return compare_paths(a.path, b.path) > 0; };
    if (std::adjacent_find(entries.begin(), entries.end(), out_of_order) == entries.end()) return order;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const int by_path = compare_paths(entries[a].path, entries[b].path);
        return by_path != 0 ? by_path < 0 : a < b;
    });
    return order;
}

namespace {

/// The entry that `path` names just before entry `before` of the stream, or nothing.
std::optional<std::uint32_t> find_earlier(const LayerListing& listing, const std::vector<std::uint32_t>& order,
                                          std::string_view path, std::uint32_t before) {
    const auto end =
        std::lower_bound(order.begin(), order.end(), before, [&](std::uint32_t candidate, std::uint32_t limit) {
            const int by_path = compare_paths(listing.entries[candidate].path, path);
            return by_path != 0 ? by_path < 0 : candidate < limit;
        });
    if (end == order.begin() || listing.entries[*(end - 1)].path != path) return std::nullopt;
    return *(end - 1);
}

} // namespace

std::vector<std::uint32_t> add_inodes(Tree& tree, const LayerListing& listing,
                                      const std::vector<std::uint32_t>& order) {
    std::vector<std::uint32_t> inode_of(listing.entries.size());
    for (std::uint32_t i = 0; i < listing.entries.size(); ++i) {
        const Entry& entry = listing.entries[i];
        if (entry.type == EntryType::hardlink) {
            if (const auto target = find_earlier(listing, order, entry.link, i)) {
                inode_of[i] = inode_of[*target];
                apply_link_header(tree, inode_of[i], entry, listing);
                continue;
            }
        }
        inode_of[i] = static_cast<std::uint32_t>(tree.inodes.size());
        tree.inodes.push_back({.content = &entry, .meta = &entry, .listing = &listing});
    }
    return inode_of;
}

void apply_link_header(Tree& tree, std::uint32_t inode, const Entry& entry, const LayerListing& listing) {
    tree.inodes[inode].meta = &entry; // containerd and Docker apply the link's own header to the inode
    tree.inodes[inode].listing = &listing;
    if (entry.extra && !(entry.extra->xattrs.empty() && entry.extra->acls.empty()))
        tree.link_headers.push_back({inode, &entry});
}

void finish_tree(Tree& tree) {
    for (Inode& inode : tree.inodes) inode.links = 0;
    for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
        Inode& inode = tree.inodes[tree.nodes[i].inode];
        if (inode.links++ == 0) inode.first = i;
    }
    std::stable_sort(tree.link_headers.begin(), tree.link_headers.end(),
                     [](const LinkHeader& a, const LinkHeader& b) { return a.inode < b.inode; });
}

namespace {

std::span<const LinkHeader> links_of(const Tree& tree, std::uint32_t inode) {
    const auto less = [](const LinkHeader& a, const LinkHeader& b) { return a.inode < b.inode; };
    const auto [first, last] =
        std::equal_range(tree.link_headers.begin(), tree.link_headers.end(), LinkHeader{inode, nullptr}, less);
    return {first, last};
}

/// Adds or replaces one pair of a list that is sorted by name.
void put(std::vector<NamedBytes>& list, const NamedBytes& added) {
    const auto at = std::lower_bound(list.begin(), list.end(), added.first,
                                     [](const NamedBytes& x, const std::string& name) { return x.first < name; });
    if (at != list.end() && at->first == added.first) {
        at->second = added.second;
    } else {
        list.insert(at, added);
    }
}

std::vector<NamedBytes> united(const Tree& tree, std::uint32_t inode, std::vector<NamedBytes> EntryExtra::*list) {
    const Entry& content = *tree.inodes[inode].content;
    std::vector<NamedBytes> all;
    if (content.extra) all = content.extra.get()->*list;
    for (const LinkHeader& link : links_of(tree, inode)) {
        for (const NamedBytes& added : link.entry->extra.get()->*list) put(all, added);
    }
    return all;
}

} // namespace

std::vector<NamedBytes> xattrs_of(const Tree& tree, std::uint32_t inode) {
    return united(tree, inode, &EntryExtra::xattrs);
}

std::vector<NamedBytes> acls_of(const Tree& tree, std::uint32_t inode) {
    return united(tree, inode, &EntryExtra::acls);
}

bool has_xattrs(const Tree& tree, std::uint32_t inode) {
    const Entry& content = *tree.inodes[inode].content;
    if (content.extra && !content.extra->xattrs.empty()) return true;
    const std::span<const LinkHeader> links = links_of(tree, inode);
    return std::any_of(links.begin(), links.end(),
                       [](const LinkHeader& link) { return !link.entry->extra->xattrs.empty(); });
}

Tree build_layer_tree(std::shared_ptr<const LayerListing> kept, std::uint32_t index) {
    Tree tree;
    const LayerListing& listing = *kept;
    tree.keep.push_back(std::move(kept));
    const std::vector<std::uint32_t> order = sorted_indices(listing);
    tree.inodes.reserve(order.size());
    const std::vector<std::uint32_t> inode_of = add_inodes(tree, listing, order);
    tree.nodes.reserve(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const Entry& entry = listing.entries[order[i]];
        if (i + 1 < order.size() && listing.entries[order[i + 1]].path == entry.path) continue;
        tree.nodes.push_back({.path = entry.path, .inode = inode_of[order[i]], .layer = index});
    }
    finish_tree(tree);
    return tree;
}

} // namespace touchstone
