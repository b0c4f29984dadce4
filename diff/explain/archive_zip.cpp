// zip and everything built on it. Members come from the central directory and must agree with their local headers; both
// are compared field by field, and what no structure explains is a difference of its own.
#include "base/printable.h"
#include "diff/explain/archive_bytes.h"
#include "diff/explain/archive_formats.h"
#include "diff/explain/unpack.h"
#include "diff/explain/zip_fields.h"
#include "diff/explain/zip_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone::archives {

namespace {

constexpr std::uint16_t stored = 0;
constexpr std::uint16_t deflated = 8;

/// Whether the content can be unpacked and held against its checksum.
bool is_readable(const ZipHeader& header) {
    return (header.flags & zip_flag::encrypted) == 0 && (header.method == stored || header.method == deflated);
}

/// Why two readers of this member would see two things; empty where they agree. A streaming writer leaves numbers out
/// of the local header (bit 3) and puts them behind the data.
std::string_view disagreement(ByteView bytes, const ZipHeader& local, const ZipHeader& entry) {
    if (!same_bytes(cut(bytes, local.name), cut(bytes, entry.name))) return "name";
    if (local.method != entry.method) return "method";
    if (local.flags != entry.flags) return "flags";
    if (local.cut_off || entry.cut_off) return "64-bit sizes";
    const bool later = (local.flags & zip_flag::descriptor) != 0;
    const auto differ = [&](std::uint64_t a, std::uint64_t b) { return a != b && !(later && a == 0); };
    if (differ(local.crc, entry.crc)) return "checksum";
    if (differ(local.packed, entry.packed) || differ(local.unpacked, entry.unpacked)) return "size";
    return {};
}

/// How many bytes the data descriptor has: with or without its mark, with 32 or 64-bit sizes; 0: there is none that
/// says what the directory says.
std::uint64_t descriptor_size(ByteView bytes, const ZipHeader& entry, std::uint64_t offset, std::uint64_t end) {
    for (const std::uint64_t mark : {4U, 0U}) {
        for (const std::size_t width : {4U, 8U}) {
            const std::uint64_t size = mark + 4 + 2 * width;
            if (size > end - offset) continue;
            if (mark != 0 && as_text(bytes.subspan(offset, 4)) != "PK\x07\x08") continue;
            const std::uint64_t at = offset + mark;
            if (little_number(bytes, at, 4) == entry.crc && little_number(bytes, at + 4, width) == entry.packed &&
                little_number(bytes, at + 4 + width, width) == entry.unpacked) {
                return size;
            }
        }
    }
    return 0;
}

class ZipArchive final : public Archive {
public:
    using Archive::Archive;

