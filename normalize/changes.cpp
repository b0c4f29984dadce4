// Each kind of change has its name here; docs/canonical-layer.md and `touchstone rules --canonical` explain them.
#include "normalize/changes.h"

#include "base/printable.h"
#include "normalize/canonical_order.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

std::string owner_text(const Entry& entry) {
    return fmt::format("{:04o} {}:{}", entry.permissions(), entry.uid, entry.gid);
}

bool has_meaningless_facts(const Entry& whiteout) {
    return whiteout.mode != 0 || whiteout.uid != 0 || whiteout.gid != 0 || whiteout.mtime != Timestamp{} ||
           whiteout.size != 0 || whiteout.type != EntryType::file ||
           (whiteout.extra && !(whiteout.extra->xattrs.empty() && whiteout.extra->acls.empty()));
}

} // namespace

void add_counts(ChangeCounts& all, const ChangeCounts& more) {
    for (const auto& [what, count] : more) all[what] += count;
}

void ChangeRecorder::changed(std::string_view path, std::string_view what, std::string_view before,
                             std::string_view after) {
    entry_changed_ = true;
    const auto found = counts_.find(what);
    if (found == counts_.end()) {
        counts_.emplace(what, 1);
    } else {
        ++found->second;
    }
    if (log_ != nullptr)
        log_->push_back({std::string(path), std::string(what), std::string(before), std::string(after)});
}

void ChangeRecorder::number(std::string_view path, std::string_view what, std::int64_t before, std::int64_t after) {
    if (before != after) changed(path, what, std::to_string(before), std::to_string(after));
}

void ChangeRecorder::dropped(std::string_view path, std::string_view what, std::string_view value) {
    changed(path, what, value, "");
}

void ChangeRecorder::member(const Tree& tree, const Node& node, const CanonicalMember& member) {
    const Inode& inode = tree.inode_of(node);
    const Entry& entry = *inode.content;
    const Entry& meta = *inode.meta;
    number(node.path, "ifmt-bits", meta.mode & ~07777U, 0);
    if (entry.type == EntryType::symlink && meta.permissions() != member.mode)
        changed(node.path, "symlink-mode", fmt::format("{:04o}", meta.permissions()),
                fmt::format("{:04o}", member.mode));
    number(node.path, "uid", meta.uid, member.uid);
    number(node.path, "gid", meta.gid, member.gid);
    if (meta.mtime.seconds != member.mtime || meta.mtime.nanoseconds != 0)
        changed(node.path, "mtime", seconds_text(meta.mtime), std::to_string(member.mtime));
    // The last link's header decides for the whole inode: what its target's header said is a change like any other.
    if (&entry != &meta && owner_text(entry) != owner_text(meta))
        changed(node.path, "hardlink-header", owner_text(entry), owner_text(meta));
}

void ChangeRecorder::whiteout(std::string_view path, const Entry& own) {
    if (has_meaningless_facts(own)) {
        changed(path, "whiteout-metadata", fmt::format("{} {}", owner_text(own), seconds_text(own.mtime)),
                "0000 0:0 0");
    }
}

void ChangeRecorder::names_and_records(const LayerListing& listing, const Entry& own, std::string_view path) {
    if (own.uname != 0 || own.gname != 0) {
        changed(path, "owner-names",
                fmt::format("{}:{}", listing.owner_names.text_of(own.uname), listing.owner_names.text_of(own.gname)),
                ":");
    }
    if (!own.extra) return;
    if (own.extra->atime || own.extra->ctime) changed(path, "atime-ctime", "set", "");
    for (const auto& [key, value] : own.extra->records) {
        // Attributes are told of elsewhere, and hdrcharset is written anew where the names ask for it (W4).
        if (!key.starts_with("LIBARCHIVE.xattr.") && key != "hdrcharset")
            changed(path, "record-dropped " + printable(key), value, "");
    }
}

void ChangeRecorder::encoding(const LayerListing& listing, const Entry& own, const CanonicalMember& member,
                              std::uint64_t header_hash) {
    const std::string_view path = member.path;
    names_and_records(listing, own, path);
    if (const std::string name = canonical_name(member); own.stored != name)
        changed(path, "path-spelling", own.stored, name);
    const bool was_link = own.type == EntryType::hardlink;
    if (was_link != (member.type == EntryType::hardlink) && own.whiteout == Whiteout::none)
        changed(path, "hardlink-carrier", was_link ? own.link : "", member.link);
    if (!own.padding_zero) changed(path, "padding", "bytes that are not zero", "");
    // Whatever else the header blocks differ in is a matter of how numbers and records are written. Nothing but this
    // count rests on the hash, which a hostile header could be made to match.
    const bool foreign = own.dialect != Dialect::ustar && own.dialect != Dialect::pax;
    if (foreign || (!entry_changed_ && own.header_hash != header_hash))
        changed(path, "dialect", name_of(own.dialect), "canonical");
}

void ChangeRecorder::stream(const LayerListing& listing) {
    const std::vector<Entry>& entries = listing.entries;
    for (std::size_t i = 1; i < entries.size(); ++i) {
        if (compare_canonical(entries[i - 1].path, entries[i].path) > 0)
            changed(entries[i].path, "order", fmt::format("after {}", entries[i - 1].path), "before it");
    }
    const TarTail& tail = listing.tail;
    for (std::uint64_t i = 0; i < tail.global_headers; ++i) dropped({}, "global-header-dropped", "");
    // Ambiguous, so that it is in the list however many others there are.
    const bool dangling = std::any_of(listing.oddities.begin(), listing.oddities.end(), [](const Oddity& oddity) {
        return oddity.code == OddityCode::dangling_extension;
    });
    if (dangling) dropped({}, "dangling-extension-dropped", "");
    if (tail.bytes_after_end != 0)
        dropped({}, "bytes-after-end-dropped", fmt::format("{} bytes", tail.bytes_after_end));
    constexpr std::uint64_t end_blocks = 2; // W20
    number({}, "padding", static_cast<std::int64_t>(tail.zero_blocks), end_blocks);
}

} // namespace touchstone
