// `touchstone digest`: one name for the same content, whoever wrapped it.
#include "base/json.h"
#include "tests/cli/canonical_images.h"
#include "tests/cli/harness.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace touchstone::test {
namespace {

TEST_CASE("digest: every wrapping of an image has the same digests, another image has others") {
    const Wrappings images;
    const std::string expected = ids_of(touchstone({"digest", images.same.front()}).out);
    CHECK(std::count(expected.begin(), expected.end(), '\n') == 4);
    for (const std::string& reference : images.same) {
        const Ran ran = touchstone({"digest", reference});
        INFO(reference << ran.err);
        CHECK(ran.status == 0);
        CHECK(ids_of(ran.out) == expected);
    }
    const std::string other = ids_of(touchstone({"digest", images.other}).out);
    CHECK(other.substr(0, other.find('\n')) == expected.substr(0, expected.find('\n'))); // the same base layer
    CHECK(other.substr(other.find('\n')) != expected.substr(expected.find('\n')));
}

TEST_CASE("digest: an empty layer tar has the digest of two zero blocks, and no image line") {
    const TempDir dir;
    const std::string reference = "tar:" + dir.write("empty.tar", std::string(1024, '\0'));
    const Ran ran = touchstone({"digest", reference});
    // head -c 1024 /dev/zero | sha256sum
    CHECK(contains(ran.out, "clf1:sha256:" + sha256_hex(std::string(1024, '\0')) + "  " + reference + " layer 0\n"));
    CHECK_FALSE(contains(ran.out, " image\n"));
    CHECK(contains(ran.out, "crf1:sha256:"));
}

TEST_CASE("digest: a layer that links into the layers below it has a canonical form, but no tree of its own") {
    const TempDir dir;
    const std::string reference =
        "tar:" + dir.write("upper.tar", TarBuilder().add({.name = "b", .type = '1', .link = "a"}).finish());
    const Ran ran = touchstone({"digest", reference});
    CHECK(ran.status == 0);
    CHECK(contains(ran.out, " layer 0\n"));
    CHECK_FALSE(contains(ran.out, " tree\n"));
    CHECK(contains(ran.err, "hard link b points to a"));
    CHECK_FALSE(contains(touchstone({"digest", "--json", reference}).out, "tree\":"));
}

TEST_CASE("digest --check: what cannot be read is told, and the rest is checked all the same") {
    const Wrappings images;
    const std::string good = touchstone({"digest", images.same[0]}).out;
    const std::string gone = "crf1:sha256:" + std::string(64, '0') + "  oci:" + (images.dir / "gone") + " tree\n";
    const Ran ran = touchstone({"digest", "--check", images.dir.write("list", gone + good)});
    CHECK(ran.status == 2);
    CHECK(contains(ran.out, "gone tree: FAILED open or read\n"));
    CHECK(contains(ran.out, images.same[0] + " tree: OK\n"));
    CHECK(contains(ran.err, "gone"));
}

TEST_CASE("digest: JSON Lines hold the same digests") {
    const Wrappings images;
    const Ran ran = touchstone({"digest", "--json", images.same[0], images.other});
    CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 2);
    const Json line = parse_json(ran.out.substr(0, ran.out.find('\n')), "line");
    const std::string text = touchstone({"digest", images.same[0]}).out;
    CHECK(line.find("reference")->as_string() == images.same[0]);
    CHECK(line.find("layers")->items().size() == 2);
    CHECK(contains(text, line.find("layers")->items()[1].as_string() + "  "));
    CHECK(contains(text, line.find("tree")->as_string() + "  "));
    CHECK(contains(text, "\n" + line.find("image")->as_string() + "  "));
}

