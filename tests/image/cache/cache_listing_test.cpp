// Listings as files: what is kept comes back to the last field, and nothing but what was kept does.
#include "image/cache/listing.h"

#include "base/error.h"
#include "base/printable.h"
#include "tests/image/cache/cache_helpers.h"
#include "tests/support/image_builder.h"
#include "tests/support/tar_builder.h"
#include "tests/support/tar_cases.h"

#include <doctest/doctest.h>

#include <string>

namespace touchstone::test {

namespace {

std::string encoded(const LayerListing& listing, ListingDetail detail = ListingDetail::whole) {
    StringSink sink;
    encode_listing(listing, detail, sink);
    return sink.text();
}

/// With the right sum at the end: what a forger, or a mistake of ours, would write.
std::string with_right_sum(std::string file) {
    file.resize(file.size() - sizeof(Sha256));
    return file + std::string(as_text(digest_of(as_bytes(file)).view()));
}

std::unique_ptr<LayerListing> small_listing() {
    return list(gzip_of(
        TarBuilder()
            .dir("etc/")
            .file("etc/passwd", "root")
            .symlink("etc/link", "passwd")
            .add({.name = "x", .body = "1", .uname = "root", .gname = "staff", .pax = {{"SCHILY.xattr.user.a", "b"}}})
            .finish()));
}

} // namespace

TEST_CASE("every listing of the table of tar cases comes back as it was") {
    std::size_t listings = 0;
    for (const TarCase& one : tar_cases()) {
        if (one.refused) continue;
        CAPTURE(one.name);
        const auto listing = list_blob(layer_of(one.bytes), {}, nullptr);
        const auto back = decode_listing(as_bytes(encoded(*listing)));
        REQUIRE(back != nullptr);
        CHECK(spelt_out(*back) == spelt_out(*listing));
        ++listings;
    }
    CHECK(listings >= 100);
}

TEST_CASE("what compression leaves behind comes back") {
    const std::string tar = TarBuilder().file("f", "hello").finish();
    for (const std::string& stored : {gzip_of(tar), zstd_of(tar), gzip_of(tar) + gzip_of(""), std::string()}) {
        const auto listing = list_blob(layer_of(stored), {}, nullptr);
        const auto back = decode_listing(as_bytes(encoded(*listing)));
        REQUIRE(back != nullptr);
        CHECK(spelt_out(*back) == spelt_out(*listing));
    }
}

TEST_CASE("paths are views into stored names again") {
    const auto back = decode_listing(as_bytes(encoded(*small_listing())));
    REQUIRE(back != nullptr);
    const Entry& entry = back->entries.at(1);
    CHECK(entry.path.data() == entry.stored.data());
}

TEST_CASE("a stream without a list has digests, sizes and compression only") {
    const auto listing = small_listing();
    const auto back = decode_listing(as_bytes(encoded(*listing, ListingDetail::stream)));
    REQUIRE(back != nullptr);
    CHECK(!back->listed);
    CHECK(back->blob == listing->blob);
    CHECK(back->diff_id == listing->diff_id);
    CHECK(back->size == listing->size);
    CHECK(back->uncompressed == listing->uncompressed);
    CHECK(back->compression == listing->compression);
    CHECK(back->entries.empty());
    CHECK(back->oddities.empty());
}

TEST_CASE("each bit that is not as it was written is noticed") {
    std::string file = encoded(*small_listing());
    for (std::size_t at = 0; at < file.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            file[at] = static_cast<char>(static_cast<unsigned char>(file[at]) ^ (1U << bit));
            CHECK_MESSAGE(decode_listing(as_bytes(file)) == nullptr, "byte ", at, ", bit ", bit);
            file[at] = static_cast<char>(static_cast<unsigned char>(file[at]) ^ (1U << bit));
        }
    }
    CHECK(decode_listing(as_bytes(file)) != nullptr);
}

TEST_CASE("what is cut or goes on is noticed") {
    const std::string file = encoded(*small_listing());
    for (std::size_t length = 0; length < file.size(); ++length) {
        CHECK_MESSAGE(decode_listing(as_bytes(file).first(length)) == nullptr, "length ", length);
        if (length < sizeof(Sha256)) continue;
        CHECK_MESSAGE(decode_listing(as_bytes(with_right_sum(file.substr(0, length)))) == nullptr, "length ", length);
    }
    CHECK(decode_listing(as_bytes(file + '\0')) == nullptr);
    CHECK(decode_listing(as_bytes(with_right_sum(file + '\0'))) == nullptr);
}

TEST_CASE("a listing of other rules is not used") {
    std::string file = encoded(*small_listing());
    const std::size_t at = file.find(listing_rules());
    REQUIRE(at != std::string::npos);
    file[at] = static_cast<char>(file[at] + 1);
    CHECK(decode_listing(as_bytes(with_right_sum(file))) == nullptr);
}

TEST_CASE("bytes that nobody wrote are refused or read, and no more") {
    const std::string file = encoded(*small_listing());
    for (std::size_t at = 0; at < file.size() - sizeof(Sha256); ++at) {
        for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            std::string forged = file;
            forged[at] = static_cast<char>(value);
            const auto back = decode_listing(as_bytes(with_right_sum(forged)));
            if (back != nullptr) CHECK(spelt_out(*back).size() < 100 * file.size());
        }
    }
}

} // namespace touchstone::test
