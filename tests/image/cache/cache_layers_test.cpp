// Layers that were read before: what is not done again, and that nothing else changes.
#include "image/cache/layers.h"

#include "base/error.h"
#include "tests/image/cache/cache_helpers.h"
#include "tests/support/image_builder.h"
#include "tests/support/refusal.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace touchstone::test {

namespace {

struct Known {
    TempDir temp;
    std::string tar = TarBuilder().dir("d/").file("d/f", "hello").finish();
    std::string stored = gzip_of(tar);
    int opened = 0;
    LayerRef layer = honest_layer(stored, tar, opened);

    Known() { layer.cache = cache_at(temp); }
    std::string read(const LayerLimits& limits = {}) const {
        return spelt_out(*read_layer_once(layer, limits, nullptr));
    }
    std::string read_always() const { return spelt_out(*read_layer(layer, {}, nullptr)); }
};

} // namespace

TEST_CASE("a layer is listed once") {
    Known known;
    const std::string first = known.read();
    CHECK(known.read() == first);
    known.layer.cache = cache_at(known.temp); // as another process
    CHECK(known.read() == first);
    verify_blob_once(known.layer, {}, nullptr);
    CHECK(known.opened == 1);
    CHECK(known.read_always() == first);
}

TEST_CASE("what annotations say of a table of contents is compared with the kept listing, and not kept with it") {
    Known known;
    const std::string extra = std::string("SG\x16\0", 4) + "0000000000000000STARGZ"; // docs/estargz.md: no table there
    known.stored += std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0", 12) + extra +
                    std::string("\1\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
    const std::shared_ptr<const Cache> cache = known.layer.cache;
    known.layer = honest_layer(known.stored, known.tar, known.opened);
    known.layer.cache = cache;
    const auto count = [&] {
        const auto listing = read_layer_once(known.layer, {}, nullptr);
        return std::count_if(listing->oddities.begin(), listing->oddities.end(),
                             [](const Oddity& oddity) { return oddity.code == OddityCode::lazy_view_unreadable; });
    };
    CHECK(count() == 1);
    const int opened = known.opened;
    known.layer.toc_annotations = {{"containerd.io/snapshot/stargz/toc.digest", "sha256:0"}};
    CHECK(count() == 2);
    CHECK(known.read() == known.read());
    known.layer.toc_annotations.clear();
    CHECK(count() == 1);
    CHECK(known.opened == opened);
    CHECK(known.read() == known.read_always());
}

TEST_CASE("a stream is verified once, and listed when a list is wanted") {
    Known known;
    const auto spelt = [&] { return spelt_out(*verify_layer_once(known.layer, {}, nullptr)); };
    const std::string first = spelt();
    CHECK(spelt() == first);
    CHECK(known.opened == 1);
    CHECK(spelt_out(*verify_layer(known.layer, {}, nullptr)) == first);
    CHECK(known.read() == known.read_always());
    const int before = known.opened;
    CHECK(spelt() == first); // out of the whole listing now
    known.read();
    CHECK(known.opened == before);
}

TEST_CASE("progress is the same") {
    Known known;
    for (int i = 0; i < 2; ++i) {
        Progress progress;
        read_layer_once(known.layer, {}, &progress);
        CHECK(progress.bytes == known.stored.size());
        CHECK(progress.layers == 1);
    }
}

TEST_CASE("promises that do not hold are refused as without a cache") {
    Known known;
    known.read();
    SUBCASE("diffID") {
        known.layer.diff_id = digest_of(as_bytes("another"));
    }
    SUBCASE("size") {
        known.layer.size = *known.layer.size + 1;
    }
    const auto expected = refusal_of([&] { read_layer(known.layer, {}, nullptr); });
    REQUIRE(expected);
    CHECK_REFUSAL(refusal_of([&] { read_layer_once(known.layer, {}, nullptr); }), expected->kind, expected->message);
    CHECK_REFUSAL(refusal_of([&] { verify_layer_once(known.layer, {}, nullptr); }), expected->kind, expected->message);
}

TEST_CASE("a diffID of another algorithm is computed") {
    Known known;
    known.read();
    known.layer.diff_id = digest_of(as_bytes(known.tar), DigestAlgorithm::sha512);
    CHECK(read_layer_once(known.layer, {}, nullptr)->diff_id == *known.layer.diff_id);
    known.layer.diff_id.reset();
    CHECK(read_layer_once(known.layer, {}, nullptr)->diff_id == digest_of(as_bytes(known.tar)));
}

TEST_CASE("the words of the image that names the layer are compared each time") {
    Known known;
    known.read();
    known.layer.media_type = "application/vnd.oci.image.layer.v1.tar+zstd";
    CHECK(known.read() == known.read_always());
    CHECK(known.read().find("media-type-mismatch") != std::string::npos);
    known.layer.media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    CHECK(known.read().find("media-type-mismatch") == std::string::npos);
}

TEST_CASE("an empty blob is the same layer the second time") {
    int opened = 0;
    const TempDir temp;
    LayerRef layer = honest_layer("", "", opened);
    layer.cache = cache_at(temp);
    const std::string first = spelt_out(*read_layer_once(layer, {}, nullptr));
    CHECK(spelt_out(*read_layer_once(layer, {}, nullptr)) == first);
    CHECK(first == spelt_out(*read_layer(layer, {}, nullptr)));
}

TEST_CASE("under other limits layers are read") {
    Known known;
    known.read();
    LayerLimits limits;
    limits.tar.entries = 1;
    CHECK_REFUSAL(refusal_of([&] { read_layer_once(known.layer, limits, nullptr); }), ErrorKind::over_limit,
                  "more than 1 members");
    limits.tar.entries = 2;
    known.read(limits);
    CHECK(known.opened == 3);
}

TEST_CASE("a layer without a digest is read") {
    Known known;
    known.layer.digest.reset();
    known.read();
    known.read();
    CHECK(known.opened == 2);
}

TEST_CASE("a damaged listing is made anew") {
    Known known;
    const std::string first = known.read();
    const std::string path = "cache/" + CacheFolder::listing_name(listing_rules(), *known.layer.digest).path();
    std::string file = read_text_file(known.temp / path);
    SUBCASE("a bit") {
        file[file.size() / 2] = static_cast<char>(file[file.size() / 2] ^ 1);
    }
    SUBCASE("cut") {
        file.resize(file.size() / 2);
    }
    SUBCASE("of another blob") {
        LayerRef other = honest_layer(known.tar, known.tar, known.opened);
        other.cache = known.layer.cache;
        read_layer_once(other, {}, nullptr);
        file =
            read_text_file(known.temp / ("cache/" + CacheFolder::listing_name(listing_rules(), *other.digest).path()));
    }
    known.temp.write(path, file);
    const int before = known.opened;
    CHECK(known.read() == first);
    CHECK(known.read() == first);
    CHECK(known.opened == before + 1);
}

} // namespace touchstone::test
