// Names, and layers as sets of entries: the triggers of spec section 2.3.
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

#include <fmt/format.h>

namespace touchstone::test {

namespace {

using enum OddityCode;

std::string named(std::string name) {
    return TarBuilder().add({.name = "x", .pax = {{"path", std::move(name)}}}).finish();
}

std::string deep(int components) {
    std::string path;
    for (int at = 0; at < components; ++at) path += "d/";
    return path + "f";
}

std::string path_of(std::size_t length) {
    std::string path;
    while (path.size() < length) path += std::string(240, 'n') + "/";
    return path.substr(0, length - 1) + "f";
}

std::vector<TarCase> name_cases() {
    return {
        good("name_absolute", TarBuilder().file("/a", "").finish(), {absolute_name}, "a:file:0"),
        good("name_root_slash", TarBuilder().dir("/").file("a", "").finish(), {}, ":dir a:file:0"),
        good("name_dot_slash", TarBuilder().dir("./").dir("./d/").file("./d/f", "").finish(), {},
             ":dir d:dir d/f:file:0"),
        good("name_dots_inside", TarBuilder().dir("d/").file("d/././f", "").file("d//g", "").finish(), {},
             "d:dir d/f:file:0 d/g:file:0"),
        good("name_dot_dot", TarBuilder().dir("d/").file("d/../f", "").finish(), {dot_dot_name}, "d:dir f:file:0"),
        good("name_dot_dot_at_root", TarBuilder().file("../../f", "").finish(), {dot_dot_name}, "f:file:0"),
        good("name_with_three_dots", TarBuilder().file("...", "").file("..a", "").file("a..", "").finish(), {}),
        good("name_not_utf8", named("a\xff"), {name_not_utf8}),
        good("name_overlong_utf8", named("a\xc0\xaf"), {name_not_utf8}),
        good("name_escape", named("a\x1b[2Jb"), {name_with_control}),
        good("name_newline", named("a\nb"), {name_with_control}),
        good("name_c1",
             named("a\xc2\x9b"
                   "b"),
             {name_with_control}),
        good("name_bidi",
             named("a\xe2\x80\xae"
                   "b"),
             {name_with_control}),
        good("name_backslash", named("dev-disk\\x2dby.swap"), {}),
        good("name_umlaut", named("\xc3\xa4"), {}),
        good("name_nfc_and_nfd", TarBuilder().file("\xc3\xa4", "").file("a\xcc\x88", "").finish(), {}),
        good("name_component_256", named(std::string(256, 'n')), {name_very_long}),
        good("name_component_255", named(std::string(255, 'n')), {}),
        good("path_4097", named(path_of(4097)), {name_very_long, implied_parent}),
        good("path_4096", named(path_of(4096)), {implied_parent}),
        good("names_folded", TarBuilder().file("Readme", "").file("README", "").finish(), {names_equal_folded}),
        good("directories_folded", TarBuilder().dir("A/").file("A/f", "").dir("a/").file("a/f", "").finish(),
             {names_equal_folded}),
        good("names_folded_unicode", TarBuilder().file("\xc3\x84", "").file("\xc3\xa4", "").finish(),
             {names_equal_folded}),
        good("names_folded_kelvin", TarBuilder().file("\xe2\x84\xaa", "").file("k", "").finish(), {names_equal_folded}),
        good("names_that_only_look_alike", TarBuilder().file("a-b", "").file("a_b", "").finish(), {}),
    };
}

std::vector<TarCase> whiteout_cases() {
    return {
        good("whiteout", TarBuilder().whiteout(".wh.a").finish(), {}, ".wh.a:file:0"),
        good("whiteout_and_path", TarBuilder().file("a", "").whiteout(".wh.a").finish(), {path_and_whiteout}),
        good("whiteout_before_path", TarBuilder().whiteout(".wh.a").file("a", "").finish(), {path_and_whiteout}),
        good("whiteout_and_children", TarBuilder().whiteout(".wh.d").file("d/f", "").finish(),
             {path_and_whiteout, implied_parent}),
        bad_for_runtimes("whiteout_of_nothing", TarBuilder().whiteout(".wh.").finish(), ErrorKind::malformed),
        bad_for_runtimes("whiteout_of_dot", TarBuilder().dir("d").whiteout("d/.wh..").finish(), ErrorKind::malformed),
        bad_for_runtimes("whiteout_of_dot_dot", TarBuilder().whiteout(".wh...").finish(), ErrorKind::malformed),
        good("whiteout_directory", TarBuilder().dir(".wh.d/").finish(), {whiteout_not_plain}),
        good("whiteout_with_content", TarBuilder().file(".wh.a", "x").finish(), {whiteout_not_plain}),
        good("whiteout_aufs", TarBuilder().dir(".wh..wh.plnk/").finish(), {aufs_metadata, whiteout_not_plain}),
        good("whiteout_as_directory", TarBuilder().file(".wh.d/f", "").finish(),
             {whiteout_inside_path, implied_parent}),
        good("opaque_first", TarBuilder().dir("d/").whiteout("d/.wh..wh..opq").file("d/f", "").finish(), {}),
        good("opaque_last", TarBuilder().dir("d/").file("d/f", "").whiteout("d/.wh..wh..opq").finish(), {}),
        good("opaque_at_root", TarBuilder().whiteout(".wh..wh..opq").finish(), {opaque_placement}),
        good("opaque_after_implied", TarBuilder().dir("d/").file("d/s/f", "").whiteout("d/.wh..wh..opq").finish(),
             {opaque_placement, implied_parent}),
        good("opaque_before_implied", TarBuilder().dir("d/").whiteout("d/.wh..wh..opq").file("d/s/f", "").finish(),
             {implied_parent}),
        good("opaque_in_implied", TarBuilder().whiteout("d/.wh..wh..opq").file("d/f", "").finish(), {implied_parent}),
        good("opaque_below_file", TarBuilder().file("d", "").whiteout("d/.wh..wh..opq").finish(),
             {opaque_placement, below_non_directory}),
        good("char_device_zero", TarBuilder().add({.name = "a", .type = '3'}).finish(), {char_device_zero}),
    };
}

std::vector<TarCase> structure_cases() {
    return {
        good("duplicate_file", TarBuilder().file("a", "1").file("a", "22").finish(), {duplicate_path},
             "a:file:1 a:file:2"),
        good("duplicate_directory", TarBuilder().dir("d/").dir("./d").finish(), {duplicate_path}),
        good("hardlink", TarBuilder().file("a", "x").hardlink("b", "a").finish(), {}, "a:file:1 b:hardlink"),
        good("hardlink_dot_slash", TarBuilder().file("./a", "x").hardlink("./b", "./a").finish(), {}),
        good("hardlink_absolute_target", TarBuilder().file("a", "x").hardlink("b", "/a").finish(), {}),
        good("hardlink_to_symlink",
             TarBuilder().symlink("a", "x").add({.name = "b", .type = '1', .mode = 0777, .link = "a"}).finish(), {}),
        good("hardlink_missing", TarBuilder().hardlink("b", "a").finish(), {hardlink_target_missing}),
        good("hardlink_later", TarBuilder().hardlink("b", "a").file("a", "x").finish(), {hardlink_target_missing}),
        good("hardlink_to_itself", TarBuilder().hardlink("b", "b").finish(), {hardlink_target_missing}),
        good("hardlink_to_directory", TarBuilder().dir("d/").hardlink("b", "d").finish(), {hardlink_target_missing}),
        good("hardlink_to_root", TarBuilder().hardlink("b", "").finish(), {hardlink_target_missing}),
        good("hardlink_dot_dot", TarBuilder().file("a", "").hardlink("b", "x/../a").finish(), {dot_dot_name}),
        good("hardlink_mode", TarBuilder().file("a", "", 0600).hardlink("b", "a").finish(), {hardlink_meta_differs}),
        good("hardlink_owner",
             TarBuilder().file("a", "").add({.name = "b", .type = '1', .uid = 1, .link = "a"}).finish(),
             {hardlink_meta_differs}),
        good("hardlink_time",
             TarBuilder().file("a", "").add({.name = "b", .type = '1', .mtime = 5, .link = "a"}).finish(),
             {hardlink_meta_differs}),
        good("hardlink_xattr",
             TarBuilder()
                 .file("a", "")
                 .add({.name = "b", .type = '1', .link = "a", .pax = {{"SCHILY.xattr.user.a", "1"}}})
                 .finish(),
             {hardlink_meta_differs}),
        good("hardlink_through_symlink",
             TarBuilder().dir("d/").symlink("l", "d").file("l/f", "").hardlink("b", "l/f").finish(), {below_symlink}),
        good("below_file", TarBuilder().file("f", "").file("f/g", "").finish(), {below_non_directory}),
        good("below_symlink", TarBuilder().symlink("l", "/etc").file("l/evil", "").finish(), {below_symlink}),
        good("file_over_children", TarBuilder().dir("d/").file("d/f", "").file("d", "").finish(),
             {duplicate_path, below_non_directory}),
        good("symlink_over_implied", TarBuilder().file("d/f", "").symlink("d", "/etc").finish(), {below_symlink}),
        good("implied_parents", TarBuilder().file("a/b/c", "").file("a/b/d", "").finish(), {implied_parent}),
        good("parent_after_child", TarBuilder().file("a/b", "").dir("a/").finish(), {}),
        good("root_mode", TarBuilder().dir("./", 0700).finish(), {root_entry_attributes}),
        good("root_owner", TarBuilder().add({.name = "./", .type = '5', .mode = 0755, .uid = 7}).finish(),
             {root_entry_attributes}),
        good("root_symlink", TarBuilder().symlink(".", "/etc").finish(), {root_entry_not_directory}),
        bad_for_runtimes("depth_1025", named(deep(1024)), ErrorKind::over_limit),
        good("depth_1024", named(deep(1023)), {implied_parent}),
    };
}

} // namespace

std::vector<TarCase> layer_cases() {
    std::vector<TarCase> cases;
    for (auto* const table : {name_cases, whiteout_cases, structure_cases}) {
        for (TarCase& one : table()) cases.push_back(std::move(one));
    }
    return cases;
}

} // namespace touchstone::test
