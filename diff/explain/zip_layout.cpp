// Reading a zip file's records. Strict where readers differ in what they take for the end or the start of something.
#include "diff/explain/zip_layout.h"

#include "diff/explain/archive_bytes.h"

#include <algorithm>
#include <limits>

namespace touchstone::archives {

namespace {

constexpr std::uint64_t local_size = 30;
constexpr std::uint64_t entry_size = 46;
constexpr std::uint64_t end_size = 22;
constexpr std::uint64_t locator_size = 20;
constexpr std::uint64_t wide_end_size = 56;
constexpr std::uint64_t extra_header = 4;
constexpr std::uint16_t wide_extra = 0x0001;
constexpr std::uint32_t full32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint16_t full16 = std::numeric_limits<std::uint16_t>::max();

constexpr std::string_view end_mark = "PK\x05\x06";

bool starts(ByteView bytes, std::uint64_t offset, std::string_view mark) {
    return fits(bytes, offset, mark.size()) && as_text(bytes.subspan(offset, mark.size())) == mark;
}

std::uint16_t short_at(ByteView bytes, std::uint64_t offset) {
    return static_cast<std::uint16_t>(little_number(bytes, offset, 2));
}

/// What local headers and directory entries both have, from "version needed" at `offset` on.
ZipHeader common_part(ByteView bytes, std::uint64_t offset, std::uint64_t name) {
    ZipHeader header;
    header.flags = short_at(bytes, offset + 2);
    header.method = short_at(bytes, offset + 4);
    header.crc = little_word(bytes, offset + 10);
    header.packed = little_word(bytes, offset + 14);
    header.unpacked = little_word(bytes, offset + 18);
    header.name = {name, short_at(bytes, offset + 22)};
    header.extra = {header.name.end(), short_at(bytes, offset + 24)};
    return header;
}

/// Replaces saturated numbers by those of the zip64 sub-field, in the order that the format gives.
void take_wide(ByteView bytes, ZipHeader& header, const std::vector<std::uint64_t*>& saturated) {
    if (saturated.empty()) return;
    const auto extras = read_extras(bytes, header.extra);
    header.cut_off = true;
    if (!extras) return;
    for (const ZipExtra& extra : *extras) {
        if (extra.id != wide_extra) continue;
        if (extra.body.size < saturated.size() * 8) return;
        std::uint64_t offset = extra.body.offset;
        for (std::uint64_t* value : saturated) {
            *value = little_number(bytes, offset, 8);
            offset += 8;
        }
        header.wide = true;
        header.cut_off = false;
        return;
    }
}

} // namespace

std::optional<ZipHeader> read_local_header(ByteView bytes, std::uint64_t offset) {
    if (!starts(bytes, offset, "PK\x03\x04") || !fits(bytes, offset, local_size)) return {};
    ZipHeader header = common_part(bytes, offset + 4, offset + local_size);
    header.end = header.extra.end();
    if (header.end > bytes.size()) return {};
    std::vector<std::uint64_t*> saturated;
    if (header.unpacked == full32) saturated.push_back(&header.unpacked);
    if (header.packed == full32) saturated.push_back(&header.packed);
    take_wide(bytes, header, saturated);
    return header;
}

std::optional<ZipHeader> read_directory_entry(ByteView bytes, std::uint64_t offset) {
    if (!starts(bytes, offset, "PK\x01\x02") || !fits(bytes, offset, entry_size)) return {};
    constexpr std::uint8_t unix_host = 3;
    ZipHeader header = common_part(bytes, offset + 6, offset + entry_size);
    header.local = little_word(bytes, offset + 42);
    if (bytes[offset + 5] == unix_host) header.mode = little_word(bytes, offset + 38) >> 16U;
    header.comment = {header.extra.end(), short_at(bytes, offset + 32)};
    header.end = header.comment.end();
    if (header.end > bytes.size() || short_at(bytes, offset + 34) != 0) return {}; // on another disk
    std::vector<std::uint64_t*> saturated;
    if (header.unpacked == full32) saturated.push_back(&header.unpacked);
    if (header.packed == full32) saturated.push_back(&header.packed);
    if (header.local == full32) saturated.push_back(&header.local);
    take_wide(bytes, header, saturated);
    return header;
}

std::optional<std::vector<ZipExtra>> read_extras(ByteView bytes, const Span& extra) {
    std::vector<ZipExtra> extras;
    std::uint64_t offset = extra.offset;
    while (offset != extra.end()) {
        if (extra.end() - offset < extra_header) return {};
        const Span body{offset + extra_header, short_at(bytes, offset + 2)};
        if (body.size > extra.end() - body.offset) return {};
        extras.push_back({short_at(bytes, offset), body});
        offset = body.end();
    }
    return extras;
}

std::optional<ZipEnd> find_zip_end(ByteView bytes) {
    if (bytes.size() < end_size) return {};
    // Readers look for the mark from the end; a second one that could be meant is a trap, not an archive.
    const std::uint64_t window = std::min<std::uint64_t>(bytes.size(), end_size + full16);
    const std::string_view tail = as_text(bytes.last(window));
    const std::size_t found = tail.rfind(end_mark);
    if (found == std::string_view::npos || window - found < end_size) return {};
    ZipEnd end;
    end.record = {bytes.size() - window + found, end_size};
    end.comment = {end.record.end(), short_at(bytes, end.record.offset + 20)};
    if (end.comment.end() != bytes.size()) return {};
    const std::uint64_t at = end.record.offset;
    if (short_at(bytes, at + 4) != 0 || short_at(bytes, at + 6) != 0) return {}; // several disks
    if (short_at(bytes, at + 8) != short_at(bytes, at + 10)) return {};
    end.entries = short_at(bytes, at + 10);
    std::uint64_t size = little_word(bytes, at + 12);
    std::uint64_t start = little_word(bytes, at + 16);
    std::uint64_t directory_end = at;
    const bool saturated = end.entries == full16 || size == full32 || start == full32;
    if (at >= locator_size + wide_end_size && starts(bytes, at - locator_size, "PK\x06\x07")) {
        const std::uint64_t wide = at - locator_size - wide_end_size;
        const bool plain = starts(bytes, wide, "PK\x06\x06") && little_number(bytes, wide + 4, 8) == 44 &&
                           little_number(bytes, wide + 16, 8) == 0 && // disks
                           little_number(bytes, wide + 24, 8) == little_number(bytes, wide + 32, 8) &&
                           little_word(bytes, at - locator_size + 4) == 0 && little_word(bytes, at - 4) == 1;
        if (!plain) return {};
        const std::uint64_t wide_entries = little_number(bytes, wide + 32, 8);
        const std::uint64_t wide_size = little_number(bytes, wide + 40, 8);
        const std::uint64_t wide_start = little_number(bytes, wide + 48, 8);
        if (end.entries != full16 && end.entries != wide_entries) return {};
        if (size != full32 && size != wide_size) return {};
        if (start != full32 && start != wide_start) return {};
        end.entries = wide_entries;
        size = wide_size;
        start = wide_start;
        directory_end = wide;
        end.wide_record = {wide, wide_end_size + locator_size};
    } else if (saturated) {
        return {};
    }
    if (size > directory_end || start > directory_end - size) return {};
    end.directory = {directory_end - size, size};
    end.base = end.directory.offset - start;
    // The locator says where the wide record is, counted like all offsets.
    if (end.wide_record.size != 0 &&
        little_number(bytes, at - locator_size + 8, 8) != end.wide_record.offset - end.base) {
        return {};
    }
    return end;
}

} // namespace touchstone::archives
