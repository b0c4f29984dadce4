// From a tree to its canonical stream: which nodes are written, in which order, which member of a hard-link group
// carries the data, and what the profile makes of times and owners. Every change on the way is counted.
#include "normalize/canonical_layer.h"

#include "base/error.h"
#include "base/printable.h"
#include "normalize/canonical_order.h"
#include "normalize/canonical_tar.h"
#include "normalize/canonical_xattrs.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>

namespace touchstone {

namespace {

constexpr std::uint32_t symlink_mode = 0777;

/// Counts changes and keeps them where a log is wanted.
class Recorder {
public:
    Recorder(ChangeCounts& counts, std::vector<Change>* log) : counts_(counts), log_(log) {}

    void changed(std::string_view path, std::string_view what, const std::string& before, const std::string& after) {
        count(what);
        if (log_ != nullptr) log_->push_back({std::string(path), std::string(what), before, after});
    }
    void number_changed(std::string_view path, std::string_view what, std::int64_t before, std::int64_t after) {
        if (before != after) changed(path, what, std::to_string(before), std::to_string(after));
    }
    void count(std::string_view what) {
        const auto found = counts_.find(what);
        if (found == counts_.end()) {
            counts_.emplace(what, 1);
        } else {
            ++found->second;
        }
    }

private:
    ChangeCounts& counts_;
    std::vector<Change>* log_;
};

/// R12: nodes without those that a later non-directory of the same layer swept away, with the directory that they lay
/// in. It need not be there at the end: "d/x, d (file), d/" leaves an empty d. So the stream is looked at, not the
/// tree.
std::vector<Node> without_swept(const Tree& tree) {
    const LayerListing& listing = *tree.keep.front();
    const std::vector<std::uint32_t> order = sorted_indices(listing);
    struct Sweep {
        std::string_view path;
        std::uint32_t last; ///< the last entry of the stream that removed what lay below `path`
    };
    std::vector<Sweep> above; // the sweeping ancestors of the current path, outermost first
    std::vector<Node> kept;
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
        if (!swept) kept.push_back(node);
    }
    return kept;
}

class TreeWriter {
public:
    TreeWriter(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out, std::vector<Change>* log)
        : tree_(tree), profile_(profile), content_(content), out_(&out), record_(result_.changes, log) {}

    CanonicalResult write(std::vector<Node> nodes) {
        const auto less = [](const Node& a, const Node& b) { return compare_canonical(a.path, b.path) < 0; };
        if (!std::is_sorted(nodes.begin(), nodes.end(), less)) std::sort(nodes.begin(), nodes.end(), less);
        for (const Node& node : nodes) write_node(node);
        pending_.append(canonical_end_size, '\0');
        flush();
        result_.size = out_.size();
        result_.digest = out_.finish();
        return std::move(result_);
    }

private:
    void write_node(const Node& node) {
        const Inode& inode = tree_.inode_of(node);
        const Entry& entry = *inode.content;
        if (entry.whiteout == Whiteout::aufs) {
            record_.changed(node.path, "aufs-metadata-dropped", std::string(entry.stored), "");
            return;
        }
        note_encoding(node.path, *inode.meta, inode.listing);
        if (entry.whiteout != Whiteout::none) return write_whiteout(node, *inode.meta);
        CanonicalMember member = member_of(node, inode);
        const auto [primary, is_primary] = primaries_.try_emplace(node.inode, node.path);
        if (!is_primary) {
            // W15: the other members of the group are links to the first, with its metadata and without a body.
            member.type = EntryType::hardlink;
            member.link = primary->second;
            member.size = 0;
            member.xattrs.clear();
            member.acls.clear();
        }
        append_canonical_header(pending_, member);
        if (is_primary && entry.type == EntryType::file) write_content(entry);
        if (pending_.size() > pending_limit) flush();
    }

    CanonicalMember member_of(const Node& node, const Inode& inode) {
        const Entry& entry = *inode.content;
        const Entry& meta = *inode.meta;
        CanonicalMember member{.path = node.path, .type = entry.type};
        member.mode = entry.type == EntryType::symlink ? symlink_mode : meta.permissions();
        if (entry.type != EntryType::symlink) record_.number_changed(node.path, "ifmt-bits", meta.mode & ~07777U, 0);
        // What no layer lists is 0:0 under every profile: runtimes make it so, and no canonical layer can say otherwise
        // (W17).
        const bool implied = &entry == &implied_directory();
        member.uid = implied ? 0 : profile_.owner.apply_uid(meta.uid);
        member.gid = implied ? 0 : profile_.owner.apply_gid(meta.gid);
        record_.number_changed(node.path, "uid", meta.uid, member.uid);
        record_.number_changed(node.path, "gid", meta.gid, member.gid);
        member.mtime = profile_.mtime.apply(meta.mtime.seconds);
        if (meta.mtime.seconds != member.mtime || meta.mtime.nanoseconds != 0) {
            record_.changed(node.path, "mtime", seconds_text(meta.mtime), std::to_string(member.mtime));
        }
        note_link_header(node.path, entry, meta);
        member.size = entry.type == EntryType::file ? entry.size : 0;
        if (entry.type == EntryType::symlink || entry.type == EntryType::hardlink) member.link = entry.link;
        member.dev_major = entry.dev_major;
        member.dev_minor = entry.dev_minor;
        member.xattrs = canonical_xattrs(tree_, node.inode, [&](std::string_view what, const std::string& value) {
            record_.changed(node.path, what, value, "");
        });
        member.acls = acls_of(tree_, node.inode);
        return member;
    }

