// From a tree to its canonical stream: which nodes are written, in which order, and which member of a hard-link group
// carries the data.
#include "normalize/canonical_layer.h"

#include "base/error.h"
#include "base/printable.h"
#include "normalize/block_sink.h"
#include "normalize/canonical_member.h"
#include "normalize/canonical_order.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace touchstone {

namespace {

/// Takes the members of a stream one after the other.
class MemberTaker {
public:
    virtual ~MemberTaker() = default;
    /// `entry` carries content when it is not null. Returns the hash of the header blocks (canonical_tar.h).
    virtual std::uint64_t take(const CanonicalMember& member, const Entry* entry) = 0;
};

class StreamWriter final : public MemberTaker {
public:
    StreamWriter(ContentStore& content, ByteSink& out) : content_(content), hashing_(&out), out_(hashing_) {}

    std::uint64_t take(const CanonicalMember& member, const Entry* entry) override {
        header_.clear();
        const std::uint64_t hash = append_canonical_header(header_, member);
        out_.write(std::string_view(header_));
        if (entry != nullptr && entry->size > 0) write_content(*entry);
        return hash;
    }

    CanonicalResult finish() {
        write_zeros(canonical_end_size);
        out_.flush();
        CanonicalResult result;
        result.size = out_.size();
        result.digest = hashing_.finish();
        return result;
    }

private:
    void write_content(const Entry& entry) {
        const std::uint64_t before = out_.size();
        content_.copy(entry, out_);
        if (out_.size() - before != entry.size) {
            fail(ErrorKind::unreadable, fmt::format("{}: {} bytes of content expected, {} found", printable(entry.path),
                                                    entry.size, out_.size() - before));
        }
        write_zeros(canonical_padding(entry.size));
    }

    void write_zeros(std::uint64_t count) {
        out_.write(std::string_view(zeros_.data(), static_cast<std::size_t>(count)));
    }

    ContentStore& content_;
    HashingSink hashing_;
    BlockSink out_;
    std::string header_;
    std::string zeros_ = std::string(canonical_end_size, '\0');
};

/// Writes nothing: for members that were written before.
class KnownHeaders final : public MemberTaker {
public:
    explicit KnownHeaders(const std::vector<std::uint64_t>& hashes) : hashes_(hashes) {}
    std::uint64_t take(const CanonicalMember&, const Entry*) override { return hashes_.at(next_++); }

private:
    const std::vector<std::uint64_t>& hashes_;
    std::size_t next_ = 0;
};

/// Keeps the last member, to be compared with another one.
class LastMember final : public MemberTaker {
public:
    std::uint64_t take(const CanonicalMember& member, const Entry* entry) override {
        member_ = member;
        content_ = entry != nullptr ? entry->content : Sha256{};
        return 0;
    }
    bool operator==(const LastMember& other) const { return member_ == other.member_ && content_ == other.content_; }

private:
    CanonicalMember member_;
    Sha256 content_{};
};

/// Gives the members of `nodes` to `taker`, and what is changed in them to `record`, which may be null.
class MemberWalk {
public:
    MemberWalk(const Tree& tree, const Profile& profile, MemberTaker& taker, ChangeRecorder* record)
        : tree_(tree), profile_(profile), taker_(taker), record_(record) {
        dropped_ = [this](std::string_view what, const std::string& value) {
            if (record_ != nullptr) record_->dropped(path_, what, value);
        };
    }

    void visit(const CanonicalNode& at) {
        const Node& node = at.node;
        const Inode& inode = tree_.inode_of(node);
        const Entry& entry = *inode.content;
        path_ = node.path;
        if (record_ != nullptr) record_->begin();
        if (at.own != nullptr && at.own->whiteout != Whiteout::none) {
            if (record_ != nullptr) record_->whiteout(node.path, *at.own);
            return give(canonical_whiteout(node.path), nullptr, at.own);
        }
        CanonicalMember member = canonical_member(tree_, node, profile_, dropped_);
        if (record_ != nullptr) record_->member(tree_, node, member);
        if (inode.links > 1) {
            const auto [carrier, carries] = carriers_.try_emplace(node.inode, node.path);
            if (!carries) return give(as_link(std::move(member), node.path, carrier->second), nullptr, at.own);
        }
        give(member, entry.type == EntryType::file ? &entry : nullptr, at.own);
    }

private:
    void give(const CanonicalMember& member, const Entry* content, const Entry* own) {
        const std::uint64_t hash = taker_.take(member, content);
        if (record_ != nullptr && own != nullptr) record_->encoding(*tree_.keep.front(), *own, member, hash);
    }

