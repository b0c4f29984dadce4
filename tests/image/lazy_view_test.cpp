// Tables of contents for lazy pulling: which ones are read, and which differences from the tar are told.
#include "base/compressor.h"
#include "image/lazy_toc.h"
#include "tests/image/tar_helpers.h"
#include "tests/support/effort.h"
#include "tests/support/tar_builder.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

namespace touchstone::test {

namespace {

std::string packed(std::string_view bytes, Compression kind) {
    StringSink out;
    CompressingSink sink(kind, out);
    sink.write(as_bytes(bytes));
    sink.finish();
    return out.text();
}

std::string sha256(std::string_view bytes) {
    return digest_of(as_bytes(bytes)).string();
}

std::string le(std::uint64_t value, int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i) {
        bytes += static_cast<char>(value & 0xffU);
        value >>= 8; // of a count beyond 8 the rest is zeros
    }
    return bytes;
}

/// docs/estargz.md, "Footer": 51 bytes.
std::string estargz_footer(std::uint64_t offset) {
    return std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0", 16) + fmt::format("{:016x}STARGZ", offset) +
           std::string("\1\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
}

std::string skippable(std::string_view body) {
    return "\x50\x2a\x4d\x18" + le(body.size(), 4) + std::string(body);
}

const std::string a_digest = sha256("hello");

/// The entry of the file `a` with one thing replaced.
std::string a_file(const std::string& from = {}, const std::string& to = {}) {
    std::string text = R"({"name":"a","type":"reg","size":5,"mode":420,"digest":")" + a_digest + R"(","offset":1})";
    if (!from.empty()) {
        REQUIRE(text.find(from) != std::string::npos);
        text.replace(text.find(from), from.size(), to);
    }
    return text;
}

const std::string dir_d = R"({"name":"d/","type":"dir","mode":493})";
const std::string link_l = R"({"name":"./l","type":"symlink","linkName":"a","mode":511})";
const std::string hard_h = R"({"name":"h","type":"hardlink","linkName":"./a","mode":420})";

std::string toc_of(const std::string& entries) {
    return R"({"version":1,"entries":[)" + entries + "]}";
}
const std::string good_toc = toc_of(a_file() + "," + dir_d + "," + link_l + "," + hard_h);

TarBuilder members() {
    TarBuilder tar;
    tar.file("a", "hello").dir("d").add({.name = "l", .type = '2', .mode = 0777, .link = "a"}).hardlink("h", "a");
    return tar;
}

/// An eStargz blob: the members, and the table as the last of them in a gzip member of its own.
std::string estargz(const std::string& toc, TarBuilder tar = members()) {
    const std::string body = packed(tar.finish(0), Compression::gzip);
    return body + packed(TarBuilder().file("stargz.index.json", toc).finish(), Compression::gzip) +
           estargz_footer(body.size());
}

struct Chunked {
    std::string blob;
    std::string stored;   ///< digest of the compressed table
    std::string position; ///< as the annotation has it
};

Chunked zstd_chunked(const std::string& toc) {
    const std::string body = packed(members().finish(), Compression::zstd);
    const std::string stored = packed(toc, Compression::zstd);
    const std::uint64_t offset = body.size() + 8;
    const std::string footer = le(offset, 8) + le(stored.size(), 8) + le(toc.size(), 8) + le(1, 8) + le(0, 24);
    return {.blob = body + skippable(stored) + skippable(footer + "GNUlInUx"),
            .stored = sha256(stored),
            .position = fmt::format("{}:{}:{}:1", offset, stored.size(), toc.size())};
}

/// "code path: detail" of each oddity about the lazy view, one a line.
std::string found_in(const LayerListing& listing) {
    std::string text;
    for (const Oddity& oddity : listing.oddities) {
        if (!is_beside_stream(oddity.code)) continue;
        CHECK(is_ambiguous(oddity));
        text += fmt::format("{} {}: {}\n", row_of(oddity.code).name, oddity.path, oddity.detail);
    }
    return text;
}

std::string found_in(const std::string& blob, Contents contents = Contents::digests) {
    NoContent visitor(contents);
    return found_in(*read_layer(layer_of(blob), {}, nullptr, &visitor));
}

} // namespace

TEST_CASE("a table that says what the tar says is not worth a word") {
    for (const Contents contents : {Contents::digests, Contents::fingerprints, Contents::none}) {
        CHECK(found_in(estargz(good_toc), contents).empty());
        CHECK(found_in(zstd_chunked(good_toc).blob, contents).empty());
    }
    CHECK(read_layer(layer_of(estargz(good_toc)), {}, nullptr)->lazy->json.string() == sha256(good_toc));
    CHECK_FALSE(read_layer(layer_of(packed(members().finish(), Compression::gzip)), {}, nullptr)->lazy);
}

TEST_CASE("each fact of the table that differs is told, whatever the listing's contents are") {
    const std::string chunked = R"("chunkSize":2,"chunkDigest":")" + sha256("he") +
                                R"("},{"name":"a","type":"chunk",)"
                                R"("offset":9,"chunkOffset":2,"chunkDigest":")";
    struct Row {
        std::string entries;
        std::string part; ///< of what is told; empty: nothing
    };
    const std::string rest = "," + dir_d + "," + link_l + "," + hard_h;
    const std::string other = sha256("other");
    const Row rows[] = {
        {a_file("420", "2541") + rest, "a: mode 0644 in the tar, 4755 in the table"},
        {a_file("\"mode\":420", "\"mode\":33188") + rest, ""}, // with the bits of the type
        {a_file("\"size\":5", "\"size\":6") + rest, "a: size 5 in the tar, 6 in the table"},
        {a_file(a_digest, other) + rest, "a: content " + a_digest + " in the tar, " + other + " in the table"},
        {a_file("\"offset\":1", "\"uid\":7") + rest, "a: uid 0 in the tar, 7 in the table"},
        {a_file("\"offset\":1", "\"gid\":-1") + rest, "a: gid 0 in the tar, -1 in the table"},
        {a_file("\"offset\":1", R"("xattrs":{"user.x":"eQ=="})") + rest, "a: xattrs none in the tar, \"user.x\"=\"y\""},
        {a_file(R"("digest":")" + a_digest + "\",", "") + rest, "a: no digest names its content"},
        {a_file("\"offset\":1", R"("chunkDigest":")" + other + "\"") + rest, "a: content "},
        {a_file("\"offset\":1", chunked + sha256("llo") + "\"") + rest, ""},
        {a_file("\"offset\":1", chunked + other + "\"") + rest, "a: content of chunk 2 of 2: " + sha256("llo")},
        {a_file("\"offset\":1", "\"chunkSize\":2") + rest, "a: chunks that do not make up its 5 bytes"},
        {a_file("reg", "fifo") + rest, "a: type file in the tar, fifo, mode 0644, owner 0:0 in the table"},
        {a_file() + "," + dir_d + "," + hard_h, "l: symlink in the tar, not in the table of contents"},
        {a_file() + "," + dir_d + "," + link_l + "," + a_file("\"a\"", "\"h\""), "h: type hardlink in the tar, file"},
        {a_file() + rest + "," + a_file("\"a\"", "\"x/y\""), "x/y: in the table of contents only: file, mode 0644"},
        {a_file() + "," + a_file() + rest, "a: twice in the table of contents"},
        {a_file() + "," + dir_d + R"(,{"name":"l","type":"symlink","linkName":"b","mode":511},)" + hard_h,
         "l: link \"a\" in the tar, \"b\" in the table"},
        {a_file() + "," + dir_d + "," + link_l + R"(,{"name":"h","type":"hardlink","linkName":"l","mode":420})",
         "h: link \"a\" in the tar, \"l\" in the table"},
        {a_file() + rest + R"(,{"name":"stargz.index.json","type":"reg"})", "stargz.index.json: "},
    };
    for (const Row& row : rows) {
        const std::string toc = toc_of(row.entries);
        CAPTURE(toc);
        const std::string found = found_in(estargz(toc));
        CAPTURE(found);
        if (row.part.empty()) {
            CHECK(found.empty());
        } else {
            CHECK(contains(found, row.part));
            CHECK(contains(found, "lazy-view-differs"));
        }
        CHECK(found_in(estargz(toc), Contents::fingerprints) == found);
        CHECK(found_in(estargz(toc), Contents::none) == found);
    }
}

