// Layer by layer, then the merged trees. Files are told by the fingerprints or digests that were computed while the
// layers were read (the same kind on both sides), so nothing is read again.
#include "diff/canonical_proof.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "diff/facts.h"
#include "diff/tree.h"
#include "normalize/canonical_layer.h"
#include "normalize/canonical_xattrs.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

namespace touchstone {

namespace {

[[noreturn]] void fail_proof(std::string_view what) {
    fail(ErrorKind::unverified,
         fmt::format("the canonical form does not hold what its source holds: {}; nothing was written", what));
}

void expect_none(std::string_view where, const std::optional<std::string>& difference) {
    if (difference) fail_proof(fmt::format("{} of {} is another", *difference, where));
}

/// What was written is to be read as it is.
const Profile& as_written() {
    static const Profile keep{.mtime = {.kind = MtimePolicy::Kind::keep, .limit = 0}, .owner = {}};
    return keep;
}

/// Keeps the first difference that the canonical form is not meant to make.
class FirstDifference final : public FactSink {
public:
    std::string found;

    void difference(const FactRow& row, const NodeView& source, const NodeView& written, Weight weight,
                    std::optional<Rule>) override {
        if (weight == Weight::noise) return;
        note(source, row.name,
             fmt::format("{} became {}", printable(row.value(source)), printable(row.value(written))));
    }
    void xattr_difference(const std::string& name, const std::optional<std::string>&, const std::optional<std::string>&,
                          const NodeView& source, const NodeView& written, Weight, std::optional<Rule>) override {
        // Some are dropped, and libarchive's are decoded (W13): then all that is there must be what is meant to be.
        const XattrDropped nobody = [](std::string_view, const std::string&) {};
        if (canonical_xattrs(*source.tree, source.node->inode, nobody) != xattrs_of(*written.tree, written.node->inode))
            note(source, "xattr:" + printable(name), "differs");
    }
    void only(Side side, const NodeView& node, Weight) override {
        note(node, "presence", side == Side::published ? "is missing" : "was not there");
    }
    void pair(bool) override {}

private:
    void note(const NodeView& node, std::string_view fact, std::string_view words) {
        if (found.empty()) found = fmt::format("{} of {} {}", fact, printable(node.node->path), words);
    }
};

Tree whole_tree(const CanonicalClaim& claim, const Stack& stack) {
    if (claim.alone) return build_layer_tree(stack.layers.front().listing, 0);
    std::vector<Oddity> oddities; // `verify` shows them
    return build_tree(stack, oddities);
}

void expect_same_files(const CanonicalClaim& claim) {
    std::array<Tree, 2> trees;
    parallel_for(2, claim.jobs,
                 [&](std::size_t i) { trees[i] = whole_tree(claim, i == 0 ? claim.source : claim.written); });
    const auto& [source, written] = trees;
    RuleSet rules;
    rules.set(Rule::owner, claim.profile.owner.kind != OwnerPolicy::Kind::keep);
    FirstDifference first;
    compare_trees(source, written, rules, first);
    if (!first.found.empty()) fail_proof(first.found);
    if (claim.merged) expect_none("the tree", tree_difference({source, claim.profile}, {written, as_written()}));
}

void expect_same_layer(const CanonicalClaim& claim, std::uint32_t index) {
    const StackLayer& source = claim.source.layers[index];
    const StackLayer& written = claim.written.layers[index];
    const std::string name = fmt::format("layer {}", index);
    if (index < claim.untouched) {
        const Digest& expected = source.listing->diff_id;
        const Digest& found = written.listing->diff_id;
        if (expected != found)
            fail_proof(fmt::format("{}: expected {}, found {}", name, expected.string(), found.string()));
        return;
    }
    std::array<Tree, 2> trees;
    parallel_for(2, claim.jobs,
                 [&](std::size_t i) { trees[i] = build_layer_tree((i == 0 ? source : written).listing, index); });
    expect_none(name, layer_difference({trees[0], claim.profile}, {trees[1], as_written()}));
}

} // namespace

void prove_canonical(const CanonicalClaim& claim) {
    const std::size_t expected = claim.merged ? 1 : claim.source.layers.size();
    if (claim.written.layers.size() != expected)
        fail_proof(fmt::format("{} layers were written, {} are found", expected, claim.written.layers.size()));
    if (!claim.merged) {
        for (std::uint32_t i = 0; i < expected; ++i) expect_same_layer(claim, i);
    }
    expect_same_files(claim);
}

} // namespace touchstone
