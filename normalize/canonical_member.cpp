// Values only: what was changed on the way is noted by normalize/changes.cpp.
#include "normalize/canonical_member.h"

namespace touchstone {

namespace {

constexpr std::uint32_t symlink_mode = 0777;

} // namespace

CanonicalMember canonical_member(const Tree& tree, const Node& node, const Profile& profile,
                                 const XattrDropped& dropped) {
    const Inode& inode = tree.inode_of(node);
    const Entry& entry = *inode.content;
    const Entry& meta = *inode.meta;
    CanonicalMember member{.path = node.path, .type = entry.type};
    member.mode = entry.type == EntryType::symlink ? symlink_mode : meta.permissions();
    // What no layer lists is 0:0 under every profile: runtimes make it so, and no canonical layer can say otherwise
    // (W17).
    member.uid = is_implied(inode) ? 0 : profile.owner.apply_uid(meta.uid);
    member.gid = is_implied(inode) ? 0 : profile.owner.apply_gid(meta.gid);
    member.mtime = profile.mtime.apply(meta.mtime.seconds);
    member.size = entry.type == EntryType::file ? entry.size : 0;
    if (entry.type == EntryType::symlink || entry.type == EntryType::hardlink) member.link = entry.link;
    member.dev_major = entry.dev_major;
    member.dev_minor = entry.dev_minor;
    if (entry.extra || !tree.link_headers.empty()) {
        member.xattrs = canonical_xattrs(tree, node.inode, dropped);
        member.acls = acls_of(tree, node.inode);
    }
    return member;
}

CanonicalMember as_link(CanonicalMember member, std::string_view path, std::string_view carrier) {
    member.path = path;
    member.type = EntryType::hardlink;
    member.link = carrier;
    member.size = 0;
    member.xattrs.clear();
    member.acls.clear();
    return member;
}

CanonicalMember canonical_whiteout(std::string_view path) {
    return {.path = path, .type = EntryType::file};
}

} // namespace touchstone
