// What must hold of the canonical form of any layer, tried on random ones: it is its own canonical form, it does not
// see the encoding, and it sees everything else.
#include "base/error.h"
#include "base/parallel.h"
#include "normalize/canonical_layer.h"
#include "normalize/spooled_layer.h"
#include "tests/support/content_map.h"
#include "tests/support/memory_image.h"
#include "tests/support/random_tree.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <thread>

using namespace touchstone;
using namespace touchstone::test;

namespace {

struct Canonical {
    std::string bytes;
    CanonicalResult result;
    std::vector<Change> log;
};

Canonical canonical(const std::string& tar, const Profile& profile = {}) {
    const Image image = make_tar_image(tar);
    ContentMap content;
    const auto listing = content.read(image.layers[0]);
    StringSink out;
    Canonical made;
    made.result = write_canonical_layer(build_layer_tree(listing, 0), profile, content, out, &made.log);
    made.bytes = out.text();
    return made;
}

constexpr unsigned seeds = 60;

} // namespace

TEST_CASE("the canonical form is its own canonical form, and nothing in it is changed again") {
    const std::vector<Profile> profiles = {
        {}, {parse_mtime_policy("keep"), {}}, {parse_mtime_policy("clamp:1000000000"), parse_owner_policy("1:2")}};
    for (unsigned seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const Canonical once = canonical(tar_of(random_members(random, 40)), profiles[seed % profiles.size()]);
        const Canonical twice = canonical(once.bytes, profiles[seed % profiles.size()]);
        CHECK(twice.bytes == once.bytes);
        CHECK(twice.result.digest == once.result.digest);
        CHECK(twice.result.changes.empty());
        CHECK(twice.log.empty());
    }
}

TEST_CASE("the canonical form does not depend on order, dialect, times, owner names or the leading ./") {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const std::vector<Member> members = random_members(random, 40);
        CHECK(canonical(tar_of(re_encoded(members, random))).bytes == canonical(tar_of(members)).bytes);
    }
}

TEST_CASE("any change that is not of the encoding changes the canonical form") {
    // The header of a hard link's target is hidden by the link's own, which is applied to the same inode later (R13).
    const auto hidden = [](const std::vector<Member>& members, const std::vector<Member>& mutated) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            const Member& now = mutated[i];
            const Member& was = members[i];
            if (now.name == was.name && now.uid == was.uid && now.gid == was.gid && now.mode == was.mode &&
                now.link == was.link)
                continue;
            const std::string& shared = was.type == '1' ? was.link : was.name;
            return std::any_of(members.begin() + static_cast<std::ptrdiff_t>(i) + 1, members.end(),
                               [&](const Member& later) { return later.type == '1' && later.link == shared; });
        }
        return false;
    };
    unsigned tried = 0;
    for (unsigned seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const std::vector<Member> members = random_members(random, 30);
        std::vector<Member> mutated = members;
        mutate(mutated, random);
        if (hidden(members, mutated)) continue;
        ++tried;
        CHECK(canonical(tar_of(mutated)).result.digest != canonical(tar_of(members)).result.digest);
    }
    CHECK(tried > seeds / 2);
}

TEST_CASE("every change on the way to the canonical form is counted and logged") {
    TarBuilder builder;
    Member member{.name = "./file", .body = "x"};
    member.mode = 0100644;
    member.uname = "root";
    member.mtime = 7;
    member.pax = {{"SCHILY.xattr.security.selinux", "label"}, {"VENDOR.key", "v"}, {"atime", "1"}};
    builder.add(member);
    builder.add({.name = ".wh.gone", .mode = 0600});
    const Canonical made = canonical(builder.finish());
    const ChangeCounts expected = {{"atime-ctime", 1},
                                   {"ifmt-bits", 1},
                                   {"mtime", 1},
                                   {"order", 1},
                                   {"owner-names", 1},
                                   {"path-spelling", 1},
                                   {"record-dropped VENDOR.key", 1},
                                   {"whiteout-metadata", 1},
                                   {"xattr-dropped security.selinux", 1}};
    CHECK(made.result.changes == expected);
    CHECK(made.log.size() == expected.size());
}

