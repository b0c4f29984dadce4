// Layouts: POSIX.1-1988 ustar, GNU tar manual "Basic Tar Format", star(4); semantics: Go archive/tar reader.go and
// strconv.go, as measured by tests/image/differential. Fields that nothing reads are not looked at.
#include "image/tar_header.h"

#include "base/printable.h"
#include "image/tar_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace touchstone {

namespace {

struct Field {
    std::size_t offset;
    std::size_t width;
    std::string_view name;
};

constexpr Field name_field{0, 100, "name"};
constexpr Field mode_field{100, 8, "mode"};
constexpr Field uid_field{108, 8, "uid"};
constexpr Field gid_field{116, 8, "gid"};
constexpr Field size_field{124, 12, "size"};
constexpr Field mtime_field{136, 12, "mtime"};
constexpr Field checksum_field{148, 8, "checksum"};
constexpr std::size_t type_offset = 156;
constexpr Field link_field{157, 100, "link name"};
constexpr Field magic_field{257, 8, "magic"};
constexpr Field uname_field{265, 32, "uname"};
constexpr Field gname_field{297, 32, "gname"};
constexpr Field major_field{329, 8, "devmajor"};
constexpr Field minor_field{337, 8, "devminor"};
constexpr Field prefix_field{345, 155, "prefix"};
constexpr Field star_prefix_field{345, 131, "prefix"};
constexpr Field star_atime_field{476, 12, "atime"};
constexpr Field star_ctime_field{488, 12, "ctime"};
constexpr Field star_trailer_field{508, 4, "trailer"};
constexpr Field gnu_atime_field{345, 12, "atime"};
constexpr Field gnu_ctime_field{357, 12, "ctime"};
constexpr Field gnu_sparse_area{386, 126, "sparse area"}; // four regions, isextended, realsize, the rest of the block

ByteView bytes_of(ByteView block, const Field& field) {
    return block.subspan(field.offset, field.width);
}
std::string_view raw_text(ByteView block, const Field& field) {
    return as_text(bytes_of(block, field));
}

std::string_view text_of(ByteView block, const Field& field) {
    if (block[field.offset] == 0) return raw_text(block, field).substr(0, 0);
    const std::string_view raw = raw_text(block, field);
    return raw.substr(0, raw.find('\0'));
}

bool is_blank(std::uint8_t byte) {
    return byte == ' ' || byte == 0;
}

/// Eight octal digits at once, the first in the lowest byte; -1 when one is no digit. Each step joins neighbours: pairs
/// of digits, then of pairs, then of quadruples.
std::int64_t eight_octal_digits(std::uint64_t text) {
    constexpr std::uint64_t zeros = 0x3030303030303030U;
    std::uint64_t digits = text ^ zeros;
    if ((digits & ~std::uint64_t{0x0707070707070707U}) != 0) return -1;
    digits = (digits << 3U | digits >> 8U) & 0x003f003f003f003fU;
    digits = (digits << 6U | digits >> 16U) & 0x00000fff00000fffU;
    return static_cast<std::int64_t>((digits << 12U | digits >> 32U) & 0xffffffU);
}

/// The bytes of a Word, the first in its lowest byte.
template <class Word>
std::uint64_t load(const std::uint8_t* bytes) {
    Word word = 0;
    std::memcpy(&word, bytes, sizeof word);
    if constexpr (std::endian::native == std::endian::big)
        return sizeof word == 8 ? __builtin_bswap64(word) : __builtin_bswap32(static_cast<std::uint32_t>(word));
    return word;
}

/// What nearly all writers write: a field of 8 or 12 bytes, octal digits up to the last byte, which is a NUL or a
/// blank. -1 for everything else. The last byte gives way to a '0' in front.
std::int64_t read_plain_octal(ByteView field) {
    if (!is_blank(field.back())) return -1;
    if (field.size() == 8) {
        const std::uint64_t text = load<std::uint64_t>(field.data());
        constexpr std::uint64_t two_zeros = 0x3030U;
        // Checksums end in two of them.
        return eight_octal_digits(is_blank(field[6]) ? text << 16U | two_zeros : text << 8U | '0');
    }
    if (field.size() != 12) return -1;
    constexpr std::uint64_t four_zeros = 0x30303030U;
    const std::int64_t high = eight_octal_digits(load<std::uint32_t>(field.data()) << 32U | four_zeros);
    const std::int64_t low = eight_octal_digits(load<std::uint64_t>(field.data() + 4) << 8U | '0');
    return (high | low) < 0 ? -1 : high << 21U | low;
}

struct Parser {
    ByteView block;
    TarPlace place;
    std::vector<TarNote>& notes;

