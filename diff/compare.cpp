// The main job, step by step: load and verify, build trees, compare the merged trees, match the layers and account for
// what the merged trees do not show, compare the documents, judge.
#include "diff/compare.h"

#include "base/parallel.h"
#include "base/printable.h"
#include "diff/ambiguity.h"
#include "diff/canonical_values.h"
#include "diff/config.h"
#include "diff/encoding.h"
#include "diff/facts.h"
#include "diff/layers.h"
#include "diff/readings.h"
#include "diff/shadowed.h"
#include "diff/summary.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

/// One side with everything that was derived from it.
struct Prepared {
    Stack stack;
    Readings readings;
    std::vector<Oddity> stack_oddities;
    std::vector<Tree> layer_trees;
    std::vector<MatchableLayer> layers;
};

/// Puts the differences of the merged trees into findings and counts.
class MergedSink final : public FactSink {
public:
    MergedSink(Findings& findings, Summary& summary)
        : findings_(findings), summary_(summary), noise_(fact_table().size()) {}
    /// At the end: what was counted by row is given to the findings by name.
    void finish() {
        for (std::size_t i = 0; i < noise_.size(); ++i) findings_.count_noise(fact_table()[i].name, noise_[i]);
    }

    void difference(const FactRow& row, const NodeView& a, const NodeView& b, Weight weight,
                    std::optional<Rule> rule) override {
        if (weight != Weight::noise) {
            findings_.add(make_finding(row, a, b, weight, rule));
        } else if (findings_.keeps_noise()) {
            findings_.add_noise(make_finding(row, a, b, weight, rule));
        } else {
            ++noise_[static_cast<std::size_t>(&row - fact_table().data())];
        }
    }
    void xattr_difference(const std::string& name, const std::optional<std::string>& published,
                          const std::optional<std::string>& rebuilt, const NodeView& a, const NodeView& b,
                          Weight weight, std::optional<Rule> rule) override {
        if (weight != Weight::noise) {
            findings_.add(make_xattr_finding(name, published, rebuilt, a, b, weight, rule));
        } else if (findings_.keeps_noise()) {
            findings_.add_noise(make_xattr_finding(name, published, rebuilt, a, b, weight, rule));
        } else {
            findings_.count_noise("xattr:" + utf8_or_escaped(name));
        }
    }
    void only(Side side, const NodeView& node, Weight weight) override {
        ++(side == Side::published ? summary_.removed : summary_.added);
        findings_.add(make_presence_finding(side, node, weight));
    }
    void pair(bool changed) override { ++(changed ? summary_.changed : summary_.equal); }

private:
    Findings& findings_;
    Summary& summary_;
    std::vector<std::uint64_t> noise_; ///< by row of the fact table; nearly every path of a rebuilt image has some
};

/// The root directory as a tree of one node, so that it is compared like any other (Docker applies its attributes).
Tree root_tree(const Tree& tree) {
    Tree root;
    const Entry* entry = tree.root != nullptr ? tree.root : &implied_directory();
    root.inodes.push_back({.content = entry, .meta = entry, .listing = nullptr, .links = 1, .first = 0});
    root.nodes.push_back({.path = ".", .inode = 0, .layer = 0});
    return root;
}

void prepare(std::array<Prepared, 2>& sides, unsigned jobs) {
    // Each task fills slots of its own: the readings of a side, or the tree of one layer.
    std::vector<std::function<void()>> tasks;
    for (Prepared& side : sides) {
        side.layer_trees.resize(side.stack.layers.size());
        tasks.emplace_back([&side] { side.readings = build_readings(side.stack, side.stack_oddities); });
        for (std::uint32_t i = 0; i < side.stack.layers.size(); ++i) {
            tasks.emplace_back([&side, i] { side.layer_trees[i] = build_layer_tree(side.stack.layers[i].listing, i); });
        }
    }
    parallel_for(tasks.size(), jobs, [&](std::size_t i) { tasks[i](); });
    for (Prepared& side : sides) {
        for (std::size_t i = 0; i < side.stack.layers.size(); ++i) {
            side.layers.push_back({.layer = &side.stack.layers[i], .tree = &side.layer_trees[i]});
        }
    }
}

