// Canonical forms beside comparisons: the proof of `normalize`, and what backs the verdict `equivalent`.
#include "base/error.h"
#include "diff/canonical.h"
#include "diff/canonical_proof.h"
#include "diff/canonical_values.h"
#include "tests/support/memory_image.h"
#include "tests/support/random_tree.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <functional>
#include <random>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::vector<Member> ordinary() {
    Member link{.name = "bin/link", .type = '1', .mode = 04755, .link = "bin/tool"};
    Member capable{.name = "bin/ping", .body = "ping", .mode = 0755};
    capable.pax = {{"SCHILY.xattr.security.capability", "cap"}, {"SCHILY.acl.access", "user::rwx"}};
    return {{.name = "bin/", .type = '5', .mode = 0755},
            {.name = "bin/tool", .body = "tool", .mode = 04755},
            link,
            capable,
            {.name = "dev/null", .type = '3', .mode = 0666, .dev_major = 1, .dev_minor = 3},
            {.name = "etc/.wh.gone"},
            {.name = "etc/name", .type = '2', .mode = 0777, .link = "hostname"}};
}

MemoryImage image_of(const std::vector<Member>& members) {
    return {.layers = {tar_of({{.name = "etc/gone", .body = "x"}}), tar_of(members)}};
}

Stack stack_of(const Image& image) {
    return std::move(load_stacks({&image}, {}).front());
}

/// What prove_canonical says of `written` as the canonical form of `source`; empty when it holds.
std::string objection(const MemoryImage& source, const MemoryImage& written, const Profile& profile = {},
                      bool merged = false) {
    const Image before = make_image(source);
    const Image after = make_image(written);
    try {
        prove_canonical({.source = stack_of(before), .written = stack_of(after), .profile = profile, .merged = merged});
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unverified);
        return error.what();
    }
    return {};
}

/// The tree's digest as it is told, which must be that of what write_tree writes; and whether it was known before.
bool root_was_known(const std::string& tar, const Profile& profile = {}) {
    const Image image = make_image({.layers = {tar}});
    const CanonicalStacks stacks({&image}, {.profile = profile, .contents = Contents::none, .with_root = true}, {});
    NullSink nowhere;
    CHECK(stacks.tree_digest(0) == stacks.write_tree(0, nowhere).digest);
    return stacks.layer(0, 0)->with_root.has_value();
}

std::string canonical(const std::string& tar) {
    const Image image = make_image({.layers = {tar}});
    const CanonicalStacks stacks({&image}, {.profile = {}, .keep_stream = true}, {});
    StringSink out;
    copy_file(*stacks.layer(0, 0)->stream, out);
    return out.text();
}

bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the proof holds for another encoding of the same, and names the path for anything else") {
    struct Row {
        const char* name;
        std::function<void(std::vector<Member>&)> change;
        const char* path; ///< in the objection; empty = none
    };
    const std::vector<Row> rows{
        {"nothing", [](auto&) {}, ""},
        {"order", [](auto& m) { std::swap(m[3], m[4]); }, ""},
        {"dialect", [](auto& m) { m[1].magic = gnu_magic; }, ""},
        {"owner names", [](auto& m) { m[1].uname = "root"; }, ""},
        {"content", [](auto& m) { m[1].body = "TOOL"; }, "bin/link"}, // the first name carries it
        {"mode", [](auto& m) { m[0].mode = 0700; }, "bin "},
        {"setuid of both names", [](auto& m) { m[1].mode = m[2].mode = 0755; }, "bin/"},
        {"uid", [](auto& m) { m[3].uid = 1; }, "bin/ping"},
        {"gid", [](auto& m) { m[3].gid = 1; }, "bin/ping"},
        {"capability", [](auto& m) { m[3].pax[0].second = "CAP"; }, "bin/ping"},
        {"no capability", [](auto& m) { m[3].pax.erase(m[3].pax.begin()); }, "bin/ping"},
        {"ACL", [](auto& m) { m[3].pax[1].second = "user::r"; }, "bin/ping"},
        {"device", [](auto& m) { m[4].dev_minor = 5; }, "dev/null"},
        {"type", [](auto& m) { m[4].type = '4'; }, "dev/null"},
        {"symlink target", [](auto& m) { m[6].link = "passwd"; }, "etc/name"},
        {"a copy in place of a hard link", [](auto& m) { m[2] = {.name = "bin/link", .body = "tool", .mode = 04755}; },
         "bin/tool"},
        {"a file less", [](auto& m) { m.pop_back(); }, "etc/name"},
        {"a file more", [](auto& m) { m.push_back({.name = "zz"}); }, "zz"},
        {"a whiteout less", [](auto& m) { m.erase(m.begin() + 5); }, "etc/"},
        {"a time that the profile does not let through", [](auto& m) { m[0].mtime = 1; }, "bin "},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.name));
        std::vector<Member> changed = ordinary();
        row.change(changed);
        const std::string found = objection(image_of(ordinary()), image_of(changed));
        CAPTURE(found);
        if (*row.path == '\0') {
            CHECK(found.empty());
        } else {
            CHECK(mentions(found, row.path));
            CHECK(mentions(found, "nothing was written"));
        }
    }
}

