// Types, sizes on types without a body, magics, prefixes, and the ends of an archive.
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

#include <fmt/format.h>

namespace touchstone::test {

namespace {

using enum OddityCode;

constexpr std::size_t prefix_at = 345;
constexpr std::size_t atime_at = 345;
constexpr std::size_t sparse_at = 386;
constexpr std::size_t trailer_at = 508;

// A member of a type without a body that promises 512 bytes; readers that skip them do not see `evil`.
std::string with_size(char type, std::string magic = std::string("ustar\0"
                                                                 "00",
                                                                 8)) {
    return TarBuilder()
        .file("a", "")
        .add({.name = "t", .type = type, .link = "a", .magic = std::move(magic), .size = 512})
        .file("evil", "")
        .finish();
}

std::string of_type(char type) {
    return TarBuilder().add({.name = "t", .type = type}).file("z", "").finish();
}

std::string with_magic(std::string_view magic, std::string prefix = {}) {
    return TarBuilder().add({.name = "a", .magic = std::string(magic), .prefix = std::move(prefix)}).finish();
}

std::string gnu(std::size_t offset, std::string bytes) {
    return TarBuilder().add({.name = "a", .magic = gnu_magic, .patches = {{offset, std::move(bytes)}}}).finish();
}

std::vector<TarCase> type_cases() {
    std::vector<TarCase> cases{
        good("hardlink_with_size", with_size('1'), {size_on_header_only}, "a:file:0 t:hardlink evil:file:0"),
        good("symlink_with_size", with_size('2'), {size_on_header_only}, "a:file:0 t:symlink evil:file:0"),
        good("device_with_size", with_size('3'), {size_on_header_only, char_device_zero},
             "a:file:0 t:char evil:file:0"),
        good("block_with_size", with_size('4'), {size_on_header_only}, "a:file:0 t:block evil:file:0"),
        good("directory_with_size", with_size('5'), {size_on_header_only}, "a:file:0 t:dir evil:file:0"),
        good("fifo_with_size", with_size('6'), {size_on_header_only}, "a:file:0 t:fifo evil:file:0"),
        good("gnu_symlink_with_size", with_size('2', gnu_magic), {size_on_header_only},
             "a:file:0 t:symlink evil:file:0"),
        good("hardlink_with_pax_size",
             TarBuilder()
                 .file("a", "")
                 .add({.name = "t", .type = '1', .link = "a", .pax = {{"size", "1024"}}})
                 .file("evil", "")
                 .finish(),
             {size_on_header_only}, "a:file:0 t:hardlink evil:file:0"),
        good("directory_with_negative_pax_size",
             TarBuilder().add({.name = "d", .type = '5', .pax = {{"size", "-1"}}}).file("z", "").finish(),
             {size_on_header_only}, "d:dir z:file:0"),
        good("file_in_slash", TarBuilder().file("fd/", "four").file("z", "").finish(), {file_name_ends_in_slash},
             "fd:file:4 z:file:0"),
        good("empty_file_in_slash", TarBuilder().file("fd/", "").finish(), {file_name_ends_in_slash}, "fd:file:0"),
        good("old_file", TarBuilder().add({.name = "f", .body = "four", .type = '\0', .magic = v7_magic}).finish(), {},
             "f:file:4"),
        good("old_directory", TarBuilder().add({.name = "d/", .type = '\0', .magic = v7_magic}).finish(), {}, "d:dir"),
        good("old_directory_with_size",
             TarBuilder().add({.name = "d/", .type = '\0', .magic = v7_magic, .size = 512}).file("evil", "").finish(),
             {size_on_header_only}, "d:dir evil:file:0"),
        good("all_types",
             TarBuilder()
                 .dir("d/")
                 .file("d/f", "x")
                 .hardlink("d/h", "d/f")
                 .symlink("d/l", "f")
                 .add({.name = "d/c", .type = '3', .dev_major = 1, .dev_minor = 3})
                 .add({.name = "d/b", .type = '4', .dev_major = 8, .dev_minor = 1})
                 .add({.name = "d/p", .type = '6'})
                 .finish(),
             {}, "d:dir d/f:file:1 d/h:hardlink d/l:symlink d/c:char d/b:block d/p:fifo"),
        bad("sparse_type_in_ustar", of_type('S')),
    };
    for (const char type : std::string("789ADEIMNVXZa ")) {
        cases.push_back(bad_for_runtimes(fmt::format("type_{:02x}", static_cast<unsigned>(type)), of_type(type),
                                         ErrorKind::unsupported));
    }
    return cases;
}

std::vector<TarCase> magic_cases() {
    const std::string star_tail = std::string(131, '\0').replace(0, 3, "pre");
    return {
        good("prefix",
             with_magic(std::string_view("ustar\0"
                                         "00",
                                         8),
                        "pre/fix"),
             {implied_parent}, "pre/fix/a:file:0"),
        good("prefix_in_slash",
             with_magic(std::string_view("ustar\0"
                                         "00",
                                         8),
                        "pre/"),
             {implied_parent}, "pre/a:file:0"),
        good("prefix_lost_to_pax_path",
             TarBuilder().add({.name = "a", .prefix = "pre", .pax = {{"path", "b"}}}).finish(), {}, "b:file:0"),
        good("prefix_in_v7", with_magic(std::string_view("\0\0\0\0\0\0\0\0", 8), "pre"), {v7_tail_not_zero},
             "a:file:0"),
        good("ustar_version_nul", with_magic(std::string_view("ustar\0\0\0", 8), "pre"),
             {ustar_version_odd, implied_parent}, "pre/a:file:0"),
        good("ustar_version_letters", with_magic(std::string_view("ustar\0zz", 8)), {ustar_version_odd}, "a:file:0"),
        good("ustar_blank_00", with_magic("ustar 00", "pre"), {ustar_version_odd, v7_tail_not_zero}, "a:file:0"),
        good("ustar_no_nul", with_magic("ustarxxx", "pre"), {ustar_version_odd, v7_tail_not_zero}, "a:file:0"),
        good("unknown_magic", with_magic("whatever"), {}, "a:file:0"),
        good("gnu_plain", with_magic(gnu_magic), {}, "a:file:0"),
        good("gnu_times", gnu(atime_at, "00000000017 00000000018"), {prefix_in_gnu_header, implied_parent}),
        good("gnu_times_octal", gnu(atime_at, "00000000017 00000000016"), {prefix_in_gnu_header}, "a:file:0"),
        good("gnu_ctime_only", gnu(atime_at + 12, "00000000017"), {}, "a:file:0"),
        good("gnu_prefix", gnu(prefix_at, "pre"), {prefix_in_gnu_header, implied_parent}, "pre/a:file:0"),
        good("gnu_prefix_not_ascii", gnu(prefix_at, "pr\xc3\xa9"), {prefix_in_gnu_header}, "a:file:0"),
        good("gnu_sparse_area_in_file", gnu(sparse_at, "00000000001"), {gnu_sparse_area_used}, "a:file:0"),
        good("gnu_extended_flag_in_symlink",
             TarBuilder()
                 .add({.name = "l", .type = '2', .link = "x", .magic = gnu_magic, .patches = {{482, "\x01"}}})
                 .file("z", "")
                 .finish(),
             {gnu_sparse_area_used}, "l:symlink z:file:0"),
        good("star",
             TarBuilder()
                 .add({.name = "a", .patches = {{prefix_at, star_tail}, {trailer_at, std::string("tar\0", 4)}}})
                 .finish(),
             {star_header, implied_parent}, "pre/a:file:0"),
        bad("star_bad_time",
            TarBuilder()
                .add({.name = "a", .patches = {{476, "xxxxxxxxxxxx"}, {trailer_at, std::string("tar\0", 4)}}})
                .finish()),
        good("name_full", TarBuilder().file(std::string(100, 'n'), "").finish(), {}, std::string(100, 'n') + ":file:0"),
        good("link_full", TarBuilder().symlink("l", std::string(100, 't')).finish(), {}, "l:symlink"),
        good("name_bytes_after_nul", TarBuilder().add({.name = std::string("a\0evil", 6)}).finish(), {bytes_after_nul},
             "a:file:0"),
        good("name_empty", TarBuilder().file("", "four").file("z", "").finish(), {root_entry_not_directory},
             ":file:4 z:file:0"),
    };
}

} // namespace

std::vector<TarCase> header_cases() {
    std::vector<TarCase> cases = type_cases();
    for (TarCase& one : magic_cases()) cases.push_back(std::move(one));
    return cases;
}

std::vector<TarCase> stream_cases() {
    const std::string zeros(512, '\0');
    const std::string a = TarBuilder().file("a", "four").finish(0);
    const std::string toc = TarBuilder().file("stargz.index.json", R"({"version":1,"entries":[]})").finish();
    const std::string file = "a:file:4";
    return {
        good("nothing", "", {empty_layer_blob}),
        good("two_zero_blocks", zeros + zeros),
        good("one_zero_block", zeros, {short_end_marker}),
        good("twenty_zero_blocks", TarBuilder().file("a", "four").finish(20), {}, file),
        good("no_end_marker", a, {no_end_marker}, file),
        good("short_end_marker", a + zeros, {short_end_marker}, file),
        good("zeros_not_whole_blocks", a + zeros + zeros + std::string(3, '\0'), {}, file),
        bad("zero_block_then_member", a + zeros + TarBuilder().file("z", "").finish()),
        bad("zero_block_then_half_a_block", a + zeros + std::string(100, '\0')),
        bad("header_truncated", TarBuilder().file("a", "").finish(0).substr(0, 511)),
        bad("second_header_truncated", a + a.substr(0, 100)),
        bad("content_truncated", a.substr(0, 514)),
        bad("content_missing", a.substr(0, 512)),
        good("padding_truncated", a.substr(0, 600), {missing_padding, no_end_marker}, file),
        good("padding_missing", a.substr(0, 516), {missing_padding, no_end_marker}, file),
        good("padding_not_zero", TarBuilder().add({.name = "a", .body = "four", .padding = 'p'}).finish(),
             {padding_not_zero}, file),
        good("member_after_end", a + zeros + zeros + TarBuilder().file("evil", "").finish(), {data_after_end}, file),
        good("bytes_after_end", a + zeros + zeros + "garbage", {data_after_end}, file),
        good("bytes_late_after_end", a + std::string(10240, '\0') + "x" + std::string(1023, '\0'), {data_after_end},
             file),
        good("estargz_toc_after_end", a + zeros + zeros + toc, {estargz_toc_after_end}, file),
        good("estargz_toc_and_more", a + zeros + zeros + toc + "more", {data_after_end}, file),
        good("estargz_toc_and_member", a + zeros + zeros + toc.substr(0, 1024) + TarBuilder().file("evil", "").finish(),
             {data_after_end}, file),
        good("estargz_toc_truncated", a + zeros + zeros + toc.substr(0, 530), {data_after_end}, file),
        good("second_tar_with_other_name", a + zeros + zeros + TarBuilder().file("stargz.index.jsom", "{}").finish(),
             {data_after_end}, file),
        bad("text", "This is no archive at all." + std::string(600, '.')),
        bad("garbage_between_members", a + std::string(512, 'g') + TarBuilder().file("z", "").finish()),
    };
}

} // namespace touchstone::test
