// What an explanation says of all files together: the changes that would settle most, the causes, the words that many
// files share, and the packages whose versions moved.
#include "report/html_parts.h"

#include "base/printable.h"
#include "report/canvas.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t listed_remedies = 10; // the list is for working through it
constexpr std::size_t listed_votes = 20;
constexpr std::size_t listed_packages = 200;
constexpr std::size_t listed_package_files = 60; // of one package; the version says the rest

std::string percent(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "0%";
    return fmt::format("{:.1f}%", 100.0 * static_cast<double>(std::min(part, whole)) / static_cast<double>(whole));
}

void put_bar(Html& html, std::uint64_t part, std::uint64_t whole, std::string_view kind) {
    html.put("<svg class=\"bar\" width=\"100%\" height=\"8\" aria-hidden=\"true\"><rect class=\"{}\" width=\"{}\" "
             "height=\"8\"/></svg>",
             kind, percent(part, whole));
}

void put_remedy(Html& html, const Page& page, const Remedy& remedy, std::uint64_t before, std::uint64_t files) {
    html.put("<li><div class=\"remedy\"><code class=\"paste\">{}</code>\n<p>", said(remedy.text, 600));
    put_cause(html, remedy.cause);
    html.put(" {}. Found in {}; this settles <b>{}</b>", row_of(remedy.cause).meaning, many(remedy.files, "file"),
             before == 0 ? grouped(remedy.settles) : grouped(remedy.settles) + " more");
    if (!remedy.example.empty()) {
        html.put(". An example is ");
        put_path(html, page, remedy.example);
    }
    html.put(".</p>\n<div class=\"progress\">");
    put_bar(html, before + remedy.settles, files, "done");
    html.put("<span>{} of {} settled so far</span></div></div></li>\n", grouped(before + remedy.settles),
             grouped(files));
}

void put_votes(Html& html, const Page& page, const Explanation& explanation) {
    if (explanation.votes.empty()) return;
    html.put("<h3>The same words in several files</h3>\n<p class=\"note\">One source for all of them.</p>\n"
             "<div class=\"scroll\"><table class=\"votes\"><thead><tr><th>files</th><th>published</th><th>rebuilt</th>"
             "<th>cause</th></tr></thead><tbody>\n");
    const Allowance room(html, page.part_of_share(10));
    std::size_t shown_votes = 0;
    for (; shown_votes < std::min(explanation.votes.size(), listed_votes) && room.left(); ++shown_votes) {
        const Vote& vote = explanation.votes[shown_votes];
        html.put("<tr><td class=\"n\">{}</td><td><code>{}</code></td><td><code>{}</code></td><td>", grouped(vote.files),
                 shown(vote.values[0]), shown(vote.values[1]));
        put_cause(html, vote.cause);
        html.put("</td></tr>\n");
    }
    html.put("</tbody></table></div>\n");
    if (shown_votes < explanation.votes.size()) put_more(html, explanation.votes.size() - shown_votes, "pair");
}

void put_cause_row(Html& html, const CauseCount& count, std::uint64_t files) {
    const CauseRow& row = row_of(count.cause);
    html.put("<tr><td class=\"n\">{}</td><td class=\"share\">", grouped(count.files));
    put_bar(html, count.files, files, name_of(row.weight));
    html.put("</td><td>");
    put_cause(html, count.cause);
    html.put("<br><span class=\"class\">{}</span></td><td>{}<br><code class=\"paste\">{}</code></td></tr>\n",
             name_of(row.weight), row.meaning, row.remedy);
}

void put_unexplained_row(Html& html, std::uint64_t unexplained, std::uint64_t files) {
    if (unexplained == 0) return;
    html.put("<tr><td class=\"n\">{}</td><td class=\"share\">", grouped(unexplained));
    put_bar(html, unexplained, files, "unexplained");
    html.put("</td><td><b>not wholly explained</b></td><td>at least one byte or fact of these files has no "
             "cause</td></tr>\n");
}