    const Tree& tree_;
    const Profile& profile_;
    MemberTaker& taker_;
    ChangeRecorder* record_;
    XattrDropped dropped_;
    std::string_view path_;
    std::unordered_map<std::uint32_t, std::string_view> carriers_; ///< inode with several links to its first path
};

/// What is not in the canonical form at all, and what concerns the stream as a whole.
void record_stream(const Tree& tree, const std::vector<CanonicalNode>& nodes, ChangeRecorder& record) {
    const LayerListing& listing = *tree.keep.front();
    record.stream(listing);
    std::size_t kept_entries = 0;
    std::vector<bool> kept(listing.entries.size(), false);
    for (const CanonicalNode& at : nodes) {
        kept[static_cast<std::size_t>(at.own - listing.entries.data())] = true;
        ++kept_entries;
    }
    if (kept_entries == kept.size()) return;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const Entry& entry = listing.entries[i];
        if (kept[i]) continue;
        const bool aufs = entry.whiteout == Whiteout::aufs;
        record.dropped(entry.path, aufs ? "aufs-metadata-dropped" : "entry-replaced", entry.stored);
    }
}

void sort_canonically(std::vector<CanonicalNode>& nodes) {
    const auto less = [](const CanonicalNode& a, const CanonicalNode& b) {
        return compare_canonical(a.node.path, b.node.path) < 0;
    };
    if (!std::is_sorted(nodes.begin(), nodes.end(), less)) std::sort(nodes.begin(), nodes.end(), less);
}

/// The nodes of a merged tree, the root first: it is a directory like any other that may be implied.
struct WholeTree {
    Tree tree;
    std::vector<CanonicalNode> nodes;
};

WholeTree whole_tree(const Tree& merged) {
    WholeTree whole{merged, {}};
    const Entry* root =
        merged.root != nullptr && merged.root->type == EntryType::directory ? merged.root : &implied_directory();
    const auto inode = static_cast<std::uint32_t>(whole.tree.inodes.size());
    whole.tree.inodes.push_back({.content = root, .meta = root, .listing = nullptr, .links = 1, .first = 0});
    whole.nodes.reserve(merged.nodes.size() + 1);
    whole.nodes.push_back({{.path = {}, .inode = inode, .layer = 0}, nullptr});
    for (const Node& node : merged.nodes) whole.nodes.push_back({node, nullptr});
    sort_canonically(whole.nodes);
    return whole;
}

/// A link to a file of a lower layer, whose path this layer gives to something else later in the stream but earlier in
/// canonical order: there it would be a link to that. No order of sorted entries says what is meant.
void refuse_late_target(const Tree& tree, const std::vector<CanonicalNode>& nodes, const CanonicalNode& link) {
    const std::string_view target = tree.inode_of(link.node).content->link;
    if (compare_canonical(target, link.node.path) >= 0) return;
    const auto at =
        std::lower_bound(nodes.begin(), nodes.end(), target, [](const CanonicalNode& node, std::string_view path) {
            return compare_canonical(node.node.path, path) < 0;
        });
    if (at == nodes.end() || at->node.path != target) return;
    fail(
        ErrorKind::unsupported,
        fmt::format("hard link {} points to {}, which the same layer brings only after it: in canonical order it would "
                    "be a link to another file, so this layer has no canonical form",
                    printable_short(link.node.path), printable_short(target)));
}

void refuse_late_targets(const Tree& tree, const std::vector<CanonicalNode>& nodes) {
    std::unordered_set<std::uint32_t> carried; // the other names of such a link are links to its first
    for (const CanonicalNode& node : nodes) {
        const bool external = tree.inode_of(node.node).content->type == EntryType::hardlink;
        if (!external || node.own->whiteout != Whiteout::none) continue;
        if (carried.insert(node.node.inode).second) refuse_late_target(tree, nodes, node);
    }
}

CanonicalResult write_members(const Tree& tree, const std::vector<CanonicalNode>& nodes, const Profile& profile,
                              ContentStore& content, ByteSink& out, ChangeRecorder* record) {
    StreamWriter writer(content, out);
    MemberWalk walk(tree, profile, writer, record);
    for (const CanonicalNode& node : nodes) walk.visit(node);
    return writer.finish();
}

std::string path_text(std::string_view path) {
    return path.empty() ? "." : printable(path);
}

/// Takes the members of both sides in turns.
std::optional<std::string> first_difference(const CanonicalView& a, const std::vector<CanonicalNode>& left,
                                            const CanonicalView& b, const std::vector<CanonicalNode>& right) {
    LastMember last_left;
    LastMember last_right;
    MemberWalk walk_left(a.tree, a.profile, last_left, nullptr);
    MemberWalk walk_right(b.tree, b.profile, last_right, nullptr);
    const std::size_t common = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < common; ++i) {
        walk_left.visit(left[i]);
        walk_right.visit(right[i]);
        if (!(last_left == last_right)) return path_text(left[i].node.path);
    }
    if (left.size() == right.size()) return std::nullopt;
    return path_text((left.size() > common ? left : right)[common].node.path);
}

} // namespace

