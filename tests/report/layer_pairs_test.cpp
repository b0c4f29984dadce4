// Which layer stands across from which, and how alike the report says they are.
#include "report/layer_pairs.h"
#include "tests/report/explained_samples.h"
#include "tests/report/samples.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

struct Row {
    int published;
    int rebuilt;
    LayerState state;
    bool operator==(const Row&) const = default;
};

std::vector<Row> rows_of(const Comparison& comparison) {
    std::vector<Row> rows;
    for (const LayerPair& pair : pair_layers(comparison)) rows.push_back({pair.published, pair.rebuilt, pair.state});
    return rows;
}

Finding layer_finding(std::string path, std::string fact) {
    Finding finding;
    finding.place = Place::layer;
    finding.path = std::move(path);
    finding.fact = std::move(fact);
    return finding;
}

/// Two layers on each side; the second ones have other streams.
Comparison other_second_layer() {
    Comparison comparison = identical_images();
    comparison.sides[1].layers[1].diff_id = "sha256:" + std::string(64, 'e');
    comparison.sides[1].layers[1].digest = "sha256:" + std::string(64, 'e');
    return comparison;
}

TEST_CASE("a blob is shared, a stream in another blob is equal") {
    Comparison comparison = identical_images();
    comparison.sides[1].layers[1].digest = "sha256:" + std::string(64, 'e');
    CHECK(rows_of(comparison) == std::vector<Row>{{0, 0, LayerState::shared}, {1, 1, LayerState::equal}});
}

TEST_CASE("layers without digests are equal by their streams") {
    Comparison comparison = identical_images();
    for (SideSummary& side : comparison.sides) side.layers[1].digest.reset();
    CHECK(rows_of(comparison)[1] == Row{1, 1, LayerState::equal});
}

TEST_CASE("other bytes that nothing speaks of are equivalent") {
    CHECK(rows_of(other_second_layer())[1] == Row{1, 1, LayerState::equivalent});
}

TEST_CASE("a file whose value comes from a layer makes it different") {
    Comparison comparison = other_second_layer();
    Finding finding;
    finding.path = "etc/motd";
    finding.fact = "content";
    finding.layers = {1, 1};
    comparison.findings.add(finding);
    CHECK(rows_of(comparison)[1] == Row{1, 1, LayerState::different});
    CHECK(pair_layers(comparison)[1].paths == 1);
}

TEST_CASE("a finding about one side's layer is never equivalent") {
    for (const char* path : {"1:-", "-:1", "1:1"}) {
        Comparison comparison = other_second_layer();
        comparison.findings.add(layer_finding(path, "ambiguous"));
        CHECK(rows_of(comparison)[1] == Row{1, 1, LayerState::different});
    }
}

TEST_CASE("what a finding names together stands together") {
    Comparison comparison = other_second_layer();
    LayerSummary third = comparison.sides[1].layers[1];
    third.diff_id = "sha256:" + std::string(64, 'd');
    comparison.sides[1].layers.push_back(third);
    comparison.findings.add(layer_finding("1:1,2", "layering"));
    CHECK(rows_of(comparison) ==
          std::vector<Row>{{0, 0, LayerState::shared}, {1, 1, LayerState::different}, {1, 2, LayerState::different}});
}

TEST_CASE("a layer without a counterpart is on its side only") {
    Comparison comparison = identical_images();
    LayerSummary third = comparison.sides[0].layers[1];
    third.diff_id = "sha256:" + std::string(64, 'd');
    comparison.sides[0].layers.push_back(third);
    CHECK(rows_of(comparison)[2] == Row{2, -1, LayerState::only_published});
    std::swap(comparison.sides[0].layers, comparison.sides[1].layers);
    CHECK(rows_of(comparison)[2] == Row{-1, 2, LayerState::only_rebuilt});
}

TEST_CASE("labels that are no labels are ignored") {
    for (const char* path : {"", ":", "9:9", "-1:0", "1:99999999999999999999", "a:b", "1,:1", "1:1,,"}) {
        Comparison comparison = identical_images();
        comparison.findings.add(layer_finding(path, "layering"));
        CHECK(pair_layers(comparison).size() == 2);
    }
}

TEST_CASE("many layers regrouped many to many stay bounded") {
    Comparison comparison = identical_images();
    std::string all;
    for (SideSummary& side : comparison.sides) {
        const char salt = side.side == Side::published ? 'a' : 'b';
        side.layers.assign(1000, side.layers[0]);
        for (std::size_t i = 0; i < side.layers.size(); ++i) {
            side.layers[i].diff_id = "sha256:" + std::to_string(i) + std::string(60, salt);
        }
    }
    for (int i = 0; i < 1000; ++i) all += (i == 0 ? "" : ",") + std::to_string(i);
    comparison.findings.add(layer_finding(all + ":" + all, "layering"));
    CHECK(pair_layers(comparison).size() <= 4000);
}

} // namespace
} // namespace touchstone::test
