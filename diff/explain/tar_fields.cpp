// The ustar block's table of fields, GNU's variant, and pax records.
#include "diff/explain/tar_fields.h"

#include "base/printable.h"
#include "diff/explain/archive_bytes.h"
#include "image/tar_header.h"
#include "image/tar_member.h"
#include "image/tar_pax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace touchstone::archives {

namespace {

constexpr std::uint64_t block = 512;
constexpr std::uint64_t type_offset = 156;
constexpr std::uint64_t size_offset = 124;
constexpr std::uint64_t size_length = 12;
constexpr std::int64_t special_bits = 06000; // setuid, setgid: an owner matters

struct Row {
    std::uint64_t size;
    std::string_view name;
    FieldKind kind;
    bool number = false;
};
using enum FieldKind;
constexpr std::array<Row, 16> ustar_rows{{{100, "name", plain},
                                          {8, "mode", plain, true},
                                          {8, "uid", owner, true},
                                          {8, "gid", owner, true},
                                          {12, "size", structure, true},
                                          {12, "mtime", time, true},
                                          {8, "checksum", structure, true},
                                          {1, "type", plain},
                                          {100, "link", plain},
                                          {8, "format", plain},
                                          {32, "user", owner},
                                          {32, "group", owner},
                                          {8, "device major", plain},
                                          {8, "device minor", plain},
                                          {155, "prefix", plain},
                                          {12, "rest of the block", plain}}};
/// GNU has two times where ustar has the prefix.
constexpr std::array<Row, 3> gnu_rows{
    {{12, "atime", time, true}, {12, "ctime", time, true}, {143, "rest of the block", plain}}};

bool is_extension(char type) {
    return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

std::optional<std::uint64_t> size_field(ByteView bytes, std::uint64_t offset) {
    const auto number = parse_tar_number(bytes.subspan(offset + size_offset, size_length));
    if (!number || number->value < 0 || number->value > static_cast<std::int64_t>(bytes.size())) return {};
    return static_cast<std::uint64_t>(number->value);
}

std::uint64_t rounded(std::uint64_t size) {
    return (size + block - 1) / block * block;
}

/// The next "length key=value\n" of a pax body; empty where that is not what stands there.
std::optional<PaxRecord> next_record(std::string_view body, std::size_t& length) {
    constexpr std::size_t longest = 10;
    const std::size_t blank = body.substr(0, longest).find(' ');
    const auto size = blank == std::string_view::npos ? std::nullopt : digits(body.substr(0, blank), 10);
    if (!size || static_cast<std::uint64_t>(*size) > body.size()) return {};
    length = static_cast<std::size_t>(*size);
    if (length < blank + 2 || body[length - 1] != '\n') return {};
    const std::string_view text = body.substr(blank + 1, length - blank - 2);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return {};
    return PaxRecord{text.substr(0, equals), text.substr(equals + 1)};
}

/// What a pax record says of the size of the data; the last one counts.
void take_pax_size(std::string_view body, std::optional<std::uint64_t>& size) {
    std::size_t length = 0;
    while (const auto record = next_record(body, length)) {
        const auto value = digits(record->value, 10);
        if (record->key == "size" && value) size = static_cast<std::uint64_t>(*value);
        body.remove_prefix(length);
    }
}

/// Blocks of GNU's old sparse format that follow a header; each but the last says that there is one more.
std::optional<std::uint64_t> sparse_blocks(ByteView bytes, std::uint64_t own) {
    constexpr std::uint64_t more_in_header = 482;
    constexpr std::uint64_t more_in_block = 504;
    if (bytes[own + type_offset] != 'S') return 0;
    std::uint64_t offset = own + block;
    for (bool more = bytes[own + more_in_header] != 0; more; offset += block) {
        if (!fits(bytes, offset, block)) return {};
        more = bytes[offset + more_in_block] != 0;
    }
    return offset - own - block;
}

class BlockFields {
public:
    BlockFields(ByteView bytes, Fields& fields, std::uint64_t offset, std::string_view label)
        : bytes_(bytes), list_(fields, offset), label_(label) {}

    /// All fields of the header block at `offset`.
    void add() {
        const std::uint64_t start = list_.offset();
        const bool gnu = as_text(bytes_.subspan(start + 257, 8)) == std::string_view("ustar  \0", 8);
        const auto mode = parse_tar_number(bytes_.subspan(start + 100, 8));
        special_ = !mode || (mode->value & special_bits) != 0;
        const std::size_t common = ustar_rows.size() - 2;
        for (std::size_t i = 0; i < common; ++i) row(ustar_rows.at(i));
        if (gnu) {
            for (const Row& each : gnu_rows) row(each);
        } else {
            row(ustar_rows[common]);
            row(ustar_rows[common + 1]);
        }
    }

private:
    void row(const Row& row) {
        const ByteView raw = bytes_.subspan(list_.offset(), row.size);
        std::string key = label_.empty() ? std::string(row.name) : fmt::format("{}: {}", label_, row.name);
        std::optional<std::int64_t> number;
        if (row.number) {
            const auto parsed = parse_tar_number(raw);
            if (parsed && !parsed->odd && !parsed->after_nul && parsed->value >= 0) number = parsed->value;
        }
        const bool readable = !row.number || number;
        const FieldKind kind = (row.kind == owner && special_) || !readable ? plain : row.kind;
        if (kind == time) {
            list_.time(row.size, std::move(key), number);
        } else if (row.number && row.name != "mode") {
            list_.number(row.size, std::move(key), kind, number);
        } else {
            list_.add(row.size, std::move(key), kind).value = as_text(raw).substr(0, as_text(raw).find('\0'));
        }
    }

    ByteView bytes_;
    FieldList list_;
    std::string_view label_;
    bool special_ = false;
};

/// The kind of a pax record by its key.
FieldKind kind_of_record(std::string_view key) {
    if (key == "mtime" || key == "atime" || key == "ctime" || key == "LIBARCHIVE.creationtime") return time;
    if (key == "uid" || key == "gid" || key == "uname" || key == "gname") return owner;
    return key == "size" ? structure : plain;
}

void add_records(ByteView bytes, std::uint64_t offset, std::uint64_t size, std::string_view label, bool special,
                 Fields& fields) {
    FieldList list(fields, offset);
    std::string_view body = as_text(bytes.subspan(offset, size));
    std::size_t length = 0;
    while (const auto record = next_record(body, length)) {
        std::string key = fmt::format("{}: record {}", label, printable_short(record->key));
        FieldKind kind = kind_of_record(record->key);
        if (kind == owner && special) kind = plain;
        if (kind == time) {
            const auto value = parse_pax_time(record->value);
            list.time(length, std::move(key),
                      value && value->seconds >= 0 ? std::optional(value->seconds) : std::nullopt);
        } else {
            list.number(length, std::move(key), kind, kind == structure ? digits(record->value, 10) : std::nullopt)
                .value = record->value;
        }
        body.remove_prefix(length);
    }
    list.add(offset + size - list.offset(), fmt::format("{}: what is no record", label));
    const Span padding{offset + size, rounded(size) - size};
    list.add(padding.size, fmt::format("{}: padding", label), all_zero(cut(bytes, padding)) ? structure : plain);
}

} // namespace

std::optional<TarExtent> find_tar_extent(ByteView bytes, std::uint64_t start) {
    TarExtent extent;
    extent.own = start;
    std::optional<std::uint64_t> pax_size;
    for (;;) {
        if (!fits(bytes, extent.own, block)) return {};
        const auto size = size_field(bytes, extent.own);
        const char type = static_cast<char>(bytes[extent.own + type_offset]);
        if (!is_extension(type)) break;
        if (!size || !fits(bytes, extent.own + block, rounded(*size))) return {};
        if (type == 'x') take_pax_size(as_text(bytes.subspan(extent.own + block, *size)), pax_size);
        extent.own += block + rounded(*size);
    }
    const auto sparse = sparse_blocks(bytes, extent.own);
    if (!sparse) return {};
    extent.data.offset = extent.own + block + *sparse;
    const char type = static_cast<char>(bytes[extent.own + type_offset]);
    if (!is_header_only(type)) {
        const auto size = pax_size ? pax_size : size_field(bytes, extent.own);
        if (!size) return {};
        extent.data.size = *size;
    }
    if (!fits(bytes, extent.data.offset, extent.data.size)) return {};
    // The very last padding may be missing.
    extent.end = std::min<std::uint64_t>(extent.data.offset + rounded(extent.data.size), bytes.size());
    return extent;
}

void add_tar_fields(ByteView bytes, const Span& header, Fields& fields) {
    // Whether an owner matters is said by the member's own block, which comes last.
    const auto own_of = [&] {
        std::uint64_t offset = header.offset;
        while (is_extension(static_cast<char>(bytes[offset + type_offset]))) {
            offset += block + rounded(*size_field(bytes, offset));
        }
        return offset;
    };
    const std::uint64_t own = own_of();
    const auto mode = parse_tar_number(bytes.subspan(own + 100, 8));
    const bool special = !mode || (mode->value & special_bits) != 0;
    for (std::uint64_t offset = header.offset; offset != own;) {
        const std::string label(1, static_cast<char>(bytes[offset + type_offset]));
        const std::uint64_t size = *size_field(bytes, offset);
        BlockFields(bytes, fields, offset, label).add();
        add_records(bytes, offset + block, label == "x" || label == "g" ? size : 0, label, special, fields);
        if (label == "L" || label == "K") {
            FieldList(fields, offset + block).add(rounded(size), fmt::format("{}: long name", label));
        }
        offset += block + rounded(size);
    }
    BlockFields(bytes, fields, own, {}).add();
    FieldList(fields, own + block).add(header.end() - own - block, "sparse map");
}

} // namespace touchstone::archives
