// The top of the page: the verdict, what decided it, and both images.
#include "report/html_parts.h"
#include "report/provenance_text.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/text_parts.h"
#include "report/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t listed_platforms = 300; // official images have a dozen
constexpr std::size_t reason_limit = 160;     // bytes of a name in a sentence
constexpr std::size_t named_paths = 3;        // beside a count, so that the reader knows what kind of path it is

std::string capitalized(std::string_view word) {
    std::string text(word);
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

void put_tile(Html& html, std::string_view value, std::string_view label, std::string_view kind = "") {
    html.put("<li class=\"tile {}\"><b>{}</b> <span>{}</span></li>\n", kind, value, label);
}

/// "a/b, c and 12 more"
void put_examples(Html& html, const Page& page, const std::vector<const Item*>& items) {
    for (std::size_t i = 0; i < std::min(items.size(), named_paths); ++i) {
        html.put(i == 0 ? Markup<>(": ") : Markup<>(", "));
        put_path(html, page, items[i]->path());
    }
    if (items.size() > named_paths) html.put(" and {} more", grouped(items.size() - named_paths));
}

void put_reason(Html& html, const Page& page, std::string_view kind, std::string_view sentence,
                const std::vector<const Item*>& items) {
    if (items.empty()) return;
    html.put("<li class=\"{}\"><b>{}</b> {}", kind, grouped(items.size()), sentence);
    put_examples(html, page, items);
    html.put("</li>\n");
}

template <class Wanted>
std::vector<const Item*> chosen(const std::vector<Item>& items, Wanted&& wanted) {
    std::vector<const Item*> result;
    for (const Item& item : items) {
        if (wanted(item)) result.push_back(&item);
    }
    return result;
}

using Listed = std::vector<const Item*>;

Listed standing_at(const Page& page, Standing wanted) {
    return chosen(page.files, [&](const Item& item) { return standing_of(item) == wanted; });
}

/// Files by standing, the worst first.
void put_file_reasons(Html& html, const Page& page) {
    const bool explained = page.explanation() != nullptr;
    put_reason(html, page, "bad", "not explained", standing_at(page, Standing::unexplained));
    put_reason(html, page, "bad", "explained by something to be looked at", standing_at(page, Standing::suspicious));
    put_reason(html, page, "warn", "explained by other inputs to the build", standing_at(page, Standing::input_drift));
    put_reason(html, page, "warn", explained ? "different, not examined" : "different",
               standing_at(page, Standing::unexamined));
    Listed harmless = standing_at(page, Standing::hygiene);
    const Listed benign = standing_at(page, Standing::benign);
    harmless.insert(harmless.end(), benign.begin(), benign.end());
    put_reason(html, page, "calm", "explained by what a build leaves behind or how it writes", harmless);
    put_reason(html, page, "calm", "accepted by name", standing_at(page, Standing::accepted));
}

/// What differs beside files, of one weight.
void put_other_reasons(Html& html, const Page& page, Weight weight) {
    for (const auto& [place, noun] : {std::pair(Place::image, "fact"), std::pair(Place::config, "configuration value"),
                                      std::pair(Place::layer, "layer finding")}) {
        const Listed items = chosen(page.others, [place = place, weight](const Item& item) {
            return item.first().place == place && item.weight == weight;
        });
        if (items.empty()) continue;
        html.put("<li class=\"{}\"><b>{}</b> {}{}{}: {}", weight == Weight::security ? "bad" : "warn",
                 grouped(items.size()), noun, items.size() == 1 ? "" : "s",
                 weight == Weight::security ? " of security weight" : "",
                 said(title_of(items[0]->first()), reason_limit));
        if (items.size() > 1) html.put(" and {} more", grouped(items.size() - 1));
        html.put("</li>\n");
    }
}

void put_tiles(Html& html, const Page& page) {
    const Summary& summary = page.comparison.summary;
    html.put("<ul class=\"tiles\">\n");
    put_tile(html, grouped(summary.equal), "paths equal");
    put_tile(html, grouped(summary.changed), "different", summary.changed > 0 ? "warn" : "");
    put_tile(html, grouped(summary.removed), "only published", summary.removed > 0 ? "warn" : "");
    put_tile(html, grouped(summary.added), "only rebuilt", summary.added > 0 ? "warn" : "");
    if (summary.accepted > 0) put_tile(html, grouped(summary.accepted), "of them accepted by name");
    if (const Explanation* explanation = page.explanation(); explanation != nullptr && !explanation->files.empty()) {
        const Tally tally = tally_of(*explanation);
        put_tile(html, fmt::format("{} of {}", grouped(tally.explained), grouped(tally.files)), "files explained",
                 tally.explained == tally.files ? "good" : "bad");
    }
    std::uint64_t noise = 0;
    for (const auto& [fact, count] : page.comparison.findings.noise_counts()) noise += count;
    put_tile(html, grouped(noise), "hidden as noise");
    html.put("</ul>\n");
}

void put_row(Html& html, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    html.put("<dt>{}</dt><dd>", name);
    put_value(html, value);
    html.put("</dd>\n");
}

void put_side(Html& html, const SideSummary& side) {
    std::uint64_t stored = 0;
    for (const LayerSummary& layer : side.layers) stored += layer.size;
    html.put("<div class=\"card side\"><h3>{}</h3>\n<p class=\"reference\">{}</p>\n<dl>\n",
             capitalized(name_of(side.side)), shown(side.reference));
    put_row(html, "platform", side.platform);
    put_row(html, "manifest", side.manifest.value_or(""));
    put_row(html, "config", side.config.value_or(""));
    put_row(html, "tree", side.tree.value_or(""));
    html.put("<dt>layers</dt><dd>{}, {}</dd>\n<dt>paths</dt><dd>{}</dd>\n", side.layers.size(), human_bytes(stored),
             grouped(side.files));
    if (!side.companions.empty()) {
        html.put("<dt>beside it</dt><dd>{} not compared ({}{})</dd>\n", many(side.companions.size(), "manifest"),
                 shown(side.companions.front().kind), side.companions.size() > 1 ? ", …" : "");
    }
    if (const std::string claims = provenance_text(side.provenance); !claims.empty()) {
        html.put("<dt>provenance</dt><dd>{}</dd>\n", claims);
    }
    html.put("</dl></div>\n");
}

} // namespace

