// Judging several comparisons as one.
#include "tests/report/samples.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

Comparison with_verdict(Verdict verdict, std::string platform) {
    Comparison comparison = identical_images();
    comparison.verdict = verdict;
    for (SideSummary& side : comparison.sides) side.platform = platform;
    return comparison;
}

TEST_CASE("a report is as good as its worst platform") {
    struct Row {
        Verdict first, second, required, expected;
        bool pass;
    };
    for (const Row& row :
         {Row{Verdict::identical, Verdict::identical, Verdict::identical, Verdict::identical, true},
          Row{Verdict::identical, Verdict::equivalent, Verdict::identical, Verdict::equivalent, false},
          Row{Verdict::same_files, Verdict::equivalent, Verdict::same_files, Verdict::same_files, true},
          Row{Verdict::accepted, Verdict::identical, Verdict::same_files, Verdict::accepted, false},
          Row{Verdict::accepted, Verdict::identical, Verdict::accepted, Verdict::accepted, true},
          Row{Verdict::divergent, Verdict::identical, Verdict::divergent, Verdict::divergent, true}}) {
        const Report report =
            make_report({with_verdict(row.first, "linux/b"), with_verdict(row.second, "linux/a")}, {}, row.required);
        CHECK(report.verdict == row.expected);
        CHECK(report.pass == row.pass);
        CHECK(report.comparisons[0].sides[0].platform == "linux/a"); // sorted
    }
}

TEST_CASE("a platform that only one side has makes the whole divergent") {
    const Report report = make_report({with_verdict(Verdict::identical, "linux/a")}, {Finding{}}, Verdict::accepted);
    CHECK(report.verdict == Verdict::divergent);
    CHECK_FALSE(report.pass);
}

TEST_CASE("nothing compared proves nothing") {
    CHECK(make_report({}, {}, Verdict::same_files).verdict == Verdict::divergent);
}

} // namespace
} // namespace touchstone::test