TEST_CASE("a table that no reader or not every reader takes is unreadable") {
    struct Row {
        std::string toc;
        std::string part;
    };
    const Row rows[] = {
        {"", "expected `{`"},
        {"[]", "expected `{`"},
        {good_toc + "{}", "bytes after the end"},
        {R"({"entries":[]})", "no `version`"},
        {R"({"version":2,"entries":[]})", "`version` is not 1"},
        {R"({"version":1,"entries":[],"Entries":[]})", "twice, or in another case"},
        {R"({"version":1,"entries":[{"type":"reg","name":"a","Mode":1}]})", "case variant"},
        {R"({"version":1,"entries":[{"type":"reg","name":"a","mode":1,"mode":2}]})", "duplicate key"},
        {R"({"version":1,"entries":[{"type":"reg"}]})", "`name`"},
        {R"({"version":1,"entries":[{"type":"door","name":"a"}]})", "\"door\""},
        {R"({"version":1,"entries":[{"type":"chunk","name":"a"}]})", "follows no regular file"},
        {R"({"version":1,"entries":[{"type":"reg","name":"a","size":-1}]})", "negative"},
        {R"({"version":1,"entries":[{"type":"reg","name":"a","digest":"md5:0"}]})", "`digest`"},
        {R"({"version":1,"entries":[{"type":"reg","name":"a","xattrs":{"a":"%"}}]})", "`xattrs`"},
        {R"({"version":1,"entries":[{"type":"reg","name":"a" "b"}]})", "not valid JSON"},
        {R"({"version":1,"entries":[{"type":"reg","name":"a\)", "does not end"},
        {R"({"version":1,"entries":[)", "ends inside a value"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.toc);
        const std::string found = found_in(estargz(row.toc));
        CAPTURE(found);
        CHECK(contains(found, "lazy-view-unreadable"));
        CHECK(contains(found, row.part));
        // Two of them are told apart by what they are, and not only by what is wrong with them.
        CHECK(found != found_in(estargz(row.toc + " ")));
    }
}