TEST_CASE("what is made while a layer streams by is what the writer makes of its tree") {
    unsigned streamed = 0;
    unsigned written = 0;
    for (unsigned seed = 0; seed < 4 * seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::string tar = tar_of(random_members(random, 30));
        const Profile keep{parse_mtime_policy("keep"), {}};
        if (seed % 2 == 1) tar = canonical(tar, keep).bytes; // in order already, its times still to be set
        const Canonical expected = canonical(tar);
        const Image image = make_tar_image(tar);
        const auto spooled = spool_layer(image.layers[0], {}, nullptr,
                                         {.profile = {}, .keep_stream = true, .changes = true, .log = true});
        StringSink stream;
        copy_file(*spooled->stream, stream);
        CHECK(stream.text() == expected.bytes);
        CHECK(spooled->canonical.digest == expected.result.digest);
        CHECK(spooled->canonical.size == expected.result.size);
        CHECK(spooled->canonical.changes == expected.result.changes);
        CHECK(spooled->log.size() == expected.log.size());
        ++(spooled->stream == spooled->content ? streamed : written);
    }
    CHECK(streamed >= 2 * seeds);
    CHECK(written > 0);
}

TEST_CASE("a layer is the same whoever hashes and writes its blocks") {
    TarBuilder builder;
    std::mt19937 random(7);
    for (int i = 0; i < 1000; ++i) { // more than all blocks that may wait hold together
        std::string content(random() % 16'384, '\0');
        for (char& c : content) c = static_cast<char>(random());
        builder.file(fmt::format("f{:04}", i), content);
    }
    const std::string tar = builder.finish();
    const Canonical expected = canonical(tar);
    const Image image = make_tar_image(tar);
    for (const unsigned jobs : {1U, 2U, 4U}) {
        CAPTURE(jobs);
        std::shared_ptr<const SpooledLayer> spooled;
        const auto read = [&](std::size_t) {
            while (jobs > 1 && !help_is_there()) std::this_thread::yield();
            spooled = spool_layer(image.layers[0], {}, nullptr, {.profile = {}, .keep_stream = true});
        };
        parallel_for(1, jobs, read, Threads::to_help);
        StringSink stream;
        copy_file(*spooled->stream, stream);
        CHECK(spooled->stream == spooled->content);
        CHECK(stream.text() == expected.bytes);
        CHECK(spooled->canonical.digest == expected.result.digest);
    }
}

TEST_CASE("what is read back has the digest of what was written, and its listing") {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::string tar = tar_of(random_members(random, 30));
        if (seed % 2 == 1) tar = canonical(tar).bytes; // streamed, the others are written from what was kept
        const Canonical expected = canonical(tar);
        const Image image = make_tar_image(tar);
        const auto spooled =
            spool_layer(image.layers[0], {}, nullptr, {.profile = {}, .keep_stream = true, .read_back = true});
        StringSink stream;
        copy_file(*spooled->stream, stream);
        CHECK(stream.text() == expected.bytes);
        CHECK(spooled->canonical.digest == expected.result.digest);
        CHECK(spooled->written->diff_id == expected.result.digest);
        CHECK_FALSE(
            layer_difference({build_layer_tree(spooled->listing, 0), {}}, {build_layer_tree(spooled->written, 0), {}}));
    }
}

