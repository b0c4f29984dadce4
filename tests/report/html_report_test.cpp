// What the HTML report promises by itself; page_test.py and html_test.py read it with a parser and a browser.
#include "report/html.h"
#include "report/markdown_text.h"
#include "tests/report/explained_builder.h"
#include "tests/report/explained_samples.h"
#include "tests/report/samples.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <random>
#include <string>

namespace touchstone::test {
namespace {

constexpr std::size_t page_limit = 8'000'000; // "opens at once" of the issue, as bytes

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
    return count;
}

TEST_CASE("what fills a hole is text, whatever it holds") {
    struct Row {
        std::string_view content;
        std::string_view expected;
    };
    for (const Row& row : {Row{"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"}, Row{"&lt;", "&amp;lt;"}, Row{"{}", "{}"},
                           Row{"\x1b[2J", "\\x1b[2J"}, Row{"\xe2\x80\xae", "\\xe2\\x80\\xae"}, Row{"\xff", "\\xff"},
                           Row{"gr\xc3\xbcn", "gr\xc3\xbcn"}, Row{std::string_view("\0", 1), "\\x00"}}) {
        Html html;
        html.put("<p title=\"{}\">{}</p>", row.content, row.content);
        CHECK(html.take() == fmt::format("<p title=\"{0}\">{0}</p>", row.expected));
    }
}

TEST_CASE("a line of a file keeps its white space, and marks what cannot be shown") {
    Html html;
    html.verbatim("\tif x < 1: \x1b\x1b\\x1b");
    CHECK(html.take() == "\tif x &lt; 1: <span class=\"esc\">\\x1b\\x1b</span>\\x1b");
}

TEST_CASE("numbers fill holes, too") {
    Html html;
    html.put("<b>{}</b>{}", std::uint64_t{18446744073709551615U}, -1);
    CHECK(html.take() == "<b>18446744073709551615</b>-1");
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(1234567) == "1,234,567");
}

