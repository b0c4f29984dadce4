// Properties that hold for every pair of images, checked on random ones (fixed seeds, so that a failure can be
// repeated).
#include "diff/compare.h"
#include "tests/support/memory_image.h"
#include "tests/support/random_tree.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace touchstone;
using namespace touchstone::test;

namespace {

constexpr unsigned seeds = 40;
constexpr std::size_t members_a_layer = 60;

std::vector<std::vector<Member>> random_layers(std::mt19937& random) {
    std::vector<std::vector<Member>> layers;
    for (std::size_t i = 0; i < 1 + random() % 3; ++i) layers.push_back(random_members(random, members_a_layer));
    return layers;
}

MemoryImage image_of(const std::vector<std::vector<Member>>& layers) {
    MemoryImage image;
    for (const auto& members : layers) image.layers.push_back(tar_of(members));
    return image;
}

/// Findings as sorted text, as they are or with their sides swapped. Those of layers are left out: their labels and
/// sentences name the sides.
std::vector<std::string> lines(const Comparison& comparison, bool swapped) {
    std::vector<std::string> result;
    for (Finding finding : comparison.findings.list()) {
        if (finding.place == Place::layer) continue;
        if (swapped) {
            std::swap(finding.published, finding.rebuilt);
            std::swap(finding.layers[0], finding.layers[1]);
        }
        result.push_back(fmt::format("{}|{}|{}|{}|{}|{}:{}", finding.path, finding.fact,
                                     finding.published.value_or("-"), finding.rebuilt.value_or("-"),
                                     name_of(finding.weight), finding.layers[0], finding.layers[1]));
    }
    std::sort(result.begin(), result.end());
    return result;
}

} // namespace

TEST_CASE("an image compared with itself is identical, without findings or noise") {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const MemoryImage image = image_of(random_layers(random));
        const Comparison result = compare(image, image);
        CHECK(result.verdict == Verdict::identical);
        CHECK(result.findings.list().empty());
        CHECK(result.findings.noise_counts().empty());
        CHECK(result.summary.changed + result.summary.added + result.summary.removed == 0);
    }
}

TEST_CASE("another encoding of the same layers is equivalent, and says what is noise") {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto layers = random_layers(random);
        auto others = layers;
        for (auto& members : others) members = re_encoded(members, random);
        const Comparison result = compare(image_of(layers), image_of(others));
        CHECK(lines_of(result).empty());
        CHECK(result.verdict == Verdict::equivalent);
        CHECK_FALSE(result.findings.noise_counts().empty());
    }
}

TEST_CASE("a change of any kept fact is never equivalent") {
    for (unsigned seed = 0; seed < seeds * 3; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        // One layer, so that no upper layer hides the change.
        const std::vector<Member> members = random_members(random, members_a_layer);
        auto others = re_encoded(members, random);
        mutate(others, random);
        const Comparison result = compare(image_of({members}), image_of({others}));
        CHECK(result.verdict == Verdict::divergent);
        CHECK_FALSE(result.findings.list().empty());
    }
}

TEST_CASE("swapping the sides mirrors the findings") {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto layers = random_layers(random);
        auto others = layers;
        for (auto& members : others) members = re_encoded(members, random);
        for (int i = 0; i < 5; ++i) mutate(others[random() % others.size()], random);
        const Comparison forward = compare(image_of(layers), image_of(others));
        const Comparison backward = compare(image_of(others), image_of(layers));
        CHECK(forward.verdict == backward.verdict);
        CHECK(lines(forward, false) == lines(backward, true));
        CHECK(forward.findings.noise_counts() == backward.findings.noise_counts());
        CHECK(forward.summary.added == backward.summary.removed);
        CHECK(forward.findings.list().size() == backward.findings.list().size());
    }
}

TEST_CASE("the number of jobs changes nothing") {
    std::mt19937 random(5);
    const auto layers = random_layers(random);
    auto others = layers;
    mutate(others[0], random);
    CompareOptions one;
    CompareOptions eight;
    eight.load.jobs = 8;
    CHECK(lines_of(compare(image_of(layers), image_of(others), one)) ==
          lines_of(compare(image_of(layers), image_of(others), eight)));
}
