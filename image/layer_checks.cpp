// The triggers of spec section 2.3 that one layer shows by itself, in one pass over the entries in stream order (what
// is known is what came before, as for a runtime) and one over the paths. Cost: a few table look-ups per entry.
#include "base/error.h"
#include "base/printable.h"
#include "image/layer.h"
#include "image/name_checks.h"
#include "image/oddity_log.h"
#include "image/path_trie.h"
#include "image/tar_member.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view whiteout_prefix = ".wh.";

class LayerChecks {
public:
    explicit LayerChecks(LayerListing& listing)
        : entries_(listing.entries), log_(listing.oddities, TarLimits{}.oddities) {
        trie_.reserve(entries_.size());
    }

    void run(const std::vector<Oddity>& stream_oddities) {
        const std::vector<std::string> globals = global_paths(stream_oddities);
        for (std::uint32_t index = 0; index < entries_.size(); ++index) check(index);
        for (const std::string& path : globals) check_global(path);
        for (std::uint32_t node = 1; node < trie_.size(); ++node) check_node(node);
        check_components(trie_, log_);
        log_.finish();
    }

private:
    void check(std::uint32_t index);
    void check_root(const Entry& entry);
    std::uint32_t parent_node(const Entry& entry);
    void check_ancestors(std::uint32_t node, const Entry& entry, std::string_view of);
    void mark_implied(std::uint32_t directory);
    void check_whiteout(const Entry& entry, std::uint32_t parent);
    void check_opaque(const Entry& entry, std::uint32_t parent);
    void check_hardlink(const Entry& entry, std::uint32_t node);
    void compare_metadata(const Entry& link, const Entry& target);
    void check_place(std::uint32_t node, const Entry& entry);
    void check_node(std::uint32_t node);
    void check_global(const std::string& path);
    static std::vector<std::string> global_paths(const std::vector<Oddity>& oddities);

    const std::vector<Entry>& entries_;
    OddityLog log_;
    PathTrie trie_;
    Arena scratch_; // cleaned hardlink targets with ".."
    std::string_view last_parent_;
    std::uint32_t last_parent_node_ = PathTrie::root;
};

void LayerChecks::check(std::uint32_t index) {
    const Entry& entry = entries_[index];
    check_stored_name(entry, log_);
    if (entry.path.empty()) return check_root(entry);

    const std::uint32_t parent = parent_node(entry);
    check_ancestors(parent, entry, {});
    if (entry.whiteout != Whiteout::none) check_whiteout(entry, parent);
    if (entry.parent().find(whiteout_prefix) != std::string_view::npos &&
        (entry.parent().starts_with(whiteout_prefix) || entry.parent().find("/.wh.") != std::string_view::npos)) {
        log_.add(OddityCode::whiteout_inside_path, entry.path);
    }
    const std::uint32_t node = trie_.child(parent, entry.base_name());
    if (entry.type == EntryType::hardlink) check_hardlink(entry, node);
    if (entry.type == EntryType::char_device && entry.dev_major == 0 && entry.dev_minor == 0) {
        log_.add(OddityCode::char_device_zero, entry.path);
    }
    check_place(node, entry);
    trie_[node].entry = index;
    trie_[node].type = entry.type;
    trie_[node].whiteout = entry.whiteout != Whiteout::none;
}

// mmdebstrap and every `docker export` have a "./" of 0755 root: worth no word. Runtimes ignore whatever it says.
void LayerChecks::check_root(const Entry& entry) {
    if (entry.type != EntryType::directory) {
        log_.add(OddityCode::root_entry_not_directory, entry.path,
                 fmt::format("\"{}\" is a {}", printable_short(entry.stored), name_of(entry.type)));
        return;
    }
    const bool has_attributes = entry.extra && (!entry.extra->xattrs.empty() || !entry.extra->acls.empty());
    if (entry.permissions() != 0755 || entry.uid != 0 || entry.gid != 0 || has_attributes) {
        log_.add(OddityCode::root_entry_attributes, entry.path,
                 fmt::format("mode {:04o}, owner {}:{}{}", entry.permissions(), entry.uid, entry.gid,
                             has_attributes ? ", xattrs or ACLs" : ""));
    }
}

