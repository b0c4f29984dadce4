// Offsets from APPNOTE.TXT 4.3.7 and 4.3.12; extra fields from its section 4.5 and Info-ZIP's proginfo/extrafld.txt.
#include "diff/explain/zip_fields.h"

#include "diff/explain/archive_bytes.h"
#include "diff/explain/zip_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone::archives {

namespace {

struct Header {
    ByteView bytes;
    std::string_view label; // "local" or "directory"
    bool readable = false;
    FieldList list;

    std::string key(std::string_view name) const { return fmt::format("{}: {}", label, name); }
    FieldKind checked() const { return readable ? FieldKind::structure : FieldKind::plain; }
    FieldKind packing() const { return readable ? FieldKind::encoding : FieldKind::plain; }
    std::uint64_t read(std::uint64_t offset, std::size_t size) const { return little_number(bytes, offset, size); }
};

/// Level and descriptor bits are packing; bit 11 says nothing of a name in ASCII. Everything else is a fact.
void add_flags(Header& header, const ZipHeader& zip) {
    const std::string_view name = as_text(cut(header.bytes, zip.name));
    const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    unsigned harmless = zip_flag::level | zip_flag::descriptor;
    if (ascii) harmless |= zip_flag::utf8;
    header.list.add(2, header.key("flags"), header.packing());
    header.list.note(header.key("meaning of flags"), fmt::format("0x{:04x}", zip.flags & ~harmless));
}

void add_dos_time(Header& header) {
    const auto value = static_cast<std::uint32_t>(header.read(header.list.offset(), 4));
    Field& field = header.list.time(4, header.key("time"), dos_seconds(value));
    field.precision = 2;
    if (field.number) field.value.replace(field.value.size() - 4, 4, " (MS-DOS)"); // it has no time zone
}

/// 0x5455: which of three times are there, then those; the directory's has the first only.
bool add_unix_times(Header& header, const ZipExtra& extra) {
    constexpr std::array<std::string_view, 3> names{"mtime", "atime", "ctime"};
    if (extra.body.size == 0 || extra.body.size % 4 != 1 || extra.body.size > 13) return false;
    const std::uint64_t flags = header.read(extra.body.offset, 1);
    if (flags > 7) return false;
    header.list.add(1, header.key("extra 0x5455: which times"), FieldKind::structure);
    for (std::size_t i = 0; i < names.size() && header.list.offset() < extra.body.end(); ++i) {
        if ((flags >> i & 1U) == 0) continue;
        const auto seconds = static_cast<std::int32_t>(header.read(header.list.offset(), 4));
        header.list.time(4, header.key(names.at(i)), seconds);
    }
    return header.list.offset() == extra.body.end();
}

/// 0x5855, the older form: atime, mtime, then 16-bit ids in the local header.
bool add_old_unix(Header& header, const ZipExtra& extra) {
    if (extra.body.size != 8 && extra.body.size != 12) return false;
    for (const std::string_view name : {"atime", "mtime"}) {
        header.list.time(4, header.key(name), static_cast<std::int32_t>(header.read(header.list.offset(), 4)));
    }
    for (const std::string_view name : {"uid", "gid"}) {
        if (header.list.offset() == extra.body.end()) break;
        const auto id = static_cast<std::int64_t>(header.read(header.list.offset(), 2));
        header.list.number(2, header.key(name), FieldKind::owner, id);
    }
    return true;
}

/// 0x7855: 16-bit ids, or nothing in the directory.
bool add_short_ids(Header& header, const ZipExtra& extra) {
    if (extra.body.size != 4 && extra.body.size != 0) return false;
    if (extra.body.size == 0) return true;
    for (const std::string_view name : {"uid", "gid"}) {
        const auto id = static_cast<std::int64_t>(header.read(header.list.offset(), 2));
        header.list.number(2, header.key(name), FieldKind::owner, id);
    }
    return true;
}

/// 0x7875: version 1, then ids, each behind its length.
bool add_ids(Header& header, const ZipExtra& extra) {
    constexpr std::uint64_t widest = 7; // an id beyond 56 bits is none
    const std::uint64_t start = extra.body.offset;
    if (extra.body.size < 3 || header.read(start, 1) != 1) return false;
    const std::uint64_t uid = header.read(start + 1, 1);
    if (uid > widest || extra.body.size < 3 + uid) return false;
    const std::uint64_t gid = header.read(start + 2 + uid, 1);
    if (gid > widest || extra.body.size != 3 + uid + gid) return false;
    header.list.add(2, header.key("extra 0x7875: version and length of uid"), FieldKind::structure);
    const auto id = [&](std::uint64_t size) {
        return static_cast<std::int64_t>(header.read(header.list.offset(), static_cast<std::size_t>(size)));
    };
    header.list.number(uid, header.key("uid"), FieldKind::owner, id(uid));
    header.list.add(1, header.key("extra 0x7875: length of gid"), FieldKind::structure);
    header.list.number(gid, header.key("gid"), FieldKind::owner, id(gid));
    return true;
}

/// 0x000a: 4 reserved bytes, then one attribute of three times in 100 ns since 1601.
bool add_ntfs_times(Header& header, const ZipExtra& extra) {
    const std::uint64_t start = extra.body.offset;
    if (extra.body.size != 32 || header.read(start + 4, 2) != 1 || header.read(start + 6, 2) != 24) return false;
    header.list.add(4, header.key("extra 0x000a: reserved"));
    header.list.add(4, header.key("extra 0x000a: tag"), FieldKind::structure);
    for (const std::string_view name : {"NTFS mtime", "NTFS atime", "NTFS ctime"}) {
        header.list.time(8, header.key(name), filetime_seconds(header.read(header.list.offset(), 8)));
    }
    return true;
}

struct ExtraKind {
    std::uint16_t id;
    bool (*add)(Header&, const ZipExtra&);
};
constexpr std::array<ExtraKind, 5> extra_kinds{{{0x5455, add_unix_times},
                                                {0x5855, add_old_unix},
                                                {0x7855, add_short_ids},
                                                {0x7875, add_ids},
                                                {0x000a, add_ntfs_times}}};
constexpr std::uint16_t wide_extra = 0x0001;
constexpr std::uint16_t jar_mark = 0xcafe;

bool add_known_extra(Header& header, const ZipExtra& extra, Fields& fields) {
    const auto kind =
        std::find_if(extra_kinds.begin(), extra_kinds.end(), [&](const ExtraKind& row) { return row.id == extra.id; });
    if (kind == extra_kinds.end()) return false;
    const std::size_t before = fields.size();
    const std::uint64_t start = header.list.offset();
    header.list.add(4, header.key(fmt::format("extra 0x{:04x}", extra.id)), FieldKind::structure);
    if (kind->add(header, extra)) return true;
    fields.resize(before);
    header.list.restart(start);
    return false;
}

void add_extras(Header& header, const ZipHeader& zip, Fields& fields) {
    const auto extras = read_extras(header.bytes, zip.extra);
    if (!extras) {
        header.list.add(zip.extra.size, header.key("extra field"));
        return;
    }
    for (const ZipExtra& extra : *extras) {
        if (add_known_extra(header, extra, fields)) continue;
        FieldKind kind = FieldKind::plain;
        if (extra.id == wide_extra && zip.wide) kind = header.packing();
        if (extra.id == jar_mark && extra.body.size == 0) kind = FieldKind::toolchain;
        header.list.add(4 + extra.body.size, header.key(fmt::format("extra 0x{:04x}", extra.id)), kind);
    }
}

/// What local headers and directory entries both have, up to the sizes.
void add_common(Header& header, const ZipHeader& zip) {
    header.list.add(2, header.key("version needed"), header.packing());
    add_flags(header, zip);
    header.list.add(2, header.key("method"), header.packing());
    add_dos_time(header);
    header.list.add(4, header.key("checksum"), header.checked());
    header.list.add(8, header.key("sizes"), header.checked());
}

} // namespace

