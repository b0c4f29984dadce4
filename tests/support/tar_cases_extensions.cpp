// Which extension header belongs to which member: x, g, L and K in all the wrong orders.
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

namespace touchstone::test {

namespace {

using enum OddityCode;

std::string pax_path(const std::string& path) {
    return pax_record("path", path);
}
std::string comment() {
    return pax_record("comment", "0123456789abcdef");
}

TarBuilder global(const std::string& name, std::string body) {
    return TarBuilder().add({.name = name, .body = std::move(body), .type = 'g'});
}

const std::string az = "a:file:4 z:file:0";

std::string then_az(TarBuilder builder) {
    return builder.file("a", "four").file("z", "").finish();
}

std::vector<TarCase> long_name_cases() {
    const std::string long_name(300, 'n');
    return {
        good("gnu_long_name", then_az(TarBuilder().gnu_long('L', long_name)), {name_very_long},
             long_name + ":file:4 z:file:0"),
        good("gnu_long_link",
             TarBuilder()
                 .gnu_long('K', long_name)
                 .add({.name = "l", .type = '2', .link = "x", .magic = gnu_magic})
                 .finish(),
             {}, "l:symlink"),
        good("gnu_long_name_with_body_size_zero",
             TarBuilder()
                 .add({.name = "././@LongLink", .type = 'L', .magic = gnu_magic})
                 .file("a", "four")
                 .file("z", "")
                 .finish(),
             {extension_value_empty}, az),
        good("gnu_long_name_unterminated",
             TarBuilder()
                 .add({.name = "././@LongLink", .body = "b", .type = 'L', .magic = gnu_magic})
                 .file("a", "")
                 .finish(),
             {}, "b:file:0"),
        good("gnu_long_name_bytes_after_nul", then_az(TarBuilder().gnu_long('L', std::string("b\0evil", 6))),
             {bytes_after_nul}, "b:file:4 z:file:0"),
        good("gnu_long_name_makes_directory",
             TarBuilder().gnu_long('L', "d/").add({.name = "x", .type = '\0', .magic = gnu_magic}).finish(),
             {file_name_ends_in_slash}, "d:dir"),
        good("gnu_and_pax_path", then_az(TarBuilder().gnu_long('L', "gnu").raw_pax(pax_path("pax"))),
             {gnu_and_pax_name}, "gnu:file:4 z:file:0"),
        good("pax_then_gnu_path", then_az(TarBuilder().raw_pax(pax_path("pax")).gnu_long('L', "gnu")),
             {gnu_and_pax_name}, "gnu:file:4 z:file:0"),
        good("gnu_and_pax_path_equal", then_az(TarBuilder().gnu_long('L', "b").raw_pax(pax_path("b"))), {},
             "b:file:4 z:file:0"),
        good("gnu_and_pax_link",
             TarBuilder().gnu_long('K', "gnu").raw_pax(pax_record("linkpath", "pax")).symlink("l", "x").finish(),
             {gnu_and_pax_name}, "l:symlink"),
        good("gnu_name_twice", then_az(TarBuilder().gnu_long('L', "first").gnu_long('L', "last")), {gnu_name_twice},
             "last:file:4 z:file:0"),
        good("gnu_link_twice", TarBuilder().gnu_long('K', "first").gnu_long('K', "last").symlink("l", "x").finish(),
             {gnu_name_twice}, "l:symlink"),
        good("gnu_name_with_pax_size",
             TarBuilder()
                 .gnu_long('L', "b")
                 .raw_pax(pax_record("size", "4"))
                 .add({.name = "a", .body = "four", .size = 0})
                 .file("z", "")
                 .finish(),
             {}, "b:file:4 z:file:0"),
        bad("gnu_long_name_negative_size",
            TarBuilder()
                .add({.name = "L", .type = 'L', .magic = gnu_magic, .patches = {{124, std::string(12, '\xff')}}})
                .finish()),
    };
}

std::vector<TarCase> pax_order_cases() {
    return {
        good("two_pax_headers", then_az(TarBuilder().raw_pax(pax_path("one")).raw_pax(pax_path("two"))),
             {pax_header_twice}, "two:file:4 z:file:0"),
        good("two_pax_headers_not_merged", then_az(TarBuilder().raw_pax(pax_path("one")).raw_pax(comment())),
             {pax_header_twice}, az),
        good("two_pax_headers_second_empty", then_az(TarBuilder().raw_pax(pax_path("one")).raw_pax("")),
             {pax_header_twice}, az),
        good("pax_size_does_not_reach_next_pax_header",
             then_az(TarBuilder().raw_pax(pax_record("size", "4")).raw_pax(pax_record("size", "4"))),
             {pax_header_twice}, az),
        good("pax_size_does_not_reach_long_name",
             then_az(TarBuilder().raw_pax(pax_record("size", "4")).gnu_long('L', "b")), {}, "b:file:4 z:file:0"),
        good("dangling_pax", TarBuilder().file("a", "").raw_pax(pax_path("b")).finish(), {dangling_extension},
             "a:file:0"),
        good("dangling_long_name", TarBuilder().file("a", "").gnu_long('L', "b").finish(), {dangling_extension},
             "a:file:0"),
        good("dangling_pax_without_end_marker", TarBuilder().file("a", "").raw_pax(pax_path("b")).finish(0),
             {dangling_extension, no_end_marker}, "a:file:0"),
        good("pax_body_of_1_mib",
             then_az(TarBuilder().raw_pax(pax_record("comment", std::string((1 << 20) - 17, 'c')))), {}, az),
        bad("pax_body_beyond_1_mib", then_az(TarBuilder().raw_pax(pax_record("comment", std::string(1 << 20, 'c')))),
            ErrorKind::over_limit),
        bad("long_name_beyond_1_mib", then_az(TarBuilder().gnu_long('L', std::string(1 << 20, 'n'))),
            ErrorKind::over_limit),
        bad("pax_body_truncated", TarBuilder().raw_pax(pax_path(std::string(600, 'b'))).finish(0).substr(0, 1024)),
        good("pax_padding_truncated", TarBuilder().raw_pax(pax_path("b")).finish(0).substr(0, 600),
             {dangling_extension, missing_padding, no_end_marker}),
        good("pax_padding_not_zero",
             TarBuilder().add({.name = "x", .body = pax_path("b"), .type = 'x', .padding = 'p'}).file("a", "").finish(),
             {extension_padding}, "b:file:0"),
    };
}

std::vector<TarCase> global_cases() {
    return {
        good("global_comment", then_az(global("pax_global_header", comment())), {pax_global_comment}, az),
        good("global_empty", then_az(global("pax_global_header", "")), {pax_global_comment}, az),
        good("global_path", then_az(global("pax_global_header", pax_path("b"))), {pax_global}, az),
        good("global_size", then_az(global("pax_global_header", pax_record("size", "0"))), {pax_global}, az),
        good("global_bad_number", then_az(global("pax_global_header", pax_record("uid", "x"))), {pax_global}, az),
        bad("global_malformed", then_az(global("pax_global_header", "12 path b/c\n"))),
        bad("global_path_nul", then_az(global("pax_global_header", pax_path(std::string("a\0", 2))))),
        bad("global_beyond_1_mib", then_az(global("g", pax_record("comment", std::string(1 << 20, 'c')))),
            ErrorKind::over_limit),
        good("global_named_like_a_file", then_az(global("./a", comment())), {pax_global_comment, pax_global}, az),
        good("global_path_like_a_file", then_az(global("g", pax_path("a"))), {pax_global}, az),
        good("global_named_like_a_whiteout", then_az(global(".wh.b", comment())), {pax_global_comment, pax_global}, az),
        good("pax_then_global",
             TarBuilder()
                 .raw_pax(pax_path("b"))
                 .add({.name = "g", .body = comment(), .type = 'g'})
                 .file("a", "")
                 .finish(),
             {pax_global_comment, pax_state_dropped}, "a:file:0"),
        good("long_name_then_global",
             TarBuilder().gnu_long('L', "b").add({.name = "g", .body = comment(), .type = 'g'}).file("a", "").finish(),
             {pax_global_comment, pax_state_dropped}, "a:file:0"),
        good("global_then_pax",
             TarBuilder()
                 .add({.name = "g", .body = comment(), .type = 'g'})
                 .raw_pax(pax_path("b"))
                 .file("a", "")
                 .finish(),
             {pax_global_comment}, "b:file:0"),
        good("global_last", TarBuilder().file("a", "").add({.name = "g", .body = comment(), .type = 'g'}).finish(),
             {pax_global_comment}, "a:file:0"),
    };
}

} // namespace

std::vector<TarCase> extension_cases() {
    std::vector<TarCase> cases;
    for (auto* const table : {long_name_cases, pax_order_cases, global_cases}) {
        for (TarCase& one : table()) cases.push_back(std::move(one));
    }
    return cases;
}

} // namespace touchstone::test