std::uint32_t LayerChecks::parent_node(const Entry& entry) {
    if (entry.parent() != last_parent_) {
        last_parent_ = entry.parent();
        last_parent_node_ = trie_.intern(last_parent_);
    }
    return last_parent_node_;
}

// T1 and T6: what lies above `entry`, or above the hardlink target `of`, as the layer stands now.
void LayerChecks::check_ancestors(std::uint32_t node, const Entry& entry, std::string_view of) {
    bool implied = false;
    for (std::uint32_t at = node; at != PathTrie::root; at = trie_[at].parent) {
        PathNode& above = trie_[at];
        if (above.entry != PathNode::none && above.type != EntryType::directory && !above.whiteout) {
            const bool symlink = above.type == EntryType::symlink;
            log_.add(symlink ? OddityCode::below_symlink : OddityCode::below_non_directory, entry.path,
                     fmt::format("{}\"{}\" is a {}", of, printable_short(trie_.path_of(at)), name_of(above.type)));
            break;
        }
        if (!of.empty()) continue;
        above.has_child = true;
        implied = implied || above.entry == PathNode::none;
    }
    if (implied) mark_implied(node);
}

// An implied directory is not in containerd's list of unpacked paths: an opaque whiteout above it removes it again.
void LayerChecks::mark_implied(std::uint32_t directory) {
    bool below = false;
    for (std::uint32_t at = directory; at != PathTrie::root; at = trie_[at].parent) {
        if (below && trie_[at].implied_below) return;
        trie_[at].implied_below = trie_[at].implied_below || below;
        below = below || trie_[at].entry == PathNode::none;
    }
}

void LayerChecks::check_whiteout(const Entry& entry, std::uint32_t parent) {
    const std::string_view base = entry.base_name();
    if (base == ".wh." || base == ".wh.." || base == ".wh...") {
        fail(ErrorKind::malformed,
             fmt::format(
                 "tar member \"{}\" at offset {}: a whiteout must name a file of its directory (containerd refuses "
                 ".wh., .wh.. and .wh...)",
                 printable_short(entry.stored), entry.offset));
    }
    if (entry.type != EntryType::file || entry.size != 0) {
        log_.add(OddityCode::whiteout_not_plain, entry.path,
                 fmt::format("{} of {} bytes", name_of(entry.type), entry.size));
    }
    if (entry.whiteout == Whiteout::aufs) log_.add(OddityCode::aufs_metadata, entry.path);
    if (entry.whiteout == Whiteout::opaque) check_opaque(entry, parent);
    if (entry.whiteout == Whiteout::file) trie_[trie_.child(parent, base.substr(whiteout_prefix.size()))].whited = true;
}

void LayerChecks::check_opaque(const Entry& entry, std::uint32_t parent) {
    const PathNode& directory = trie_[parent];
    std::string_view why;
    if (parent == PathTrie::root)
        why = "at the root, where overlay ignores it";
    else if (directory.entry != PathNode::none && directory.type != EntryType::directory)
        why = "its place is no directory";
    else if (directory.implied_below)
        why = "after a child whose parent has no entry";
    if (!why.empty()) log_.add(OddityCode::opaque_placement, entry.path, std::string(why));
}