void put_package_files(Html& html, const Page& page, const PackageDrift& drift, const Allowance& room) {
    html.put("<ul class=\"paths\">\n");
    std::size_t listed = 0;
    for (; listed < std::min(drift.files.size(), listed_package_files) && room.left(); ++listed) {
        html.put("<li>");
        put_path(html, page, drift.files[listed]);
        html.put("</li>\n");
    }
    html.put("</ul>\n");
    if (listed < drift.files.size()) put_more(html, drift.files.size() - listed, "file");
}

std::string version_text(const std::optional<std::string>& version) {
    return version ? printable_short(*version, 120) : "not installed";
}

} // namespace

void put_remedies(Html& html, const Page& page) {
    const Explanation* explanation = page.explanation();
    if (explanation == nullptr || explanation->remedies.empty()) return;
    html.put(
        "<section id=\"{}change\">\n<h2>What to change</h2>\n<p class=\"note\">The shortest list of changes to the "
        "build, the one that settles most files first. A line is selected whole with one click.</p>\n"
        "<ol class=\"remedies\">\n",
        page.prefix);
    std::uint64_t before = 0;
    const std::size_t count = std::min(explanation->remedies.size(), listed_remedies);
    for (std::size_t i = 0; i < count; ++i) {
        put_remedy(html, page, explanation->remedies[i], before, explanation->files.size());
        before += explanation->remedies[i].settles;
    }
    html.put("</ol>\n");
    if (count < explanation->remedies.size()) put_more(html, explanation->remedies.size() - count, "change");
    html.put("</section>\n");
}

void put_causes(Html& html, const Page& page) {
    const Explanation* explanation = page.explanation();
    if (explanation == nullptr || explanation->files.empty()) return;
    html.put("<section id=\"{}why\">\n<h2>Why they differ</h2>\n", page.prefix);
    html.put("<p class=\"note\">Explained does not mean harmless: the class under each cause says what it is "
             "worth.{}</p>\n",
             explanation->unexamined == 0
                 ? std::string()
                 : fmt::format(" {} not examined.", many(explanation->unexamined, "file") +
                                                        (explanation->unexamined == 1 ? " was" : " were")));
    if (!explanation->cut.empty()) html.put("<p class=\"note\">Cut short: {}</p>\n", said(explanation->cut));
    html.put(
        "<div class=\"scroll\"><table class=\"causes\"><thead><tr><th>files</th><th></th><th>cause</th><th>what it "
        "is, and what to do</th></tr></thead><tbody>\n");
    const std::uint64_t files = explanation->files.size();
    const auto unexplained =
        std::count_if(explanation->files.begin(), explanation->files.end(),
                      [](const FileExplanation& file) { return file.examined && !file.explained; });
    put_unexplained_row(html, static_cast<std::uint64_t>(unexplained), files);
    for (const CauseCount& count : count_causes(*explanation)) put_cause_row(html, count, files);
    html.put("</tbody></table></div>\n");
    put_votes(html, page, *explanation);
    html.put("</section>\n");
}

void put_drift(Html& html, const Page& page) {
    const Explanation* explanation = page.explanation();
    if (explanation == nullptr) return;
    const bool databases = !explanation->packages[0].empty() || !explanation->packages[1].empty();
    if (explanation->drift.empty() && !databases) return;
    html.put("<section id=\"{}packages\">\n<h2>Packages</h2>\n", page.prefix);
    html.put("<p class=\"note\">By the images' own databases. Published: {}. Rebuilt: {}.</p>\n",
             said(explanation->packages[0]), said(explanation->packages[1]));
    const Allowance room(html, page.part_of_share(40));
    std::size_t listed = 0;
    for (; listed < std::min(explanation->drift.size(), listed_packages) && room.left(); ++listed) {
        const PackageDrift& drift = explanation->drift[listed];
        html.put("<details class=\"fold package\"><summary><b>{}</b> <span class=\"versions\">{} → {}</span> "
                 "<span class=\"count\">{}</span></summary>\n",
                 printable_short(drift.package, 120), version_text(drift.version[0]), version_text(drift.version[1]),
                 many(drift.files.size(), "file"));
        put_package_files(html, page, drift, room);
        html.put("</details>\n");
    }
    if (listed < explanation->drift.size()) put_more(html, explanation->drift.size() - listed, "package");
    html.put("</section>\n");
}

} // namespace touchstone