    bool read(const ZipEnd& end);
    Fields fields(const Member& member) const override;
    bool same_content(const Member& member, const Archive& other, const Member& others) const override;
    Unpacked unpack(const Member& member, Analyzer& analyzer, std::string& storage) const override;

private:
    bool read_directory(const ZipEnd& end);
    bool read_members(const ZipEnd& end);
    void read_end(const ZipEnd& end);
    void note_manifest();
};

bool ZipArchive::read(const ZipEnd& end) {
    if (!read_directory(end) || !read_members(end)) return false;
    read_end(end);
    note_manifest();
    return true;
}

bool ZipArchive::read_directory(const ZipEnd& end) {
    std::uint64_t offset = end.directory.offset;
    for (std::uint64_t i = 0; i < end.entries; ++i) {
        const auto entry = read_directory_entry(bytes, offset);
        if (!entry || entry->end > end.directory.end() || entry->local > bytes.size()) return false;
        Member member;
        member.name = as_text(cut(bytes, entry->name));
        member.index = {offset, entry->end - offset};
        member.rank = i;
        member.header.offset = end.base + entry->local;
        constexpr std::uint32_t type_mask = 0170000;
        constexpr std::uint32_t symlink_type = 0120000;
        if (member.name.ends_with('/')) member.node = Node::directory;
        if ((entry->mode & type_mask) == symlink_type) member.node = Node::symlink;
        members.push_back(member);
        offset = entry->end;
    }
    return offset == end.directory.end();
}

// From the directory's offsets to spans: headers, data, descriptors, and stray bytes up to the next member.
bool ZipArchive::read_members(const ZipEnd& end) {
    std::stable_sort(members.begin(), members.end(),
                     [](const Member& a, const Member& b) { return a.header.offset < b.header.offset; });
    if (!members.empty() && members.front().header.offset > 0) {
        Member front; // a script or a program that unpacks the rest, a jmod's mark
        front.name = "(before the archive)";
        front.data = {0, members.front().header.offset};
        front.after = {front.data.end(), 0};
        members.insert(members.begin(), front);
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        Member& member = members[i];
        if (member.index.size == 0) continue;
        const bool last = i + 1 == members.size();
        const std::uint64_t next = last ? end.directory.offset : members[i + 1].header.offset;
        const auto local = read_local_header(bytes, member.header.offset);
        const auto entry = read_directory_entry(bytes, member.index.offset);
        if (!local || !entry || local->end > next || entry->packed > next - local->end) return false;
        member.header.size = local->end - member.header.offset;
        member.data = {local->end, entry->packed};
        member.after = {member.data.end(), next - member.data.end()};
        const std::string_view about = disagreement(bytes, *local, *entry);
        if (!about.empty()) {
            ambiguous.push_back(fmt::format("{}: local header and directory disagree about the {}",
                                            printable_short(member.name), about));
        }
        if (last) {
            const std::uint64_t used = (entry->flags & zip_flag::descriptor) == 0
                                           ? 0
                                           : descriptor_size(bytes, *entry, member.after.offset, next);
            member.after.size = used;
            FieldList(outer, member.after.end()).add(next - member.after.end(), "bytes before the directory");
        }
    }
    if (members.empty()) FieldList(outer, 0).add(end.directory.offset, "bytes before the directory");
    return true;
}

void ZipArchive::read_end(const ZipEnd& end) {
    if (end.wide_record.size != 0) {
        FieldList wide(outer, end.wide_record.offset);
        wide.add(12, "zip64 record", FieldKind::encoding);
        wide.add(1, "zip64 record: version made by", FieldKind::toolchain);
        wide.add(1, "zip64 record: host");
        wide.add(2, "zip64 record: version needed", FieldKind::encoding);
        wide.add(end.wide_record.end() - wide.offset(), "zip64 record: counts and offsets", FieldKind::encoding);
    }
    FieldList list(outer, end.record.offset);
    list.add(end.record.size, "end record: counts and offsets", FieldKind::structure);
    list.add(end.comment.size, "archive comment");
}

// Readers that take a jar as a stream see its manifest, and check its signatures, only where it comes first.
void ZipArchive::note_manifest() {
    const auto is_manifest = [](const Member& member) { return member.name == "META-INF/MANIFEST.MF"; };
    const auto at = std::find_if(members.begin(), members.end(), is_manifest);
    if (at == members.end()) return;
    const bool first =
        std::all_of(members.begin(), at, [](const Member& member) { return member.name == "META-INF/"; });
    FieldList(outer, 0).note("place of the manifest", first ? "first" : "behind other members");
}

Fields ZipArchive::fields(const Member& member) const {
    Fields fields;
    if (member.index.size == 0) return fields;
    const auto entry = read_directory_entry(bytes, member.index.offset);
    const bool readable = is_readable(*entry);
    add_local_fields(bytes, member.header.offset, readable, fields);
    FieldList after(fields, member.after.offset);
    if ((entry->flags & zip_flag::descriptor) != 0) {
        const std::uint64_t size = descriptor_size(bytes, *entry, member.after.offset, member.after.end());
        after.add(size, "data descriptor", readable ? FieldKind::structure : FieldKind::plain);
    }
    after.add(member.after.end() - after.offset(), "bytes behind the data");
    add_directory_fields(bytes, member.index.offset, readable, fields);
    return fields;
}

bool ZipArchive::same_content(const Member& member, const Archive& other, const Member& others) const {
    if (!Archive::same_content(member, other, others)) return false;
    if (member.index.size == 0 || others.index.size == 0) return true;
    const auto ours = read_directory_entry(bytes, member.index.offset);
    const auto theirs = read_directory_entry(other.bytes, others.index.offset);
    if (!is_readable(*ours) && !is_readable(*theirs)) return true; // the packed bytes are what is compared
    return ours->method == theirs->method && ours->crc == theirs->crc && ours->unpacked == theirs->unpacked;
}

Unpacked ZipArchive::unpack(const Member& member, Analyzer& analyzer, std::string& storage) const {
    const ByteView data = cut(bytes, member.data);
    if (member.index.size == 0) return {UnpackStatus::done, data};
    const auto entry = read_directory_entry(bytes, member.index.offset);
    if (!is_readable(*entry)) return {UnpackStatus::done, data};
    ByteView content = data;
    if (entry->method == deflated) {
        if (entry->unpacked > analyzer.limits().file) return {UnpackStatus::too_large, {}};
        const Inflated inflated = inflate_raw(data, entry->unpacked, analyzer, storage);
        // More than the directory says is a lie, not a large file.
        if (inflated.status == UnpackStatus::too_large && !inflated.over_limit) return {UnpackStatus::too_large, {}};
        if (inflated.status != UnpackStatus::done || inflated.consumed != data.size()) return {};
        content = as_bytes(storage);
    }
    if (content.size() != entry->unpacked || crc32_of(content) != entry->crc) return {};
    return {UnpackStatus::done, content};
}

} // namespace

Parsed parse_zip(std::string_view, ByteView bytes, const ExplainLimits& limits) {
    const auto end = find_zip_end(bytes);
    if (!end) return {};
    if (end->entries > limits.members) return {nullptr, true};
    auto zip = std::make_unique<ZipArchive>(bytes);
    if (!zip->read(*end)) return {};
    return {std::move(zip), false};
}

} // namespace touchstone::archives
