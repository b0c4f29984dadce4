// Building trees. A layer becomes a sorted list; a stack is folded over it from the bottom by one linear merge per
// layer: in component order a subtree is contiguous, so that hiding it (whiteout, opaque, replaced by a file) is a
// matter of skipping ahead.
#include "diff/tree.h"

#include "diff/readings.h"
#include "normalize/path_order.h"

#include <algorithm>
#include <optional>

namespace touchstone {

namespace {

/// What one layer does to the tree below it, as sorted lists.
struct LayerEffect {
    std::vector<Node> nodes;              ///< what it adds or replaces
    std::vector<std::string> removed;     ///< whiteout targets
    std::vector<std::string_view> opaque; ///< directories whose lower content is hidden
};

std::string whiteout_target(const Entry& entry) {
    constexpr std::size_t prefix = 4; // ".wh."
    const std::string_view parent = entry.parent();
    std::string target(parent);
    if (!parent.empty()) target += '/';
    target += entry.base_name().substr(prefix);
    return target;
}

LayerEffect effect_of(Tree& tree, const LayerListing& listing, std::uint32_t layer) {
    const std::vector<std::uint32_t> order = sorted_indices(listing);
    const std::vector<std::uint32_t> inode_of = add_inodes(tree, listing, order);
    LayerEffect effect;
    effect.nodes.reserve(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const Entry& entry = listing.entries[order[i]];
        const bool replaced_later = i + 1 < order.size() && listing.entries[order[i + 1]].path == entry.path;
        if (replaced_later) continue;
        if (entry.path.empty()) {
            tree.root = &entry;
            continue;
        }
        switch (entry.whiteout) {
        case Whiteout::none:
            effect.nodes.push_back({.path = entry.path, .inode = inode_of[order[i]], .layer = layer});
            break;
        case Whiteout::file:
            effect.removed.push_back(whiteout_target(entry));
            break;
        case Whiteout::opaque:
            effect.opaque.push_back(entry.parent());
            break;
        case Whiteout::aufs:
            break; // metadata of a driver; runtimes skip it
        }
    }
    std::sort(effect.removed.begin(), effect.removed.end(), PathLess());
    std::sort(effect.opaque.begin(), effect.opaque.end(), PathLess());
    return effect;
}

/// A sorted list of paths that is only asked about ever larger paths.
template <class Paths>
class Cursor {
public:
    explicit Cursor(const Paths& paths) : at_(paths.begin()), end_(paths.end()) {}
    /// Moves to the first path that is not before `path`; true when that is `path` itself.
    bool reaches(std::string_view path) {
        while (at_ != end_ && compare_paths(*at_, path) < 0) ++at_;
        return at_ != end_ && std::string_view(*at_) == path;
    }
    /// After reaches(path): whether the list goes on with something below it.
    bool goes_below(std::string_view path) const { return at_ != end_ && is_below(*at_, path); }

private:
    typename Paths::const_iterator at_;
    typename Paths::const_iterator end_;
};

bool is_directory(const Tree& tree, const Node& node) {
    return tree.inode_of(node).content->type == EntryType::directory;
}

/// Merges one layer's effect over the tree. Returns false, leaving `tree.nodes` alone, where the layer reaches below a
/// path that is no directory in the tree: then appliers differ and the stack must be simulated.
bool merge_layer(Tree& tree, LayerEffect effect) {
    if (tree.nodes.empty()) { // the lowest layer
        tree.nodes = std::move(effect.nodes);
        return true;
    }
    std::vector<Node> merged;
    merged.reserve(tree.nodes.size() + effect.nodes.size());
    Cursor<std::vector<std::string>> removed(effect.removed);
    Cursor<std::vector<std::string_view>> opaque(effect.opaque);
    auto upper = effect.nodes.begin();
    bool hiding = !effect.opaque.empty() && effect.opaque.front().empty();
    std::string_view hidden; // while hiding: everything below this path of the lower tree is gone

    for (const Node& lower : tree.nodes) {
        while (upper != effect.nodes.end() && compare_paths(upper->path, lower.path) < 0) merged.push_back(*upper++);
        const bool replaced = upper != effect.nodes.end() && upper->path == lower.path;
        if (hiding && is_below(lower.path, hidden)) continue;
        hiding = false;
        const bool directory = is_directory(tree, lower);
        const bool whited_out = removed.reaches(lower.path);
        const bool made_opaque = opaque.reaches(lower.path);
        if (!directory && !whited_out && !replaced) {
            const bool reached_into = (upper != effect.nodes.end() && is_below(upper->path, lower.path)) ||
                                      removed.goes_below(lower.path) || opaque.goes_below(lower.path) || made_opaque;
            if (reached_into) return false;
        }
        const bool replaced_by_other = replaced && !(directory && is_directory(tree, *upper));
        if (whited_out || made_opaque || replaced_by_other) {
            hiding = true;
            hidden = lower.path;
        }
        if (!whited_out && !replaced) merged.push_back(lower);
    }
    merged.insert(merged.end(), upper, effect.nodes.end());
    tree.nodes = std::move(merged);
    return true;
}

/// The first component chain of `path` that is longer than `known`: "a/b" for path "a/b/c" and known "a".
std::string_view next_ancestor(std::string_view path, std::string_view known) {
    const std::size_t start = known.empty() ? 0 : known.size() + 1;
    const std::size_t slash = path.find('/', start);
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::uint32_t implied_inode(Tree& tree) {
    tree.inodes.push_back({.content = &implied_directory(), .meta = &implied_directory(), .listing = nullptr});
    return static_cast<std::uint32_t>(tree.inodes.size() - 1);
}

/// True when each node's parent directory is a node, too: in path order it comes before what lies in it.
bool has_all_parents(const Tree& tree) {
    std::vector<std::string_view> open;
    for (const Node& node : tree.nodes) {
        while (!open.empty() && !is_below(node.path, open.back())) open.pop_back();
        if (!next_ancestor(node.path, open.empty() ? std::string_view() : open.back()).empty()) return false;
        if (is_directory(tree, node)) open.push_back(node.path);
    }
    return true;
}

/// Adds the directories that no layer lists but something lies in.
void add_implied_parents(Tree& tree) {
    if (has_all_parents(tree)) return;
    std::vector<Node> complete;
    complete.reserve(tree.nodes.size());
    std::vector<std::string_view> open; // the chain of directories above the current position
    for (const Node& node : tree.nodes) {
        while (!open.empty() && !is_below(node.path, open.back())) open.pop_back();
        for (;;) {
            const std::string_view missing = next_ancestor(node.path, open.empty() ? std::string_view() : open.back());
            if (missing.empty()) break;
            complete.push_back({.path = missing, .inode = implied_inode(tree), .layer = node.layer});
            open.push_back(missing);
        }
        complete.push_back(node);
        open.push_back(node.path);
    }
    tree.nodes = std::move(complete);
}

} // namespace

std::optional<Tree> build_by_merging(const Stack& stack) {
    Tree tree;
    std::size_t entries = 0; // growing by doubling would waste up to half of a large tree's memory
    for (const StackLayer& layer : stack.layers) entries += layer.listing->entries.size();
    tree.inodes.reserve(entries);
    for (std::uint32_t i = 0; i < stack.layers.size(); ++i) {
        tree.keep.push_back(stack.layers[i].listing);
        if (!merge_layer(tree, effect_of(tree, *stack.layers[i].listing, i))) return std::nullopt;
        add_implied_parents(tree);
    }
    finish_tree(tree);
    return tree;
}

Tree build_tree(const Stack& stack, std::vector<Oddity>& oddities) {
    return build_readings(stack, oddities).spec;
}

} // namespace touchstone
