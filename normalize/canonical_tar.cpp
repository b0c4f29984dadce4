// The format, byte for byte. Offsets are those of POSIX ustar (IEEE 1003.1, pax, "ustar Interchange Format").
#include "normalize/canonical_tar.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/tar_hash.h"
#include "image/tar_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace touchstone {

namespace {

constexpr std::size_t block = 512;

/// A field of the header block.
struct Field {
    std::size_t offset;
    std::size_t width;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field uid_field{108, 8};
constexpr Field gid_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field mtime_field{136, 12};
constexpr Field checksum_field{148, 8};
constexpr Field checksum_digits{148, 7}; // with the NUL; a blank ends the field
constexpr std::size_t type_offset = 156;
constexpr Field link_field{157, 100};
constexpr Field magic_field{257, 8};
constexpr Field major_field{329, 8};
constexpr Field minor_field{337, 8};

/// One header block. Numbers are written digit by digit: a layer of small files is mostly headers.
class Header {
public:
    explicit Header(char type) {
        bytes_[type_offset] = type;
        put(magic_field, std::string_view("ustar\0"
                                          "00",
                                          8));
    }

    /// The first bytes of `text` that fit (W4: deterministic truncation).
    void put(Field field, std::string_view text) {
        std::copy_n(text.begin(), std::min(field.width, text.size()),
                    bytes_.begin() + static_cast<std::ptrdiff_t>(field.offset));
    }

    /// Zero-padded octal and a NUL, or base-256 where that is too small (W5).
    void put_number(Field field, std::uint64_t value) {
        if (!fits_octal(field, value)) return put_binary(field, value);
        for (std::size_t i = field.width - 1; i-- > 0; value >>= 3U)
            bytes_[field.offset + i] = static_cast<char>('0' + (value & 7U));
    }

    static bool fits_octal(Field field, std::uint64_t value) {
        const std::size_t bits = 3 * (field.width - 1);
        return bits >= 64 || (value >> bits) == 0;
    }

    /// Appends the block with its checksum: six octal digits, NUL, blank (W19). Mixes it into `hash`.
    void finish(std::string& out, std::uint64_t& hash) {
        put(checksum_field, "        ");
        put_number(checksum_digits, sum_of_bytes());
        bytes_[checksum_digits.offset + checksum_digits.width - 1] = '\0';
        const std::string_view whole(bytes_.data(), bytes_.size());
        hash = mix_extent(hash, as_bytes(whole));
        out += whole;
    }

private:
    /// Eight bytes at a time, in four lanes of 16 bits: 64 words add up to at most 64 * 2 * 255 in each.
    std::uint64_t sum_of_bytes() const {
        constexpr std::uint64_t lanes = 0x00ff00ff00ff00ffU;
        std::uint64_t sums = 0;
        for (std::size_t at = 0; at < block; at += sizeof sums) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes_.data() + at, sizeof word);
            sums += (word & lanes) + ((word >> 8U) & lanes);
        }
        return (sums & 0xffffU) + (sums >> 16U & 0xffffU) + (sums >> 32U & 0xffffU) + (sums >> 48U);
    }

    void put_binary(Field field, std::uint64_t value) {
        for (std::size_t i = field.width; i-- > 0; value >>= 8U)
            bytes_[field.offset + i] = static_cast<char>(value & 0xffU);
        bytes_[field.offset] = static_cast<char>(0x80);
    }

    std::array<char, block> bytes_{};
};

char typeflag(EntryType type) {
    switch (type) {
    case EntryType::file:
        return '0';
    case EntryType::hardlink:
        return '1';
    case EntryType::symlink:
        return '2';
    case EntryType::char_device:
        return '3';
    case EntryType::block_device:
        return '4';
    case EntryType::directory:
        return '5';
    case EntryType::fifo:
        return '6';
    }
    return '0';
}

