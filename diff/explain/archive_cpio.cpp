// cpio in the "newc" form, as the kernel unpacks an initramfs: several archives may follow each other, and the last one
// is often compressed. Hard links are told by inode and device, so those numbers are free only as long as the same
// names share them.
#include "diff/explain/archive_bytes.h"
#include "diff/explain/archive_formats.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace touchstone::archives {

namespace {

constexpr std::uint64_t header_size = 110;
constexpr std::uint64_t digits_size = 8;
constexpr std::size_t field_count = 13;
constexpr std::string_view trailer_name = "TRAILER!!!";

/// In the order of the header.
enum Number : std::size_t { ino, mode, uid, gid, nlink, mtime, size, major, minor, rmajor, rminor, name_size, check };
constexpr std::array<std::string_view, field_count> names{
    "inode",        "mode",         "uid",        "gid",        "links",          "mtime",   "size",
    "device major", "device minor", "node major", "node minor", "length of name", "checksum"};

constexpr std::int64_t type_mask = 0170000;
constexpr std::int64_t directory_type = 0040000;
constexpr std::int64_t symlink_type = 0120000;
constexpr std::int64_t special_bits = 0006000; // setuid, setgid: an owner matters

std::uint64_t aligned(std::uint64_t offset) {
    return (offset + 3) / 4 * 4;
}

class CpioArchive final : public Archive {
public:
    using Archive::Archive;

    enum class Result : std::uint8_t { done, broken, too_many };
    Result read(std::uint64_t most);
    Fields fields(const Member& member) const override;

private:
    std::int64_t number(const Member& member, std::size_t which) const;
    bool read_member(std::uint64_t start, std::uint64_t offset);
    void read_rest();
    void group_links();

    std::map<std::uint64_t, std::string_view> group_; ///< by offset of the header: the first name of a hard link
};

std::int64_t CpioArchive::number(const Member& member, std::size_t which) const {
    const std::uint64_t at = member.header.offset + 6 + which * digits_size;
    return digits(as_text(bytes.subspan(at, digits_size)), 16).value_or(-1);
}

// `start` is where this archive begins: padding counts from there.
bool CpioArchive::read_member(std::uint64_t start, std::uint64_t offset) {
    if (!fits(bytes, offset, header_size)) return false;
    const std::string_view mark = as_text(bytes.subspan(offset, 6));
    if (mark != "070701" && mark != "070702") return false;
    Member member;
    member.header = {offset, header_size};
    for (std::size_t which = 0; which < field_count; ++which) {
        if (number(member, which) < 0) return false;
    }
    const auto name_length = static_cast<std::uint64_t>(number(member, name_size));
    const auto length = static_cast<std::uint64_t>(number(member, size));
    if (name_length < 2 || !fits(bytes, offset + header_size, name_length)) return false;
    const std::string_view name = as_text(bytes.subspan(offset + header_size, name_length));
    if (name.find('\0') != name.size() - 1) return false;
    member.name = name.substr(0, name.size() - 1);
    const std::uint64_t data = start + aligned(offset + header_size + name_length - start);
    if (!fits(bytes, data, length)) return false;
    member.header.size = data - offset;
    member.data = {data, length};
    const std::uint64_t next = std::min<std::uint64_t>(start + aligned(member.data.end() - start), bytes.size());
    member.after = {member.data.end(), next - member.data.end()};
    const std::int64_t type = number(member, mode) & type_mask;
    if (type == directory_type) member.node = Node::directory;
    if (type == symlink_type) member.node = Node::symlink;
    members.push_back(member);
    return true;
}

CpioArchive::Result CpioArchive::read(std::uint64_t most) {
    std::uint64_t start = 0;
    for (std::uint64_t offset = 0;;) {
        if (members.size() >= most) return Result::too_many;
        if (!read_member(start, offset)) return Result::broken;
        Member& member = members.back();
        offset = member.after.end();
        if (member.name != trailer_name) continue;
        if (member.data.size != 0) return Result::broken;
        while (offset < bytes.size() && bytes[offset] == 0) ++offset; // up to a whole block, or to the next archive
        member.after.size = offset - member.after.offset;
        if (offset == bytes.size()) break;
        start = offset;
        const std::string_view next = as_text(bytes.subspan(offset));
        if (!next.starts_with("070701") && !next.starts_with("070702")) {
            read_rest();
            break;
        }
    }
    group_links();
    return Result::done;
}

void CpioArchive::read_rest() {
    Member rest;
    rest.name = "(after the archive)";
    const std::uint64_t offset = members.back().after.end();
    rest.header = {offset, 0};
    rest.data = {offset, bytes.size() - offset};
    rest.after = {bytes.size(), 0};
    members.push_back(rest);
}

void CpioArchive::group_links() {
    std::map<std::array<std::int64_t, 3>, std::string_view> first;
    const auto file_of = [&](const Member& member) {
        return std::array{number(member, major), number(member, minor), number(member, ino)};
    };
    const auto is_linked = [&](const Member& member) {
        return member.header.size != 0 && member.node == Node::file && number(member, nlink) > 1;
    };
    for (const Member& member : members) {
        if (!is_linked(member)) continue;
        std::string_view& name = first.emplace(file_of(member), member.name).first->second;
        name = std::min(name, member.name);
    }
    for (const Member& member : members) {
        if (is_linked(member)) group_[member.header.offset] = first[file_of(member)];
    }
}

Fields CpioArchive::fields(const Member& member) const {
    Fields fields;
    FieldList list(fields, member.header.offset);
    if (member.header.size == 0) return fields;
    list.add(6, "mark");
    const bool special = (number(member, mode) & special_bits) != 0;
    for (std::size_t which = 0; which < field_count; ++which) {
        const std::int64_t value = number(member, which);
        FieldKind kind = FieldKind::plain;
        if (which == ino || which == major || which == minor) kind = FieldKind::storage;
        if (which == nlink && member.node == Node::directory) kind = FieldKind::storage;
        if (which == size || which == name_size) kind = FieldKind::structure;
        if ((which == uid || which == gid) && !special) kind = FieldKind::owner;
        if (which == mtime) {
            list.time(digits_size, std::string(names.at(which)), value);
        } else {
            list.number(digits_size, std::string(names.at(which)), kind, value);
        }
    }
    list.add(member.name.size() + 1, "name");
    list.add(member.data.offset - list.offset(), "padding of the name");
    FieldList after(fields, member.after.offset);
    const bool zero = all_zero(cut(bytes, member.after));
    after.add(member.after.size, "padding", zero ? FieldKind::structure : FieldKind::plain);
    const auto group = group_.find(member.header.offset);
    if (group != group_.end()) list.note("hard link of", std::string(group->second));
    return fields;
}

} // namespace

Parsed parse_cpio(std::string_view, ByteView bytes, const ExplainLimits& limits) {
    auto archive = std::make_unique<CpioArchive>(bytes);
    switch (archive->read(limits.members)) {
    case CpioArchive::Result::too_many:
        return {nullptr, true};
    case CpioArchive::Result::broken:
        return {};
    case CpioArchive::Result::done:
        break;
    }
    return {std::move(archive), false};
}

} // namespace touchstone::archives