TEST_CASE("a header that was made to have the hash of the canonical one hides no change") {
    ContentMap content;
    Member member{.name = "./f"};
    member.uname = "root";
    member.pax = {{"VENDOR.key", "v"}};
    const auto listing = content.read(make_tar_image(TarBuilder().add(member).finish()).layers[0]);
    const Entry& own = listing->entries.front();
    ChangeCounts counts;
    ChangeRecorder record(counts, nullptr);
    record.begin();
    record.encoding(*listing, own, {.path = own.path}, own.header_hash);
    CHECK(counts == ChangeCounts{{"owner-names", 1}, {"path-spelling", 1}, {"record-dropped VENDOR.key", 1}});
}

TEST_CASE("the profile decides about times and owners") {
    TarBuilder builder;
    Member member{.name = "f"};
    member.mtime = 2'000'000'000;
    member.uid = 1000;
    member.gid = 100;
    builder.add(member);
    const auto field = [&](const Profile& profile, std::size_t offset, std::size_t width) {
        return canonical(builder.finish(), profile).bytes.substr(offset, width);
    };
    CHECK(field({}, 136, 11) == "00000000000");
    CHECK(field({parse_mtime_policy("keep"), {}}, 136, 11) == "16715312000"); // 2000000000 in octal
    CHECK(field({parse_mtime_policy("clamp:8"), {}}, 136, 11) == "00000000010");
    CHECK(field({}, 108, 7) == "0001750");
    CHECK(field({{}, parse_owner_policy("map:1000:8")}, 108, 7) == "0000010");
    CHECK(field({{}, parse_owner_policy("5:6")}, 116, 7) == "0000006");
}

TEST_CASE("a hard link's header that decides otherwise than its target's is a change that is counted") {
    const auto changes = [](std::uint32_t link_mode) {
        TarBuilder builder;
        builder.file("a", "x", 04755).add({.name = "b", .type = '1', .mode = link_mode, .link = "a"});
        return canonical(builder.finish()).result.changes;
    };
    CHECK(changes(04755).empty());
    CHECK(changes(0755) == ChangeCounts{{"hardlink-header", 2}}); // the mode of both names
}

TEST_CASE("a link to a lower layer, whose path its own layer gives to another file later, has no canonical form") {
    TarBuilder early;
    early.hardlink("b", "a").file("a", "new", 0600); // b is what the layer below has at a
    CHECK_THROWS_WITH_AS(canonical(early.finish()), doctest::Contains("only after it"), Error);
    TarBuilder keeps_its_place;
    keeps_its_place.hardlink("a", "b").file("b", "new", 0600); // a comes before b in canonical order, too
    const Canonical once = canonical(keeps_its_place.finish());
    CHECK(canonical(once.bytes).bytes == once.bytes);
}

TEST_CASE("a form whose pax header no reader would take is not written") {
    const std::string name(600'000, 'n');
    TarBuilder builder;
    builder.gnu_long('L', name).gnu_long('K', name).add({.name = "s", .type = '2', .link = "t", .magic = gnu_magic});
    CHECK_THROWS_AS(canonical(builder.finish()), Error);
}

TEST_CASE("bits that no byte of a libarchive attribute needs are ignored, as libarchive does") {
    const auto form = [](const std::string& key, const std::string& value) {
        return canonical(TarBuilder().add({.name = "f", .pax = {{key, value}}}).finish()).bytes;
    };
    for (const char* value : {"YQ", "YQ==", "YR", "Yf=="}) // "a" (RFC 4648 section 3.5), with all kinds of rests
        CHECK(form("LIBARCHIVE.xattr.user.x", value) == form("SCHILY.xattr.user.x", "a"));
    CHECK(form("LIBARCHIVE.xattr.user.x", "YWJ") == form("SCHILY.xattr.user.x", "ab"));
}

TEST_CASE("the form of a name that is not UTF-8 is its own canonical form too") {
    const Canonical once = canonical(TarBuilder().file("\xff", "x").finish());
    CHECK(once.bytes.find("hdrcharset=BINARY") != std::string::npos);
    const Canonical twice = canonical(once.bytes);
    CHECK(twice.bytes == once.bytes);
    CHECK(twice.result.changes.empty());
}
