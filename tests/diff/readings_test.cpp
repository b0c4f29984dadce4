// Where appliers part (spec/formats-and-hostile-input.md 2.1 and 2.2): what containerd's naive applier, an overlay
// mount and umoci make of the same layers, measured there, is expected here.
#include "base/error.h"
#include "diff/readings.h"
#include "diff/simulator.h"
#include "tests/support/effort.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string tar(const TarBuilder& builder) {
    return builder.finish();
}

std::string paths(const Tree& tree) {
    std::string text;
    for (const Node& node : tree.nodes) text += (text.empty() ? "" : " ") + std::string(node.path);
    return text;
}

Tree simulate(const Stack& stack, Reading reading) {
    Simulator simulator(reading);
    for (std::uint32_t i = 0; i < stack.layers.size(); ++i) simulator.apply(stack.layers[i], i);
    return simulator.take();
}

struct Result {
    std::string spec;
    std::string naive; // the same as spec unless it differs; "refused" when the applier refuses
    std::string overlay;
    bool ambiguous = false;
};

Result read(const std::vector<std::string>& layers) {
    const Image image = make_image({.layers = layers});
    const std::vector<Stack> stacks = load_stacks({&image}, {});
    std::vector<Oddity> oddities;
    const Readings readings = build_readings(stacks[0], oddities);
    Result result{.spec = paths(readings.spec), .naive = paths(readings.spec), .overlay = paths(readings.spec)};
    for (const OtherReading& other : readings.others) {
        const std::string text = other.tree ? paths(*other.tree) : "refused";
        if (other.reading == Reading::naive) result.naive = text;
        if (other.reading == Reading::overlay) result.overlay = text;
        if (other.reading == Reading::spec) result.spec = "refused";
    }
    result.ambiguous = std::any_of(oddities.begin(), oddities.end(),
                                   [](const Oddity& o) { return o.code == OddityCode::readings_differ; });
    return result;
}

} // namespace

TEST_CASE("an entry below a symbolic link of a lower layer") {
    const Result r =
        read({tar(TarBuilder().dir("etc/").symlink("lnk", "/etc")), tar(TarBuilder().file("lnk/evil", "x"))});
    CHECK(r.spec == "etc etc/evil lnk");
    CHECK(r.naive == "etc etc/evil lnk");
    CHECK(r.overlay == "etc lnk lnk/evil");
    CHECK(r.ambiguous);
}

TEST_CASE("a whiteout of a directory that the same layer adds again") {
    const Result r = read({tar(TarBuilder().dir("etc/").file("etc/old", "")),
                           tar(TarBuilder().whiteout(".wh.etc").dir("etc/").file("etc/new", ""))});
    CHECK(r.spec == "etc etc/new");
    CHECK(r.naive == "etc etc/new");
    CHECK(r.overlay == "etc etc/new etc/old"); // the whiteout device is replaced by a plain directory
    CHECK(r.ambiguous);
}

TEST_CASE("a file and its whiteout in one layer") {
    const Result r =
        read({tar(TarBuilder().file("a", "lower")), tar(TarBuilder().file("a", "upper").whiteout(".wh.a"))});
    CHECK(r.spec == "a");          // whiteouts apply to lower layers only
    CHECK(r.naive == "");          // removes what this layer has just added
    CHECK(r.overlay == "refused"); // mknod: EEXIST
    CHECK(r.ambiguous);
}

TEST_CASE("a hard link to a file of a lower layer") {
    const Result r = read({tar(TarBuilder().file("a", "x")), tar(TarBuilder().hardlink("b", "a"))});
    CHECK(r.spec == "a b");
    CHECK(r.naive == "a b");
    CHECK(r.overlay == "refused");
    CHECK(r.ambiguous);
}

TEST_CASE("an opaque marker at the root has no effect in an overlay") {
    const Result r = read({tar(TarBuilder().file("a", "x")), tar(TarBuilder().whiteout(".wh..wh..opq").file("b", ""))});
    CHECK(r.spec == "b");
    CHECK(r.naive == "b");
    CHECK(r.overlay == "a b");
    CHECK(r.ambiguous);
}

TEST_CASE("what a layer adds below a directory that it whites out later lies in a directory that it implies") {
    const Result r = read({tar(TarBuilder().dir("d/", 0700).dir("d/e/").file("d/e/old", "")),
                           tar(TarBuilder().file("d/e/new", "").whiteout(".wh.d"))});
    CHECK(r.spec == "d d/e d/e/new"); // OCI layer.md: a whiteout hides what lower layers hold
    CHECK(r.naive == "");
    CHECK(r.overlay == "refused");
    CHECK(r.ambiguous);
}

TEST_CASE("an opaque marker after a child whose parent has no entry") {
    const Result r = read({tar(TarBuilder().dir("d/").dir("d/e/").file("d/e/old", "")),
                           tar(TarBuilder().dir("d/").file("d/e/new", "").whiteout("d/.wh..wh..opq"))});
    CHECK(r.spec == "d d/e d/e/new");
    CHECK(r.naive == "d"); // containerd removes what is not in its list of unpacked paths, with all that lies in it
    CHECK(r.overlay == "d d/e d/e/new");
    CHECK(r.ambiguous);
}