bool needs_record(std::string_view text, std::size_t width) {
    return text.size() > width || std::any_of(text.begin(), text.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte > 0x7e;
           });
}

/// "17 key=value\n", the length counting itself.
std::string pax_record(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3; // blank, '=', newline
    std::size_t length = rest + 1;
    while (std::to_string(length).size() + rest != length) ++length;
    return fmt::format("{} {}={}\n", length, key, value);
}

/// W4, W5, W6, W13, W14: which records are needed, sorted by key bytes.
std::string pax_body(const CanonicalMember& member, const std::string& name) {
    std::vector<NamedBytes> records;
    for (const auto& [kind, text] : member.acls) records.emplace_back("SCHILY.acl." + kind, text);
    for (const auto& [xattr, value] : member.xattrs) records.emplace_back("SCHILY.xattr." + xattr, value);
    const bool long_name = needs_record(name, name_field.width);
    const bool long_link = needs_record(member.link, link_field.width);
    if (long_name) records.emplace_back("path", name);
    if (long_link) records.emplace_back("linkpath", std::string(member.link));
    if ((long_name && !is_valid_utf8(name)) || (long_link && !is_valid_utf8(member.link)))
        records.emplace_back("hdrcharset", "BINARY");
    if (!Header::fits_octal(size_field, member.size)) records.emplace_back("size", std::to_string(member.size));
    if (!Header::fits_octal(uid_field, member.uid)) records.emplace_back("uid", std::to_string(member.uid));
    if (!Header::fits_octal(gid_field, member.gid)) records.emplace_back("gid", std::to_string(member.gid));
    std::sort(records.begin(), records.end());
    std::string body;
    for (const auto& [key, value] : records) body += pax_record(key, value);
    return body;
}

/// What several GNU headers or links said may be more than one pax header can: Go reads 1 MiB of it, and so do we.
void check_extension(const std::string& body, const CanonicalMember& member) {
    if (body.size() <= TarLimits().extension) return;
    fail(ErrorKind::over_limit,
         fmt::format("\"{}\": in canonical form its names and attributes need a pax header of {} "
                     "bytes; readers take at most {}",
                     printable_short(member.path), body.size(), TarLimits().extension));
}

void append_pax(std::string& out, std::uint64_t& hash, const std::string& body) {
    Header header('x');
    header.put(name_field, "././@PaxHeader");
    header.put_number(mode_field, 0644);
    header.put_number(uid_field, 0);
    header.put_number(gid_field, 0);
    header.put_number(size_field, body.size());
    header.put_number(mtime_field, 0);
    header.finish(out, hash);
    hash = mix_extent(hash, as_bytes(body));
    out += body;
    out.append(canonical_padding(body.size()), '\0');
}

} // namespace

std::uint64_t canonical_padding(std::uint64_t size) {
    return (block - size % block) % block;
}

std::string canonical_name(const CanonicalMember& member) {
    if (member.path.empty()) return "./";
    std::string name(member.path);
    if (member.type == EntryType::directory) name += '/';
    return name;
}

std::uint64_t append_canonical_header(std::string& out, const CanonicalMember& member) {
    std::uint64_t hash = 0;
    const std::string name = canonical_name(member);
    if (const std::string body = pax_body(member, name); !body.empty()) {
        check_extension(body, member);
        append_pax(out, hash, body);
    }
    Header header(typeflag(member.type));
    header.put(name_field, name);
    header.put_number(mode_field, member.mode);
    header.put_number(uid_field, member.uid);
    header.put_number(gid_field, member.gid);
    header.put_number(size_field, member.size);
    header.put_number(mtime_field, static_cast<std::uint64_t>(member.mtime));
    header.put(link_field, member.link);
    if (member.type == EntryType::char_device || member.type == EntryType::block_device) {
        header.put_number(major_field, member.dev_major);
        header.put_number(minor_field, member.dev_minor);
    }
    header.finish(out, hash);
    return hash;
}

} // namespace touchstone
