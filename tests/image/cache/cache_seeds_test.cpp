// The seeds of fuzz_listing: bodies of listings, as files below tests/fuzz/corpus/listing. A format that is changed
// makes them useless without a word, because a fuzzer takes everything; so they are read here, and written here when
// asked:
//   cache_tests --no-skip --test-case='the seeds are written anew'
#include "image/cache/listing.h"
#include "tests/image/cache/cache_helpers.h"
#include "tests/support/image_builder.h"
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace touchstone::test {

namespace {

const std::string directory = TOUCHSTONE_SOURCE_DIR "/tests/fuzz/corpus/listing/";

std::string opening() {
    return "touchstone layer listing\n" + std::string(listing_rules()) + "\n";
}

std::string body_of(const LayerListing& listing, ListingDetail detail = ListingDetail::whole) {
    StringSink sink;
    encode_listing(listing, detail, sink);
    const std::string file = sink.text();
    REQUIRE(file.starts_with(opening()));
    return file.substr(opening().size(), file.size() - opening().size() - sizeof(Sha256));
}

/// With the opening and the right sum, as the fuzzer does it.
std::unique_ptr<LayerListing> read(const std::string& body) {
    std::string file = opening() + body;
    file += as_text(digest_of(as_bytes(file)).view());
    return decode_listing(as_bytes(file));
}

/// One of each type and each kind of extra.
std::unique_ptr<LayerListing> every_type() {
    TarBuilder tar;
    tar.dir("./etc/").file("./etc/passwd", "root").symlink("etc/link", "passwd").hardlink("etc/same", "etc/passwd");
    tar.add({.name = "dev/null", .type = '3', .mode = 0666, .dev_major = 1, .dev_minor = 3});
    tar.add({.name = "dev/loop0", .type = '4', .mode = 0660, .gid = 6, .gname = "disk", .dev_major = 7});
    tar.add({.name = "run/pipe", .type = '6', .mode = 0600, .uid = 1000, .uname = "someone", .magic = gnu_magic});
    tar.add({.name = "usr/bin/ping",
             .body = std::string(700, 'p'),
             .mode = 04755,
             .mtime = 1'700'000'000,
             .uname = "root",
             .gname = "root",
             .pax = {{"SCHILY.xattr.security.capability", std::string("\1\0\0\2\0\x20\0\0", 8)},
                     {"SCHILY.xattr.user.note", "a value"},
                     {"SCHILY.acl.access", "user::rwx,group::r-x,other::r-x"},
                     {"mtime", "1700000000.123456789"},
                     {"atime", "1700000001.5"},
                     {"ctime", "-1"},
                     {"comment", "kept as it is"}}});
    tar.whiteout("etc/.wh.shadow").whiteout("var/.wh..wh..opq").whiteout(".wh..wh.aufs");
    return list(tar.finish());
}

/// As many kinds of oddities as one stream can have without being refused.
std::unique_ptr<LayerListing> oddities() {
    std::string all;
    for (const TarCase& one : tar_cases()) {
        if (one.refused || one.oddities.empty() || one.bytes.size() > 4096 || all.size() > 40'000) continue;
        const std::size_t end = one.bytes.find_last_not_of('\0');
        if (end == std::string::npos) continue;
        const std::string more = all + one.bytes.substr(0, (end / 512 + 1) * 512);
        try {
            if (list(more)->oddities.size() > list(all)->oddities.size()) all = more;
        } catch (const Error&) { // this one and those before it are refused together
        }
    }
    return list(all + std::string(1024, '\0') + "after the end");
}

std::unique_ptr<LayerListing> with_table_of_contents() {
    auto listing = list(zstd_of(TarBuilder().file("a/b", "c").finish()));
    const Digest some = digest_of(as_bytes("table"));
    listing->lazy = LazyDigests{some, some};
    listing->compression.zstd_chunked_footer = true;
    listing->compression.toc = {TocFormat::zstd_chunked, false, 1000, 200, 3000, 1};
    return listing;
}

std::map<std::string, std::function<std::string()>> seeds() {
    const auto whole = [](auto make) { return [make] { return body_of(*make()); }; };
    return {
        {"every-type", whole(every_type)},
        {"oddities", whole(oddities)},
        {"table-of-contents", whole(with_table_of_contents)},
        {"gzip", whole([] { return list(gzip_of(TarBuilder().dir("d").finish()) + gzip_of("")); })},
        {"empty", whole([] { return list(""); })},
        {"stream", [] { return body_of(*every_type(), ListingDetail::stream); }},
        {"broken-cut",
         [] {
             const std::string body = body_of(*every_type());
             return body.substr(0, body.size() * 2 / 3);
         }},
        {"broken-goes-on", [] { return body_of(*every_type()) + '\0'; }},
    };
}

} // namespace

TEST_CASE("the fuzzer's seeds are listings of today's format, but for those that are broken") {
    std::set<std::string> names;
    for (const auto& seed : seeds()) {
        const std::string name = seed.first;
        CAPTURE(name);
        names.insert(name);
        const auto listing = read(read_text_file(directory + name));
        CHECK((listing != nullptr) == !name.starts_with("broken-"));
    }
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
        CHECK_MESSAGE(names.contains(file.path().filename().string()), file.path().string());
    }
}

TEST_CASE("the seeds reach what a listing can hold") {
    const auto listing = read(read_text_file(directory + "every-type"));
    REQUIRE(listing != nullptr);
    std::set<EntryType> types;
    std::set<Whiteout> whiteouts;
    bool has_extra = false;
    for (const Entry& entry : listing->entries) {
        types.insert(entry.type);
        whiteouts.insert(entry.whiteout);
        has_extra = has_extra || (entry.extra && !entry.extra->xattrs.empty() && !entry.extra->acls.empty() &&
                                  !entry.extra->records.empty() && entry.extra->atime && entry.extra->ctime);
    }
    CHECK(types.size() == static_cast<std::size_t>(EntryType::fifo) + 1);
    CHECK(whiteouts.size() == static_cast<std::size_t>(Whiteout::aufs) + 1);
    CHECK(has_extra);
    const auto odd = read(read_text_file(directory + "oddities"));
    REQUIRE(odd != nullptr);
    std::set<OddityCode> codes;
    for (const Oddity& oddity : odd->oddities) codes.insert(oddity.code);
    CHECK(codes.size() >= 15);
    const auto lazy = read(read_text_file(directory + "table-of-contents"));
    REQUIRE(lazy != nullptr);
    CHECK((lazy->lazy && lazy->lazy->stored));
}

TEST_CASE("the seeds are written anew" * doctest::skip()) {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    for (const auto& [name, make] : seeds()) {
        const std::string body = make();
        std::ofstream(directory + name, std::ios::binary).write(body.data(), static_cast<std::streamsize>(body.size()));
    }
}

} // namespace touchstone::test