void compare_merged(const std::array<Prepared, 2>& sides, const RuleSet& rules, Comparison& result) {
    MergedSink sink(result.findings, result.summary);
    compare_trees(sides[0].readings.spec, sides[1].readings.spec, rules, sink);
    sink.finish();
    Summary root_summary; // the root is no path of its own in the counts
    MergedSink root_sink(result.findings, root_summary);
    compare_trees(root_tree(sides[0].readings.spec), root_tree(sides[1].readings.spec), rules, root_sink);
    root_sink.finish();
}

std::string layer_words(const std::vector<int>& layers) {
    std::string words = layers.size() == 1 ? "layer " : "layers ";
    for (std::size_t i = 0; i < layers.size(); ++i)
        words += fmt::format("{}{}", i == 0 ? "" : i + 1 == layers.size() ? " and " : ", ", layers[i]);
    return words;
}

std::string layering_sentence(const LayerMatch& match) {
    switch (match.kind) {
    case MatchKind::moved:
        return fmt::format("published {} is rebuilt {}", layer_words(match.published), layer_words(match.rebuilt));
    case MatchKind::split:
        return fmt::format("published {} was split into rebuilt {}", layer_words(match.published),
                           layer_words(match.rebuilt));
    case MatchKind::merged:
        return fmt::format("published {} were merged into rebuilt {}", layer_words(match.published),
                           layer_words(match.rebuilt));
    case MatchKind::regrouped:
        return fmt::format("published {} share their entries with rebuilt {}", layer_words(match.published),
                           layer_words(match.rebuilt));
    case MatchKind::only_published:
        return fmt::format("only the published image has {}", layer_words(match.published));
    case MatchKind::only_rebuilt:
        return fmt::format("only the rebuilt image has {}", layer_words(match.rebuilt));
    case MatchKind::same_stream:
    case MatchKind::equivalent:
    case MatchKind::changed:
        break;
    }
    return {};
}

/// Layers that have no counterpart of their own at the same place.
bool is_other_layering(const LayerMatch& match) {
    const bool counterpart =
        match.kind == MatchKind::same_stream || match.kind == MatchKind::equivalent || match.kind == MatchKind::changed;
    return !counterpart;
}

void report_layering(const LayerMatch& match, Findings& findings) {
    Finding finding;
    finding.place = Place::layer;
    finding.path = match.label();
    finding.fact = "layering";
    finding.weight = Weight::real;
    const auto describe = [](const std::vector<int>& layers) {
        return layers.empty() ? std::nullopt : std::optional(layer_words(layers));
    };
    finding.published = describe(match.published);
    finding.rebuilt = describe(match.rebuilt);
    finding.layers = {match.published.empty() ? -1 : match.published.front(),
                      match.rebuilt.empty() ? -1 : match.rebuilt.front()};
    finding.detail = fmt::format("{}: {}", name_of(match.kind), layering_sentence(match));
    findings.add(std::move(finding));
}

/// What one pair of matched layers shows by itself.
void compare_matched(const LayerMatch& match, const std::array<Prepared, 2>& sides, const RuleSet& rules,
                     const FoundPaths& found, Findings& findings) {
    if (is_other_layering(match)) report_layering(match, findings);
    if (!match.one_to_one()) return;
    const MatchableLayer& published = sides[0].layers[static_cast<std::size_t>(match.published.front())];
    const MatchableLayer& rebuilt = sides[1].layers[static_cast<std::size_t>(match.rebuilt.front())];
    const bool entries_differ = report_shadowed(match, published, rebuilt, rules, found, findings);
    compare_layer_encoding(match, published, rebuilt, entries_differ, rules, findings);
}

void compare_layers(const std::vector<LayerMatch>& matches, const std::array<Prepared, 2>& sides, const RuleSet& rules,
                    unsigned jobs, Findings& findings) {
    const FoundPaths found(findings);
    std::vector<Findings> slots(matches.size(), Findings(findings.keeps_noise()));
    parallel_for(matches.size(), jobs,
                 [&](std::size_t i) { compare_matched(matches[i], sides, rules, found, slots[i]); });
    for (Findings& slot : slots) findings.append(std::move(slot));
}

