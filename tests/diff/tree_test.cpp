// The merged tree by the OCI image-spec (layer.md, "Applying Changesets"), one case per rule. Expected trees are
// written down from the spec's text, not from our output.
#include "diff/tree.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

struct Loaded {
    Image image;
    std::vector<Stack> stacks;
    std::vector<Oddity> oddities;
    Tree tree;
    explicit Loaded(const std::vector<std::string>& layers) : image(make_image({.layers = layers})) {
        stacks = load_stacks({&image}, {});
        tree = build_tree(stacks[0], oddities);
    }
};

/// "path:layer" for each node, implied directories with a '?'.
std::vector<std::string> shape(const Tree& tree) {
    std::vector<std::string> lines;
    for (const Node& node : tree.nodes) {
        lines.push_back(
            fmt::format("{}{}:{}", std::string(node.path), is_implied(tree.inode_of(node)) ? "?" : "", node.layer));
    }
    return lines;
}

using Lines = std::vector<std::string>;

struct TreeCase {
    const char* name;
    std::vector<std::string> layers;
    Lines expected;
};

Sha256 sha256_of(std::string_view text) {
    Hasher hasher;
    hasher.update(as_bytes(text));
    return hasher.finish_sha256();
}

std::string tar(const TarBuilder& builder) {
    return builder.finish();
}

} // namespace

TEST_CASE("layers are applied as the image-spec says") {
    const std::string base =
        tar(TarBuilder().dir("etc/").file("etc/a", "1").file("etc/b", "2").dir("var/").file("var/log", "x"));
    const std::vector<TreeCase> cases{
        {"one layer is its entries", {base}, {"etc:0", "etc/a:0", "etc/b:0", "var:0", "var/log:0"}},
        {"an upper file replaces a lower one",
         {base, tar(TarBuilder().file("etc/a", "new"))},
         {"etc:0", "etc/a:1", "etc/b:0", "var:0", "var/log:0"}},
        {"an upper directory keeps the lower children",
         {base, tar(TarBuilder().dir("etc/", 0700))},
         {"etc:1", "etc/a:0", "etc/b:0", "var:0", "var/log:0"}},
        {"a whiteout removes a file",
         {base, tar(TarBuilder().whiteout("etc/.wh.a"))},
         {"etc:0", "etc/b:0", "var:0", "var/log:0"}},
        {"a whiteout removes a whole directory", {base, tar(TarBuilder().whiteout(".wh.etc"))}, {"var:0", "var/log:0"}},
        {"a whiteout of nothing does nothing",
         {base, tar(TarBuilder().whiteout("etc/.wh.zzz"))},
         {"etc:0", "etc/a:0", "etc/b:0", "var:0", "var/log:0"}},
        {"an opaque directory hides all lower children",
         {base, tar(TarBuilder().dir("etc/").whiteout("etc/.wh..wh..opq").file("etc/c", "3"))},
         {"etc:1", "etc/c:1", "var:0", "var/log:0"}},
        {"a file replaces a directory with all it holds",
         {base, tar(TarBuilder().file("etc", "now a file"))},
         {"etc:1", "var:0", "var/log:0"}},
        {"a symlink replaces a directory",
         {base, tar(TarBuilder().symlink("etc", "var"))},
         {"etc:1", "var:0", "var/log:0"}},
        {"a directory replaces a file",
         {base, tar(TarBuilder().dir("etc/a/").file("etc/a/x", ""))},
         {"etc:0", "etc/a:1", "etc/a/x:1", "etc/b:0", "var:0", "var/log:0"}},
        {"missing parents are implied", {tar(TarBuilder().file("a/b/c", "x"))}, {"a?:0", "a/b?:0", "a/b/c:0"}},
        {"implied parents keep a lower directory's attributes",
         {base, tar(TarBuilder().file("etc/z", ""))},
         {"etc:0", "etc/a:0", "etc/b:0", "etc/z:1", "var:0", "var/log:0"}},
        {"what one layer removes a later one may add",
         {base, tar(TarBuilder().whiteout("etc/.wh.a")), tar(TarBuilder().file("etc/a", "back"))},
         {"etc:0", "etc/a:2", "etc/b:0", "var:0", "var/log:0"}},
        {"a subtree sorts before a longer sibling name",
         {tar(TarBuilder().file("a.c", "").dir("a/").file("a/x", "").file("a-b", ""))},
         {"a:0", "a/x:0", "a-b:0", "a.c:0"}},
        {"an empty layer changes nothing",
         {base, tar(TarBuilder())},
         {"etc:0", "etc/a:0", "etc/b:0", "var:0", "var/log:0"}},
        {"a whiteout makes no directory", // as umoci; containerd makes the one that it lies in
         {base, tar(TarBuilder().whiteout("etc/.wh.zzz").whiteout("etc.d/.wh.yyy"))},
         {"etc:0", "etc/a:0", "etc/b:0", "var:0", "var/log:0"}},
        {"the root entry is no path", {tar(TarBuilder().dir("./").file("./a", ""))}, {"a:0"}},
    };
    for (const TreeCase& c : cases) {
        CAPTURE(c.name);
        const Loaded loaded(c.layers);
        CHECK(shape(loaded.tree) == c.expected);
    }
}

TEST_CASE("hard links share an inode, whichever name carries the data") {
    const Loaded loaded({tar(TarBuilder().file("a", "data").hardlink("b", "a").file("c", "data"))});
    REQUIRE(loaded.tree.nodes.size() == 3);
    CHECK(loaded.tree.nodes[0].inode == loaded.tree.nodes[1].inode);
    CHECK(loaded.tree.nodes[0].inode != loaded.tree.nodes[2].inode);
    CHECK(loaded.tree.inode_of(loaded.tree.nodes[0]).links == 2);
}

TEST_CASE("a hard link leaves its group when a later layer replaces it") {
    const Loaded loaded({tar(TarBuilder().file("a", "data").hardlink("b", "a")), tar(TarBuilder().file("b", "other"))});
    REQUIRE(loaded.tree.nodes.size() == 2);
    CHECK(loaded.tree.inode_of(loaded.tree.nodes[0]).links == 1);
    CHECK(loaded.tree.nodes[1].layer == 1);
}

TEST_CASE("a(old), b -> a, a(new): b keeps the old content") {
    const Loaded loaded({tar(TarBuilder().file("a", "old").hardlink("b", "a").file("a", "new"))});
    REQUIRE(loaded.tree.nodes.size() == 2);
    CHECK(loaded.tree.inode_of(loaded.tree.nodes[0]).content->content == sha256_of("new"));
    CHECK(loaded.tree.inode_of(loaded.tree.nodes[1]).content->content == sha256_of("old"));
}
