// The digests need every file's content in another order than the layers have it, so they cost a second reading; the
// confirmation needs only what is known already.
#include "diff/canonical_values.h"

#include "base/error.h"
#include "diff/canonical.h"
#include "normalize/canonical_layer.h"

#include <fmt/format.h>

namespace touchstone {

Profile profile_of(const RuleSet& rules) {
    Profile profile;
    if (!rules.has(Rule::mtime)) profile.mtime.kind = MtimePolicy::Kind::keep;
    if (rules.has(Rule::owner)) profile.owner.kind = OwnerPolicy::Kind::fixed; // 0:0
    return profile;
}

bool confirm_canonical(const std::vector<MatchableLayer>& published, const std::vector<MatchableLayer>& rebuilt,
                       const RuleSet& rules, Findings& findings) {
    const Profile profile = profile_of(rules);
    bool all = true;
    for (std::size_t i = 0; i < published.size() && i < rebuilt.size(); ++i) {
        if (published[i].layer->listing == rebuilt[i].layer->listing) continue;
        const auto difference = layer_difference({*published[i].tree, profile}, {*rebuilt[i].tree, profile});
        if (!difference) continue;
        all = false;
        Finding finding;
        finding.place = Place::layer;
        finding.path = fmt::format("{}:{}", i, i);
        finding.fact = "canonical";
        finding.published = "its own";
        finding.rebuilt = "another";
        finding.layers = {static_cast<int>(i), static_cast<int>(i)};
        finding.detail = fmt::format("{}: no fact that runtimes show differs, but the canonical forms do", *difference);
        findings.add(std::move(finding));
    }
    return all;
}

void add_canonical_values(const Image& published, const Image& rebuilt, const LoadOptions& load,
                          Comparison& comparison) {
    const Profile profile = profile_of(comparison.rules);
    std::vector<CanonicalIds> ids;
    try {
        const CanonicalStacks stacks({&published, &rebuilt},
                                     {.profile = profile, .contents = Contents::none, .with_root = true}, load);
        ids = canonical_ids(stacks, 2, profile, load.jobs);
    } catch (const Error& error) {
        // A few layers have no canonical form (docs/canonical-layer.md section 3); `digest` says why.
        if (error.kind() == ErrorKind::unsupported || error.kind() == ErrorKind::over_limit) return;
        throw;
    }
    if (comparison.verdict == Verdict::equivalent && (ids[0].layers != ids[1].layers || ids[0].tree != ids[1].tree)) {
        fail(ErrorKind::unverified,
             "the layers were found equivalent, but read again their canonical digests differ: the images changed "
             "while they were compared");
    }
    for (std::size_t side = 0; side < 2; ++side) {
        for (std::size_t i = 0; i < ids[side].layers.size(); ++i)
            comparison.sides[side].layers[i].canonical = std::move(ids[side].layers[i]);
        if (!ids[side].tree.empty()) comparison.sides[side].tree = std::move(ids[side].tree);
    }
}

} // namespace touchstone
