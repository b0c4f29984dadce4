// The test vectors of the canonical tree: stacks of layers, with the ids that tests/support/make_vectors.py, a second
// implementation of docs/canonical-layer.md, gives their merged tree and each of their layers.
#include "base/error.h"
#include "diff/tree.h"
#include "normalize/canonical_layer.h"
#include "tests/support/content_map.h"
#include "tests/support/memory_image.h"
#include "tests/support/vectors.h"

#include <doctest/doctest.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

struct Canonical {
    std::string tree;
    std::uint64_t size = 0;
    std::vector<std::string> layers;
};

Canonical canonical(const std::vector<std::string>& tars, const Profile& profile) {
    const Image image = make_image({.layers = tars});
    ContentMap content;
    Stack stack{.image = &image, .layers = {}};
    for (const LayerRef& layer : image.layers) {
        const auto listing = content.read(layer);
        stack.layers.push_back({.ref = &layer, .listing = listing, .stream = listing});
    }
    std::vector<Oddity> oddities;
    StringSink out;
    const CanonicalResult tree = write_canonical_tree(build_tree(stack, oddities), profile, content, out);
    CHECK(tree.digest == digest_of(as_bytes(out.text())));
    CHECK(tree.size == out.text().size());
    Canonical result{profile.id("crf1", tree.digest.string()), tree.size, {}};
    for (const StackLayer& layer : stack.layers) {
        StringSink stream;
        const Tree alone = build_layer_tree(layer.listing, 0);
        const CanonicalResult written = write_canonical_layer(alone, profile, content, stream, nullptr);
        result.layers.push_back(profile.id("clf1", written.digest.string()));
    }
    return result;
}

} // namespace

TEST_CASE("the canonical tree of every vector has the vector's id, and so have its layers, under every profile") {
    const Json vectors = read_vectors("canonical-rootfs-1.json");
    REQUIRE(vectors.items().size() >= 43);
    for (const Json& vector : vectors.items()) {
        CAPTURE(vector.find("name")->as_string());
        std::vector<std::string> tars;
        for (const Json& packed : vector.find("layers_zlib_b64")->items()) tars.push_back(unpacked_tar(packed));
        const Profile profile{parse_mtime_policy(vector.find("mtime")->as_string()),
                              parse_owner_policy(vector.find("owner")->as_string())};
        if (vector.find("reject") != nullptr) {
            CHECK_THROWS_AS(canonical(tars, profile), Error);
            continue;
        }
        const Canonical found = canonical(tars, profile);
        CHECK(found.tree == vector.find("crf1")->as_string());
        CHECK(static_cast<std::int64_t>(found.size) == vector.find("canonical_len")->as_integer());
        std::vector<std::string> expected;
        for (const Json& layer : vector.find("clf1")->items()) expected.push_back(layer.as_string());
        CHECK(found.layers == expected);
    }
}
