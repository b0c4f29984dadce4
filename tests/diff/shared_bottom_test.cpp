// What two images share at the bottom of their stacks is verified, and read only where it can decide something: the
// same verdict, findings and noise come out as when everything is listed.
#include "base/error.h"
#include "diff/compare.h"
#include "diff/shared_bottom.h"
#include "tests/support/memory_image.h"
#include "tests/support/random_tree.h"

#include <doctest/doctest.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

using Layers = std::vector<std::string>;

CompareOptions with(SharedBottom shared) {
    CompareOptions options;
    options.load.shared = shared;
    return options;
}

std::uint64_t unlisted_layers(const Layers& published, const Layers& rebuilt) {
    return compare({.layers = published}, {.layers = rebuilt}, with(SharedBottom::verify)).summary.unlisted_layers;
}

/// A layer with one file of this text, and a directory.
std::string app(const char* text, std::int64_t mtime = 0) {
    TarBuilder builder;
    builder.add({.name = "app/", .type = '5', .mode = 0755, .mtime = mtime});
    builder.add({.name = "app/file", .body = text, .mtime = mtime});
    return builder.finish();
}

std::string base() {
    return TarBuilder().dir("usr/").dir("usr/lib/").file("usr/lib/x", "x").symlink("lib", "usr/lib").finish();
}

const std::string no_tar(10'240, 'x'); // a layer that cannot be listed

struct Case {
    const char* name;
    Layers published;
    Layers rebuilt;
    std::uint64_t unlisted;
};

} // namespace

TEST_CASE("a blob that both sides have at the bottom is neither inflated nor listed") {
    const MemoryImage published{.layers = {no_tar, app("one")}};
    const MemoryImage rebuilt{.layers = {no_tar, app("two")}};
    const Comparison result = compare(published, rebuilt, with(SharedBottom::verify));
    CHECK(result.verdict == Verdict::divergent);
    CHECK(result.summary.changed == 1);
    CHECK(result.summary.unlisted_layers == 1);
    CHECK(result.findings.list().front().layers == std::array{1, 1});
    CHECK_FALSE(result.sides[0].layers[0].listed);
    CHECK(result.sides[0].layers[0].size == no_tar.size());
    CHECK_THROWS_AS(compare(published, rebuilt, with(SharedBottom::list)), Error);
}

TEST_CASE("equal images cost their blobs' digests only") {
    const MemoryImage image{.layers = {no_tar, no_tar + no_tar}};
    const Comparison result = compare(image, image, with(SharedBottom::verify));
    CHECK(result.verdict == Verdict::identical);
    CHECK(result.summary.unlisted_layers == 2);
}

TEST_CASE("the blobs of shared layers are verified on both sides") {
    for (const std::size_t broken : {0U, 1U}) {
        CAPTURE(broken);
        std::array images{make_image({.layers = {base(), app("one")}}), make_image({.layers = {base(), app("one")}})};
        const std::string other(base().size(), 'y');
        images[broken].layers[0].open = [&other] { return std::make_unique<MemorySource>(std::string_view(other)); };
        CHECK_THROWS_WITH_AS(compare_images(images[0], images[1], with(SharedBottom::verify)),
                             doctest::Contains("blob: expected sha256:"), Error);
    }
}