std::vector<CanonicalNode> canonical_nodes(const Tree& tree) {
    // A sweep need not show in the tree: "d/x, d (file), d/" leaves an empty d. So the stream is looked at.
    const LayerListing& listing = *tree.keep.front();
    const std::vector<std::uint32_t> order = sorted_indices(listing);
    struct Sweep {
        std::string_view path;
        std::uint32_t last; ///< the last entry of the stream that removed what lay below `path`
    };
    std::vector<Sweep> above; // the sweeping ancestors of the current path, outermost first
    std::vector<CanonicalNode> kept;
    kept.reserve(tree.nodes.size());
    std::size_t at = 0;
    for (const Node& node : tree.nodes) {
        std::optional<std::uint32_t> sweeping;
        std::uint32_t put = 0; // the entry that put the node there: the last one of its path
        for (; at < order.size() && listing.entries[order[at]].path == node.path; ++at) {
            put = order[at];
            if (listing.entries[put].type != EntryType::directory) sweeping = put;
        }
        while (!above.empty() && !is_below(node.path, above.back().path)) above.pop_back();
        const bool swept =
            std::any_of(above.begin(), above.end(), [&](const Sweep& sweep) { return sweep.last > put; });
        if (sweeping) above.push_back({node.path, *sweeping});
        const Entry& own = listing.entries[put];
        if (!swept && own.whiteout != Whiteout::aufs) kept.push_back({node, &own});
    }
    sort_canonically(kept);
    return kept;
}

CanonicalResult write_canonical_layer(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out,
                                      std::vector<Change>* log) {
    const std::vector<CanonicalNode> nodes = canonical_nodes(tree);
    refuse_late_targets(tree, nodes);
    ChangeCounts changes;
    ChangeRecorder record(changes, log);
    record_stream(tree, nodes, record);
    CanonicalResult result = write_members(tree, nodes, profile, content, out, &record);
    result.changes = std::move(changes);
    return result;
}

ChangeCounts canonical_changes(const Tree& tree, const std::vector<CanonicalNode>& nodes, const Profile& profile,
                               const std::vector<std::uint64_t>& header_hashes, std::vector<Change>* log) {
    ChangeCounts changes;
    ChangeRecorder record(changes, log);
    record_stream(tree, nodes, record);
    KnownHeaders headers(header_hashes);
    MemberWalk walk(tree, profile, headers, &record);
    for (const CanonicalNode& node : nodes) walk.visit(node);
    return changes;
}

CanonicalResult write_canonical_tree(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out) {
    const WholeTree whole = whole_tree(tree);
    return write_members(whole.tree, whole.nodes, profile, content, out, nullptr);
}

bool is_layer_with_root(const Tree& merged, const Tree& layer) {
    if (!merged.link_headers.empty() || !layer.link_headers.empty()) return false;
    const std::vector<CanonicalNode> own = canonical_nodes(layer);
    const WholeTree whole = whole_tree(merged);
    auto at = whole.nodes.begin();
    if (own.empty() || !own.front().node.path.empty()) {
        if (!is_implied(whole.tree.inode_of(at->node))) return false;
        ++at;
    }
    // Which paths are links to one another is the same, too.
    std::unordered_map<std::uint32_t, std::uint32_t> partners;
    const auto same = [&](const CanonicalNode& a, const CanonicalNode& b) {
        const Inode& left = whole.tree.inode_of(a.node);
        const Inode& right = layer.inode_of(b.node);
        return a.node.path == b.node.path && b.own->whiteout == Whiteout::none && left.content == right.content &&
               left.meta == right.meta && left.links == right.links &&
               (left.links == 1 || partners.try_emplace(a.node.inode, b.node.inode).first->second == b.node.inode);
    };
    return std::equal(at, whole.nodes.end(), own.begin(), own.end(), same);
}

std::optional<std::string> layer_difference(const CanonicalView& a, const CanonicalView& b) {
    return first_difference(a, canonical_nodes(a.tree), b, canonical_nodes(b.tree));
}

std::optional<std::string> tree_difference(const CanonicalView& a, const CanonicalView& b) {
    const WholeTree left = whole_tree(a.tree);
    const WholeTree right = whole_tree(b.tree);
    return first_difference({left.tree, a.profile}, left.nodes, {right.tree, b.profile}, right.nodes);
}

} // namespace touchstone