TEST_CASE("no markup of a name or content is markup of the page") {
    const std::string page = render_html(report_on(hostile_explanation()));
    for (const char* bad : {"<script>alert", "<img", "<svg/onload", "]]></style", "-->", "<!-- {}"}) {
        CHECK_FALSE(contains(page, bad));
    }
    CHECK(contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    CHECK(count_of(page, "<script>") == 1);
    CHECK(count_of(page, "</script>") == 1);
}

/// Bytes of every kind, those that mean something in HTML and Markdown more often than others.
std::string random_bytes(std::mt19937& random) {
    constexpr std::string_view telling = "<>&\"'`|\\{}!-/=\n\t\x1b\xe2\x80\xae\xff@#";
    std::string bytes(random() % 60, ' ');
    for (char& c : bytes) {
        c = random() % 3 == 0 ? static_cast<char>(random() & 0xFFU) : telling[random() % telling.size()];
    }
    return bytes;
}

TEST_CASE("no bytes whatever become markup") {
    std::mt19937 random(20240104); // any fixed seed
    for (int i = 0; i < 5000; ++i) {
        const std::string bytes = random_bytes(random);
        Html html;
        html.put("{}", bytes);
        const std::string text = html.take();
        CHECK(text.find_first_of("<>\"'\n\t\x1b") == std::string::npos);
        Html lines;
        lines.verbatim(bytes);
        std::string verbatim = lines.take();
        for (const std::string_view ours : {"<span class=\"esc\">", "</span>"}) {
            for (std::size_t at = 0; (at = verbatim.find(ours, at)) != std::string::npos;)
                verbatim.erase(at, ours.size());
        }
        CHECK(verbatim.find_first_of("<>\"'\n\x1b") == std::string::npos);
        const std::string code = markdown_code(bytes);
        const bool span = code.front() == '`' && code.find('`', 1) == code.size() - 1;
        const bool element = code.starts_with("<code>") && code.find('<', 1) == code.size() - 7;
        CHECK((span || element));
        CHECK(code.find('|') == std::string::npos);
    }
}

TEST_CASE("a report is the same however often it is made") {
    CHECK(render_html(report_on(explained_images())) == render_html(report_on(explained_images())));
}

TEST_CASE("20,000 files make a page of bounded size, with a line for each") {
    const Report report = report_on(crowd_of_files(20'000, 1'000));
    const auto before = std::chrono::steady_clock::now();
    const std::string page = render_html(report);
    const auto taken = std::chrono::steady_clock::now() - before;
    CHECK(page.size() < page_limit);
    CHECK(taken < std::chrono::seconds(60)); // half a second on an idle machine; this is about the order of growth
    CHECK(count_of(page, "<details class=\"file ") == 500);
    CHECK(contains(page, "module19999.txt"));
    CHECK(contains(page, "19,500 paths are shown with a line only"));
}

TEST_CASE("security weight comes before all other files") {
    const std::string page = render_html(report_on(explained_images()));
    const std::size_t files = page.find("<h2>File by file</h2>");
    REQUIRE(files != std::string::npos);
    const std::size_t nginx = page.find("<b>nginx</b>", files);
    const std::size_t date = page.find("<b>build-date</b>", files);
    CHECK(nginx < date);
    CHECK(page.find("<details class=\"file unexplained\"", files) <
          page.find("<details class=\"file hygiene\"", files));
}

TEST_CASE("one file cannot crowd out the others") {
    ExplainedBuilder builder(two_sides());
    Part archive = part_of("a/huge.zip", "zip", 1, 2);
    for (int i = 0; i < 3000; ++i) {
        Part member = part_of(fmt::format("member{}", i), "text", 1, 2);
        for (int n = 0; n < 120; ++n) {
            member.view.push_back(view_line(ViewLine::Kind::published, std::string(400, '\x01'), {}));
        }
        member.add(difference_at("line 1", std::string(200, '\x02'), "b", std::nullopt));
        archive.parts.push_back(std::move(member));
    }
    builder.content(std::move(archive));
    Part small = part_of("b/small.txt", "text", 1, 2);
    small.add(difference_at("line 1", "a", "b", std::nullopt, "the last word"));
    builder.content(std::move(small));
    const std::string page = render_html(report_on(builder.take()));
    CHECK(page.size() < 600'000);
    CHECK(contains(page, "the last word"));
    CHECK(contains(page, "more parts, in the JSON report"));
}

TEST_CASE("long names are cut, and the page stays bounded") {
    ExplainedBuilder builder(two_sides());
    for (int i = 0; i < 200; ++i) builder.unexamined(fmt::format("{}/{}", std::string(100'000, '<'), i), Weight::real);
    CHECK(render_html(report_on(builder.take())).size() < page_limit);
}

TEST_CASE("many platforms share one page") {
    std::vector<Comparison> comparisons;
    for (int i = 0; i < 300; ++i) {
        comparisons.push_back(crowd_of_files(200, 20));
        for (SideSummary& side : comparisons.back().sides) side.platform = fmt::format("linux/p{:03}", i);
    }
    const std::string page = render_html(make_report(std::move(comparisons), {}, Verdict::same_files));
    CHECK(page.size() < page_limit);
    CHECK(contains(page, "linux/p299"));
}

TEST_CASE("without an explanation the page has the sections that it can fill") {
    const std::string page = render_html(report_on(forged_history()));
    CHECK(contains(page, "Identical histories over different files."));
    CHECK(contains(page, "<section id=\"files\">"));
    for (const char* section : {"id=\"change\"", "id=\"why\"", "id=\"packages\"", "id=\"accepted\""}) {
        CHECK_FALSE(contains(page, section));
    }
}

TEST_CASE("an identical pair has no list of files") {
    const std::string page = render_html(report_on(identical_images()));
    CHECK(contains(page, "<h1>Identical</h1>"));
    CHECK_FALSE(contains(page, "<section id=\"files\">"));
}

TEST_CASE("the command that makes the report again is a shell's") {
    Comparison comparison = explained_images();
    comparison.sides[0].reference = "docker://host:5000/name:tag";
    comparison.sides[1].reference = "dir:it's here";
    const std::string page = render_html(report_on(std::move(comparison)));
    CHECK(contains(page, "touchstone diff -o html=report.html --explain auto --platform linux/amd64 docker://host:5000/"
                         "name@sha256:" +
                             std::string(64, 'a') + " &#39;dir:it&#39;\\&#39;&#39;s here&#39;</code>"));
}

} // namespace
} // namespace touchstone::test