    void note(OddityCode code, std::string detail) const { notes.push_back({code, std::move(detail)}); }
    void check_number(const Field& field, const TarNumber& number) const;
    std::int64_t number(const Field& field) const;
    std::string_view text(const Field& field) const;
    void check_sum() const;
    Dialect dialect() const;
    bool others_read_tail() const;
    void read_gnu_times(TarHeader& header) const;
    void read_ustar_fields(TarHeader& header) const;
};

// The highest value that `width` - 1 octal digits hold: what a writer can do without base-256.
std::int64_t largest_octal(std::size_t width) {
    return (std::int64_t{1} << (std::size_t{3} * (width - 1))) - 1;
}

void Parser::check_number(const Field& field, const TarNumber& number) const {
    if (number.after_nul) note(OddityCode::number_padded_with_nul, std::string(field.name));
    const bool is_device = field.offset == major_field.offset || field.offset == minor_field.offset;
    if (number.odd && !is_device) note(OddityCode::number_field_odd, std::string(field.name));
    if (!number.base256) return;
    const std::uint8_t first = block[field.offset];
    const bool is_time = field.name.ends_with("time"); // GNU tar writes times before 1970 as negative numbers
    if ((first != 0x80 && first != 0xff) || (number.value < 0 && !is_time)) {
        note(OddityCode::number_base256_odd,
             fmt::format("{}: first byte 0x{:02x}, read as {}", field.name, first, number.value));
    } else if (number.value >= 0 && number.value <= largest_octal(field.width)) {
        note(OddityCode::number_in_base256, fmt::format("{} = {}", field.name, number.value));
    }
}

std::int64_t Parser::number(const Field& field) const {
    if (const std::int64_t plain = read_plain_octal(bytes_of(block, field)); plain >= 0) return plain;
    const std::optional<TarNumber> number = parse_tar_number(bytes_of(block, field));
    if (!number) {
        fail_at(place, ErrorKind::malformed,
                fmt::format("{} field: expected octal digits or a base-256 number of 63 bits, found \"{}\"", field.name,
                            printable(raw_text(block, field))));
    }
    if (number->after_nul || number->base256 || number->odd) check_number(field, *number);
    return number->value;
}

// Every reader cuts at the NUL; what stands behind it can only smuggle.
std::string_view Parser::text(const Field& field) const {
    const std::string_view text = text_of(block, field);
    if (!all_zero(bytes_of(block, field).subspan(text.size()))) {
        note(OddityCode::bytes_after_nul, fmt::format("{} field", field.name));
    }
    return text;
}

// The sum of all bytes in 16-bit lanes: 64 words of 8 bytes keep every lane below 2^16.
std::int64_t unsigned_sum(ByteView block) {
    constexpr std::uint64_t even_bytes = 0x00ff00ff00ff00ffU;
    std::uint64_t lanes = 0;
    for (std::size_t at = 0; at < tar_block; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, block.data() + at, sizeof word);
        lanes += (word & even_bytes) + ((word >> 8U) & even_bytes);
    }
    return static_cast<std::int64_t>((lanes & 0xffffU) + ((lanes >> 16U) & 0xffffU) + ((lanes >> 32U) & 0xffffU) +
                                     (lanes >> 48U));
}

void Parser::check_sum() const {
    const ByteView field = bytes_of(block, checksum_field);
    const std::optional<TarNumber> stored = parse_tar_number(field);
    std::int64_t expected = unsigned_sum(block) + std::int64_t{8} * ' ';
    for (const std::uint8_t byte : field) expected -= byte;
    const bool octal = stored && !stored->base256; // Go: the checksum alone may not be base-256
    if (octal && stored->value == expected) {
        if (stored->after_nul) note(OddityCode::number_padded_with_nul, "checksum");
        return;
    }
    // Old Sun tars summed signed bytes: each byte of 0x80 and above counts 256 less.
    std::int64_t signed_sum = expected;
    for (std::size_t at = 0; at < tar_block; ++at) {
        const bool in_field = at >= checksum_field.offset && at < checksum_field.offset + checksum_field.width;
        if (!in_field && block[at] >= 0x80) signed_sum -= 256;
    }
    if (octal && stored->value == signed_sum) {
        note(OddityCode::signed_checksum, {});
        return;
    }
    fail_at(place, ErrorKind::malformed,
            fmt::format("header checksum: expected {:06o}, found \"{}\"", expected, printable(as_text(field))));
}

Dialect Parser::dialect() const {
    const std::string_view magic = raw_text(block, magic_field);
    if (magic.starts_with(std::string_view("ustar\0", 6))) {
        if (magic.substr(6) != "00") {
            note(OddityCode::ustar_version_odd, fmt::format("version \"{}\"", printable(magic.substr(6))));
        }
        if (raw_text(block, star_trailer_field) == std::string_view("tar\0", 4)) {
            note(OddityCode::star_header, {});
            return Dialect::star;
        }
        return Dialect::ustar;
    }
    if (magic == std::string_view("ustar  \0", 8)) return Dialect::gnu;
    // Go falls back to v7, without prefix and owner names; libarchive compares five bytes only and reads ustar.
    if (magic.starts_with("ustar")) {
        note(OddityCode::ustar_version_odd, fmt::format("magic \"{}\", read as v7", printable(magic)));
    }
    return Dialect::v7;
}

