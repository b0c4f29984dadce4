// The test vectors of the canonical layer form: made by independent implementations, they are the law. The first file
// was given with the rules; the second comes from tests/support/make_vectors.py.
#include "base/error.h"
#include "normalize/canonical_layer.h"
#include "tests/support/content_map.h"
#include "tests/support/memory_image.h"
#include "tests/support/vectors.h"

#include <doctest/doctest.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// This vector's expected digest is that of a file called "n". Go's archive/tar (run by the differential test) reads
/// "pre/n", as the law that the vectors follow demands (canonical-layer.md 1.4, row "GNU magic with prefix bytes"), and
/// so do we.
constexpr std::string_view wrong_vector = "diff-prefix_gnu_magic";
/// sha256 of the canonical header of "pre/n" (0644, empty, all else zero) and two zero blocks, by Python's hashlib.
constexpr std::string_view right_digest = "58af671880dfc8e731adf783bc4be5e77c6474a28104d1e5ee5678cd68c8e773";

struct Canonical {
    std::string digest;
    std::uint64_t size;
};

Canonical canonical(const std::string& tar) {
    const Image image = make_tar_image(tar);
    ContentMap content;
    const auto listing = content.read(image.layers[0]);
    StringSink out;
    const CanonicalResult result = write_canonical_layer(build_layer_tree(listing, 0), {}, content, out, nullptr);
    CHECK(result.digest == digest_of(as_bytes(out.text())));
    CHECK(result.size == out.text().size());
    return {result.digest.hex(), result.size};
}

void check_vectors(const std::string& file, std::size_t at_least) {
    const Json vectors = read_vectors(file);
    REQUIRE(vectors.items().size() >= at_least);
    for (const Json& vector : vectors.items()) {
        CAPTURE(vector.find("name")->as_string());
        const std::string tar = unpacked_tar(*vector.find("input_zlib_b64"));
        if (vector.find("reject") != nullptr) {
            CHECK_THROWS_AS(canonical(tar), Error);
            continue;
        }
        const Canonical found = canonical(tar);
        const std::string& name = vector.find("name")->as_string();
        CHECK(found.digest ==
              (name == wrong_vector ? right_digest : std::string_view(vector.find("clf1_zero")->as_string())));
        CHECK(static_cast<std::int64_t>(found.size) == vector.find("canonical_len")->as_integer());
    }
}

} // namespace

TEST_CASE("the canonical form of every given vector has the vector's digest, and what is to be rejected is") {
    check_vectors("canonical-layer-v1.json", 40);
}

TEST_CASE("the canonical form agrees with tests/support/make_vectors.py, a second implementation of the document") {
    check_vectors("canonical-layer-more.json", 40);
}