TEST_CASE("a footer that leads to no table is unreadable") {
    const std::string body = packed(members().finish(), Compression::gzip);
    const std::string external = std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x15\0SG\x11\0", 16) + "STARGZEXTERNALTOC" +
                                 std::string("\1\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
    CHECK(contains(found_in(body + estargz_footer(body.size())), "outside the blob"));
    CHECK(contains(found_in(body + estargz_footer(~std::uint64_t{0})), "outside the blob"));
    CHECK(contains(found_in(body + estargz_footer(3)), "lazy-view-unreadable"));
    CHECK(contains(found_in(body + estargz_footer(0)), "no file stargz.index.json"));
    CHECK(contains(found_in(body + external), "in another image"));
    Chunked chunked = zstd_chunked(good_toc);
    chunked.blob[chunked.blob.size() - 64] ^= 1; // the offset
    CHECK(contains(found_in(chunked.blob), "lazy-view-unreadable"));
    chunked = zstd_chunked(good_toc);
    chunked.blob[chunked.blob.size() - 48] ^= 1; // the length of the JSON
    CHECK(contains(found_in(chunked.blob), "the footer promises"));
}

TEST_CASE("a footer inside a member is one to those who look at the last bytes only") {
    // A stored block that holds the footer's header, and an empty last one: the last 51 bytes are a footer.
    const std::string body = packed(TarBuilder().file("a", "hello").finish(0), Compression::gzip);
    const std::string toc = packed(TarBuilder().file("stargz.index.json", toc_of("")).finish(), Compression::gzip);
    const std::string fake = estargz_footer(body.size()).substr(0, 38);
    const auto stored = [](std::string_view bytes, char last) {
        return last + le(bytes.size(), 2) + le(~bytes.size(), 2) + std::string(bytes);
    };
    const std::string same = packed(fake, Compression::gzip);
    const std::string trailer = same.substr(same.size() - 8); // CRC-32 and size of the same bytes
    const std::string member =
        std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) + stored(fake, '\0') + stored("", '\1') + trailer;
    const std::string found = found_in(body + toc + member);
    CAPTURE(found);
    CHECK(contains(found, "lazy-view-unreadable")); // it ends within that member; Go's readers stop before they notice
}