/// True when the layers are equal pairwise and in order.
bool pairwise_equal(const std::vector<LayerMatch>& matches) {
    return std::all_of(matches.begin(), matches.end(), [](const LayerMatch& match) {
        const bool in_place = match.one_to_one() && match.published == match.rebuilt;
        return in_place && (match.kind == MatchKind::same_stream || match.kind == MatchKind::equivalent);
    });
}

bool has_real(const Findings& findings, Place place) {
    return std::any_of(findings.list().begin(), findings.list().end(),
                       [&](const Finding& f) { return f.place == place; });
}

/// The same digest of the whole: of the manifests, of two plain tars, or (docker-archive) of configs and streams.
bool is_identical(const Image& published, const Image& rebuilt, const std::array<Prepared, 2>& sides) {
    if (published.manifest || rebuilt.manifest) return published.manifest == rebuilt.manifest;
    if (published.config || rebuilt.config) {
        if (published.config != rebuilt.config || sides[0].layers.size() != sides[1].layers.size()) return false;
    } else {
        return sides[0].stack.layers.front().stream->blob == sides[1].stack.layers.front().stream->blob;
    }
    for (std::size_t i = 0; i < sides[0].layers.size(); ++i) {
        if (sides[0].stack.layers[i].listing->diff_id != sides[1].stack.layers[i].listing->diff_id) return false;
    }
    return true;
}

/// An artifact's blobs are opaque: they are the same bytes or they are not.
Verdict compare_artifacts(const Image& published, const Image& rebuilt, Findings& findings) {
    const std::size_t count = std::max(published.layers.size(), rebuilt.layers.size());
    const auto digest_at = [](const Image& image, std::size_t i) -> std::optional<std::string> {
        if (i >= image.layers.size()) return std::nullopt;
        return image.layers[i].digest ? image.layers[i].digest->string() : std::string("no digest");
    };
    for (std::size_t i = 0; i < count; ++i) {
        const auto left = digest_at(published, i);
        const auto right = digest_at(rebuilt, i);
        if (left == right) continue;
        Finding finding;
        finding.place = Place::layer;
        finding.path = fmt::format("{}:{}", left ? std::to_string(i) : "-", right ? std::to_string(i) : "-");
        finding.fact = "content";
        finding.published = left;
        finding.rebuilt = right;
        finding.layers = {left ? static_cast<int>(i) : -1, right ? static_cast<int>(i) : -1};
        finding.detail = "the blobs of an artifact are compared as bytes";
        findings.add(std::move(finding));
    }
    if (published.manifest && published.manifest == rebuilt.manifest) return Verdict::identical;
    return has_real(findings, Place::layer) || published.config != rebuilt.config ? Verdict::divergent
                                                                                  : Verdict::equivalent;
}

/// Layers that are cut another way, or differ in what upper layers hide or no runtime shows, leave the files the same;
/// anything else that is found about a layer (bytes after its end, an unexplained digest) does not.
bool has_grave_layer_finding(const Findings& findings) {
    return std::any_of(findings.list().begin(), findings.list().end(), [](const Finding& f) {
        const bool light = f.fact == "layering" || f.fact == "shadowed" || f.fact == "canonical";
        return f.place == Place::layer && !light;
    });
}

Verdict judge(const Findings& findings, bool identical, bool layers_equivalent, bool ambiguous,
              bool both_have_configs) {
    if (identical) return Verdict::identical;
    const bool real =
        has_real(findings, Place::file) || has_real(findings, Place::config) || has_real(findings, Place::image);
    if (ambiguous || real || has_grave_layer_finding(findings)) {
        return Verdict::divergent;
    }
    return layers_equivalent && both_have_configs ? Verdict::equivalent : Verdict::same_files;
}

/// Where the bottom was not listed, differences that upper layers hide could still show in another reading (through a
/// symbolic link at the bottom, say). Layers that are equal but for noise have none, and a verdict cannot become worse.
bool must_list_bottom(const std::vector<Stack>& stacks, Verdict verdict, bool layers_equal) {
    return stacks.front().unlisted > 0 && verdict != Verdict::divergent && !layers_equal;
}