// A v7 header has neither prefix nor device numbers (GNU tar writes owner names into it all the same, which is
// harmless).
bool Parser::others_read_tail() const {
    return !all_zero(bytes_of(block, prefix_field)) || !parse_tar_number(bytes_of(block, major_field)) ||
           !parse_tar_number(bytes_of(block, minor_field));
}

// Go before 1.8 wrote a prefix into GNU headers, so a reader has to guess: when the times there do not parse, an ASCII
// text is a prefix after all (golang.org/issue/12594). Other readers never join it.
void Parser::read_gnu_times(TarHeader& header) const {
    bool valid = true;
    const auto read = [&](const Field& field, std::optional<std::int64_t>& time) {
        if (block[field.offset] == 0) return;
        const std::optional<TarNumber> number = parse_tar_number(bytes_of(block, field));
        valid = valid && number;
        if (number) time = number->value;
    };
    read(gnu_atime_field, header.atime);
    read(gnu_ctime_field, header.ctime);
    if (valid) {
        if (header.atime) note(OddityCode::prefix_in_gnu_header, "valid times");
        if (header.type != 'S' && !all_zero(bytes_of(block, gnu_sparse_area))) {
            note(OddityCode::gnu_sparse_area_used, {});
        }
        return;
    }
    header.atime.reset();
    header.ctime.reset();
    const std::string_view prefix = text_of(block, prefix_field);
    const bool ascii =
        std::none_of(prefix.begin(), prefix.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (ascii) header.prefix = prefix;
    note(OddityCode::prefix_in_gnu_header, ascii ? "joined" : "not ASCII: ignored");
}

void Parser::read_ustar_fields(TarHeader& header) const {
    header.uname = text_of(block, uname_field);
    header.gname = text_of(block, gname_field);
    header.dev_major = number(major_field);
    header.dev_minor = number(minor_field);
    if (header.dialect == Dialect::ustar) {
        header.prefix = text(prefix_field);
    } else if (header.dialect == Dialect::star) {
        header.prefix = text(star_prefix_field);
        header.atime = number(star_atime_field);
        header.ctime = number(star_ctime_field);
    } else {
        read_gnu_times(header);
    }
}

std::optional<TarNumber> parse_base256(ByteView field) {
    // Two's complement, big-endian, without the flag bit; bit 6 is the sign. A negative number is the inverse of its
    // inverted bits, so one loop does for both.
    const std::uint8_t inverse = (field[0] & 0x40U) != 0 ? 0xff : 0;
    std::uint64_t value = 0;
    for (std::size_t at = 0; at < field.size(); ++at) {
        std::uint64_t byte = static_cast<std::uint8_t>(field[at] ^ inverse);
        if (at == 0) byte &= 0x7fU;
        if (value >> 56U != 0) return std::nullopt;
        value = value << 8U | byte;
    }
    if (value >> 63U != 0) return std::nullopt;
    return TarNumber{static_cast<std::int64_t>(inverse != 0 ? ~value : value), true};
}

} // namespace

std::optional<TarNumber> parse_tar_number(ByteView field) {
    if ((field[0] & 0x80U) != 0) return parse_base256(field);
    if (const std::int64_t plain = read_plain_octal(field); plain >= 0) return TarNumber{plain};
    TarNumber number;
    std::size_t at = 0;
    std::size_t end = field.size();
    while (end > 0 && is_blank(field[end - 1])) --end;
    for (; at < end && is_blank(field[at]); ++at) number.after_nul = number.after_nul || field[at] == 0;
    if (at == end) { // nothing but padding: 0, though GNU tar wants at least one NUL or digit
        number = TarNumber{};
        number.odd = field[0] == ' ';
        return number;
    }
    for (; at < end && field[at] != 0; ++at) {
        if (field[at] < '0' || field[at] > '7') return std::nullopt;
        number.value = number.value * 8 + (field[at] - '0'); // twelve digits at most: 36 bits
    }
    number.odd = at != end;
    return number;
}

TarHeader parse_tar_header(ByteView block, std::uint64_t offset, std::vector<TarNote>& notes) {
    const Parser parser{block, {offset, text_of(block, name_field)}, notes};
    parser.check_sum();
    TarHeader header;
    header.dialect = parser.dialect();
    header.type = static_cast<char>(block[type_offset]);
    header.name = parser.text(name_field);
    header.link = parser.text(link_field);
    header.size = parser.number(size_field);
    header.mode = parser.number(mode_field);
    header.uid = parser.number(uid_field);
    header.gid = parser.number(gid_field);
    header.mtime = parser.number(mtime_field);
    if (header.dialect != Dialect::v7) {
        parser.read_ustar_fields(header);
    } else if (parser.others_read_tail()) {
        notes.push_back({OddityCode::v7_tail_not_zero, {}});
    }
    return header;
}

void fail_at(const TarPlace& place, ErrorKind kind, std::string_view message) {
    fail(kind, fmt::format("tar member \"{}\" at offset {}: {}", printable_short(place.name), place.offset, message));
}

} // namespace touchstone
