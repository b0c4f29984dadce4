// Findings and explanations that belong together, made at once.
#include "tests/report/explained_builder.h"

#include "normalize/path_order.h"

#include <algorithm>

namespace touchstone::test {

std::string repeated_digest(char digit) {
    return "sha256:" + std::string(64, digit);
}

namespace {

LayerSummary layer(char digit, char stream, std::uint64_t size, std::string created_by) {
    LayerSummary result;
    result.digest = repeated_digest(digit);
    result.diff_id = repeated_digest(stream);
    result.size = size;
    result.uncompressed = size * 3;
    result.media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    result.compression = "gzip";
    result.entries = 400;
    result.created_by = std::move(created_by);
    return result;
}

} // namespace

Comparison two_sides() {
    Comparison comparison;
    SideSummary& published = comparison.sides[0];
    published.side = Side::published;
    published.reference = "docker://registry.example.org/shop/server:2.4.1";
    published.platform = "linux/amd64";
    published.media_type = "application/vnd.oci.image.index.v1+json";
    published.manifest = repeated_digest('a');
    published.config = repeated_digest('c');
    published.files = 8123;
    published.layers = {
        layer('1', '1', 29'126'000, "/bin/sh -c #(nop) ADD file:0123456789abcdef in / "),
        layer('2', '2', 14'200'300,
              "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends nginx "
              "python3 openjdk-17-jre-headless # buildkit"),
        layer('3', '3', 1'020'000, "COPY requirements.txt /srv/ # buildkit"),
        layer('4', '4', 9'450'000, "RUN /bin/sh -c pip install -r /srv/requirements.txt # buildkit"),
        layer('5', '5', 3'800'000, "COPY --chown=app:app build/ /srv/app/ # buildkit"),
        layer('6', '6', 2'100, "RUN /bin/sh -c useradd -m app && date > /etc/build-date # buildkit"),
    };
    published.companions.push_back({.digest = parse_digest(repeated_digest('9')),
                                    .media_type = "application/vnd.oci.image.manifest.v1+json",
                                    .kind = "attestation-manifest",
                                    .describes = repeated_digest('a')});
    SideSummary& rebuilt = comparison.sides[1];
    rebuilt = published;
    rebuilt.side = Side::rebuilt;
    rebuilt.reference = "oci-archive:rebuilt.oci.tar";
    rebuilt.manifest = repeated_digest('b');
    rebuilt.config = repeated_digest('d');
    rebuilt.companions.clear();
    rebuilt.layers[1] = layer('7', '7', 14'350'900, *published.layers[1].created_by);
    rebuilt.layers[2] = layer('8', '3', 980'000, *published.layers[2].created_by);
    rebuilt.layers[3] = layer('0', '0', 9'448'000, *published.layers[3].created_by);
    rebuilt.layers[4] = layer('e', 'e', 3'801'000, *published.layers[4].created_by);
    rebuilt.layers[5] = layer('f', 'f', 2'090, *published.layers[5].created_by);
    comparison.history = HistoryRelation::identical;
    comparison.verdict = Verdict::divergent;
    return comparison;
}

ViewLine view_line(ViewLine::Kind kind, std::string text, std::vector<std::pair<std::uint32_t, std::uint32_t>> marks) {
    return {.kind = kind, .text = std::move(text), .marks = std::move(marks)};
}

Difference difference_at(std::string where, std::string published, std::string rebuilt, std::optional<CauseId> cause,
                         std::string evidence) {
    Difference result;
    result.where = std::move(where);
    result.spans = {Span{.offset = 100, .size = published.size()}, Span{.offset = 100, .size = rebuilt.size()}};
    result.values = {std::move(published), std::move(rebuilt)};
    result.cause = cause;
    result.evidence = std::move(evidence);
    return result;
}

Part part_of(std::string name, std::string kind, std::uint64_t published, std::uint64_t rebuilt) {
    Part result;
    result.name = std::move(name);
    result.kind = std::move(kind);
    result.size = {published, rebuilt};
    return result;
}

Ownership owned_by(std::string package, std::string version, Ownership::Match match) {
    Ownership result;
    result.package = std::move(package);
    result.version = std::move(version);
    result.system = "dpkg";
    result.digest = "md5";
    result.match = match;
    return result;
}

ExplainedBuilder::ExplainedBuilder(Comparison comparison) : comparison_(std::move(comparison)) {
    comparison_.explanation.emplace();
}

void ExplainedBuilder::finding(const std::string& path, std::string fact, Weight weight,
                               std::optional<std::string> published, std::optional<std::string> rebuilt,
                               std::array<int, 2> layers) {
    Finding result;
    result.path = path;
    result.fact = std::move(fact);
    result.weight = weight;
    result.published = std::move(published);
    result.rebuilt = std::move(rebuilt);
    result.layers = layers;
    comparison_.findings.add(std::move(result));
}

FileExplanation& ExplainedBuilder::content(Part inside, Weight weight, std::array<int, 2> layers) {
    finding(inside.name, "content", weight, repeated_digest('3'), repeated_digest('4'), layers);
    if (inside.size[0] != inside.size[1]) {
        finding(inside.name, "size", Weight::real, std::to_string(*inside.size[0]), std::to_string(*inside.size[1]),
                layers);
    }
    FileExplanation file;
    file.path = inside.name;
    file.causes = inside.all_causes();
    file.explained = inside.explained();
    const std::uint64_t differing = inside.all_differing()[0] + inside.all_differing()[1];
    const std::uint64_t covered = inside.all_covered()[0] + inside.all_covered()[1];
    file.coverage = differing == 0 ? 1000 : static_cast<unsigned>(covered * 1000 / differing);
    file.worst = CauseClass::benign_metadata;
    for (const auto& [cause, count] : file.causes) file.worst = std::max(file.worst, row_of(cause).weight);
    if (!file.causes.empty()) file.remedy = row_of(file.causes.begin()->first).remedy;
    file.part = std::move(inside);
    comparison_.explanation->files.push_back(std::move(file));
    return comparison_.explanation->files.back();
}

void ExplainedBuilder::only_rebuilt(const std::string& path, Weight weight, CauseId cause) {
    Finding result;
    result.path = path;
    result.fact = "presence";
    result.weight = weight;
    result.published = "absent";
    result.rebuilt = "present";
    result.layers = {-1, 4};
    result.present = PresentFile{.type = "file", .size = 4096, .content = repeated_digest('7')};
    comparison_.findings.add(std::move(result));
    FileExplanation file;
    file.path = path;
    file.causes = {{cause, 1}};
    file.explained = true;
    file.coverage = 1000;
    file.worst = row_of(cause).weight;
    file.remedy = row_of(cause).remedy;
    comparison_.explanation->files.push_back(std::move(file));
}

Comparison ExplainedBuilder::take() {
    std::sort(explanation().files.begin(), explanation().files.end(),
              [](const FileExplanation& a, const FileExplanation& b) { return PathLess()(a.path, b.path); });
    comparison_.findings.sort();
    return std::move(comparison_);
}

void ExplainedBuilder::unexamined(const std::string& path, Weight weight) {
    finding(path, "content", weight, repeated_digest('5'), repeated_digest('6'));
    FileExplanation file;
    file.path = path;
    file.examined = false;
    comparison_.explanation->files.push_back(std::move(file));
}

} // namespace touchstone::test
