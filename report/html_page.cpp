// The page as a whole: one file, nothing fetched, nothing run but one script that is known by its hash. The order of
// sections is that of the questions: what is the verdict, what was compared, what to change, where, why, file by file.
#include "report/html_parts.h"

#include "base/digest.h"
#include "base/printable.h"
#include "report/canvas.h"
#include "report/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace touchstone {

namespace {

/// Browsers open a page of this size at once, and mail systems take it as an attachment.
constexpr std::size_t page_limit = 8'000'000;
/// Of that, for what is there once: style, script, verdict and how to make the report again.
constexpr std::size_t frame_limit = 300'000;
/// A comparison with less room than this would show headings only.
constexpr std::size_t smallest_share = 60'000;

/// As a Content-Security-Policy names an inline script or style sheet.
std::string source_hash(std::string_view source) {
    return "'sha256-" + base64(as_text(digest_of(as_bytes(source)).view())) + "'";
}

/// Everything is forbidden but this script and this style sheet: should an escape ever fail, the browser still would
/// not run, load or send anything.
std::string policy() {
    return fmt::format("default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
                       source_hash(html_script()), source_hash(html_style()));
}

std::string title_of_page(const Report& report) {
    if (report.comparisons.empty()) return std::string(name_of(report.verdict));
    return fmt::format("{}: {}", name_of(report.verdict), shown(report.comparisons.front().sides[0].reference));
}

Page make_page(const Report& report, const Comparison& comparison, std::size_t number, std::size_t share) {
    Page page{.report = report,
              .comparison = comparison,
              .prefix = number == 0 ? "" : fmt::format("c{}-", number + 1),
              .share = share,
              .files = {},
              .others = {},
              .detailed = {}};
    for (Item& item : items_of(comparison)) {
        (item.first().place == Place::file ? page.files : page.others).push_back(std::move(item));
    }
    const auto urgency = [](const Item& item) {
        // Of security weight: what nothing explains first.
        return std::pair(standing_of(item), item.explanation != nullptr && item.explanation->explained);
    };
    std::stable_sort(page.files.begin(), page.files.end(),
                     [&](const Item& a, const Item& b) { return urgency(a) < urgency(b); });
    return page;
}

void put_head(Html& html, const Report& report) {
    html.put(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{}</title>
<style>)",
             policy(), title_of_page(report));
    html.trusted(html_style());
    html.put("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to the report</a>\n");
    put_patterns(html);
}

struct NavigationRow {
    std::string_view id;
    std::string_view name;
};

constexpr NavigationRow navigation[] = {
    {"images", "Images"}, {"change", "What to change"}, {"where", "Where"},          {"why", "Why"},
    {"files", "Files"},   {"other", "Beside files"},    {"noise", "Hidden as noise"}};

/// Links to the sections that are there.
void put_navigation(Html& html, std::string_view body) {
    html.put("<nav aria-label=\"Sections\"><ul>\n");
    for (const NavigationRow& row : navigation) {
        if (body.find(fmt::format("<section id=\"{}\"", row.id)) == std::string_view::npos) continue;
        html.put("<li><a href=\"#{}\">{}</a></li>\n", row.id, row.name);
    }
    html.put("<li><a href=\"#about\">About this report</a></li>\n</ul></nav>\n");
}

void put_comparison(Html& html, Page& page) {
    // The files come late in the page, and what stands before them links to those that are shown in detail.
    Html files;
    put_files(files, page);
    put_reasons(html, page);
    put_sides(html, page);
    put_layers(html, page);
    html.put("</section>\n"); // opened by put_sides: the images and their layers are one section
    put_remedies(html, page);
    put_tree(html, page);
    put_causes(html, page);
    put_drift(html, page);
    html.trusted(files.take());
    put_accepted(html, page);
    put_others(html, page);
    put_oddities(html, page);
    put_noise(html, page);
}

void put_platform_heading(Html& html, const Page& page) {
    const std::string platform = page.comparison.sides[0].platform;
    html.put("<h2 class=\"platform\" id=\"{}top\">{} <span class=\"verdict-word {}\">{}</span></h2>\n", page.prefix,
             platform.empty() ? "no platform" : shown(platform), name_of(page.comparison.verdict),
             name_of(page.comparison.verdict));
}

} // namespace

std::string render_html(const Report& report) {
    const std::size_t count = report.comparisons.size();
    const bool several = count > 1 || !report.unpaired.empty();
    Html body;
    std::size_t left_out = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t used = std::min(body.size(), page_limit - frame_limit);
        const std::size_t share = (page_limit - frame_limit - used) / (count - i);
        if (share < smallest_share) {
            ++left_out;
            continue;
        }
        Page page = make_page(report, report.comparisons[i], i, share);
        if (several) put_platform_heading(body, page);
        put_comparison(body, page);
    }
    if (left_out > 0) put_more(body, left_out, "platform");
    Html html;
    put_head(html, report);
    put_hero(html, report);
    const std::string content = body.take();
    put_navigation(html, content);
    html.put("<main id=\"content\">\n");
    html.trusted(content);
    put_about(html, report);
    html.put("</main>\n<script>");
    html.trusted(html_script());
    html.put("</script>\n</body>\n</html>\n");
    return html.take();
}

} // namespace touchstone
