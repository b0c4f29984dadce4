// GNU sparse files in their four encodings, well-formed and not.
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

#include <fmt/format.h>

namespace touchstone::test {

namespace {

using enum OddityCode;
using Records = std::vector<std::pair<std::string, std::string>>;

struct Region {
    std::int64_t offset;
    std::int64_t length;
};

std::string number(std::int64_t value) {
    return fmt::format("{:011o}", value) + std::string(1, '\0');
}

std::string regions_text(const std::vector<Region>& regions) {
    std::string text;
    for (const Region& region : regions) text += number(region.offset) + number(region.length);
    return text;
}

// An old GNU sparse member: up to four regions in the header, the rest in extension blocks of 21.
std::string old_gnu(const std::vector<Region>& regions, std::int64_t size, const std::string& data,
                    const std::vector<std::string>& extensions = {}) {
    std::vector<std::pair<std::size_t, std::string>> patches{{386, regions_text(regions)}, {483, number(size)}};
    if (!extensions.empty()) patches.emplace_back(482, "\x01");
    TarBuilder builder;
    builder.raw(header_block({.name = "s",
                              .type = 'S',
                              .magic = gnu_magic,
                              .patches = patches,
                              .size = static_cast<std::int64_t>(data.size())}));
    for (const std::string& extension : extensions) builder.raw(extension);
    std::string padded = data;
    padded.resize((data.size() + 511) / 512 * 512, '\0');
    return builder.raw(padded).file("z", "").finish();
}

std::string extension_block(const std::vector<Region>& regions, bool more) {
    std::string block = regions_text(regions);
    block.resize(512, '\0');
    if (more) block[504] = '\x01';
    return block;
}

std::string pax(Records records, std::string body, char type = '0') {
    return TarBuilder()
        .add({.name = "s", .body = std::move(body), .type = type, .pax = std::move(records)})
        .file("z", "")
        .finish();
}

// pax 1.0: the map is the first blocks of the content.
std::string pax_1(const std::string& map, const std::string& data, const std::string& size) {
    std::string body = map;
    body.resize((map.size() + 511) / 512 * 512, '\0');
    return pax({{"GNU.sparse.major", "1"},
                {"GNU.sparse.minor", "0"},
                {"GNU.sparse.name", "real"},
                {"GNU.sparse.realsize", size}},
               body + data);
}

std::string pax_0(Records more, const std::string& data) {
    Records records{{"GNU.sparse.size", "20"}};
    records.insert(records.end(), more.begin(), more.end());
    return pax(records, data);
}

// pax 0.0 needs one key several times, in order.
std::string pax_0_0(const std::string& records, const std::string& data) {
    return TarBuilder().raw_pax(pax_record("GNU.sparse.size", "20") + records).file("s", data).file("z", "").finish();
}

std::vector<TarCase> old_cases() {
    const std::string sz = "s:file:20 z:file:0";
    return {
        good("sparse_old", old_gnu({{0, 4}, {10, 4}}, 20, "fourfour"), {sparse}, sz),
        good("sparse_old_all_hole", old_gnu({}, 20, ""), {sparse}, sz),
        good("sparse_old_no_hole", old_gnu({{0, 4}}, 4, "four"), {sparse}, "s:file:4 z:file:0"),
        good("sparse_old_empty_region_at_end", old_gnu({{0, 4}, {20, 0}}, 20, "four"), {sparse}, sz),
        good("sparse_old_extended",
             old_gnu({{0, 1}, {2, 1}, {4, 1}, {6, 1}}, 20, "abcdef", {extension_block({{8, 1}, {10, 1}}, false)}),
             {sparse}, sz),
        good("sparse_old_extended_twice",
             old_gnu({{0, 1}}, 20, "abc", {extension_block({{8, 1}}, true), extension_block({{10, 1}}, false)}),
             {sparse}, sz),
        good("sparse_old_extension_empty", old_gnu({{0, 4}}, 20, "four", {extension_block({}, false)}), {sparse}, sz),
        bad("sparse_old_overlap", old_gnu({{0, 4}, {3, 4}}, 20, "fourfour")),
        bad("sparse_old_out_of_order", old_gnu({{10, 4}, {0, 4}}, 20, "fourfour")),
        bad("sparse_old_beyond_size", old_gnu({{18, 4}}, 20, "four")),
        bad("sparse_old_under_mapped", old_gnu({{0, 4}}, 20, "fourfour")),
        bad("sparse_old_over_mapped", old_gnu({{0, 4}, {10, 4}}, 20, "four")),
        bad("sparse_old_extension_truncated", old_gnu({{0, 4}}, 20, "", {extension_block({}, false)}).substr(0, 700)),
        bad("sparse_old_number_letters", TarBuilder()
                                             .add({.name = "s",
                                                   .type = 'S',
                                                   .magic = gnu_magic,
                                                   .patches = {{386, "xxxxxxxxxxxx"}, {483, number(4)}}})
                                             .finish()),
        bad("sparse_old_negative_size",
            TarBuilder()
                .add({.name = "s", .type = 'S', .magic = gnu_magic, .patches = {{483, std::string(12, '\xff')}}})
                .finish()),
        bad_for_runtimes("sparse_hole_of_a_tebibyte",
                         TarBuilder()
                             .add({.name = "s",
                                   .type = 'S',
                                   .magic = gnu_magic,
                                   .patches = {{483, "\x80" + std::string("\0\0\0\0\0\1\0\0\0\0\0", 11)}}})
                             .finish(),
                         ErrorKind::over_limit),
    };
}

std::vector<TarCase> pax_sparse_cases() {
    const std::string sz = "s:file:20 z:file:0";
    const std::string real = "real:file:20 z:file:0";
    const auto offset = [](const std::string& value) { return pax_record("GNU.sparse.offset", value); };
    const auto length = [](const std::string& value) { return pax_record("GNU.sparse.numbytes", value); };
    const std::string blocks = pax_record("GNU.sparse.numblocks", "2");
    return {
        good("sparse_pax_0_0", pax_0_0(blocks + offset("0") + length("4") + offset("10") + length("4"), "fourfour"),
             {sparse}, sz),
        bad("sparse_pax_0_0_order", pax_0_0(blocks + length("4") + offset("0"), "fourfour")),
        bad("sparse_pax_0_0_two_offsets", pax_0_0(blocks + offset("4") + offset("0"), "fourfour")),
        bad("sparse_pax_0_0_comma", pax_0_0(blocks + offset("0,4,10") + length("4"), "fourfour")),
        good("sparse_pax_0_1", pax_0({{"GNU.sparse.numblocks", "2"}, {"GNU.sparse.map", "0,4,10,4"}}, "fourfour"),
             {sparse}, sz),
        good("sparse_pax_0_1_version",
             pax_0({{"GNU.sparse.major", "0"}, {"GNU.sparse.minor", "1"}, {"GNU.sparse.numblocks", "0"}}, ""), {sparse},
             sz),
        bad("sparse_pax_0_1_no_count", pax_0({{"GNU.sparse.map", "0,4,10,4"}}, "fourfour")),
        bad("sparse_pax_0_1_count", pax_0({{"GNU.sparse.numblocks", "3"}, {"GNU.sparse.map", "0,4,10,4"}}, "fourfour")),
        bad("sparse_pax_0_1_odd", pax_0({{"GNU.sparse.numblocks", "2"}, {"GNU.sparse.map", "0,4,10"}}, "fourfour")),
        bad("sparse_pax_0_1_negative", pax_0({{"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "-4,4"}}, "four")),
        bad("sparse_pax_0_1_overflow",
            pax_0({{"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "9223372036854775807,4"}}, "four")),
        bad("sparse_pax_size_letters", pax({{"GNU.sparse.size", "x"},
                                            {"GNU.sparse.numblocks", "0"},
                                            {"GNU.sparse.major", "0"},
                                            {"GNU.sparse.minor", "0"}},
                                           "")),
        good("sparse_pax_1_0", pax_1("2\n0\n4\n10\n4\n", "fourfour", "20"), {sparse}, real),
        good("sparse_pax_1_0_no_regions", pax_1("0\n", "", "20"), {sparse}, real),
        good("sparse_pax_1_0_plus", pax_1("+1\n+0\n+4\n", "four", "20"), {sparse}, real),
        bad("sparse_pax_1_0_under_mapped", pax_1("1\n0\n4\n", "fourfour", "20")),
        bad("sparse_pax_1_0_over_mapped", pax_1("2\n0\n4\n10\n4\n", "four", "20")),
        bad("sparse_pax_1_0_map_cut", pax_1("3\n0\n4\n", "", "20")),
        bad("sparse_pax_1_0_letters", pax_1("x\n", "", "20")),
        bad("sparse_pax_1_0_negative_count", pax_1("-1\n", "", "20")),
        bad("sparse_pax_1_0_body_too_small",
            pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}}, "1\n0\n4\nfour")),
        good("sparse_pax_unknown_version", pax({{"GNU.sparse.major", "2"}, {"GNU.sparse.minor", "0"}}, "four"),
             {sparse}, "s:file:4 z:file:0"),
        good("sparse_pax_name_only", pax({{"GNU.sparse.name", "real"}}, "four"), {sparse}, "s:file:4 z:file:0"),
        bad("sparse_pax_on_directory",
            pax({{"GNU.sparse.major", "0"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.numblocks", "0"}}, "", '5')),
        good("sparse_pax_name_beats_path",
             TarBuilder()
                 .gnu_long('L', "gnu")
                 .add({.name = "s",
                       .body = "1\n0\n4\n" + std::string(506, '\0') + "four",
                       .pax = {{"path", "pax"},
                               {"GNU.sparse.major", "1"},
                               {"GNU.sparse.minor", "0"},
                               {"GNU.sparse.name", "real"},
                               {"GNU.sparse.realsize", "20"}}})
                 .file("z", "")
                 .finish(),
             {sparse, gnu_and_pax_name}, real),
    };
}

} // namespace

std::vector<TarCase> sparse_cases() {
    std::vector<TarCase> cases = old_cases();
    for (TarCase& one : pax_sparse_cases()) cases.push_back(std::move(one));
    return cases;
}

} // namespace touchstone::test
