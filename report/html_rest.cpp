// The lower part of the page: what differs beside files, what is odd about the images, what was accepted, what the
// rules hid, and how to make the report again.
#include "report/html_parts.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/version.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t listed_others = 500; // configs have tens of values; a hostile one may have millions
constexpr std::size_t listed_oddities = 300;
constexpr std::size_t listed_accepted = 5000;
constexpr std::size_t listed_facts = 200; // kinds of noise; names of attributes come from the image

void put_other(Html& html, const Item& item) {
    for (const Finding* finding : item.findings) {
        html.put("<tr class=\"{}\"><th scope=\"row\">{}</th><td>{}{}</td><td>", name_of(finding->weight),
                 said(title_of(*finding), 300), finding->weight == Weight::security ? "! " : "",
                 printable_short(finding->fact, 80));
        put_optional(html, finding->published);
        html.put("</td><td>");
        put_optional(html, finding->rebuilt);
        html.put("</td></tr>\n");
        if (!finding->detail.empty()) {
            html.put("<tr class=\"detail\"><td></td><td colspan=\"3\">{}</td></tr>\n", said(finding->detail, 400));
        }
    }
}

void put_oddity_list(Html& html, const std::vector<Occurrence>& list, std::string_view title, const Allowance& room) {
    if (list.empty()) return;
    html.put("<h3>{} <span class=\"count\">{}</span></h3>\n<ul class=\"oddities\">\n", title, list.size());
    std::size_t listed = 0;
    for (; listed < std::min(list.size(), listed_oddities) && room.left(); ++listed) {
        const Occurrence& occurrence = list[listed];
        const Oddity& oddity = *occurrence.oddity;
        const OddityRow& row = row_of(oddity.code);
        html.put("<li><b>{}</b> <span class=\"count\">{}{}</span> {}", row.name,
                 occurrence.roles.size() > 1 ? "both" : occurrence.roles.front(),
                 oddity.layer >= 0 ? fmt::format(", layer {}", oddity.layer) : std::string(), row.meaning);
        if (!oddity.path.empty()) html.put("<br><code>{}</code>", shown(oddity.path));
        if (!oddity.detail.empty()) html.put(" <span class=\"evidence\">{}</span>", said(oddity.detail));
        html.put("</li>\n");
    }
    html.put("</ul>\n");
    if (listed < list.size()) put_more(html, list.size() - listed, "case");
}

// ---- the command that makes the report again

bool is_plain(std::string_view text) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-";
    return !text.empty() && text.front() != '-' && text.find_first_not_of(plain) == std::string_view::npos;
}

/// A word as a shell reads it back: as it is, in quotes, or (with bytes that cannot be shown) as $'…' of bash.
std::string shell_word(std::string_view raw) {
    if (is_plain(raw)) return std::string(raw);
    const std::string text = printable(raw);
    std::string quoted;
    for (const char c : text) {
        if (c == '\'') quoted += text == raw ? "'\\'" : "\\";
        quoted += c;
    }
    return (text == raw ? "'" : "$'") + quoted + "'";
}

/// A registry reference named by digest, so that it stays what it was; any other as it was given.
std::string pinned(const SideSummary& side) {
    const std::string& reference = side.reference;
    const bool registry = reference.starts_with("docker://");
    if (!registry || !side.manifest || reference.find('@') != std::string::npos) return reference;
    const std::size_t slash = reference.rfind('/');
    const std::size_t colon = reference.rfind(':');
    const bool tagged = colon != std::string::npos && colon > slash;
    return (tagged ? reference.substr(0, colon) : reference) + "@" + *side.manifest;
}

/// "+owner,-mtime": what differs from the default set.
std::string rule_changes(const RuleSet& rules) {
    std::string text;
    const RuleSet usual;
    for (const RuleRow& row : rule_table()) {
        if (rules.has(row.rule) == usual.has(row.rule)) continue;
        text += fmt::format("{}{}{}", text.empty() ? "" : ",", rules.has(row.rule) ? "+" : "-", row.name);
    }
    return text;
}

std::string command_of(const Report& report) {
    const Comparison& first = report.comparisons.front();
    std::string command = "touchstone diff -o html=report.html";
    if (report.required != Verdict::same_files) command += fmt::format(" --require {}", name_of(report.required));
    if (const std::string changes = rule_changes(first.rules); !changes.empty()) {
        command += fmt::format(" --rules {}", changes);
    }
    if (first.explanation) command += " --explain auto";
    const bool several = report.comparisons.size() > 1 || !report.unpaired.empty();
    if (several) {
        command += " --all-platforms";
    } else if (!first.sides[0].platform.empty() && first.sides[0].platform == first.sides[1].platform) {
        command += " --platform " + shell_word(first.sides[0].platform);
    }
    for (const SideSummary& side : first.sides) {
        // Of an index the digest names one platform only.
        command += " " + shell_word(several ? side.reference : pinned(side));
    }
    return command;
}

} // namespace

