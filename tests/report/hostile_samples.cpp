// A comparison whose every text tries to break out of where it is shown.
#include "tests/report/explained_samples.h"

#include "base/printable.h"
#include "tests/report/explained_builder.h"

#include <fmt/format.h>

#include <utility>

namespace touchstone::test {

Comparison hostile_explanation() {
    // Each would do harm in one of the formats: markup, an attribute's end, a comment, CDATA, a script's end, a fence,
    // a table's cell, a mention, a link, a terminal's escape, bidi, NUL, no UTF-8.
    const std::string bad =
        "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>-->]]></style></pre></details>```\n"
        "````|| @torvalds #1 GH-1 https://evil.example/?a&b <!-- {} {{0}} \\x41 \\ `x` "
        "\x1b[2J\xe2\x80\xae\xe2\x80\xa8\xc2\x85\x7f\xff\xc0\xaf\t\r";
    const std::string evil = bad + std::string(1, '\0') + "</title></textarea><svg/onload=alert(3)>";
    ExplainedBuilder builder(two_sides());
    for (SideSummary& side : builder.comparison().sides) {
        side.reference = "docker://" + evil;
        side.platform = evil;
        side.media_type = evil;
        for (LayerSummary& one : side.layers) one.created_by = evil;
        side.oddities.push_back(
            {.code = OddityCode::duplicate_path, .path = evil, .detail = printable(evil), .layer = 1});
    }
    const auto all_over = [&](const std::string& path) {
        Part inner = part_of(evil, evil, 10, 11);
        inner.add(difference_at(evil, evil, evil, CauseId::text_date, evil));
        inner.complete = false;
        inner.limit = evil;
        Part outer = part_of(path, evil, 100, 101);
        Difference derived = difference_at(evil, evil, evil, CauseId::derived, evil);
        derived.derived_of = evil;
        outer.add(std::move(derived));
        outer.add(difference_at(evil, evil, evil, std::nullopt, evil));
        for (const ViewLine::Kind kind : {ViewLine::Kind::hunk, ViewLine::Kind::context, ViewLine::Kind::published,
                                          ViewLine::Kind::rebuilt, ViewLine::Kind::note}) {
            // Marks that overlap, end before they begin, cut characters and lie outside.
            outer.view.push_back(
                view_line(kind, evil, {{5, 40}, {30, 20}, {35, 131}, {131, 132}, {400, 4'000'000'000U}}));
        }
        outer.parts.push_back(std::move(inner));
        return outer;
    };
    std::vector<std::string> paths;
    for (int i = 0; i < 30; ++i) paths.push_back(fmt::format("srv/{}/{}{}", evil, i, evil));
    for (const std::string& path : paths) {
        FileExplanation& file = builder.content(all_over(path), path == paths[0] ? Weight::security : Weight::real);
        file.derived_of = evil;
        file.remedy = evil;
        for (auto& one : file.owner) {
            one = owned_by(evil, evil, Ownership::Match::differs);
            one->system = evil;
        }
        builder.finding(path, "xattr:" + evil, Weight::real, evil, std::nullopt);
    }
    Explanation& explanation = builder.explanation();
    explanation.files[1].accepted = evil;
    explanation.remedies.push_back(
        {.cause = CauseId::text_date, .text = evil, .files = 1, .settles = 1, .example = evil});
    explanation.votes.push_back({.cause = CauseId::text_date, .values = {evil, evil}, .files = 2});
    PackageDrift drift;
    drift.system = evil;
    drift.package = evil;
    drift.version = {evil, evil};
    drift.files = {evil, paths[3]};
    explanation.drift.push_back(std::move(drift));
    explanation.accepted.push_back({evil, evil, {repeated_digest('1'), evil}});
    explanation.cut = evil;
    explanation.packages = {evil, evil};
    for (const Place place : {Place::image, Place::config, Place::layer}) {
        Finding finding;
        finding.place = place;
        finding.path = evil;
        finding.fact = evil;
        finding.published = evil;
        finding.rebuilt = evil;
        finding.detail = printable(evil);
        builder.comparison().findings.add(std::move(finding));
    }
    builder.comparison().findings.count_noise("xattr:" + evil, 3);
    builder.comparison().summary = {.equal = 1, .added = 0, .removed = 0, .changed = 30};
    return builder.take();
}

} // namespace touchstone::test
