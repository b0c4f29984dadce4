// Every digest mismatch is accounted for: layers of equal content and other bytes say what it is that differs.
#include "diff/compare.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace touchstone;
using namespace touchstone::test;

namespace {

Member member(const char* name) {
    return {.name = name, .body = "body"};
}

std::vector<std::string> noise(const std::string& a, const std::string& b) {
    std::vector<std::string> facts;
    const Comparison result = compare({.layers = {a}}, {.layers = {b}});
    CHECK(result.findings.list().empty());
    CHECK(result.verdict == Verdict::equivalent);
    for (const auto& [fact, count] : result.findings.noise_counts()) {
        if (fact != "diff-ids") facts.push_back(fact);
    }
    return facts;
}

using Facts = std::vector<std::string>;

Member with(Member m, void (*change)(Member&)) {
    change(m);
    return m;
}

} // namespace

TEST_CASE("what differs between two encodings of one layer is named") {
    const std::string plain = TarBuilder().add(member("a")).add(member("b")).finish();
    CHECK(noise(plain, TarBuilder().add(member("b")).add(member("a")).finish()) == Facts{"order"});
    CHECK(noise(plain, TarBuilder()
                           .add(with(member("a"), [](Member& m) { m.magic = gnu_magic; }))
                           .add(with(member("b"), [](Member& m) { m.magic = gnu_magic; }))
                           .finish()) == Facts{"dialect"});
    CHECK(noise(plain, TarBuilder().add(member("./a")).add(member("./b")).finish()) == Facts{"path-spelling"});
    CHECK(noise(plain, TarBuilder().add(member("a")).add(member("b")).finish(20)) == Facts{"padding"});
    CHECK(noise(plain, TarBuilder().add(with(member("a"), [](Member& m) { m.mtime = 5; })).add(member("b")).finish()) ==
          Facts{"mtime"});
    CHECK(noise(plain,
                TarBuilder().add(with(member("a"), [](Member& m) { m.uname = "root"; })).add(member("b")).finish()) ==
          Facts{"uname"});
    // A leading blank instead of a zero in a number: another spelling of the same header.
    CHECK(noise(plain, TarBuilder()
                           .add(with(member("a"),
                                     [](Member& m) {
                                         m.patches = {{100, " 000644"}};
                                     }))
                           .add(member("b"))
                           .finish()) == Facts{"dialect"});
    // An unknown pax record is kept, and no runtime applies it.
    CHECK(noise(plain, TarBuilder()
                           .add(with(member("a"),
                                     [](Member& m) {
                                         m.pax = {{"VENDOR.key", "v"}};
                                     }))
                           .add(member("b"))
                           .finish()) == Facts{"dialect"});
}

TEST_CASE("whiteout metadata is noise, its name is not") {
    const std::string base = TarBuilder().add(member("a")).add(member("b")).finish();
    const auto whiteout = [](std::uint32_t mode, std::int64_t mtime) {
        return TarBuilder().add({.name = ".wh.a", .mode = mode, .mtime = mtime}).finish();
    };
    const Comparison result = compare({.layers = {base, whiteout(0, 0)}}, {.layers = {base, whiteout(0600, 77)}});
    CHECK(result.verdict == Verdict::equivalent);
    CHECK(result.findings.noise_counts().at("whiteout-metadata") == 2); // mode and mtime
    const Comparison other =
        compare({.layers = {base, whiteout(0, 0)}}, {.layers = {base, TarBuilder().whiteout(".wh.b").finish()}});
    CHECK(other.verdict == Verdict::divergent);
}

TEST_CASE("bytes after the end marker that differ are a finding and never noise") {
    const std::string plain = TarBuilder().add(member("a")).finish();
    const Comparison result = compare({.layers = {plain}}, {.layers = {plain + "hidden data"}});
    CHECK(result.verdict == Verdict::divergent);
    const auto& list = result.findings.list();
    CHECK(std::any_of(list.begin(), list.end(),
                      [](const Finding& f) { return f.fact == "after-end" && f.weight == Weight::security; }));
}

TEST_CASE("annotations and formatting of the manifest are counted") {
    const std::string layer = TarBuilder().add(member("a")).finish();
    const Comparison result =
        compare({.layers = {layer}}, {.layers = {layer}, .manifest_extra = R"("annotations":{"k":"v"})"});
    CHECK(result.verdict == Verdict::equivalent);
    CHECK(result.findings.noise_counts().at("annotations") == 1);
}
