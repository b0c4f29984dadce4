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

bool is_directory(const Tree& tree, const Node& node) {
    return tree.inode_of(node).content->type == EntryType::directory;
}

using NodeIterator = std::vector<Node>::const_iterator;

/// The first node from `at` on that `before` does not hold for. Looks ever further before it halves, because what is
/// looked for is mostly near.
template <class Before>
NodeIterator find_onwards(NodeIterator at, NodeIterator end, Before&& before) {
    std::ptrdiff_t step = 1;
    while (end - at > step && before(at[step])) {
        at += step;
        step *= 2;
    }
    return std::partition_point(at, end - at > step ? at + step : end, before);
}

/// A sorted list of paths, from its begin on.
template <class Paths>
class Cursor {
public:
    explicit Cursor(const Paths& paths) : at_(paths.begin()), end_(paths.end()) {}
    bool ended() const { return at_ == end_; }
    std::string_view path() const { return *at_; }
    /// Moves past `path`; true when it was next.
    bool passes(std::string_view path) {
        const bool here = !ended() && *at_ == path;
        while (!ended() && *at_ == path) ++at_;
        return here;
    }

private:
    typename Paths::const_iterator at_;
    typename Paths::const_iterator end_;
};

/// Merges one layer's effect over a tree. A layer touches few of the nodes below it: all others are copied in runs.
class LayerMerge {
public:
    LayerMerge(const Tree& tree, const LayerEffect& effect, std::vector<Node>& merged)
        : tree_(tree), effect_(effect), merged_(merged), lower_(tree.nodes.begin()), upper_(effect.nodes.begin()),
          removed_(effect.removed), opaque_(effect.opaque) {
        merged_.clear();
        merged_.reserve(tree.nodes.size() + effect.nodes.size());
    }

    /// False where the layer reaches below a path that is no directory in the tree: then appliers differ and the stack
    /// must be simulated.
    bool run() {
        if (opaque_.passes("")) lower_ = tree_.nodes.end();
        for (std::optional<std::string_view> path = next(); path; path = next()) {
            if (!copy_until(*path) || !apply(*path)) return false;
        }
        merged_.insert(merged_.end(), lower_, tree_.nodes.end());
        return true;
    }

private:
    /// The smallest path that the layer says something about.
    std::optional<std::string_view> next() const {
        std::optional<std::string_view> least;
        const auto take = [&](std::string_view path) {
            if (!least || compare_paths(path, *least) < 0) least = path;
        };
        if (upper_ != effect_.nodes.end()) take(upper_->path);
        if (!removed_.ended()) take(removed_.path());
        if (!opaque_.ended()) take(opaque_.path());
        return least;
    }

    /// Nothing in the tree lies below what is no directory, so such a node would come right before `path`.
    bool copy_until(std::string_view path) {
        const NodeIterator end = find_onwards(lower_, tree_.nodes.end(),
                                              [&](const Node& node) { return compare_paths(node.path, path) < 0; });
        merged_.insert(merged_.end(), lower_, end);
        const bool reaches_into = end != lower_ && is_below(path, end[-1].path) && !is_directory(tree_, end[-1]);
        lower_ = end;
        return !reaches_into;
    }

    bool apply(std::string_view path) {
        const bool removed = removed_.passes(path);
        const bool opaque = opaque_.passes(path);
        const bool replaced = upper_ != effect_.nodes.end() && upper_->path == path;
        if (lower_ != tree_.nodes.end() && lower_->path == path) {
            const bool directory = is_directory(tree_, *lower_);
            if (opaque && !directory && !removed && !replaced) return false;
            const bool replaced_by_other = replaced && !(directory && is_directory(tree_, *upper_));
            if (!removed && !replaced) merged_.push_back(*lower_);
            ++lower_;
            if (removed || opaque || replaced_by_other) {
                lower_ = find_onwards(lower_, tree_.nodes.end(),
                                      [&](const Node& node) { return is_below(node.path, path); });
            }
        }
        if (replaced) merged_.push_back(*upper_++);
        return true;
    }

    const Tree& tree_;
    const LayerEffect& effect_;
    std::vector<Node>& merged_;
    NodeIterator lower_;
    NodeIterator upper_;
    Cursor<std::vector<std::string>> removed_;
    Cursor<std::vector<std::string_view>> opaque_;
};

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

/// True when each node's parent is one of the nodes, too: in path order it comes before what lies in it.
bool has_all_parents(const std::vector<Node>& nodes) {
    std::vector<std::string_view> open;
    for (const Node& node : nodes) {
        while (!open.empty() && !is_below(node.path, open.back())) open.pop_back();
        if (!next_ancestor(node.path, open.empty() ? std::string_view() : open.back()).empty()) return false;
        open.push_back(node.path);
    }
    return true;
}

/// Adds the directories that no layer lists but something lies in.
void add_implied_parents(Tree& tree) {
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
    std::vector<Node> room;
    for (std::uint32_t i = 0; i < stack.layers.size(); ++i) {
        tree.keep.push_back(stack.layers[i].listing);
        LayerEffect effect = effect_of(tree, *stack.layers[i].listing, i);
        const bool complete = has_all_parents(effect.nodes);
        if (tree.nodes.empty()) {
            tree.nodes = std::move(effect.nodes);
        } else {
            if (!LayerMerge(tree, effect, room).run()) return std::nullopt;
            std::swap(tree.nodes, room);
        }
        if (!complete) add_implied_parents(tree);
    }
    finish_tree(tree);
    return tree;
}

Tree build_tree(const Stack& stack, std::vector<Oddity>& oddities) {
    return build_readings(stack, oddities).spec;
}

} // namespace touchstone