/// The second pass. What is accepted by name is no finding any more; if nothing else speaks against it, the verdict
/// says that it was accepted, whatever it would have been without those files.
void explain(const std::array<Prepared, 2>& sides, const CompareOptions& options, bool ambiguous, Comparison& result) {
    if (options.explain.mode == ExplainOptions::Mode::none || !has_real(result.findings, Place::file)) return;
    result.findings.sort();
    result.explanation =
        explain_differences({{{sides[0].stack, sides[0].readings.spec}, {sides[1].stack, sides[1].readings.spec}}},
                            result, options.explain, options.load);
    const bool all_accepted = !result.explanation->accepted.empty() &&
                              judge(result.findings, false, false, ambiguous, true) != Verdict::divergent;
    if (all_accepted) result.verdict = Verdict::accepted;
}

/// Everything after loading. Returns false where the layers at the bottom have to be listed first.
bool compare_stacks(std::vector<Stack>& stacks, const CompareOptions& options, Comparison& result) {
    const Image& published = *stacks[0].image;
    const Image& rebuilt = *stacks[1].image;
    std::array<Prepared, 2> sides;
    for (std::size_t i = 0; i < 2; ++i) sides[i].stack = stacks[i];
    prepare(sides, options.load.jobs);
    std::vector<LayerMatch> matches;
    parallel_for(2, options.load.jobs, [&](std::size_t i) {
        if (i == 0) return compare_merged(sides, options.rules, result);
        matches = match_layers(sides[0].layers, sides[1].layers, options.rules);
    });
    compare_layers(matches, sides, options.rules, options.load.jobs, result.findings);
    const bool layers_equal = pairwise_equal(matches);
    const bool layers_equivalent =
        layers_equal && confirm_canonical(sides[0].layers, sides[1].layers, options.rules, result.findings);
    const bool ambiguous = judge_ambiguity({&sides[0].layers, &sides[0].readings, &sides[0].stack_oddities},
                                           {&sides[1].layers, &sides[1].readings, &sides[1].stack_oddities},
                                           options.rules, result.findings);
    compare_configs(published, rebuilt, options.rules, result.findings);
    compare_document_encoding(published, rebuilt, options.rules, result.findings);
    result.verdict = judge(result.findings, is_identical(published, rebuilt, sides), layers_equivalent, ambiguous,
                           published.config.has_value() && rebuilt.config.has_value());
    if (must_list_bottom(stacks, result.verdict, layers_equal)) return false;
    for (std::size_t i = 0; i < 2; ++i) {
        result.sides[i] =
            summarize(static_cast<Side>(i), sides[i].stack, sides[i].readings.spec, sides[i].stack_oddities);
    }
    result.summary.unlisted_layers = stacks.front().unlisted;
    explain(sides, options, ambiguous, result);
    return true;
}

Comparison nothing_found_yet(const Image& published, const Image& rebuilt, const CompareOptions& options) {
    Comparison result;
    result.rules = options.rules;
    result.findings = Findings(options.keep_noise);
    result.history = compare_histories(published, rebuilt);
    return result;
}

} // namespace

Comparison compare_images(const Image& published, const Image& rebuilt, const CompareOptions& options) {
    std::vector<Stack> stacks = load_stacks({&published, &rebuilt}, options.load);
    Comparison result = nothing_found_yet(published, rebuilt, options);
    const bool artifact = published.is_artifact || rebuilt.is_artifact;
    if (artifact) {
        result.verdict = compare_artifacts(published, rebuilt, result.findings);
        for (std::size_t i = 0; i < 2; ++i) result.sides[i] = summarize(static_cast<Side>(i), stacks[i], {}, {});
    } else if (!compare_stacks(stacks, options, result)) {
        list_bottom(stacks, options.load);
        result = nothing_found_yet(published, rebuilt, options);
        compare_stacks(stacks, options, result);
    }
    result.findings.sort();
    const bool wanted =
        options.canonical == CanonicalValues::always ||
        (options.canonical == CanonicalValues::when_equivalent && result.verdict == Verdict::equivalent);
    if (wanted && !artifact) add_canonical_values(published, rebuilt, options.load, result);
    return result;
}

} // namespace touchstone
