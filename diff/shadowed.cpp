// Runs the one loop over two layers' own trees and keeps what the merged comparison could not see.
#include "diff/shadowed.h"

#include "base/printable.h"
#include "diff/facts.h"
#include "diff/security.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

class ShadowSink final : public FactSink {
public:
    ShadowSink(const LayerMatch& match, const FoundPaths& found, Findings& findings)
        : match_(match), found_(found), findings_(findings) {}

    bool any = false;

    void difference(const FactRow& row, const NodeView& a, const NodeView& b, Weight weight,
                    std::optional<Rule> rule) override {
        any = true;
        if (weight != Weight::noise) return add(a.node->path, row.name, row.value(a), row.value(b), weight);
        if (rule == Rule::whiteout_metadata) findings_.count_noise(name_of(*rule));
    }
    void xattr_difference(const std::string& name, const std::optional<std::string>& published,
                          const std::optional<std::string>& rebuilt, const NodeView& a, const NodeView&, Weight weight,
                          std::optional<Rule>) override {
        any = true;
        if (weight == Weight::noise) return;
        const auto text = [](const std::optional<std::string>& value) {
            return value ? std::optional("0x" + hex(*value)) : std::nullopt;
        };
        add(a.node->path, "xattr:" + name, text(published), text(rebuilt), weight);
    }
    void only(Side side, const NodeView& node, Weight weight) override {
        any = true;
        const std::string what = type_name(node);
        if (side == Side::published) {
            add(node.node->path, "presence", what, std::nullopt, weight);
        } else {
            add(node.node->path, "presence", std::nullopt, what, weight);
        }
    }
    void pair(bool) override {}

private:
    void add(std::string_view path, std::string_view fact, std::optional<std::string> published,
             std::optional<std::string> rebuilt, Weight weight) {
        if (found_.has(path)) return;
        Finding finding;
        finding.place = Place::layer;
        finding.path = match_.label();
        finding.fact = "shadowed";
        finding.weight = weight;
        finding.published = std::move(published);
        finding.rebuilt = std::move(rebuilt);
        finding.layers = {match_.published.front(), match_.rebuilt.front()};
        finding.detail = fmt::format("{}: {} differs in this layer, but the merged tree does not show it",
                                     printable(path), printable(fact));
        findings_.add(std::move(finding));
    }

    const LayerMatch& match_;
    const FoundPaths& found_;
    Findings& findings_;
};

} // namespace

FoundPaths::FoundPaths(const Findings& findings) {
    for (const Finding& finding : findings.list()) {
        if (finding.place == Place::file) paths_.insert(finding.path == "." ? std::string() : finding.path);
    }
}

bool report_shadowed(const LayerMatch& match, const MatchableLayer& published, const MatchableLayer& rebuilt,
                     const RuleSet& rules, const FoundPaths& found, Findings& findings) {
    if (match.kind == MatchKind::same_stream) return false;
    ShadowSink sink(match, found, findings);
    compare_trees(*published.tree, *rebuilt.tree, rules, sink);
    return sink.any;
}

} // namespace touchstone