TEST_CASE("digest: a profile is part of the id, and its changes are seen") {
    const Wrappings images;
    const Ran kept = touchstone({"digest", "--mtime", "keep", images.same[0]});
    CHECK(contains(kept.out, "clf1:mtime=keep,owner=keep:sha256:"));
    CHECK(ids_of(kept.out) != ids_of(touchstone({"digest", "--mtime", "keep", images.same.back()}).out));
    const Terminal epoch{.environment = {{"SOURCE_DATE_EPOCH", "12"}}};
    CHECK(touchstone({"digest", "--mtime", "clamp", images.same[0]}, epoch).out ==
          touchstone({"digest", "--mtime", "clamp:12", images.same[0]}).out);
    CHECK(contains(touchstone({"digest", "--owner", "7:8", images.same[0]}).out, "crf1:mtime=zero,owner=7:8:sha256:"));
}

TEST_CASE("digest: --check recomputes, and tells which lines fail") {
    const Wrappings images;
    const std::string all = touchstone({"digest", images.same[0], images.same[3]}).out +
                            touchstone({"digest", "--mtime", "keep", "--owner", "map:0:7,9:1:2", images.other}).out;
    const std::string list = images.dir.write("list", all);
    const Ran good = touchstone({"digest", "--check", list});
    INFO(good.err);
    CHECK(good.status == 0);
    CHECK(std::count(good.out.begin(), good.out.end(), '\n') == 12);
    CHECK(contains(good.out, images.same[0] + " layer 1: OK\n"));
    CHECK(contains(good.out, images.other + " image: OK\n"));
    CHECK_FALSE(contains(good.out, "FAILED"));
    CHECK(touchstone({"digest", "--quiet", "-c", list}).out.empty());

    std::string spoiled = all;
    char& digit = spoiled[spoiled.find(' ') - 1];
    digit = digit == '0' ? '1' : '0';
    const Ran bad = touchstone({"digest", "-q", "--check", images.dir.write("spoiled", spoiled)});
    CHECK(bad.status == 1);
    CHECK(bad.out == images.same[0] + " layer 0: FAILED\n");

    const std::string line = all.substr(0, all.find('\n'));
    const std::string beyond = line.substr(0, line.size() - 1) + "7\n"; // a layer that is not there
    CHECK(touchstone({"digest", "-c", images.dir.write("beyond", beyond)}).status == 1);
}

TEST_CASE("digest: mistakes are refused by name") {
    const TempDir dir;
    const std::string id = "clf1:sha256:" + std::string(64, '0');
    const std::string hex = std::string(64, '0');
    struct Row {
        std::vector<std::string> args;
        std::string_view message;
    };
    for (const Row& row : {
             Row{{"digest"}, "IMAGE is required"},
             Row{{"digest", "-c", "x", "y"}, "give no IMAGE"},
             Row{{"digest", "-c", "x", "--json"}, "exclude each other"},
             Row{{"digest", "-q", "x"}, "--quiet needs --check"},
             Row{{"digest", "--mtime", "clamp", "x"}, "SOURCE_DATE_EPOCH"},
             Row{{"digest", "--owner", "root", "x"}, "--owner \"root\""},
             Row{{"digest", "-c", dir.write("a", id + " one blank tree\n")}, "line 1: expected ID, two blanks"},
             Row{{"digest", "-c", dir.write("b", id + "  x layer\n")}, "line 1: expected a reference"},
             Row{{"digest", "-c", dir.write("c", id + "  x tree\n")}, "expected an id crf1:"},
             Row{{"digest", "-c", dir.write("d", "clf1:sha256:12  x layer 0\n")}, "line 1: "},
             Row{{"digest", "-c", dir.write("e", "clf1:owner=1:1:sha256:" + hex + "  x layer 0\n")},
                 "a profile mtime="},
             Row{{"digest", "-c", dir.write("f", "")}, "no digest lines"},
         }) {
        const Ran ran = touchstone(row.args);
        INFO(ran.err);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(contains(ran.err, row.message));
    }
}

TEST_CASE("digest: the help has its options") {
    const Ran ran = touchstone({"digest", "--help"});
    for (const char* option : {"--mtime", "--owner", "--check", "--json", "--platform", "--quiet", "--max-layer-size"})
        CHECK(contains(ran.out, option));
}

} // namespace
} // namespace touchstone::test
