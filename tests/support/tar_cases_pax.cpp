// pax records: framing, fields, numbers, times, attributes.
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

namespace touchstone::test {

namespace {

using enum OddityCode;
using Records = std::vector<std::pair<std::string, std::string>>;

// File `a` of four bytes with these records before it, then `z`.
std::string with(Records records) {
    return TarBuilder().add({.name = "a", .body = "four", .pax = std::move(records)}).file("z", "").finish();
}

std::string raw(std::string body) {
    return TarBuilder().raw_pax(std::move(body)).file("a", "four").file("z", "").finish();
}

// A file whose body of 1024 bytes is two headers: readers that lose their place show `evil`.
std::string smuggler(std::int64_t header_size, const std::string& pax_size) {
    const std::string body = header_block({.name = "evil"}) + header_block({.name = "evil2"});
    return TarBuilder()
        .add({.name = "a", .body = body, .pax = {{"size", pax_size}}, .size = header_size})
        .file("z", "")
        .finish();
}

std::string symlink_with(Records records) {
    return TarBuilder().add({.name = "l", .type = '2', .link = "old", .pax = std::move(records)}).finish();
}

const std::string pax_nul(1, '\0');
const std::string all = "a:file:4 z:file:0";

std::vector<TarCase> field_cases() {
    return {
        good("pax_size_over_zero", smuggler(0, "1024"), {}, "a:file:1024 z:file:0"),
        good("pax_size_zero_over_field", smuggler(1024, "0"), {pax_size_differs}),
        good("pax_size_equal", with({{"size", "4"}}), {}, all),
        good("pax_size_plus", with({{"size", "+4"}}), {pax_number_odd}, all),
        good("pax_size_leading_zeros", with({{"size", "0004"}}), {pax_number_odd}, all),
        good("pax_size_empty", with({{"size", ""}}), {extension_value_empty}, all),
        bad("pax_size_blank_led", with({{"size", " 4"}})),
        bad("pax_size_letter", with({{"size", "4x"}})),
        bad("pax_size_underscore", with({{"size", "1_0"}})),
        bad("pax_size_hexadecimal", with({{"size", "0x4"}})),
        bad("pax_size_negative", with({{"size", "-4"}})),
        bad("pax_size_two_signs", with({{"size", "+-4"}})),
        bad("pax_size_beyond_63_bits", with({{"size", "9223372036854775808"}})),
        bad("pax_size_larger_than_archive", with({{"size", "9223372036854775807"}})),
        good("pax_path", with({{"path", "other/name"}}), {implied_parent}, "other/name:file:4 z:file:0"),
        good("pax_path_empty", with({{"path", ""}}), {extension_value_empty}, all),
        bad("pax_path_nul", with({{"path", "a" + pax_nul + "b"}})),
        good("pax_path_on_directory_without_slash",
             TarBuilder().add({.name = "d/", .type = '5', .pax = {{"path", "e"}}}).finish(), {}, "e:dir"),
        good("pax_path_makes_old_directory",
             TarBuilder().add({.name = "x", .type = '\0', .magic = v7_magic, .pax = {{"path", "d/"}}}).finish(),
             {file_name_ends_in_slash}, "d:dir"),
        good("pax_linkpath", symlink_with({{"linkpath", "new"}}), {}, "l:symlink"),
        good("pax_linkpath_empty", symlink_with({{"linkpath", ""}}), {extension_value_empty}, "l:symlink"),
        bad("pax_linkpath_nul", symlink_with({{"linkpath", "a" + pax_nul}})),
        bad("pax_uname_nul", with({{"uname", "r" + pax_nul}})),
        good("pax_uname_empty", with({{"uname", ""}}), {}, all),
        good("pax_uid", with({{"uid", "1000"}, {"gid", "4294967294"}}), {}, all),
        good("pax_uid_minus_one", with({{"uid", "-1"}}), {id_out_of_range}, all),
        good("pax_gid_2_to_32", with({{"gid", "4294967296"}}), {id_out_of_range}, all),
        good("pax_uid_empty", with({{"uid", ""}}), {extension_value_empty}, all),
        bad("pax_uid_letters", with({{"uid", "root"}})),
        good("pax_key_twice", raw(pax_record("comment", "1") + pax_record("comment", "2")), {pax_key_twice}, all),
        good("pax_path_twice_equal", raw(pax_record("path", "a") + pax_record("path", "a")), {pax_key_twice}, all),
        good("pax_path_twice", raw(pax_record("path", "b") + pax_record("path", "c")), {pax_field_twice},
             "c:file:4 z:file:0"),
        good("pax_size_twice", raw(pax_record("size", "1024") + pax_record("size", "4")), {pax_field_twice}, all),
        good("pax_path_then_empty", raw(pax_record("path", "b") + pax_record("path", "")),
             {pax_field_twice, extension_value_empty}, all),
        good("pax_unknown_keys", with({{"VENDOR.key", "v"}, {"comment", "hello"}, {"PATH", "b"}}), {}, all),
        good("pax_comment_nul", with({{"comment", "a" + pax_nul + "b"}}), {}, all),
        good("pax_hdrcharset", with({{"hdrcharset", "BINARY"}, {"path", "\xff"}}), {name_not_utf8}),
    };
}

std::vector<TarCase> framing_cases() {
    return {
        good("pax_body_empty", raw(""), {}, all),
        good("pax_length_plus", raw("+13 path=b/c\n"), {pax_number_odd, implied_parent}),
        good("pax_length_leading_zeros", raw("013 path=b/c\n"), {pax_number_odd, implied_parent}),
        bad("pax_length_too_long", raw("13 path=b/c\n")),
        bad("pax_length_too_short", raw("11 path=b/c\n")),
        bad("pax_length_negative", raw("-12 path=b/c\n")),
        bad("pax_length_missing", raw(" path=b/c\n")),
        bad("pax_length_only", raw("5 \n\n\n")),
        bad("pax_length_below_five", raw("4 =\n")),
        bad("pax_no_blank", raw("12path=b/cd\n")),
        bad("pax_two_blanks", raw("13  path=b/c\nx")),
        bad("pax_no_equals", raw("12 path b/c\n")),
        bad("pax_no_newline", raw("12 path=b/cd")),
        bad("pax_empty_key", raw("6 =ab\n")),
        bad("pax_key_nul", raw(pax_record("a" + pax_nul + "b", "c"))),
        bad("pax_trailing_nuls", raw(pax_record("path", "b") + std::string(10, '\0'))),
        bad("pax_trailing_newline", raw(pax_record("path", "b") + "\n")),
        bad("pax_huge_length", raw("99999999999999999999 path=b\n")),
    };
}

std::vector<TarCase> time_cases() {
    return {
        good("pax_mtime_fraction", with({{"mtime", "1.5"}}), {}, all),
        good("pax_mtime_ten_digits", with({{"mtime", "1.1234567899"}}), {}, all),
        good("pax_mtime_dot_only", with({{"mtime", "1."}}), {}, all),
        good("pax_mtime_negative_fraction", with({{"mtime", "-1.5"}}), {time_out_of_range}, all),
        good("pax_mtime_minus_zero_fraction", with({{"mtime", "-0.5"}}), {time_out_of_range}, all),
        good("pax_mtime_plus", with({{"mtime", "+1"}}), {pax_number_odd}, all),
        good("pax_mtime_empty", with({{"mtime", ""}}), {extension_value_empty}, all),
        good("pax_mtime_far", with({{"mtime", "9223372037"}}), {time_out_of_range}, all),
        good("pax_mtime_least", with({{"mtime", "-9223372036854775808.5"}}), {time_out_of_range}),
        good("pax_atime_ctime", with({{"atime", "2.25"}, {"ctime", "3"}}), {}, all),
        bad("pax_mtime_no_seconds", with({{"mtime", ".5"}})),
        bad("pax_mtime_letters", with({{"mtime", "now"}})),
        bad("pax_mtime_fraction_letters", with({{"mtime", "1.5x"}})),
        bad("pax_mtime_two_dots", with({{"mtime", "1.5.5"}})),
        bad("pax_mtime_exponent", with({{"mtime", "1e3"}})),
        bad("pax_mtime_minus_in_fraction", with({{"mtime", "1.-5"}})),
        bad("pax_atime_letters", with({{"atime", "x"}})),
    };
}

std::vector<TarCase> attribute_cases() {
    const std::string capability("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    const std::string x = "SCHILY.xattr.";
    return {
        good("xattr_plain", with({{x + "user.mime", "text/plain"}}), {}, all),
        good("xattr_capability", with({{x + "security.capability", capability}}), {}, all),
        good("xattr_empty_value", with({{x + "user.empty", ""}}), {xattr_empty}, all),
        good("xattr_equals_in_name", with({{x + "user.a=b", "c"}}), {}, all),
        good("xattr_twice", raw(pax_record(x + "user.a", "1") + pax_record(x + "user.a", "2")), {xattr_twice}, all),
        good("xattr_trusted", with({{x + "trusted.overlay.opaque", "y"}}), {xattr_host_dependent}, all),
        good("xattr_selinux", with({{x + "security.selinux", "s0"}}), {xattr_host_dependent}, all),
        good("xattr_long_name", with({{x + "user." + std::string(251, 'n'), "v"}}), {xattr_oversized}, all),
        good("xattr_longest_name", with({{x + "user." + std::string(250, 'n'), "v"}}), {}, all),
        good("xattr_long_value", with({{x + "user.v", std::string(65537, 'v')}}), {xattr_oversized}, all),
        good("xattr_longest_value", with({{x + "user.v", std::string(65536, 'v')}}), {}, all),
        good("xattr_libarchive", with({{"LIBARCHIVE.xattr.user.a", "MQ"}}), {libarchive_xattr}, all),
        good("xattr_rht_security", with({{"RHT.security.selinux", "s0"}}), {libarchive_xattr}, all),
        good("acl", with({{"SCHILY.acl.access", "user::rw-,group::r--,other::r--"}}), {acl_in_pax}, all),
        good("schily_realsize", with({{"SCHILY.realsize", "2"}}), {schily_size_records}, all),
        good("schily_devmajor", with({{"SCHILY.devmajor", "8"}}), {schily_size_records}, all),
        good("schily_dev_of_bsdtar", with({{"SCHILY.dev", "8"}, {"SCHILY.ino", "1"}, {"SCHILY.nlink", "2"}}), {}, all),
        good("sun_holesdata", with({{"SUN.holesdata", "0 4"}}), {schily_size_records}, all),
    };
}

} // namespace

std::vector<TarCase> pax_cases() {
    std::vector<TarCase> cases;
    for (auto* const table : {field_cases, framing_cases, time_cases, attribute_cases}) {
        for (TarCase& one : table()) cases.push_back(std::move(one));
    }
    return cases;
}

} // namespace touchstone::test