    /// The last link's header decides for the whole inode: what its target's header said is a change like any other.
    void note_link_header(std::string_view path, const Entry& target, const Entry& meta) {
        const auto text = [](const Entry& entry) {
            return fmt::format("{:04o} {}:{}", entry.permissions(), entry.uid, entry.gid);
        };
        if (&target != &meta && text(target) != text(meta))
            record_.changed(path, "hardlink-header", text(target), text(meta));
    }

    /// What no field of a member shows: owner names, spelling, other times, records that are dropped.
    void note_encoding(std::string_view path, const Entry& entry, const LayerListing* listing) {
        if (listing != nullptr && (entry.uname != 0 || entry.gname != 0)) {
            record_.changed(path, "owner-names",
                            fmt::format("{}:{}", listing->owner_names.text_of(entry.uname),
                                        listing->owner_names.text_of(entry.gname)),
                            ":");
        }
        if (!entry.extra) return;
        if (entry.extra->atime || entry.extra->ctime) record_.changed(path, "atime-ctime", "set", "");
        for (const auto& [key, value] : entry.extra->records) {
            // Attributes are told of elsewhere, and hdrcharset is written anew where the names ask for it (W4).
            if (!key.starts_with("LIBARCHIVE.xattr.") && key != "hdrcharset")
                record_.changed(path, "record-dropped " + printable(key), value, "");
        }
    }

    /// W16: only the name of a whiteout means anything.
    void write_whiteout(const Node& node, const Entry& meta) {
        if (meta.mode != 0 || meta.uid != 0 || meta.gid != 0 || meta.mtime != Timestamp{} || meta.size != 0 ||
            meta.type != EntryType::file || (meta.extra && !(meta.extra->xattrs.empty() && meta.extra->acls.empty()))) {
            record_.changed(node.path, "whiteout-metadata",
                            fmt::format("{:04o} {}:{} {}", meta.permissions(), meta.uid, meta.gid, meta.mtime.seconds),
                            "0000 0:0 0");
        }
        append_canonical_header(pending_, {.path = node.path, .type = EntryType::file});
    }

    void write_content(const Entry& entry) {
        flush();
        const std::uint64_t before = out_.size();
        if (entry.size > 0) content_.copy(entry, out_);
        if (out_.size() - before != entry.size) {
            fail(ErrorKind::unreadable, fmt::format("{}: {} bytes of content expected, {} found", printable(entry.path),
                                                    entry.size, out_.size() - before));
        }
        pending_.append(canonical_padding(entry.size), '\0');
    }

    void flush() {
        out_.write(std::string_view(pending_));
        pending_.clear();
    }

    /// Headers are gathered to blocks of this many bytes before they are hashed and written.
    static constexpr std::size_t pending_limit = std::size_t{64} << 10;

    const Tree& tree_;
    const Profile& profile_;
    ContentStore& content_;
    HashingSink out_;
    CanonicalResult result_;
    Recorder record_;
    std::string pending_;
    std::unordered_map<std::uint32_t, std::string_view> primaries_; ///< inode to the path that carries it
};

} // namespace

CanonicalResult write_canonical_layer(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out,
                                      std::vector<Change>* log) {
    return TreeWriter(tree, profile, content, out, log).write(without_swept(tree));
}

CanonicalResult write_canonical_tree(const Tree& tree, const Profile& profile, ContentStore& content, ByteSink& out) {
    // The root is a directory like any other that may be implied: it is always written.
    Tree whole = tree;
    const Entry* root =
        tree.root != nullptr && tree.root->type == EntryType::directory ? tree.root : &implied_directory();
    whole.inodes.push_back({.content = root, .meta = root, .listing = nullptr, .links = 1, .first = 0});
    std::vector<Node> nodes;
    nodes.reserve(tree.nodes.size() + 1);
    nodes.push_back({.path = {}, .inode = static_cast<std::uint32_t>(whole.inodes.size() - 1), .layer = 0});
    nodes.insert(nodes.end(), tree.nodes.begin(), tree.nodes.end());
    return TreeWriter(whole, profile, content, out, nullptr).write(std::move(nodes));
}

} // namespace touchstone
