#include "tests/report/samples.h"

#include "report/report.h"
#include "tests/report/explained_samples.h"

#include <fmt/format.h>

#include <utility>

namespace touchstone::test {

namespace {

/// A digest that a reader recognizes again: one hex digit, repeated.
std::string digest(char digit) {
    return "sha256:" + std::string(64, digit);
}

LayerSummary layer(char digit, std::string created_by, std::uint64_t entries = 12) {
    return {.digest = digest(digit),
            .diff_id = digest(digit == 'f' ? '0' : static_cast<char>(digit + 1)),
            .size = 1200,
            .uncompressed = 10240,
            .media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
            .compression = "gzip",
            .entries = entries,
            .created_by = std::move(created_by)};
}

SideSummary side(Side role) {
    SideSummary result;
    result.side = role;
    const bool published = role == Side::published;
    result.reference = published ? "oci-archive:published.oci.tar" : "oci:rebuilt";
    result.platform = "linux/amd64";
    result.media_type = "application/vnd.oci.image.manifest.v1+json";
    result.manifest = digest(published ? 'a' : 'b');
    result.config = digest(published ? 'c' : 'd');
    result.files = 40;
    result.layers = {layer('1', "/bin/sh -c #(nop) ADD file:0123 in / "),
                     layer('2', "RUN /bin/sh -c make install PREFIX=/usr # buildkit")};
    return result;
}

Comparison both_sides() {
    Comparison comparison;
    comparison.sides = {side(Side::published), side(Side::rebuilt)};
    comparison.history = HistoryRelation::identical;
    comparison.summary = {.equal = 40, .added = 0, .removed = 0, .changed = 0};
    return comparison;
}

Finding difference(Place place, std::string path, std::string fact, Weight weight, std::optional<std::string> published,
                   std::optional<std::string> rebuilt, std::array<int, 2> layers = {-1, -1}) {
    Finding finding;
    finding.place = place;
    finding.path = std::move(path);
    finding.fact = std::move(fact);
    finding.weight = weight;
    finding.published = std::move(published);
    finding.rebuilt = std::move(rebuilt);
    finding.layers = layers;
    return finding;
}

Finding only(Side where, std::string path, Weight weight, PresentFile present, int layer) {
    const bool published = where == Side::published;
    Finding finding = difference(Place::file, std::move(path), "presence", weight, published ? "present" : "absent",
                                 published ? "absent" : "present");
    finding.layers[published ? 0 : 1] = layer;
    finding.present = std::move(present);
    return finding;
}

} // namespace

Comparison forged_history() {
    Comparison comparison = both_sides();
    comparison.summary = {.equal = 38, .added = 1, .removed = 0, .changed = 2};
    Findings& findings = comparison.findings;
    findings.add(
        difference(Place::file, "usr/bin/perl", "content", Weight::security, digest('3'), digest('4'), {1, 1}));
    findings.add(difference(Place::file, "usr/bin/perl", "mode", Weight::security, "4755", "0755", {1, 1}));
    findings.add(difference(Place::file, "usr/bin/perl", "size", Weight::real, "3461", "3459", {1, 1}));
    findings.add(
        difference(Place::file, "usr/share/doc/readme", "content", Weight::real, digest('5'), digest('6'), {1, 0}));
    findings.add(only(Side::rebuilt, "usr/share/doc/changes", Weight::real,
                      {.type = "file", .size = 17, .content = digest('7')}, 1));
    findings.add(difference(Place::config, "/config/Entrypoint", "value", Weight::real, "[\"/server\"]", std::nullopt));
    findings.count_noise("mtime", 38);
    findings.count_noise("order", 2);
    findings.sort();
    return comparison;
}

Comparison identical_images() {
    Comparison comparison = both_sides();
    comparison.verdict = Verdict::identical;
    comparison.sides[1].manifest = comparison.sides[0].manifest;
    comparison.sides[1].config = comparison.sides[0].config;
    return comparison;
}

Comparison equivalent_images(bool keep_noise) {
    Comparison comparison = both_sides();
    comparison.verdict = Verdict::equivalent;
    comparison.findings = Findings(keep_noise);
    Finding time = difference(Place::file, "etc/hostname", "mtime", Weight::noise, "1700000000", "1700000060", {0, 0});
    time.rule = Rule::mtime;
    comparison.findings.add_noise(time);
    Finding compression = difference(Place::layer, "1:1", "compression", Weight::noise, "gzip level 6", "zstd", {1, 1});
    compression.rule = Rule::compression;
    comparison.findings.add_noise(compression);
    comparison.findings.sort();
    comparison.sides[0].companions.push_back({.digest = parse_digest(digest('9')),
                                              .media_type = "application/vnd.oci.image.manifest.v1+json",
                                              .kind = "attestation-manifest",
                                              .describes = digest('a')});
    return comparison;
}

Comparison split_layer() {
    Comparison comparison = both_sides();
    comparison.verdict = Verdict::same_files;
    comparison.history = HistoryRelation::different;
    comparison.sides[1].layers.push_back(layer('8', "COPY docs /usr/share/doc # buildkit"));
    Finding split = difference(Place::layer, "1:1,2", "layering", Weight::real, "layer 1", "layers 1 and 2", {1, 1});
    split.detail = "split: published layer 1 was split into rebuilt layers 1 and 2";
    comparison.findings.add(split);
    return comparison;
}

Comparison shared_bottom() {
    Comparison comparison = forged_history();
    comparison.summary.equal = 3;
    comparison.summary.unlisted_layers = 1;
    for (SideSummary& side : comparison.sides) {
        LayerSummary& bottom = side.layers[0];
        bottom.listed = false;
        bottom.uncompressed = bottom.entries = 0;
        bottom.compression.clear();
        side.files = 6;
    }
    return comparison;
}

Comparison hostile_names() {
    Comparison comparison = both_sides();
    comparison.summary = {.equal = 39, .added = 0, .removed = 1, .changed = 1};
    comparison.history = HistoryRelation::different;
    comparison.sides[0].reference = "oci:\x1b]0;owned\x07";
    comparison.sides[0].layers[1].created_by = "RUN \x1b[2Jtrue \xff";
    comparison.findings.add(
        difference(Place::file, "etc/\xe2\x80\xaetxt.sh", "link", Weight::real, "a\nb", "\xff\xfe", {1, 1}));
    comparison.findings.add(
        only(Side::published, "etc/caf\xe9", Weight::security, {.type = "file", .size = 1, .content = digest('7')}, 0));
    comparison.findings.add(
        difference(Place::config, "/config/Labels/a~1b\x1b[31m", "value", Weight::real, "\"x\"", "\"y\""));
    comparison.findings.sort();
    return comparison;
}

Comparison many_files() {
    Comparison comparison = both_sides();
    comparison.summary = {.equal = 10, .added = 10, .removed = 0, .changed = 30};
    for (int i = 0; i < 30; ++i) {
        const std::string path =
            fmt::format("{}/module{:02}.pyc", i < 15 ? "usr/lib/python3" : "usr/lib/python3/json", i);
        comparison.findings.add(
            difference(Place::file, path, "content", Weight::real, digest('3'), digest('4'), {1, 1}));
        if (i % 10 == 0) {
            comparison.findings.add(difference(Place::file, path, "mode", Weight::real, "0644", "0664", {1, 1}));
        }
    }
    for (int i = 0; i < 10; ++i) {
        comparison.findings.add(only(Side::rebuilt, fmt::format("var/cache/entry{}", i), Weight::real,
                                     {.type = "dir", .size = 0, .content = std::nullopt}, 0));
    }
    comparison.findings.sort();
    return comparison;
}

Comparison odd_images() {
    Comparison comparison = both_sides();
    comparison.findings.add([] {
        Finding finding =
            difference(Place::layer, "1:-", "ambiguous", Weight::security, "duplicate-path", std::nullopt, {1, -1});
        finding.detail = "usr/bin/x: one path twice in a layer";
        return finding;
    }());
    const Oddity duplicate{
        .code = OddityCode::duplicate_path, .path = "usr/bin/x", .detail = "entries 3 and 9", .layer = 1};
    const Oddity padding{.code = OddityCode::padding_not_zero, .path = "usr/bin/y", .detail = "", .layer = 0};
    comparison.sides[0].oddities = {padding, duplicate};
    comparison.sides[1].oddities = {padding};
    for (int i = 0; i < 3; ++i) {
        comparison.sides[0].oddities.push_back(
            {.code = OddityCode::implied_parent, .path = fmt::format("usr/{}", i), .detail = "", .layer = 1});
    }
    return comparison;
}

std::vector<Sample> samples() {
    const auto one = [](Comparison comparison) {
        std::vector<Comparison> comparisons;
        comparisons.push_back(std::move(comparison));
        return make_report(std::move(comparisons), {}, Verdict::same_files);
    };
    std::vector<Sample> all;
    all.push_back({.name = "forged-history", .report = one(forged_history()), .text = {}});
    all.push_back({.name = "shared-bottom", .report = one(shared_bottom()), .text = {}});
    all.push_back({.name = "identical", .report = one(identical_images()), .text = {}});
    all.push_back({.name = "equivalent", .report = one(equivalent_images(false)), .text = {}});
    all.push_back({.name = "equivalent-all", .report = one(equivalent_images(true)), .text = {.all = true}});
    all.push_back({.name = "split-layer", .report = one(split_layer()), .text = {}});
    all.push_back({.name = "hostile-names", .report = one(hostile_names()), .text = {}});
    all.push_back({.name = "many-files", .report = one(many_files()), .text = {.listed = 25}});
    all.push_back({.name = "odd-images", .report = one(odd_images()), .text = {}});
    all.push_back({.name = "explained", .report = one(explained_images()), .text = {}});
    std::vector<Comparison> platforms;
    platforms.push_back(identical_images());
    platforms.push_back(forged_history());
    for (SideSummary& arm : platforms.back().sides) arm.platform = "linux/arm64";
    const Finding lonely = difference(Place::image, "linux/s390x", "presence", Weight::real, "present", "absent");
    all.push_back(
        {.name = "platforms", .report = make_report(std::move(platforms), {lonely}, Verdict::equivalent), .text = {}});
    return all;
}

Comparison mirrored(const Comparison& comparison) {
    Comparison result = comparison;
    std::swap(result.sides[0], result.sides[1]);
    result.sides[0].side = Side::published;
    result.sides[1].side = Side::rebuilt;
    std::swap(result.summary.added, result.summary.removed);
    result.findings = Findings(comparison.findings.keeps_noise());
    for (Finding finding : comparison.findings.list()) {
        std::swap(finding.published, finding.rebuilt);
        std::swap(finding.layers[0], finding.layers[1]);
        if (finding.place == Place::layer) {
            const std::size_t colon = finding.path.find(':');
            finding.path = finding.path.substr(colon + 1) + ":" + finding.path.substr(0, colon);
        }
        result.findings.add(std::move(finding));
    }
    for (const auto& [fact, count] : comparison.findings.noise_counts()) result.findings.count_noise(fact, count);
    result.findings.sort();
    return result;
}

} // namespace touchstone::test
