// Layers that were cut in another way are named as that, whichever side is which.
#include "diff/compare.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string files(std::initializer_list<const char*> names, std::int64_t mtime = 0) {
    TarBuilder builder;
    for (const char* name : names)
        builder.add({.name = name, .body = std::string("content of ") + name, .mtime = mtime});
    return builder.finish();
}

std::vector<std::string> layering(const MemoryImage& a, const MemoryImage& b) {
    std::vector<std::string> lines;
    const Comparison result = compare(a, b);
    for (const Finding& finding : result.findings.list()) {
        if (finding.fact == "layering")
            lines.push_back(finding.path + " " + finding.detail.substr(0, finding.detail.find(':')));
    }
    return lines;
}

using Lines = std::vector<std::string>;

struct LayersCase {
    const char* name;
    std::vector<std::string> published;
    std::vector<std::string> rebuilt;
    Lines expected;
    Lines mirrored;
    Verdict verdict;
};

} // namespace

TEST_CASE("layers are matched by content") {
    const std::string base = files({"a", "b", "c"});
    const std::string app = files({"x", "y"});
    const std::string extra = files({"only-here"});
    const std::vector<LayersCase> cases{
        {"the same layers", {base, app}, {base, app}, {}, {}, Verdict::identical},
        {"other bytes, same content", {base, app}, {files({"a", "b", "c"}, 7), app}, {}, {}, Verdict::equivalent},
        {"one layer against two",
         {files({"a", "b", "c", "x", "y"})},
         {base, app},
         {"0:0,1 split"},
         {"0,1:0 merged"},
         Verdict::same_files},
        {"another order", {base, app}, {app, base}, {}, {}, Verdict::same_files}, // which of the two moved is a matter
                                                                                  // of content
        {"an inserted layer",
         {base, app},
         {base, extra, app},
         {"-:1 only-rebuilt"},
         {"1:- only-published"},
         Verdict::divergent},
        {"an empty layer more",
         {base},
         {base, files({})},
         {"-:1 only-rebuilt"},
         {"1:- only-published"},
         Verdict::same_files},
        {"a changed layer is its counterpart",
         {base, files({"x", "y", "z"})},
         {base, files({"x", "y", "w"})},
         {},
         {},
         Verdict::divergent},
    };
    for (const LayersCase& c : cases) {
        CAPTURE(c.name);
        const MemoryImage a{.layers = c.published};
        const MemoryImage b{.layers = c.rebuilt};
        CHECK(compare(a, b).verdict == c.verdict);
        if (std::string_view(c.name) == "another order") continue;
        CHECK(layering(a, b) == c.expected);
        CHECK(layering(b, a) == c.mirrored);
    }
}

TEST_CASE("a moved layer is named, the same one from both sides") {
    const MemoryImage a{.layers = {files({"a"}), files({"b"})}};
    const MemoryImage b{.layers = {files({"b"}), files({"a"})}};
    const Lines forward = layering(a, b);
    const Lines backward = layering(b, a);
    REQUIRE(forward.size() == 1);
    REQUIRE(backward.size() == 1);
    CHECK(((forward[0] == "0:1 moved" && backward[0] == "1:0 moved") ||
           (forward[0] == "1:0 moved" && backward[0] == "0:1 moved")));
}

TEST_CASE("files of a split layer are not reported as added and removed") {
    const Comparison result =
        compare({.layers = {files({"a", "b", "c", "d"})}}, {.layers = {files({"a", "b"}), files({"c"}), files({"d"})}});
    CHECK(result.summary.added == 0);
    CHECK(result.summary.removed == 0);
    CHECK(result.summary.equal == 4);
    CHECK(std::none_of(result.findings.list().begin(), result.findings.list().end(),
                       [](const Finding& f) { return f.place == Place::file; }));
}

TEST_CASE("every finding names the layer of each side") {
    const Comparison result = compare({.layers = {files({"a"}), TarBuilder().file("f", "1").finish()}},
                                      {.layers = {files({"a"}), files({"z"}), TarBuilder().file("f", "2").finish()}});
    const auto& list = result.findings.list();
    const auto content = std::find_if(list.begin(), list.end(), [](const Finding& f) { return f.fact == "content"; });
    REQUIRE(content != list.end());
    CHECK(content->layers == std::array{1, 2});
}