void LayerChecks::check_hardlink(const Entry& entry, std::uint32_t node) {
    const CleanedName target = clean_name(entry.link, scratch_);
    if (target.dot_dot) {
        log_.add(OddityCode::dot_dot_name, entry.path,
                 fmt::format("hardlink target \"{}\"", printable_short(entry.link)));
    }
    const std::uint32_t found = trie_.find(target.path);
    const auto missing = [&](std::string_view why) {
        log_.add(OddityCode::hardlink_target_missing, entry.path,
                 fmt::format("\"{}\" {}", printable_short(entry.link), why));
    };
    if (target.path.empty()) return missing("is the root");
    if (found == node) return missing("is the link itself");
    if (found == PathNode::none || trie_[found].entry == PathNode::none) return missing("is not earlier in this layer");
    check_ancestors(trie_[found].parent, entry, "hardlink target: ");
    if (trie_[found].type == EntryType::directory) return missing("is a directory");
    compare_metadata(entry, entries_[trie_[found].entry]);
}

// T4: containerd and Docker apply the link's own header to the file that it shares.
void LayerChecks::compare_metadata(const Entry& link, const Entry& target) {
    const auto xattrs = [](const Entry& entry) -> const std::vector<NamedBytes>* {
        return entry.extra && !entry.extra->xattrs.empty() ? &entry.extra->xattrs : nullptr;
    };
    const auto* const mine = xattrs(link);
    const auto* const its = xattrs(target);
    const bool same_xattrs = mine == nullptr || its == nullptr ? mine == its : *mine == *its;
    if (link.permissions() == target.permissions() && link.uid == target.uid && link.gid == target.gid &&
        link.mtime == target.mtime && same_xattrs) {
        return;
    }
    log_.add(OddityCode::hardlink_meta_differs, link.path,
             fmt::format("{:04o} {}:{} at {} and {:04o} {}:{} at {}{}", link.permissions(), link.uid, link.gid,
                         link.mtime.seconds, target.permissions(), target.uid, target.gid, target.mtime.seconds,
                         same_xattrs ? "" : ", other xattrs"));
}

// What was at this very path before.
void LayerChecks::check_place(std::uint32_t node, const Entry& entry) {
    const PathNode& place = trie_[node];
    if (place.entry != PathNode::none) {
        log_.add(OddityCode::duplicate_path, entry.path,
                 fmt::format("{} after {}", name_of(entry.type), name_of(place.type)));
    }
    if (place.has_child && entry.type != EntryType::directory && entry.whiteout == Whiteout::none) {
        const bool symlink = entry.type == EntryType::symlink;
        log_.add(symlink ? OddityCode::below_symlink : OddityCode::below_non_directory, entry.path,
                 fmt::format("a {} comes after entries below it", name_of(entry.type)));
    }
}

void LayerChecks::check_node(std::uint32_t node) {
    const PathNode& path = trie_[node];
    const bool present = path.entry != PathNode::none;
    if (path.has_child && !present) log_.add(OddityCode::implied_parent, trie_.path_of(node));
    if (path.whited && (present || path.has_child)) log_.add(OddityCode::path_and_whiteout, trie_.path_of(node));
}

std::vector<std::string> LayerChecks::global_paths(const std::vector<Oddity>& oddities) {
    std::vector<std::string> paths;
    for (const Oddity& oddity : oddities) {
        const bool global = oddity.code == OddityCode::pax_global || oddity.code == OddityCode::pax_global_comment;
        if (global && !oddity.path.empty()) paths.push_back(oddity.path);
    }
    return paths;
}

// T9: before containerd notices that a global header is no file, it has removed what its name says.
void LayerChecks::check_global(const std::string& path) {
    const std::string_view base = std::string_view(path).substr(path.rfind('/') + 1);
    const std::uint32_t node = trie_.find(path);
    const bool exists = node != PathNode::none && (trie_[node].entry != PathNode::none || trie_[node].has_child);
    if (!exists && whiteout_of(base) == Whiteout::none) return;
    log_.add(OddityCode::pax_global, path, "containerd removes what the name of the global header says");
}

} // namespace

void check_entries(LayerListing& listing) {
    LayerChecks(listing).run(std::vector<Oddity>(listing.oddities));
}

} // namespace touchstone
