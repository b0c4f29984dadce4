// The tree of one layer, and the steps that the merged tree is built of too.
#include "normalize/tree.h"

#include "normalize/path_order.h"

#include <algorithm>
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
    std::vector<std::uint32_t> order(listing.entries.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto less = [&](std::uint32_t a, std::uint32_t b) {
        const int by_path = compare_paths(listing.entries[a].path, listing.entries[b].path);
        return by_path != 0 ? by_path < 0 : a < b;
    };
    if (!std::is_sorted(order.begin(), order.end(), less)) std::sort(order.begin(), order.end(), less);
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
                tree.inodes[inode_of[i]].meta =
                    &entry; // containerd and Docker apply the link's own header to the inode
                continue;
            }
        }
        inode_of[i] = static_cast<std::uint32_t>(tree.inodes.size());
        tree.inodes.push_back({.content = &entry, .meta = &entry, .listing = &listing});
    }
    return inode_of;
}

void count_links(Tree& tree) {
    for (Inode& inode : tree.inodes) inode.links = 0;
    for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
        Inode& inode = tree.inodes[tree.nodes[i].inode];
        if (inode.links++ == 0) inode.first = i;
    }
}

Tree build_layer_tree(std::shared_ptr<const LayerListing> kept, std::uint32_t index) {
    Tree tree;
    const LayerListing& listing = *kept;
    tree.keep.push_back(std::move(kept));
    const std::vector<std::uint32_t> order = sorted_indices(listing);
    const std::vector<std::uint32_t> inode_of = add_inodes(tree, listing, order);
    tree.nodes.reserve(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const Entry& entry = listing.entries[order[i]];
        if (i + 1 < order.size() && listing.entries[order[i + 1]].path == entry.path) continue;
        tree.nodes.push_back({.path = entry.path, .inode = inode_of[order[i]], .layer = index});
    }
    count_links(tree);
    return tree;
}

} // namespace touchstone
