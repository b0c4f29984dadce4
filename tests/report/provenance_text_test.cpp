// What provenance claims, and where diffoscope's pages are, in each of the reports.
#include "report/provenance_text.h"
#include "tests/report/explained_samples.h"
#include "tests/report/samples.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>

#include <string>

namespace touchstone::test {
namespace {

SourceLines lines(std::string text, std::string file = "Dockerfile") {
    return {.file = std::move(file), .first = 4, .last = 6, .text = std::move(text)};
}

/// Without blanks: how members are laid out is another test's matter.
std::string json_of(const Report& report) {
    std::string json = render_json(report);
    std::erase(json, ' ');
    return json;
}

/// Provenance on the published side with lines for every layer, unused on the other.
Comparison claimed(const SourceLines& source) {
    Comparison comparison = explained_images();
    Provenance provenance;
    provenance.layers.assign(comparison.sides[0].layers.size(), source);
    provenance.base = BaseImage{.name = "alpine:3.17", .digest = "sha256:" + std::string(64, 'b'), .layers = 1};
    comparison.sides[0].provenance = provenance;
    comparison.sides[1].provenance = Provenance{.unused = "it is broken"};
    return comparison;
}

TEST_CASE("an instruction is shown on one line, its continuations joined") {
    CHECK(source_instruction(lines("RUN a \\\n    && b\r\n"), 100) == "RUN a && b");
    CHECK(source_instruction(lines("RUN printf '\\n'"), 100) == "RUN printf '\\\\n'");
    CHECK(source_instruction(lines(""), 100).empty());
    CHECK(source_instruction(lines("RUN \x1b[2J"), 100) == "RUN \\x1b[2J");
}

TEST_CASE("a place is a file and its lines, with what makes it special") {
    SourceLines one = lines("");
    CHECK(source_place(one) == "Dockerfile:4-6");
    one.last = 4;
    one.others = 2;
    CHECK(source_place(one) == "Dockerfile:4 and 2 other places");
    one.others = 0;
    one.base = true;
    CHECK(source_place(one) == "Dockerfile:4 (base image)");
    CHECK(source_text(one, 10) == "Dockerfile:4 (base image)");
}

TEST_CASE("every report shows the claim as a claim, and says why provenance is not used") {
    const Report report = report_on(claimed(lines("RUN make install")));
    const std::string text = render_text(report, {});
    CHECK(contains(text, "; provenance claims Dockerfile:4-6: RUN make install"));
    CHECK(contains(text, "provenance not used, because it is broken"));
    const std::string html = render_html(report);
    CHECK(contains(html, "provenance claims Dockerfile:4-6 <code>RUN make install</code>"));
    CHECK(contains(html, "not used, because it is broken"));
    const std::string markdown = render_markdown(report);
    CHECK(contains(markdown, "provenance claims Dockerfile:4-6"));
    CHECK(contains(markdown, "because it is broken"));
    const std::string json = json_of(report);
    CHECK(contains(json, R"("claimed_source":{"file":"Dockerfile","first":4,"last":6,"text":"RUNmakeinstall")"));
    CHECK(contains(json, R"("provenance":{"used":false,"why":"itisbroken"})"));
}

TEST_CASE("words of provenance cannot steer a reader") {
    const Report report =
        report_on(claimed(lines("<script>x</script>\x1b[2J @all [a](http://b) | ` \xe2\x80\xae", "<b>\x07\xff")));
    for (const std::string& shown : {render_text(report, {}), render_html(report), render_markdown(report)}) {
        CHECK_FALSE(contains(shown, "\x1b"));
        CHECK_FALSE(contains(shown, "\x07"));
        CHECK_FALSE(contains(shown, "\xe2\x80\xae"));
        CHECK_FALSE(contains(shown, "\xff"));
    }
    CHECK_FALSE(contains(render_html(report), "<script>x"));
    CHECK_FALSE(contains(render_html(report), "<b>\\x07"));
}

TEST_CASE("a file says where diffoscope's page is, or why there is none") {
    Comparison comparison = explained_images();
    std::vector<FileExplanation>& files = comparison.explanation->files;
    REQUIRE(files.size() >= 2);
    for (FileExplanation& file : files) file.diffoscope = OutsideLook{.output = "", .why = "no output: it took long"};
    const std::string why = json_of(report_on(comparison));
    CHECK(contains(why, R"("diffoscope":{"why":"nooutput:ittooklong"})"));
    for (FileExplanation& file : files) file.diffoscope = OutsideLook{.output = "out \"x/0001.html", .why = ""};
    const Report report = report_on(comparison);
    CHECK(contains(render_html(report), "<a href=\"./out%20%22x/0001.html\">out &quot;x/0001.html</a>"));
    CHECK(contains(render_text(report, {}), "diffoscope: out \"x/0001.html"));
    CHECK(contains(render_markdown(report), "0001.html"));
    CHECK(contains(json_of(report), R"("diffoscope":{"output":"out\"x/0001.html"})"));
}

} // namespace
} // namespace touchstone::test