void add_local_fields(ByteView bytes, std::uint64_t offset, bool readable, Fields& fields) {
    const auto zip = read_local_header(bytes, offset);
    Header header{bytes, "local", readable, FieldList(fields, offset)};
    header.list.add(4, header.key("mark"));
    add_common(header, *zip);
    header.list.add(4, header.key("lengths"), FieldKind::structure);
    header.list.add(zip->name.size, header.key("name"));
    add_extras(header, *zip, fields);
}

void add_directory_fields(ByteView bytes, std::uint64_t offset, bool readable, Fields& fields) {
    const auto zip = read_directory_entry(bytes, offset);
    Header header{bytes, "directory", readable, FieldList(fields, offset)};
    header.list.add(4, header.key("mark"));
    header.list.add(1, header.key("version made by"), FieldKind::toolchain);
    header.list.add(1, header.key("host"));
    add_common(header, *zip);
    header.list.add(6, header.key("lengths"), FieldKind::structure);
    header.list.add(2, header.key("disk"));
    header.list.add(2, header.key("internal attributes"));
    header.list.add(2, header.key("MS-DOS attributes"));
    header.list.add(2, header.key("mode")).value = fmt::format("{:06o}", header.read(offset + 40, 2));
    header.list.add(4, header.key("offset"), FieldKind::structure);
    header.list.add(zip->name.size, header.key("name"));
    add_extras(header, *zip, fields);
    header.list.add(zip->comment.size, header.key("comment"));
}

} // namespace touchstone::archives