TEST_CASE("an entry below a file of a lower layer") {
    const Result r = read({tar(TarBuilder().file("a", "x")), tar(TarBuilder().file("a/b", ""))});
    CHECK(r.spec == "a a/b");
    CHECK(r.naive == "refused");
    CHECK(r.overlay == "a a/b");
}

TEST_CASE("a hard link to nothing is refused by every applier, and so by us") {
    const Image image = make_image({.layers = {tar(TarBuilder().hardlink("b", "nowhere"))}});
    const std::vector<Stack> stacks = load_stacks({&image}, {});
    std::vector<Oddity> oddities;
    CHECK_THROWS_WITH_AS(build_readings(stacks[0], oddities), doctest::Contains("nowhere"), Error);
}

TEST_CASE("links that go round in a circle are refused") {
    const Image image = make_image({.layers = {tar(TarBuilder().symlink("a", "b").symlink("b", "a").file("a/x", ""))}});
    const std::vector<Stack> stacks = load_stacks({&image}, {});
    std::vector<Oddity> oddities;
    CHECK_THROWS_WITH_AS(build_readings(stacks[0], oddities), doctest::Contains("symbolic links"), Error);
}

TEST_CASE("merging and simulating give the same tree for ordinary layers") {
    const std::vector<std::string> layers{
        tar(TarBuilder().dir("etc/").file("etc/a", "1").dir("usr/").file("usr/x", "1").hardlink("usr/y", "usr/x")),
        tar(TarBuilder().whiteout("etc/.wh.a").dir("usr/").whiteout("usr/.wh..wh..opq").file("usr/z/deep", "2")),
        tar(TarBuilder().symlink("usr/l", "../etc").file("etc/a", "3"))};
    const Image image = make_image({.layers = layers});
    const std::vector<Stack> stacks = load_stacks({&image}, {});
    const auto merged = build_by_merging(stacks[0]);
    REQUIRE(merged);
    for (const Reading reading : {Reading::spec, Reading::naive, Reading::overlay}) {
        CAPTURE(std::string(name_of(reading)));
        CHECK(paths(simulate(stacks[0], reading)) == paths(*merged));
    }
}

namespace {

/// A layer over few names, so that layers meet: files, directories and symlinks, whiteouts, opaque directories. Each
/// path at most once, parents sometimes missing.
std::string colliding_layer(std::mt19937& random) {
    constexpr int directory = 0;
    constexpr int whiteout = 6;
    const std::array names{"a", "b", "b.c", "c"};
    std::map<std::string, int> kinds;
    for (int i = 0; i < 8; ++i) {
        std::string path;
        for (std::size_t depth = 1 + random() % 3; depth > 0; --depth)
            path += (path.empty() ? "" : "/") + std::string(names.at(random() % names.size()));
        kinds.emplace(std::move(path), static_cast<int>(random() % 8));
    }
    // A whiteout lies in a directory that its layer lists: where none does, containerd makes one and umoci does not.
    const std::map<std::string, int> chosen = kinds;
    for (const auto& [path, kind] : chosen) {
        if (kind == whiteout && path.rfind('/') != std::string::npos)
            kinds[path.substr(0, path.rfind('/'))] = directory;
    }
    TarBuilder builder;
    for (const auto& [path, kind] : kinds) {
        const std::size_t slash = path.rfind('/');
        const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash + 1);
        if (kind < 3) {
            builder.dir(path + "/");
        } else if (kind < 5) {
            builder.file(path, path);
        } else if (kind == 5) {
            builder.symlink(path, "nowhere");
        } else if (kind == whiteout) {
            builder.whiteout(parent + ".wh." + path.substr(parent.size()));
        } else {
            builder.dir(path + "/").whiteout(path + "/.wh..wh..opq");
        }
    }
    return builder.finish();
}

bool is_strange(const StackLayer& layer) {
    return std::any_of(layer.listing->oddities.begin(), layer.listing->oddities.end(), is_ambiguous);
}

} // namespace

TEST_CASE("where no layer is strange by itself and merging gives a tree, simulating gives the same one") {
    int merged_stacks = 0;
    int left_to_simulation = 0;
    for (unsigned seed = 0; seed < rounds(8000); ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::vector<std::string> layers;
        for (std::size_t i = 0; i < 2 + random() % 3; ++i) layers.push_back(colliding_layer(random));
        const Image image = make_image({.layers = layers});
        const std::vector<Stack> stacks = load_stacks({&image}, {});
        if (std::any_of(stacks[0].layers.begin(), stacks[0].layers.end(), is_strange)) continue;
        const auto merged = build_by_merging(stacks[0]);
        if (!merged) {
            ++left_to_simulation;
            continue;
        }
        ++merged_stacks;
        CHECK(same_reading(*merged, simulate(stacks[0], Reading::spec)));
    }
    CHECK(merged_stacks > static_cast<int>(rounds(300)));
    CHECK(left_to_simulation > static_cast<int>(rounds(30)));
}
