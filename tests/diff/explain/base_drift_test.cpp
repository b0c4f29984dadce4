// V2, base-image (shared/spec/content-and-causes.md 3.2): whole images, so that layers are where they are. The traps
// are the greater part.
#include "diff/explain/base_drift.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string digest_a = "sha256:" + std::string(64, 'a');
const std::string digest_b = "sha256:" + std::string(64, 'b');

struct Wish {
    std::string content = "a thing of the base, first\n";
    std::string own = "own\n"; ///< of the upper layer
    std::string path = "usr/share/thing";
    std::uint32_t mode = 0644;
    std::string name = "docker.io/library/alpine:3.17";
    std::string digest;  ///< empty: no annotations
    std::string release; ///< of etc/alpine-release; empty: no such file
    bool squashed = false;
};

/// A base of one layer with a file, and a layer above it.
MemoryImage image_of(const Wish& wish) {
    TarBuilder base;
    base.file(wish.path, wish.content, wish.mode);
    if (!wish.release.empty()) {
        base.file("etc/os-release", "NAME=\"Alpine Linux\"\nID=alpine\n").file("etc/alpine-release", wish.release);
    }
    if (wish.squashed) base.file("app", wish.own);
    MemoryImage image{.layers = {base.finish()}};
    if (!wish.squashed) image.layers.push_back(TarBuilder().file("app", wish.own).finish());
    if (!wish.digest.empty()) {
        image.manifest_extra = fmt::format(R"("annotations":{{"org.opencontainers.image.base.name":"{}",)"
                                           R"("org.opencontainers.image.base.digest":"{}"}})",
                                           wish.name, wish.digest);
    }
    return image;
}

/// The codes of the causes of `path`, and whether it is explained: "V2 all", "none".
std::string causes(const MemoryImage& published, const MemoryImage& rebuilt, const std::string& path) {
    CompareOptions options;
    options.explain.mode = ExplainOptions::Mode::all;
    const Comparison comparison = compare(published, rebuilt, options);
    REQUIRE(comparison.explanation.has_value());
    for (const FileExplanation& file : comparison.explanation->files) {
        if (file.path != path) continue;
        std::string text;
        for (const auto& [cause, count] : file.causes) text += std::string(code_of(cause)) + " ";
        return text + (file.explained ? "all" : "open");
    }
    return "equal";
}

std::string thing(const Wish& published, const Wish& rebuilt) {
    return causes(image_of(published), image_of(rebuilt), published.path);
}

Wish first() {
    return {.digest = digest_a};
}

Wish second() {
    return {.content = "quite another thing, of the second\n", .own = "other\n", .digest = digest_b};
}

} // namespace

TEST_CASE("a file of the base differs because both images name one base with different digests") {
    CHECK(thing(first(), second()) == "V2 all");
}

TEST_CASE("a file of the lowest layer differs because that is another release") {
    Wish published = first();
    Wish rebuilt = second();
    published.digest = rebuilt.digest = "";
    published.release = "3.17.0\n";
    rebuilt.release = "3.17.1\n";
    CHECK(thing(published, rebuilt) == "V2 all");
    rebuilt.release = "3.17.0\n";
    CHECK(thing(published, rebuilt) == "open");
}

TEST_CASE("traps: what is no file of another base is not explained by it") {
    Wish rebuilt = second();
    SUBCASE("the same base") {
        rebuilt.digest = digest_a;
    }
    SUBCASE("another name") {
        rebuilt.name = "docker.io/library/debian:12";
    }
    SUBCASE("no digest") {
        rebuilt.digest = "latest";
    }
    SUBCASE("nothing is claimed on one side") {
        rebuilt.digest = "";
    }
    CHECK(thing(first(), rebuilt) == "open");
}

TEST_CASE("traps: files of upper layers, squashed images, programs and secrets") {
    CHECK(causes(image_of(first()), image_of(second()), "app") == "open");
    Wish published = first();
    Wish rebuilt = second();
    published.squashed = rebuilt.squashed = true;
    CHECK(thing(published, rebuilt) == "open");
    published = first();
    rebuilt = second();
    published.mode = rebuilt.mode = 0755;
    CHECK(thing(published, rebuilt) == "S1 open");
    published = first();
    rebuilt = second();
    published.path = rebuilt.path = "etc/shadow";
    published.content = "root:$6$salt$" + std::string(86, 'a') + ":19000:0:99999:7:::\n";
    rebuilt.content = "root:$6$salt$" + std::string(86, 'b') + ":19000:0:99999:7:::\n";
    CHECK(thing(published, rebuilt).find("V2") == std::string::npos);
}

TEST_CASE("a base is claimed by provenance with its layers, or by annotations with one") {
    Image image = make_image(image_of(first()));
    CHECK(base_of(image)->digest == digest_a);
    CHECK(base_of(image)->layers == 1);
    image.provenance = Provenance{.base = BaseImage{.name = "x", .digest = digest_b, .layers = 5}};
    CHECK(base_of(image)->digest == digest_b);
    CHECK(base_of(image)->layers == 5);
    CHECK_FALSE(base_of(make_image(image_of({}))).has_value());
    CHECK_FALSE(base_of(make_image(image_of({.name = "scratch", .digest = digest_a}))).has_value());
}

TEST_CASE("a release is its ID and whatever tells versions apart") {
    const BaseRelease debian = release_of("PRETTY_NAME=\"x\"\nVERSION_ID=\"12\"\nID=debian\n", "12.5\n");
    CHECK(debian.id == "debian");
    CHECK(debian.version.find("12.5") != std::string::npos);
    CHECK(release_of("ID=debian", "12.6\n").version != release_of("ID=debian", "12.5\n").version);
    CHECK(release_of("ID='arch'\n", "").id == "arch");
    CHECK(release_of("ID='arch'\n", "").version.empty());
    CHECK(release_of("XID=arch\n", "").id.empty());
}