TEST_CASE("the proof wants what the profile declares, no more and no less") {
    const Profile owned{parse_mtime_policy("keep"), parse_owner_policy("5:6")};
    std::vector<Member> changed = ordinary();
    CHECK(mentions(objection(image_of(ordinary()), image_of(changed), owned), "layer 0"));
    for (Member& member : changed) {
        const bool whiteout = mentions(member.name, ".wh.");
        member.uid = whiteout ? 0 : 5;
        member.gid = whiteout ? 0 : 6;
    }
    MemoryImage written = image_of(changed);
    written.layers[0] = tar_of({{.name = "etc/gone", .body = "x", .uid = 5, .gid = 6}});
    CHECK(objection(image_of(ordinary()), written, owned).empty());
    CHECK_FALSE(objection(image_of(ordinary()), written).empty());
}

TEST_CASE("the proof of a merged image compares whole trees") {
    const MemoryImage source = image_of(ordinary());
    std::vector<Member> flat = ordinary();
    flat.erase(flat.begin() + 5);
    const std::vector<Member> root = {{.name = "./", .type = '5', .mode = 0755},
                                      {.name = "dev/", .type = '5', .mode = 0755},
                                      {.name = "etc/", .type = '5', .mode = 0755}};
    flat.insert(flat.begin(), root.begin(), root.end());
    CHECK(objection(source, {.layers = {tar_of(flat)}}, {}, true).empty());
    CHECK(mentions(objection(source, {.layers = {tar_of(flat), tar_of({})}}, {}, true), "2 are found"));
    flat.push_back({.name = "etc/gone", .body = "x"}); // the whiteout was not carried out
    CHECK(mentions(objection(source, {.layers = {tar_of(flat)}}, {}, true), "etc/gone"));
}

TEST_CASE("canonical values are there when they are asked for, equal where the layers are equivalent") {
    std::vector<Member> other = ordinary();
    std::swap(other[3], other[4]);
    for (Member& member : other) member.mtime = 7;
    const auto compared = [&](const std::vector<Member>& rebuilt, CanonicalValues values, std::string_view rules = "") {
        CompareOptions options;
        options.canonical = values;
        options.rules = parse_rules(rules);
        return compare(image_of(ordinary()), image_of(rebuilt), options);
    };
    const Comparison none = compared(other, CanonicalValues::none);
    CHECK(none.verdict == Verdict::equivalent);
    CHECK_FALSE(none.sides[0].tree.has_value());
    CHECK_FALSE(none.sides[0].layers[0].canonical.has_value());

    const Comparison equal = compared(other, CanonicalValues::when_equivalent);
    REQUIRE(equal.sides[0].tree.has_value());
    CHECK(equal.sides[0].tree->starts_with("crf1:sha256:"));
    CHECK(equal.sides[0].tree == equal.sides[1].tree);
    REQUIRE(equal.sides[0].layers[1].canonical.has_value());
    CHECK(equal.sides[0].layers[1].canonical->starts_with("clf1:sha256:"));
    CHECK(equal.sides[0].layers[1].canonical == equal.sides[1].layers[1].canonical);

    std::vector<Member> divergent = other;
    divergent[1].body = "TOOL";
    CHECK_FALSE(compared(divergent, CanonicalValues::when_equivalent).sides[0].tree.has_value());
    const Comparison differing = compared(divergent, CanonicalValues::always);
    CHECK(differing.verdict == Verdict::divergent);
    CHECK(differing.sides[0].tree != differing.sides[1].tree);
    CHECK(differing.sides[0].layers[0].canonical == differing.sides[1].layers[0].canonical);
    CHECK(differing.sides[0].layers[1].canonical != differing.sides[1].layers[1].canonical);
}

