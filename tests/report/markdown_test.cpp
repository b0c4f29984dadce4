// What the Markdown report promises; page_test.py looks at it as GitHub would.
#include "report/markdown_text.h"
#include "tests/report/explained_samples.h"
#include "tests/report/samples.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace touchstone::test {
namespace {

TEST_CASE("names stand in code, whatever is in them") {
    struct Row {
        std::string_view name;
        std::string_view expected;
    };
    for (const Row& row :
         {Row{"usr/bin/perl", "`usr/bin/perl`"}, Row{"@octocat", "`@octocat`"}, Row{"*_#1_*", "`*_#1_*`"},
          Row{"a`b", "<code>a&#96;b</code>"}, Row{"a|b", "<code>a&#124;b</code>"}, Row{"<b>", "`<b>`"},
          Row{"<b>|", "<code>&#60;b&#62;&#124;</code>"}, Row{"a\nb", "<code>a&#92;x0ab</code>"},
          Row{" a ", "<code> a </code>"}, Row{"", "<code></code>"}}) {
        CHECK(markdown_code(row.name) == row.expected);
    }
}

TEST_CASE("our own words hold no markup, no mention and no reference") {
    CHECK(markdown_text("sizes *and* <times>_of_ `it`") ==
          "sizes &#42;and&#42; &#60;times&#62;&#95;of&#95; &#96;it&#96;");
    CHECK(markdown_text("@all #1") == "&#64;<!-- -->all &#35;<!-- -->1");
}

TEST_CASE("a fence is longer than any run of backticks inside") {
    CHECK(markdown_block("diff", {"-a", "+b"}) == "```diff\n-a\n+b\n```\n");
    CHECK(markdown_block("diff", {"````"}) == "`````diff\n````\n`````\n");
    CHECK(markdown_block("", {"```", "``"}) == "````\n```\n``\n````\n");
}

TEST_CASE("a report keeps to its limit, and says that it was cut") {
    const Report report = report_on(crowd_of_files(20'000, 1'000));
    for (const std::size_t limit : {std::size_t{4096}, std::size_t{65'536}, markdown_limit}) {
        const std::string text = render_markdown(report, limit);
        CHECK(text.size() <= limit);
        CHECK(text.size() > limit / 2);
        CHECK(contains(text, "the JSON report has"));
        CHECK(text.ends_with("</sub>\n"));
    }
}

TEST_CASE("a report that fits is whole") {
    const std::string text = render_markdown(report_on(explained_images()));
    CHECK_FALSE(contains(text, "left out"));
    CHECK_FALSE(contains(text, "cut to fit"));
    for (const char* part :
         {"## ❌ Touchstone: divergent", "### What would settle most", "`ENV PYTHONDONTWRITEBYTECODE=1", "### Packages",
          "`libssl3 3.0.15-1~deb12u1 -> 3.0.17-1~deb12u2`: 9 files", "blob2.bin", "-Tue Nov 14 22:13:20 UTC 2023",
          "`config /config/User`"}) {
        CHECK_MESSAGE(contains(text, part), std::string(part));
    }
}

TEST_CASE("what matters most comes first") {
    const std::string text = render_markdown(report_on(explained_images()));
    CHECK(text.find("What would settle most") < text.find("### Files"));
    CHECK(text.find("<b>security</b> <code>usr&#47;sbin&#47;nginx") < text.find("<code>etc&#47;build&#45;date"));
}

TEST_CASE("a report of identical images is short") {
    const std::string text = render_markdown(report_on(identical_images()));
    CHECK(contains(text, "## ✅ Touchstone: identical"));
    CHECK(text.size() < 2000);
}

} // namespace
} // namespace touchstone::test