TEST_CASE("annotations are compared with the blob") {
    using Annotations = std::vector<std::pair<std::string, std::string>>;
    const std::string estargz_key = "containerd.io/snapshot/stargz/toc.digest";
    const std::string checksum = "io.github.containers.zstd-chunked.manifest-checksum";
    const std::string position = "io.containers.zstd-chunked.manifest-position";
    const Chunked chunked = zstd_chunked(good_toc);
    const std::string plain = packed(members().finish(), Compression::gzip);
    struct Row {
        std::string blob;
        Annotations annotations;
        bool good;
    };
    const Row rows[] = {
        {estargz(good_toc), {{estargz_key, sha256(good_toc)}}, true},
        {estargz(good_toc), {{estargz_key, a_digest}}, false},
        {estargz(good_toc), {{checksum, sha256(good_toc)}}, false},
        {chunked.blob, {{estargz_key, sha256(good_toc)}, {checksum, chunked.stored}}, true},
        {chunked.blob, {{checksum, sha256(good_toc)}}, false},
        {chunked.blob, {{position, chunked.position}}, true},
        {chunked.blob, {{position, "1" + chunked.position}}, false},
        {plain, {{estargz_key, sha256(good_toc)}}, false},
        {plain, {{"org.example", "x"}}, true},
    };
    for (const Row& row : rows) {
        LayerRef layer = layer_of(row.blob);
        layer.toc_annotations = toc_annotations(row.annotations);
        const std::string found = found_in(*read_layer(layer, {}, nullptr));
        CAPTURE(found);
        CHECK(found.empty() == row.good);
        CHECK(contains(found, "lazy-view-unreadable") != row.good);
    }
}

TEST_CASE("landmarks and the table itself have their places") {
    const std::string landmark =
        R"({"name":".prefetch.landmark","type":"reg","size":1,"mode":420,"digest":")" + sha256("\x0f") + "\"}";
    const std::string toc = toc_of(landmark);
    CHECK(found_in(estargz(toc, TarBuilder().file(".prefetch.landmark", "\x0f"))).empty());
    const std::string hidden =
        toc_of(R"({"name":".prefetch.landmark","type":"reg","size":5,"mode":420,"digest":")" + a_digest + "\"}");
    CHECK(
        contains(found_in(estargz(hidden, TarBuilder().file(".prefetch.landmark", "hello"))), "hidden as a landmark"));
    // The member of that name is what the footer leads to; another one behind it is a file that lazy runtimes hide.
    const std::string body = packed(members().finish(0), Compression::gzip);
    const std::string table = packed(TarBuilder().file("stargz.index.json", good_toc).finish(0), Compression::gzip);
    const std::string after = packed(TarBuilder().file("stargz.index.json", "#!/bin/sh").finish(), Compression::gzip);
    CHECK(
        contains(found_in(body + table + after + estargz_footer(body.size())), "stargz.index.json: size 9 in the tar"));
}

TEST_CASE("whatever one byte of a table becomes, the layer is read and the table is told of") {
    // Nothing in it that is not compared: no offsets, no spelling of a path that has another.
    const std::string plain_l = R"({"name":"l","type":"symlink","linkName":"a","mode":511})";
    const std::string plain_h = R"({"name":"h","type":"hardlink","linkName":"a","mode":420})";
    const std::string whole =
        toc_of(a_file(",\"offset\":1", "") + R"(,{"name":"d","type":"dir","mode":493},)" + plain_l + "," + plain_h);
    CHECK(found_in(estargz(whole)).empty());
    for (std::size_t at = 0; at < whole.size(); at += each_byte) {
        for (const char flip : {'\x01', '\x02', '\x20', '\x7f'}) {
            std::string toc = whole;
            toc[at] = static_cast<char>(toc[at] ^ flip);
            CAPTURE(toc);
            const auto listing = read_layer(layer_of(estargz(toc)), {}, nullptr);
            CHECK(listing->entries.size() == 5);
            CHECK_FALSE(found_in(*listing).empty());
        }
    }
}

TEST_CASE("differences beyond a hundred are counted and hashed") {
    TarBuilder tar;
    std::string entries;
    for (int i = 0; i < 150; ++i) {
        tar.dir(fmt::format("d{:03}", i));
        entries += fmt::format(R"({}{{"name":"d{:03}","type":"dir","mode":448}})", i == 0 ? "" : ",", i);
    }
    const auto listing = read_layer(layer_of(estargz(toc_of(entries), tar)), {}, nullptr);
    const std::string found = found_in(*listing);
    CHECK(std::count(found.begin(), found.end(), '\n') == 101);
    CHECK(contains(found, "and 50 more (sha256:"));
    std::string other = entries;
    other.replace(other.find("448", other.size() - 10), 3, "449");
    CHECK(found_in(estargz(toc_of(other), tar)) != found);
}

} // namespace touchstone::test