TEST_CASE("canonical values hide what the rules of the comparison hide") {
    RuleSet rules;
    CHECK(profile_of(rules).is_default());
    rules.set(Rule::mtime, false);
    rules.set(Rule::owner, true);
    CHECK(profile_of(rules).id("clf1", "sha256:00") == "clf1:mtime=keep,owner=0:0:sha256:00");
}

TEST_CASE("attributes that only libarchive restores make layers of the same facts not equivalent") {
    std::vector<Member> other = ordinary();
    other[3].pax.emplace_back("LIBARCHIVE.xattr.user.note", "eA");
    const Comparison found = compare(image_of(ordinary()), image_of(other));
    CHECK(found.verdict == Verdict::same_files);
    const auto& list = found.findings.list();
    REQUIRE(list.size() == 1);
    CHECK(list[0].fact == "canonical");
    CHECK(mentions(list[0].detail, "bin/ping"));
}

TEST_CASE("an SELinux label is the host's business, unless the rule is off") {
    std::vector<Member> labelled = ordinary();
    labelled[1].pax = {{"SCHILY.xattr.security.selinux", "label"}};
    const Comparison hidden = compare(image_of(ordinary()), image_of(labelled));
    CHECK(hidden.verdict == Verdict::equivalent);
    CHECK(hidden.findings.noise_counts().contains("xattr:security.selinux"));
    CompareOptions strict;
    strict.rules = parse_rules("-selinux-label");
    CHECK(compare(image_of(ordinary()), image_of(labelled), strict).verdict == Verdict::divergent);
}

TEST_CASE("the tree of one layer has the digest of what is written for it") {
    const Member root{.name = "./", .type = '5', .mode = 0750, .uid = 7};
    const Member directory{.name = "d/", .type = '5', .mode = 0755};
    const Member file{.name = "d/f", .body = "text"};
    const Member link{.name = "d/g", .type = '1', .link = "d/f"};
    struct Row {
        const char* what;
        std::vector<Member> members;
        bool known;
    };
    const std::vector<Row> table = {
        {"its root is implied", {directory, file}, true},
        {"its root is listed", {root, directory, file}, true},
        {"its root is listed, and it is not in canonical order", {file, directory, root}, true},
        {"its root is implied, and it is not in canonical order", {file, directory}, false},
        {"with a link", {directory, file, link}, true},
        {"a directory is implied", {file}, true},
        {"the root is no directory", {{.name = "./", .body = "x"}, directory}, true},
        {"with a whiteout", {directory, {.name = "d/.wh.gone"}, file}, true},
        {"with an opaque directory", {directory, {.name = "d/.wh..wh..opq"}, file}, true},
        {"nothing is in it", {}, false}};
    for (const Row& row : table) {
        CAPTURE(std::string(row.what));
        CHECK(root_was_known(tar_of(row.members)) == row.known);
        // The times and the owner of an implied root are its own, whatever the profile.
        CHECK(root_was_known(tar_of(row.members), {parse_mtime_policy("keep"), parse_owner_policy("1:2")}) ==
              row.known);
    }
}

TEST_CASE("the tree of any layer has the digest of what is written for it") {
    unsigned known = 0;
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const std::string tar = tar_of(random_members(random, 30));
        // Half of them in canonical order, as layers mostly come.
        if (root_was_known(seed % 2 == 0 ? tar : canonical(tar))) ++known;
    }
    CHECK(known > 0);
}
