// What every report says of recorded bases; and that nothing is said where nobody looked.
#include "report/recorded_base.h"
#include "tests/report/samples.h"

#include <doctest/doctest.h>

#include <array>

namespace touchstone::test {
namespace {

const std::string digest_a = "sha256:" + std::string(64, 'a');
const std::string digest_b = "sha256:" + std::string(64, 'b');

RecordedBase base(const std::string& reference = "docker://docker.io/library/debian:bookworm-slim",
                  const std::string& digest = digest_a) {
    return {.sequence = 7,
            .time = "2026-03-02T10:11:12Z",
            .reference = reference,
            .index = digest,
            .manifest = digest_b,
            .layers = 1};
}

Report report_with(RecordedBases bases) {
    std::vector<Comparison> comparisons;
    comparisons.push_back(equivalent_images(false));
    Report report = make_report(std::move(comparisons), {}, Verdict::same_files);
    report.bases.push_back(std::move(bases));
    return report;
}

using Lines = std::vector<std::string>;

const std::string debian = "debian:bookworm-slim@" + digest_a + ", recorded 2026-03-02";
const std::string other = "other.example/base:1@" + digest_b + ", recorded 2026-03-02";

TEST_CASE("an image is named as a user would, with the digest that its name stands for") {
    struct Row {
        std::string reference;
        std::string expected;
    };
    for (const Row& row : std::vector<Row>{
             {"docker://docker.io/library/debian:12", "debian:12@" + digest_a},
             {"docker://docker.io/user/app:1", "user/app:1@" + digest_a},
             {"docker://library/app:1", "library/app:1@" + digest_a},
             {"docker://host.example/library/app:1", "host.example/library/app:1@" + digest_a},
             {"docker://a.example/b@" + digest_b, "a.example/b@" + digest_b},
             {"oci:docker.io/library/x", "oci:docker.io/library/x@" + digest_a},
             {"oci:\x1b[2J", "oci:\\x1b[2J@" + digest_a},
         }) {
        CHECK(recorded_base_text(base(row.reference)) == row.expected + ", recorded 2026-03-02");
    }
    RecordedBase plain = base();
    plain.index.reset();
    CHECK(recorded_base_text(plain) == "debian:bookworm-slim@" + digest_b + ", recorded 2026-03-02");
    plain.manifest.reset();
    CHECK(recorded_base_text(plain) == "debian:bookworm-slim, recorded 2026-03-02");
}

TEST_CASE("each relation has its words") {
    const RecordedBase second = base("docker://other.example/base:1", digest_b);
    CHECK(recorded_bases_text({BaseRelation::same, {base(), base()}}) == Lines{"both stand on " + debian});
    CHECK(recorded_bases_text({BaseRelation::different, {base(), second}}) ==
          Lines{"the bases differ: start there", "published stands on " + debian, "rebuilt stands on " + other});
    CHECK(recorded_bases_text({BaseRelation::one, {std::nullopt, second}}) ==
          Lines{"rebuilt stands on " + other + "; no base of published is recorded"});
    CHECK(recorded_bases_text({BaseRelation::one, {base(), std::nullopt}}) ==
          Lines{"published stands on " + debian + "; no base of rebuilt is recorded"});
    CHECK(recorded_bases_text({}) == Lines{"no base of either side is recorded"});
    CHECK(recorded_bases_text({BaseRelation::same_content, {base(), second}})[0] ==
          "both stand on one base, in two encodings");
    RecordedBase canonical = base();
    canonical.by = LayersBy::canonical;
    CHECK(recorded_bases_text({BaseRelation::same, {base(), canonical}}) ==
          Lines{"both stand on " + debian + ", rebuilt by canonical form"});
    CHECK(recorded_bases_text({BaseRelation::same, {canonical, canonical}}) ==
          Lines{"both stand on " + debian + ", by canonical form"});
}

TEST_CASE("every report has the line; without a ledger none has a trace of it") {
    const Report with = report_with({BaseRelation::same, {base(), base()}});
    Report without = with;
    without.bases.clear();
    const std::string words = "both stand on debian:bookworm-slim@" + digest_a + ", recorded 2026-03-02";
    for (const auto& render :
         {+[](const Report& r) { return render_text(r, {}); }, +[](const Report& r) { return render_html(r); },
          +[](const Report& r) { return render_markdown(r); }}) {
        CHECK(render(with).find(words) != std::string::npos);
        CHECK(render(without).find("stand on") == std::string::npos);
    }
    CHECK(render_text(with, {}).find("base       both stand on") != std::string::npos);
    const std::string json = render_json(with);
    CHECK(json.find(R"("bases": {"relation": "same", "published": {"sequence": 7, "time": "2026-03-02T10:11:12Z", )"
                    R"("reference": "docker://docker.io/library/debian:bookworm-slim", "index": ")") !=
          std::string::npos);
    CHECK(render_json(without).find("\"bases\"") == std::string::npos);
    CHECK(render_text(with, {.quiet = true}).find("stand on") == std::string::npos);
}

TEST_CASE("names of others steer no report") {
    const Report report = report_with({BaseRelation::one, {base("oci:<script>\x1b[2J`@everyone`"), std::nullopt}});
    for (const std::string& text : {render_text(report, {}), render_html(report), render_markdown(report)}) {
        CHECK(text.find('\x1b') == std::string::npos);
    }
    CHECK(render_html(report).find("oci:<script>") == std::string::npos);
}

TEST_CASE("with several platforms each comparison has its own") {
    std::vector<Comparison> comparisons{equivalent_images(false), equivalent_images(false)};
    comparisons[0].sides[0].platform = "linux/arm64";
    Report report = make_report(std::move(comparisons), {}, Verdict::same_files);
    report.bases = {{BaseRelation::none, {}}, {BaseRelation::same, {base(), base()}}};
    CHECK(bases_of(report, report.comparisons[1])->relation == BaseRelation::same);
    const std::string text = render_text(report, {});
    CHECK(text.find("no base of either side") < text.find("both stand on"));
}

} // namespace
} // namespace touchstone::test