TEST_CASE("shared layers are listed where what lies in them can decide something") {
    const auto tar = [](const TarBuilder& builder) { return builder.finish(); };
    const std::string low = base();
    const std::string whiteout = tar(TarBuilder().dir("app/").whiteout("app/.wh.file"));
    const std::vector<Case> cases{
        {"a file of another content above", {low, app("one")}, {low, app("two")}, 1},
        {"other times above", {low, app("one")}, {low, app("one", 7)}, 1},
        {"two shared layers", {low, low + low, app("one")}, {low, low + low, app("two")}, 2},
        {"the same layer once more on top", {low, app("one"), low}, {low, app("two"), low}, 1},
        {"the same whiteout on both sides",
         {low, tar(TarBuilder().whiteout(".wh.usr")), app("one")},
         {low, tar(TarBuilder().whiteout(".wh.usr").raw(std::string(1024, '\0'))), app("two")},
         1},
        {"nothing is shared", {low, app("one")}, {app("one"), low}, 0},
        {"a path that only one side adds", {low, app("one")}, {low, tar(TarBuilder().file("usr/lib/x", "x"))}, 0},
        {"a layer that only one side has", {low, app("one")}, {low, app("one"), app("two")}, 0},
        {"another type", {low, tar(TarBuilder().file("lib", ""))}, {low, tar(TarBuilder().symlink("lib", "usr"))}, 0},
        {"another link target",
         {low, tar(TarBuilder().symlink("l", "usr"))},
         {low, tar(TarBuilder().symlink("l", "lib"))},
         0},
        {"a whiteout on one side",
         {low, tar(TarBuilder().whiteout("usr/lib/.wh.x"))},
         {low, tar(TarBuilder().whiteout("usr/.wh.lib"))},
         0},
        {"another order of entries",
         {low, tar(TarBuilder().file("lib/y", "1").file("usr/lib/y", "2"))},
         {low, tar(TarBuilder().file("usr/lib/y", "2").file("lib/y", "1"))},
         0},
        {"a hard link into the shared layer",
         {low, tar(TarBuilder().hardlink("y", "usr/lib/x").file("z", "1"))},
         {low, tar(TarBuilder().hardlink("y", "usr/lib/x").file("z", "2"))},
         0},
        {"a difference that an upper layer hides", {low, app("one"), whiteout}, {low, app("two"), whiteout}, 0},
        {"the same blob with another history", {low}, {low}, 1},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(unlisted_layers(c.published, c.rebuilt) == c.unlisted);
        CHECK(unlisted_layers(c.rebuilt, c.published) == c.unlisted);
    }
}

TEST_CASE("a difference hidden above, that a symbolic link of a shared layer brings back, is found") {
    // containerd writes lib/y through the link, to usr/lib/y; the whiteout then removes only the link.
    const auto layers = [](const char* text) {
        return Layers{base(), TarBuilder().file("lib/y", text).finish(), TarBuilder().whiteout(".wh.lib").finish()};
    };
    const MemoryImage published{.layers = layers("1")};
    const MemoryImage rebuilt{.layers = layers("2")};
    CHECK(compare(published, rebuilt, with(SharedBottom::list)).verdict == Verdict::divergent);
    CHECK(compare(published, rebuilt, with(SharedBottom::verify)).verdict == Verdict::divergent);
}

TEST_CASE("verdict, findings and noise are those of a comparison that lists everything") {
    unsigned unlisted = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Layers published;
        for (std::size_t i = 0; i < 1 + random() % 2; ++i) published.push_back(tar_of(random_members(random, 30)));
        Layers rebuilt = published;
        for (std::size_t i = 0; i < random() % 3; ++i) {
            auto members = random_members(random, 20);
            published.push_back(tar_of(members));
            if (random() % 2 == 0) {
                for (Member& member : members) ++member.mtime;
            } else if (random() % 2 == 0) {
                members = re_encoded(members, random);
            }
            if (random() % 3 == 0) mutate(members, random);
            rebuilt.push_back(tar_of(members));
        }
        const Comparison all = compare({.layers = published}, {.layers = rebuilt}, with(SharedBottom::list));
        const Comparison some = compare({.layers = published}, {.layers = rebuilt}, with(SharedBottom::verify));
        CHECK(some.verdict == all.verdict);
        CHECK(lines_of(some) == lines_of(all));
        CHECK(some.findings.noise_counts() == all.findings.noise_counts());
        CHECK(some.summary.changed == all.summary.changed);
        CHECK(some.summary.added == all.summary.added);
        CHECK(some.summary.removed == all.summary.removed);
        unlisted += some.summary.unlisted_layers > 0 ? 1 : 0;
    }
    CHECK(unlisted > 50); // or nothing was shown
}
