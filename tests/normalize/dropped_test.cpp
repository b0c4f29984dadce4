// The list of what canonical forms drop is held against what is really counted: by layers that have one trick each, and
// by the sources, where every kind of change is a literal.
#include "normalize/dropped.h"

#include "base/error.h"
#include "normalize/canonical_image.h"
#include "normalize/canonical_layer.h"
#include "normalize/canonical_xattrs.h"
#include "tests/support/content_map.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

using namespace touchstone;
using namespace touchstone::test;

namespace {

using Names = std::set<std::string>;

struct Normalized {
    std::string bytes;
    Names counted;
    Names logged;
};

Normalized normalized(const std::string& tar, const Profile& profile = {}) {
    const Image image = make_tar_image(tar);
    ContentMap content;
    StringSink out;
    std::vector<Change> log;
    const Tree tree = build_layer_tree(content.read(image.layers[0]), 0);
    const CanonicalResult result = write_canonical_layer(tree, profile, content, out, &log);
    Normalized found{out.text(), {}, {}};
    for (const auto& [what, count] : result.changes) found.counted.insert(what);
    for (const Change& change : log) found.logged.insert(change.what);
    return found;
}

std::string tar(const std::vector<Member>& members) {
    TarBuilder builder;
    for (const Member& member : members) builder.add(member);
    return builder.finish();
}

struct Trick {
    Names expected; ///< rows of the table
    std::string tar;
    Profile profile = {};
};

/// Each layer is canonical but for what its trick changes.
std::vector<Trick> tricks() {
    const std::string canonical = tar({{.name = "a", .body = "1"}});
    const Profile owned{{}, parse_owner_policy("5:6")};
    const Profile kept{parse_mtime_policy("keep"), {}};
    const auto xattr = [](const std::string& name) {
        return tar({{.name = "a", .pax = {{"SCHILY.xattr." + name, "value"}}}});
    };
    return {
        {{"order"}, tar({{.name = "b"}, {.name = "a"}})},
        {{"path-spelling"}, tar({{.name = "./a"}})},
        {{"path-spelling"}, tar({{.name = "d", .type = '5', .mode = 0755}})},
        {{"dialect"}, tar({{.name = "a", .magic = gnu_magic}})},
        {{"dialect"}, tar({{.name = "name", .prefix = "split"}})},
        {{"dialect"}, tar({{.name = "a", .patches = {{329, "0000000"}}}})},
        {{"padding"}, TarBuilder().file("a", "1").finish(20)},
        {{"padding"}, tar({{.name = "a", .body = "1", .padding = 'x'}})},
        {{"padding"}, canonical + std::string(100, '\0')},
        {{"dialect"}, xattr("user.a").replace(1023, 1, "x")}, // the last byte of the pax header's last block
        {{"dangling-extension-dropped"}, TarBuilder().file("a", "").gnu_long('L', "b").finish()},
        {{"bytes-after-end-dropped"}, canonical + std::string(512, 'x')},
        {{"global-header-dropped"}, TarBuilder().raw_pax(pax_record("comment", "c"), 'g').file("a", "").finish()},
        {{"entry-replaced"}, tar({{.name = "a", .body = "first"}, {.name = "a", .body = "last"}})},
        {{"order", "hardlink-carrier"}, TarBuilder().file("b", "1").hardlink("a", "b").finish()},
        {{"hardlink-header"}, tar({{.name = "a", .mode = 0600}, {.name = "b", .type = '1', .link = "a"}})},
        {{"mtime"}, tar({{.name = "a", .mtime = 1700000000}})},
        {{"mtime"}, tar({{.name = "a", .pax = {{"mtime", "1.5"}}}}), kept},
        {{"atime-ctime"}, tar({{.name = "a", .pax = {{"atime", "1"}}}})},
        {{"uid"}, tar({{.name = "a", .gid = 6}}), owned},
        {{"gid"}, tar({{.name = "a", .uid = 5}}), owned},
        {{"owner-names"}, tar({{.name = "a", .uname = "root"}})},
        {{"ifmt-bits"}, tar({{.name = "a", .mode = 0100644}})},
        {{"symlink-mode"}, tar({{.name = "a", .type = '2', .mode = 0755, .link = "b"}})},
        {{"whiteout-metadata"}, tar({{.name = ".wh.a", .mode = 0644}})},
        {{"aufs-metadata-dropped"}, tar({{.name = ".wh..wh.aufs"}})},
        {{"record-dropped *"}, tar({{.name = "a", .pax = {{"comment", "c"}}}})},
        {{"record-dropped *"}, tar({{.name = "a", .pax = {{"LIBARCHIVE.xattr.user.x", "no base64!"}}}})},
        {{"record-dropped *"}, tar({{.name = "a", .pax = {{"LIBARCHIVE.xattr.user.%00x", "YQ"}}}})},
        {{"xattr-dropped security.selinux"}, xattr("security.selinux")},
        {{"xattr-dropped trusted.overlay.*"}, xattr("trusted.overlay.opaque")},
        {{"xattr-dropped user.overlay.*"}, xattr("user.overlay.origin")},
    };
}

/// As doctest can show it.
std::string text_of(const Names& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// The rows that stand for the changes. An unknown change keeps its own name.
Names rows_of(const Names& changes) {
    Names rows;
    for (const std::string& what : changes) {
        const DroppedRow* row = dropped_row(what);
        rows.insert(row != nullptr ? std::string(row->name) : what + " (which has no row)");
    }
    return rows;
}

Names counted_rows(DroppedFrom from) {
    Names names;
    for (const DroppedRow& row : dropped_table()) {
        if (row.from == from && row.counted) names.emplace(row.name);
    }
    return names;
}

/// Adds the kinds of change that a source names. A change is told of by one of four functions, and the first literal in
/// such a call is its kind; 'x ? "this" : "that"' has two. Of "record-dropped " + key only the word counts.
void add_named_changes(std::string_view source, Names& named) {
    for (const std::string_view call : {"changed(", "number(", "dropped(", "add("}) {
        for (std::size_t at = source.find(call); at != std::string_view::npos; at = source.find(call, at + 1)) {
            if (at > 0 && (std::isalpha(static_cast<unsigned char>(source[at - 1])) != 0 || source[at - 1] == '_'))
                continue;
            std::string_view statement = source.substr(at, source.find(';', at) - at);
            for (bool more = true; more;) {
                const std::size_t open = std::min(statement.find('"'), statement.size());
                const std::size_t close = std::min(statement.find('"', open + 1), statement.size());
                const std::string_view kind = statement.substr(open, close - open);
                if (kind.size() > 1) named.emplace(kind.substr(1, kind.find(' ') - 1));
                statement.remove_prefix(close);
                more = statement.starts_with("\" : \"");
                if (more) statement.remove_prefix(1);
            }
        }
    }
}

} // namespace

TEST_CASE("each trick of a layer is counted and logged as the row that tells of it, and all rows have a trick") {
    Names tried;
    for (const Trick& trick : tricks()) {
        CAPTURE(*trick.expected.begin());
        const Normalized found = normalized(trick.tar, trick.profile);
        CHECK(text_of(rows_of(found.counted)) == text_of(trick.expected));
        CHECK(text_of(found.logged) == text_of(found.counted));
        CHECK(found.bytes != trick.tar);
        tried.insert(trick.expected.begin(), trick.expected.end());
    }
    CHECK(text_of(tried) == text_of(counted_rows(DroppedFrom::layer)));
}

TEST_CASE("a layer that is canonical is written as it is, and nothing is counted") {
    const std::string layer = tar({{.name = "a", .body = "1"},
                                   {.name = "d/", .type = '5', .mode = 0755, .uid = 7},
                                   {.name = "d/.wh.gone", .mode = 0},
                                   {.name = "d/link", .type = '2', .mode = 0777, .link = "../a"}});
    const Normalized found = normalized(layer);
    CHECK(found.bytes == layer);
    CHECK(text_of(found.counted).empty());
    CHECK(text_of(found.logged).empty());
}

TEST_CASE("what is dropped of a config and of a manifest has its row, and all rows occur") {
    ChangeCounts of_config;
    canonical_config(
        parse_json(R"({"created":"2024-01-01T00:00:00Z","config":{"Cmd":null},"rootfs":{"diff_ids":["a","b"]}})",
                   "config"),
        {Digest()}, {}, &of_config);
    Names found;
    for (const auto& [what, count] : of_config) found.insert(what);
    CHECK(text_of(found) == text_of(counted_rows(DroppedFrom::config)));

    const Json manifest = parse_json(
        R"({"mediaType":"application/vnd.docker.distribution.manifest.v2+json","annotations":{"a":"1"},"subject":{}})",
        "manifest");
    const CanonicalImage image =
        canonical_image(parse_json("{}", "config"), manifest, std::vector<CanonicalBlob>(), parse_mtime_policy("keep"));
    found.clear();
    for (const auto& [what, count] : image.changes) found.insert(what);
    CHECK(text_of(found) == text_of(counted_rows(DroppedFrom::manifest)));
}

TEST_CASE("every kind of change that the sources name has its row") {
    Names named;
    for (const auto& file : std::filesystem::directory_iterator(std::string(TOUCHSTONE_SOURCE_DIR) + "/normalize")) {
        if (file.path().extension() == ".cpp") add_named_changes(read_text_file(file.path().string()), named);
    }
    Names rows;
    for (const DroppedRow& row : dropped_table()) {
        if (row.counted) rows.emplace(row.name.substr(0, row.name.find(' ')));
    }
    CHECK(text_of(named) == text_of(rows));
}

TEST_CASE("the rows of the table are told apart by their names, and say what they should") {
    Names names;
    for (const DroppedRow& row : dropped_table()) {
        CAPTURE(std::string(row.name));
        CHECK(names.emplace(row.name).second);
        CHECK_FALSE(row.what.empty());
        CHECK_FALSE(row.becomes.empty());
        CHECK_FALSE(row.reason.empty());
        CHECK(row.rule.empty() == (row.from != DroppedFrom::layer && row.name != "compression"));
    }
    for (const DroppedXattr& xattr : dropped_xattrs()) {
        const std::string name = "xattr-dropped " + std::string(xattr.name);
        const DroppedRow* row = dropped_row(name.ends_with('.') ? name + "x" : name);
        REQUIRE(row != nullptr);
        CHECK(row->reason == xattr.reason);
    }
    CHECK(dropped_row("xattr-dropped security.capability") == nullptr);
    CHECK(dropped_row("mtimes") == nullptr);
}
