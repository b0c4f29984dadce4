// What the table of cases does not say: values of fields, content in stretches, limits, hashes, the tail's facts.
#include "tests/image/tar_helpers.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace touchstone::test {

namespace {

std::unique_ptr<LayerListing> one(const Member& member) {
    return list(TarBuilder().add(member).finish());
}

const std::string capability("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

std::string refusal_of(std::string bytes, const LayerLimits& limits = {}, ErrorKind kind = ErrorKind::malformed) {
    try {
        list(std::move(bytes), limits);
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    return "accepted";
}

// Gives its bytes one at a time, as a slow pipe does.
class Trickle final : public ByteSource {
public:
    explicit Trickle(std::string_view text) : rest_(text) {}
    std::size_t read(ByteSpan buffer) override {
        if (rest_.empty() || buffer.empty()) return 0;
        buffer[0] = static_cast<std::uint8_t>(rest_[0]);
        rest_.remove_prefix(1);
        return 1;
    }

private:
    std::string_view rest_;
};

} // namespace

TEST_CASE("fields of a header become fields of the entry") {
    const auto listing = one({.name = "./dev/../dev/x",
                              .type = '4',
                              .mode = 0106640,
                              .uid = 1000,
                              .gid = 50,
                              .mtime = 1700000000,
                              .uname = "me",
                              .gname = "us",
                              .dev_major = 8,
                              .dev_minor = 17});
    const Entry& entry = listing->entries.at(0);
    CHECK(entry.stored == "./dev/../dev/x");
    CHECK(entry.path == "dev/x");
    CHECK(entry.base_name() == "x");
    CHECK(entry.parent() == "dev");
    CHECK(entry.type == EntryType::block_device);
    CHECK(entry.mode == 0106640);
    CHECK(entry.permissions() == 06640);
    CHECK(entry.uid == 1000);
    CHECK(entry.gid == 50);
    CHECK(entry.mtime == Timestamp{1700000000, 0});
    CHECK(listing->owner_names.text_of(entry.uname) == "me");
    CHECK(listing->owner_names.text_of(entry.gname) == "us");
    CHECK(entry.dev_major == 8);
    CHECK(entry.dev_minor == 17);
    CHECK(entry.dialect == Dialect::ustar);
    CHECK(entry.extra == nullptr);
}

TEST_CASE("pax records become fields, attributes or stay as they are") {
    const auto listing = one({.name = "a",
                              .pax = {{"uid", "3000000"},
                                      {"mtime", "-1.25"},
                                      {"atime", "7.5"},
                                      {"uname", "long"},
                                      {"SCHILY.xattr.user.b", "2"},
                                      {"SCHILY.xattr.security.capability", capability},
                                      {"SCHILY.acl.access", "user::rw-"},
                                      {"VENDOR.x", "y"},
                                      {"LIBARCHIVE.creationtime", "1"}}});
    const Entry& entry = listing->entries.at(0);
    CHECK(entry.dialect == Dialect::pax);
    CHECK(entry.uid == 3000000);
    CHECK(entry.mtime == Timestamp{-2, 750000000}); // a quarter before -1, counted upwards
    CHECK(listing->owner_names.text_of(entry.uname) == "long");
    REQUIRE(entry.extra != nullptr);
    CHECK(entry.extra->atime == Timestamp{7, 500000000});
    CHECK(!entry.extra->ctime.has_value());
    CHECK(entry.extra->xattrs == std::vector<NamedBytes>{{"security.capability", capability}, {"user.b", "2"}});
    CHECK(entry.extra->acls == std::vector<NamedBytes>{{"access", "user::rw-"}});
    CHECK(entry.extra->records == std::vector<NamedBytes>{{"LIBARCHIVE.creationtime", "1"}, {"VENDOR.x", "y"}});
}

TEST_CASE("dialects are told apart as Go does") {
    CHECK(one({.name = "a", .magic = v7_magic})->entries[0].dialect == Dialect::v7);
    CHECK(one({.name = "a", .magic = gnu_magic})->entries[0].dialect == Dialect::gnu);
    CHECK(one({.name = "a", .patches = {{508, std::string("tar\0", 4)}}})->entries[0].dialect == Dialect::star);
    CHECK(one({.name = "a", .magic = gnu_magic, .pax = {{"comment", "c"}}})->entries[0].dialect == Dialect::gnu);
    CHECK(list(TarBuilder().raw_pax("").file("a", "").finish())->entries[0].dialect == Dialect::ustar);
}

TEST_CASE("links keep their targets: symlinks raw, hardlinks cleaned") {
    const auto listing = list(TarBuilder()
                                  .file("d/a", "")
                                  .symlink("s", "./..//x/")
                                  .hardlink("h", "./d//a")
                                  .hardlink("up", "d/../d/a")
                                  .finish());
    CHECK(listing->entries[1].link == "./..//x/");
    CHECK(listing->entries[2].link == "d/a");
    CHECK(listing->entries[3].link == "d/../d/a");
}

TEST_CASE("whiteouts are told by their names") {
    const auto listing = list(TarBuilder()
                                  .dir("d")
                                  .whiteout("d/.wh.x")
                                  .whiteout("d/.wh..wh..opq")
                                  .whiteout(".wh..wh.aufs")
                                  .file("d/wh.x", "")
                                  .finish());
    const Whiteout expected[] = {Whiteout::none, Whiteout::file, Whiteout::opaque, Whiteout::aufs, Whiteout::none};
    for (std::size_t at = 0; at < 5; ++at) CHECK(listing->entries[at].whiteout == expected[at]);
}

TEST_CASE("content is hashed, sparse holes as zeros") {
    const auto listing =
        list(TarBuilder()
                 .file("empty", "")
                 .file("abc", "abc")
                 .add({.name = "s",
                       .body = "abc",
                       .pax = {{"GNU.sparse.size", "6"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "2,3"}}})
                 .finish());
    // FIPS 180-2 for "abc"; sha256sum of nothing, and of printf '\0\0abc\0'.
    CHECK(to_digest(listing->entries[0].content).hex() ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_digest(listing->entries[1].content).hex() ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(listing->entries[2].content == [] {
        const Digest digest = digest_of(as_bytes(std::string("\0\0abc\0", 6)));
        Sha256 hash{};
        std::copy_n(digest.bytes.begin(), hash.size(), hash.begin());
        return hash;
    }());
}

TEST_CASE("members larger than the buffer, read from a source that trickles") {
    std::string body(700000, '\0');
    for (std::size_t at = 0; at < body.size(); ++at) body[at] = static_cast<char>(at * 7 % 251);
    const std::string bytes = TarBuilder().file("big", body).file("z", "tail").finish();
    Trickle source(bytes);
    Arena arena;
    StringTable owners;
    std::vector<Oddity> oddities;
    TarReader reader(source, arena, owners, oddities);
    Entry entry;
    REQUIRE(reader.next(entry));
    std::string content;
    for (ByteView part = reader.content(); !part.empty(); part = reader.content()) content += as_text(part);
    CHECK(content == body);
    CHECK(reader.content().empty());
    REQUIRE(reader.next(entry));
    CHECK(entry.path == "z");
    CHECK(entry.offset == 512 + 700416);
    CHECK(!reader.next(entry)); // the content of z is skipped
    CHECK(!reader.next(entry));
    CHECK(oddities.empty());
}

TEST_CASE("padding is looked at, whether the content was read or skipped") {
    const std::string bytes = TarBuilder().add({.name = "a", .body = "x", .padding = 'p'}).file("z", "y").finish();
    const auto listing = list(bytes);
    CHECK(!listing->entries[0].padding_zero);
    CHECK(listing->entries[1].padding_zero);
    CHECK(listing->tail.padding_hash != 0);
    MemorySource source{std::string_view(bytes)};
    Arena arena;
    StringTable owners;
    std::vector<Oddity> oddities;
    TarReader reader(source, arena, owners, oddities);
    Entry entry;
    while (reader.next(entry)) {
    }
    CHECK(kinds_of(oddities) == "padding-not-zero");
    CHECK(oddities.at(0).path == "a");
}

TEST_CASE("header hashes tell encodings apart and nothing else") {
    const auto hash = [](const Member& member) { return one(member)->entries[0].header_hash; };
    CHECK(hash({.name = "a", .body = "1"}) != hash({.name = "a", .body = "22"})); // the size is in the header
    CHECK(hash({.name = "a", .body = "1"}) == hash({.name = "a", .body = "2"}));
    CHECK(hash({.name = "a"}) != hash({.name = "a", .magic = gnu_magic}));
    CHECK(hash({.name = "a"}) != hash({.name = "a", .pax = {{"comment", "c"}}}));
    CHECK(hash({.name = "a", .pax = {{"comment", "c"}}}) != hash({.name = "a", .pax = {{"comment", "d"}}}));
    const auto pair = list(TarBuilder().file("a", "x").file("a2", "").finish());
    CHECK(pair->entries[0].header_hash == hash({.name = "a", .body = "x"})); // not of its place in the stream
}

TEST_CASE("the tail says what follows the members") {
    const TarBuilder a = TarBuilder().file("a", "");
    CHECK(list(a.finish(2))->tail.zero_blocks == 2);
    CHECK(list(a.finish(20))->tail.zero_blocks == 20);
    CHECK(list(a.finish(1))->tail.zero_blocks == 1);
    CHECK(list(a.finish(0))->tail.zero_blocks == 0);
    const TarTail after = list(a.finish(3) + std::string(10, '\0') + "evil")->tail;
    CHECK(after.zero_blocks == 3);
    CHECK(after.bytes_after_end == 4);
    // The same bytes at another distance hash alike; other bytes do not.
    CHECK(list(a.finish(900) + "evil")->tail.padding_hash == after.padding_hash);
    CHECK(list(a.finish(3) + "good")->tail.padding_hash != after.padding_hash);
    const auto global = list(TarBuilder().raw_pax(pax_record("comment", "c"), 'g').file("a", "").finish());
    CHECK(global->tail.global_headers == 1);
    CHECK(global->tail.extension_hash != 0);
}

TEST_CASE("a refusal names the member, the place and the rule") {
    CHECK(refusal_of(TarBuilder().file("ok", "").file("b\x1b", "", 0644).add({.name = "x", .type = '7'}).finish(), {},
                     ErrorKind::unsupported) == "layer 0: tar member \"x\" at offset 1024: typeflag \"7\": containerd "
                                                "and Docker refuse header types other than 0 "
                                                "to 6, S, x, g, L and K");
    CHECK(refusal_of(TarBuilder().add({.name = "b\x1b", .patches = {{100, "rw-r--r-"}}}).finish()) ==
          "layer 0: tar member \"b\\x1b\" at offset 0: mode field: expected octal digits or a base-256 number of 63 "
          "bits, "
          "found \"rw-r--r-\"");
}

TEST_CASE("each limit is a refusal of its own") {
    const auto limited = [](auto set) {
        LayerLimits limits;
        set(limits.tar);
        return limits;
    };
    const std::string two = TarBuilder().file("a", "").file("b", "").finish();
    CHECK(refusal_of(two, limited([](TarLimits& l) { l.entries = 1; }), ErrorKind::over_limit)
              .find("more than 1 members") != std::string::npos);
    CHECK(refusal_of(two, limited([](TarLimits& l) { l.name_bytes = 1; }), ErrorKind::over_limit)
              .find("more than 1 bytes") != std::string::npos);
    const std::string deep = TarBuilder().file("a/b/c", "").finish();
    CHECK(refusal_of(deep, limited([](TarLimits& l) { l.path_depth = 2; }), ErrorKind::over_limit)
              .find("3 path components") != std::string::npos);
    const std::string pax = TarBuilder().add({.name = "a", .pax = {{"SCHILY.xattr.user.a", "12345"}}}).finish();
    CHECK(refusal_of(pax, limited([](TarLimits& l) { l.extension = 8; }), ErrorKind::over_limit).find("more than 8") !=
          std::string::npos);
    CHECK(refusal_of(pax, limited([](TarLimits& l) { l.xattrs = 8; }), ErrorKind::over_limit).find("attributes") !=
          std::string::npos);
    const std::string sparse =
        TarBuilder()
            .add({.name = "s",
                  .body = "ab",
                  .pax = {{"GNU.sparse.size", "100"}, {"GNU.sparse.numblocks", "2"}, {"GNU.sparse.map", "2,1,8,1"}}})
            .finish();
    CHECK(refusal_of(sparse, limited([](TarLimits& l) { l.sparse_regions = 1; }), ErrorKind::over_limit)
              .find("regions") != std::string::npos);
    CHECK(refusal_of(sparse, limited([](TarLimits& l) { l.hole_bytes = 97; }), ErrorKind::over_limit).find("holes") !=
          std::string::npos);
    CHECK(refusal_of(sparse, limited([](TarLimits& l) { l.hole_bytes = 98; })) == "accepted");
    CHECK(refusal_of(TarBuilder().file("a/", "").file("b/", "").finish(), limited([](TarLimits& l) { l.oddities = 1; }),
                     ErrorKind::over_limit)
              .find("more than 1 ambiguous") != std::string::npos);
}

TEST_CASE("harmless oddities are listed up to a number and counted beyond it") {
    TarBuilder builder;
    for (int at = 0; at < 1500; ++at)
        builder.add({.name = fmt::format("f{}", at), .pax = {{"SCHILY.acl.access", "u"}}});
    const auto listing = list(builder.finish());
    CHECK(listing->oddities.size() == 1001);
    CHECK(listing->oddities.back().code == OddityCode::acl_in_pax);
    CHECK(listing->oddities.back().detail == "and 500 more");
}

} // namespace touchstone::test
