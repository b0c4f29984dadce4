// Numeric fields and the checksum: octal with its paddings, base-256, and what only looks like a number.
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

#include <fmt/format.h>

namespace touchstone::test {

namespace {

using enum OddityCode;

constexpr std::size_t mode_at = 100;
constexpr std::size_t uid_at = 108;
constexpr std::size_t size_at = 124;
constexpr std::size_t mtime_at = 136;
constexpr std::size_t checksum_at = 148;
constexpr std::size_t major_at = 329;
constexpr std::size_t minor_at = 337;

// `text` filled up with NULs.
std::string field(std::string text, std::size_t width) {
    text.resize(width, '\0');
    return text;
}

std::string base256(std::int64_t value, std::size_t width, unsigned char first) {
    std::string bytes(width, value < 0 ? '\xff' : '\0');
    for (std::size_t at = width; at-- > width - std::min<std::size_t>(8, width - 1);) {
        bytes[at] = static_cast<char>(static_cast<unsigned char>(value & 0xff));
        value >>= 8;
    }
    bytes[0] = static_cast<char>(first);
    return bytes;
}

// One file `a` of four bytes, with a field overwritten, then `z`.
std::string patched(std::size_t offset, std::string bytes) {
    return TarBuilder()
        .add({.name = "a", .body = "four", .patches = {{offset, std::move(bytes)}}})
        .file("z", "")
        .finish();
}

std::string device(std::size_t offset, std::string bytes, char type = '3') {
    return TarBuilder()
        .add({.name = "a", .type = type, .dev_major = 1, .dev_minor = 3, .patches = {{offset, std::move(bytes)}}})
        .finish();
}

// The file with another text in its checksum field.
std::string with_checksum(const Member& member, std::string_view pattern, int difference = 0) {
    std::string header = header_block(member);
    const unsigned sum = static_cast<unsigned>(std::stoul(header.substr(checksum_at, 6), nullptr, 8));
    const std::string digits = fmt::format("{:o}", static_cast<int>(sum) + difference);
    std::string text(pattern);
    text.replace(text.find('#'), 1, digits);
    text.resize(8, '\0');
    header.replace(checksum_at, 8, text);
    return TarBuilder().raw(header).finish();
}

const std::string nul(1, '\0');

} // namespace

std::vector<TarCase> number_cases() {
    const std::string all = "a:file:4 z:file:0";
    return {
        good("octal_with_blanks", patched(size_at, field("     4 ", 12)), {}, all),
        good("octal_without_terminator", patched(size_at, "000000000004"), {}, all),
        good("octal_nul_then_garbage", patched(size_at, field("4" + nul + "x", 12)), {number_field_odd}, all),
        good("mode_eight_digits", patched(mode_at, "00000644"), {}, all),
        good("mode_with_file_type_bits", patched(mode_at, field("0100644", 8)), {}, all),
        good("mode_all_nul", patched(mode_at, field("", 8)), {}, all),
        good("size_all_blank", TarBuilder().add({.name = "a", .patches = {{size_at, std::string(12, ' ')}}}).finish(),
             {number_field_odd}, "a:file:0"),
        good("major_all_blank", device(major_at, std::string(8, ' '), '0'), {}, "a:file:0"),
        good("size_nul_led", patched(size_at, field(nul + "4", 12)), {number_padded_with_nul}, all),
        good("size_blank_nul_led", patched(size_at, field(" " + nul + "4", 12)), {number_padded_with_nul}, all),
        good("mode_nul_led", patched(mode_at, field(nul + "4755", 8)), {number_padded_with_nul}, all),
        good("uid_nul_led", patched(uid_at, field(nul + "1750", 8)), {number_padded_with_nul}, all),
        good("major_nul_led", device(major_at, field(nul + "5", 8)), {number_padded_with_nul}, "a:char"),
        bad("size_digit_eight", patched(size_at, field("00000000018", 12))),
        bad("size_minus", patched(size_at, field("-4", 12))),
        bad("size_plus", patched(size_at, field("+4", 12))),
        bad("size_hexadecimal", patched(size_at, field("0x4", 12))),
        bad("size_underscore", patched(size_at, field("0_4", 12))),
        bad("size_tab_led", patched(size_at, field("\t4", 12))),
        bad("size_letter_after_blank", patched(size_at, field("4 x", 12))),
        bad("size_blank_nul_garbage", patched(size_at, field("4 " + nul + "x", 12))),
        bad("size_base64", patched(size_at, field("+AAAAAAAAAAE", 12))),
        bad("uid_letters", patched(uid_at, "abcdefgh")),
        bad("mtime_letters", patched(mtime_at, field("never", 12))),
        good("size_base256", patched(size_at, base256(4, 12, 0x80)), {number_in_base256}, all),
        good("mode_base256", patched(mode_at, base256(0755, 8, 0x80)), {number_in_base256}, all),
        bad("size_base256_negative", patched(size_at, base256(-4, 12, 0xff))),
        bad("size_base256_overflow", patched(size_at, "\x80" + std::string(11, '\xff'))),
        bad("size_base256_first_byte_81", patched(size_at, base256(4, 12, 0x81))),
        good("dir_size_base256_negative",
             TarBuilder().add({.name = "d", .type = '5', .patches = {{size_at, base256(-4, 12, 0xff)}}}).finish(),
             {number_base256_odd, size_on_header_only}, "d:dir"),
        good("uid_base256_large", patched(uid_at, base256(4294967294, 8, 0x80)), {}, all),
        good("uid_base256_minus_one", patched(uid_at, std::string(8, '\xff')), {number_base256_odd, id_out_of_range},
             all),
        good("uid_base256_2_to_32", patched(uid_at, base256(std::int64_t{1} << 32, 8, 0x80)), {id_out_of_range}, all),
        good("uid_base256_2_to_32_less_1", patched(uid_at, base256(4294967295, 8, 0x80)), {id_out_of_range}, all),
        good("uid_base256_first_byte_81", patched(uid_at, base256(5, 8, 0x81)), {number_base256_odd, id_out_of_range},
             all),
        good("uid_base256_first_byte_c0", patched(uid_at, base256(5, 8, 0xc0)), {number_base256_odd, id_out_of_range},
             all),
        good("mtime_base256_before_1970", patched(mtime_at, base256(-10, 12, 0xff)), {time_out_of_range}, all),
        good("mtime_base256_far", patched(mtime_at, base256(9223372037, 12, 0x80)), {time_out_of_range}, all),
        good("mtime_base256_latest", patched(mtime_at, base256(9223372036, 12, 0x80)), {}, all),
        good("minor_beyond_32_bits", device(minor_at, base256(std::int64_t{1} << 33, 8, 0x80)), {device_out_of_range},
             "a:char"),
        bad("major_letters_in_ustar", device(major_at, "xxxxxxxx", '0')),
        good("major_letters_in_v7",
             TarBuilder().add({.name = "a", .magic = v7_magic, .patches = {{major_at, "xxxxxxxx"}}}).finish(),
             {v7_tail_not_zero}, "a:file:0"),
        bad("checksum_off_by_one", with_checksum({.name = "a"}, "#", 1)),
        bad("checksum_missing", TarBuilder().add({.name = "a", .fix_checksum = false}).finish()),
        bad("checksum_base256", with_checksum({.name = "a"}, "\x80#")),
        good("checksum_blanks_before", with_checksum({.name = "a"}, "  #"), {}, "a:file:0"),
        good("checksum_nul_led", with_checksum({.name = "a"}, nul + "#"), {number_padded_with_nul}, "a:file:0"),
        // 0xe4 counts 228 unsigned, -28 signed.
        good("checksum_signed", with_checksum({.name = "\xe4"}, "#", -256), {signed_checksum, name_not_utf8}),
    };
}

} // namespace touchstone::test