void put_hero(Html& html, const Report& report) {
    const bool several = report.comparisons.size() > 1 || !report.unpaired.empty();
    html.put("<header class=\"hero {}\">\n<p class=\"brand\">Touchstone <span>{} · is this image what its source "
             "builds?</span></p>\n",
             report.pass ? "pass" : "fail", version());
    html.put("<div class=\"verdict\"><svg class=\"seal\" viewBox=\"0 0 48 48\" width=\"64\" height=\"64\" "
             "aria-hidden=\"true\"><circle cx=\"24\" cy=\"24\" r=\"22\"/>");
    if (report.pass) {
        html.put("<path d=\"M13 25l8 8 15-18\"/>");
    } else {
        html.put("<path d=\"M15 15l18 18M33 15L15 33\"/>");
    }
    html.put("</svg><div><h1>{}</h1><p class=\"lead\">{}</p></div></div>\n",
             capitalized(report.verdict == Verdict::same_files ? "same files" : name_of(report.verdict)),
             capitalized(meaning_of(report.verdict)) + ".");
    html.put("<p class=\"required\">Required: <b>{}</b>{} — <b class=\"{}\">{}</b></p>\n", name_of(report.required),
             report.required == Verdict::identical ? "" : " or better", report.pass ? "met" : "unmet",
             report.pass ? "met" : "not met");
    if (several) {
        html.put("<ul class=\"platforms\">\n");
        for (std::size_t i = 0; i < report.comparisons.size() && i < listed_platforms; ++i) {
            const Comparison& comparison = report.comparisons[i];
            html.put("<li><a href=\"#{}top\">{}</a> {}</li>\n", i == 0 ? "" : fmt::format("c{}-", i + 1),
                     comparison.sides[0].platform.empty() ? "no platform" : shown(comparison.sides[0].platform),
                     name_of(comparison.verdict));
        }
        for (std::size_t i = 0; i < report.unpaired.size() && i < listed_platforms; ++i) {
            html.put("<li>{}: {}</li>\n", shown(report.unpaired[i].path), presence_text(report.unpaired[i]));
        }
        html.put("</ul>\n");
    }
    html.put("</header>\n");
}

void put_reasons(Html& html, const Page& page) {
    html.put("<section class=\"reasons\" aria-label=\"What decided it\">\n");
    if (has_forged_history(page.comparison)) {
        html.put("<p class=\"alarm\"><b>Identical histories over different files.</b> Both images claim the same build "
                 "steps, line by line, and yet they hold different files. A history is a text that anyone can write: "
                 "whoever compares histories sees nothing here.</p>\n");
    }
    put_tiles(html, page);
    html.put("<ul class=\"why\">\n");
    put_reason(html, page, "bad", "of security weight", standing_at(page, Standing::security));
    put_other_reasons(html, page, Weight::security);
    put_file_reasons(html, page);
    put_other_reasons(html, page, Weight::real);
    html.put("</ul>\n</section>\n");
}

void put_sides(Html& html, const Page& page) {
    html.put("<section id=\"{}images\">\n<h2>The two images</h2>\n<div class=\"sides\">\n", page.prefix);
    for (const SideSummary& side : page.comparison.sides) put_side(html, side);
    html.put("</div>\n");
    if (const RecordedBases* const bases = bases_of(page.report, page.comparison)) {
        html.put("<p class=\"note base\"><b>Base:</b> ");
        std::string_view between;
        for (const std::string& line : recorded_bases_text(*bases)) {
            html.put("{}{}", between, line);
            between = "; ";
        }
        html.put("</p>\n");
    }
    if (const std::uint64_t unlisted = page.comparison.summary.unlisted_layers; unlisted > 0) {
        html.put("<p class=\"note\">{} at the bottom are the same blobs on both sides: verified by digest, not listed, "
                 "and not among the counts (--whole lists them).</p>\n",
                 many(unlisted, "layer"));
    }
}

} // namespace touchstone