void put_others(Html& html, const Page& page) {
    if (page.others.empty()) return;
    html.put("<section id=\"{}other\">\n<h2>Beside the files</h2>\n<p class=\"note\">The image, its configuration, and "
             "what its layers show that no file does.</p>\n<div class=\"scroll\"><table class=\"others\"><thead><tr>"
             "<th>where</th><th>fact</th><th>published</th><th>rebuilt</th></tr></thead><tbody>\n",
             page.prefix);
    const Allowance room(html, page.part_of_share(40));
    std::size_t listed = 0;
    // Security first, and each weight in the order of the list.
    std::vector<const Item*> order;
    for (const Weight weight : {Weight::security, Weight::real}) {
        for (const Item& item : page.others) {
            if (item.weight == weight) order.push_back(&item);
        }
    }
    for (; listed < std::min(order.size(), listed_others) && room.left(); ++listed) put_other(html, *order[listed]);
    html.put("</tbody></table></div>\n");
    if (listed < order.size()) put_more(html, order.size() - listed, "finding");
    html.put("</section>\n");
}

void put_oddities(Html& html, const Page& page) {
    const std::vector<const SideSummary*> sides{&page.comparison.sides[0], &page.comparison.sides[1]};
    const auto ambiguous = occurrences(sides, OddityWeight::ambiguous);
    const auto unusual = occurrences(sides, OddityWeight::finding);
    if (ambiguous.empty() && unusual.empty()) return;
    html.put("<section id=\"{}odd\">\n<h2>Odd about the images themselves</h2>\n", page.prefix);
    const Allowance room(html, page.part_of_share(25));
    put_oddity_list(html, ambiguous, "Ambiguous: known runtimes read these differently", room);
    put_oddity_list(html, unusual, "Unusual", room);
    html.put("</section>\n");
}

void put_accepted(Html& html, const Page& page) {
    const Explanation* explanation = page.explanation();
    if (explanation == nullptr || explanation->accepted.empty()) return;
    const std::vector<AcceptedFile>& files = explanation->accepted;
    html.put(
        "<section id=\"{}accepted\">\n<h2>Accepted by name</h2>\n<p class=\"note\">{} that differ{} and were "
        "accepted by a rule that was turned on for this comparison. None is dropped: both digests are kept.</p>\n"
        "<div class=\"scroll\"><table class=\"accepted\"><thead><tr><th>path</th><th>rule</th><th>published</th><th>"
        "rebuilt</th></tr></thead><tbody>\n",
        page.prefix, many(files.size(), "file"), files.size() == 1 ? "s" : "");
    const Allowance room(html, page.part_of_share(50));
    std::size_t listed = 0;
    for (; listed < std::min(files.size(), listed_accepted) && room.left(); ++listed) {
        html.put("<tr><th scope=\"row\">");
        put_path(html, page, files[listed].path);
        html.put("</th><td>{}</td>", shown(files[listed].rule));
        for (const auto& content : files[listed].content) {
            html.put("<td>");
            put_optional(html, content);
            html.put("</td>");
        }
        html.put("</tr>\n");
    }
    html.put("</tbody></table></div>\n");
    if (listed < files.size()) put_more(html, files.size() - listed, "file");
    html.put("</section>\n");
}

void put_noise(Html& html, const Page& page) {
    const auto& counts = page.comparison.findings.noise_counts();
    if (counts.empty()) return;
    html.put(
        "<section id=\"{}noise\">\n<h2>Hidden as noise</h2>\n<p class=\"note\">By rules that can be read with "
        "<code>touchstone rules</code>, never by chance, and always counted.</p>\n<table class=\"noise\"><tbody>\n",
        page.prefix);
    const Allowance room(html, page.part_of_share(10));
    std::size_t listed = 0;
    for (const auto& [fact, count] : counts) {
        if (listed == listed_facts || !room.left()) break;
        ++listed;
        html.put("<tr><td class=\"n\">{}</td><th scope=\"row\">{}</th><td>{}</td></tr>\n", grouped(count),
                 printable_short(fact, 80), phrase_of_noise(fact));
    }
    html.put("</tbody></table>\n");
    if (listed < counts.size()) put_more(html, counts.size() - listed, "kind");
    html.put("</section>\n");
}

void put_about(Html& html, const Report& report) {
    html.put(
        "<footer id=\"about\">\n<h2>About this report</h2>\n<p>Made by Touchstone {}. The same two images give the "
        "same report, byte for byte, on any machine; it holds no date, fetches nothing, and its one script only "
        "folds and filters. What an image says of its own history is shown here as a claim and was never taken as "
        "evidence.</p>\n",
        version());
    if (!report.comparisons.empty()) {
        const Comparison& first = report.comparisons.front();
        html.put(
            "<p>To make it again:</p>\n<pre class=\"command\" tabindex=\"0\"><code class=\"paste\">{}</code></pre>\n",
            command_of(report));
        html.put("<dl class=\"digests\">\n");
        for (const SideSummary& side : first.sides) {
            html.put("<dt>{}</dt><dd>{}<br><code>{}</code></dd>\n", name_of(side.side), shown(side.reference),
                     side.manifest ? *side.manifest
                     : side.config ? "config " + *side.config
                                   : std::string("no digest"));
        }
        html.put("<dt>rules</dt><dd>");
        const std::vector<std::string> rules = first.rules.names();
        for (std::size_t i = 0; i < rules.size(); ++i) html.put("{}{}", i == 0 ? "" : ", ", rules[i]);
        html.put("</dd>\n</dl>\n");
    }
    html.put("</footer>\n");
}

} // namespace touchstone
