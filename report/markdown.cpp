// The report for a pull request's comment or a job's summary: the verdict, both images, what to change, and the files,
// what matters most first, so that a cut at any length leaves the better half.
#include "report/report.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/explained.h"
#include "report/items.h"
#include "report/markdown_parts.h"
#include "report/markdown_text.h"
#include "report/provenance_text.h"
#include "report/text_parts.h"
#include "report/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace touchstone {

namespace {

constexpr std::size_t end_reserve = 2'000; // for what is said at the end of a cut report
constexpr std::size_t listed_others = 100;
constexpr std::size_t listed_remedies = 5;
constexpr std::size_t listed_votes = 5;
constexpr std::size_t listed_packages = 50;
constexpr std::size_t listed_noise = 40;
constexpr std::size_t listed_accepted = 500;
constexpr std::size_t remedy_width = 600;
constexpr std::size_t claim_limit = 400;

std::string value_code(const std::optional<std::string>& value) {
    return value ? markdown_code(short_value(*value), 200) : std::string("none");
}

void add_verdict(MarkdownDocument& document, const Report& report) {
    document.add(fmt::format("## {} Touchstone: {}\n\n**{}.** Required: {}{}, {}.\n\n", report.pass ? "✅" : "❌",
                             name_of(report.verdict), markdown_text(meaning_of(report.verdict)),
                             name_of(report.required), report.required == Verdict::identical ? "" : " or better",
                             report.pass ? "met" : "**not met**"));
}

void add_history(MarkdownDocument& document, const Comparison& comparison) {
    if (!has_forged_history(comparison)) return;
    document.add(
        "> [!WARNING]\n> **Identical histories over different files.** Both images claim the same build steps, "
        "line by line, and yet they hold different files. Whoever compares histories sees nothing here.\n\n");
}

void add_bases(std::string& block, const RecordedBases* bases) {
    if (bases == nullptr) return;
    std::string_view label = "Base: ";
    for (const std::string& line : recorded_bases_text(*bases)) {
        block += fmt::format("{}{}<br>\n", label, markdown_said(line, claim_limit));
        label = {};
    }
    block += "\n";
}

void add_sides(MarkdownDocument& document, const Comparison& comparison, const RecordedBases* bases) {
    const auto& [published, rebuilt] = comparison.sides;
    std::string table = "| | published | rebuilt |\n|---|---|---|\n";
    const auto row = [&](std::string_view name, const std::string& left, const std::string& right) {
        table += fmt::format("| {} | {} | {} |\n", name, left, right);
    };
    row("reference", markdown_code(published.reference), markdown_code(rebuilt.reference));
    if (!published.platform.empty() || !rebuilt.platform.empty()) {
        row("platform", markdown_code(published.platform), markdown_code(rebuilt.platform));
    }
    row("manifest", value_code(published.manifest), value_code(rebuilt.manifest));
    row("config", value_code(published.config), value_code(rebuilt.config));
    row("layers", std::to_string(published.layers.size()), std::to_string(rebuilt.layers.size()));
    if (published.provenance || rebuilt.provenance) {
        row("provenance", markdown_said(provenance_text(published.provenance), claim_limit),
            markdown_said(provenance_text(rebuilt.provenance), claim_limit));
    }
    const Summary& summary = comparison.summary;
    table += fmt::format("\n{} paths equal, **{} different**, {} only published, {} only rebuilt", summary.equal,
                         summary.changed, summary.removed, summary.added);
    if (summary.accepted > 0) table += fmt::format("; {} accepted by name", summary.accepted);
    if (summary.unlisted_layers > 0) {
        table += fmt::format("; {} at the bottom shared and not listed", counted(summary.unlisted_layers, "layer"));
    }
    table += ".\n\n";
    add_bases(table, bases);
    document.add(table);
}

void add_remedies(MarkdownDocument& document, const Explanation& explanation) {
    if (explanation.remedies.empty()) return;
    std::string block = "### What would settle most\n\n";
    const std::size_t shown = std::min(explanation.remedies.size(), listed_remedies);
    for (std::size_t i = 0; i < shown; ++i) {
        const Remedy& remedy = explanation.remedies[i];
        block += fmt::format("{}. {}<br>{} ({}): in {}, settles {}", i + 1, markdown_said(remedy.text, remedy_width),
                             markdown_text(cause_name(remedy.cause)), name_of(row_of(remedy.cause).weight),
                             counted(remedy.files, "file"), remedy.settles);
        if (!remedy.example.empty()) block += ", such as " + markdown_code(remedy.example);
        block += "\n";
    }
    if (shown < explanation.remedies.size())
        block += fmt::format("\n… and {} more.\n", explanation.remedies.size() - shown);
    document.add(block + "\n");
}

void add_causes(MarkdownDocument& document, const Explanation& explanation) {
    const std::vector<CauseCount> counts = count_causes(explanation);
    const Tally tally = tally_of(explanation);
    if (tally.files == 0) return;
    std::string block =
        fmt::format("### Why\n\n{} of {} wholly explained. Explained is not harmless: see the class.\n\n",
                    tally.explained, counted(tally.files, "file"));
    if (!counts.empty()) block += "| files | cause | class | what it is |\n|--:|---|---|---|\n";
    for (const CauseCount& count : counts) {
        const CauseRow& row = row_of(count.cause);
        block += fmt::format("| {} | {} | {} | {} |\n", count.files, markdown_text(cause_name(count.cause)),
                             name_of(row.weight), markdown_text(row.meaning));
    }
    const std::size_t shown = std::min(explanation.votes.size(), listed_votes);
    if (shown > 0) block += "\nThe same words in several files:\n\n";
    for (std::size_t i = 0; i < shown; ++i) {
        const Vote& vote = explanation.votes[i];
        block += fmt::format("* {}: {} and {} ({})\n", counted(vote.files, "file"), markdown_code(vote.values[0]),
                             markdown_code(vote.values[1]), markdown_text(cause_name(vote.cause)));
    }
    if (!explanation.cut.empty()) block += "\nCut short: " + markdown_said(explanation.cut) + "\n";
    document.add(block + "\n");
}

void add_packages(MarkdownDocument& document, const Explanation& explanation) {
    if (explanation.drift.empty()) return;
    std::string block = "### Packages\n\n";
    const std::size_t shown = std::min(explanation.drift.size(), listed_packages);
    for (std::size_t i = 0; i < shown; ++i) {
        const PackageDrift& drift = explanation.drift[i];
        block += fmt::format("* {}: {}\n", markdown_said(drift_text(drift)), counted(drift.files.size(), "file"));
    }
    if (shown < explanation.drift.size()) block += fmt::format("* … and {} more\n", explanation.drift.size() - shown);
    document.add(block + "\n");
}

std::uint64_t add_others(MarkdownDocument& document, const std::vector<Item>& others) {
    if (others.empty()) return 0;
    std::string block = "### Beside the files\n\n| where | fact | published | rebuilt |\n|---|---|---|---|\n";
    std::size_t shown = 0;
    for (; shown < std::min(others.size(), listed_others); ++shown) {
        for (const Finding* finding : others[shown].findings) {
            block += fmt::format("| {} | {}{} | {} | {} |\n", markdown_said(title_of(*finding)),
                                 finding->weight == Weight::security ? "**security** " : "",
                                 markdown_code(finding->fact, 80), value_code(finding->published),
                                 value_code(finding->rebuilt));
            if (!finding->detail.empty()) block += fmt::format("| | | {} | |\n", markdown_said(finding->detail, 300));
        }
    }
    return document.add(block + "\n") ? others.size() - shown : others.size();
}

std::uint64_t add_accepted(MarkdownDocument& document, const Explanation& explanation) {
    const std::vector<AcceptedFile>& files = explanation.accepted;
    if (files.empty()) return 0;
    std::string block =
        "<details><summary>Accepted by name</summary>\n\n| path | rule | published | rebuilt |\n|---|---|"
        "---|---|\n";
    std::size_t shown = 0;
    for (; shown < std::min(files.size(), listed_accepted); ++shown) {
        block +=
            fmt::format("| {} | {} | {} | {} |\n", markdown_code(files[shown].path), markdown_code(files[shown].rule),
                        value_code(files[shown].content[0]), value_code(files[shown].content[1]));
    }
    return document.add(block + "\n</details>\n\n") ? files.size() - shown : files.size();
}

void add_noise(MarkdownDocument& document, const Comparison& comparison) {
    const auto& counts = comparison.findings.noise_counts();
    if (counts.empty()) return;
    std::string block = "<details><summary>Hidden as noise by the rules</summary>\n\n| | |\n|--:|---|\n";
    std::size_t shown = 0;
    for (const auto& [fact, count] : counts) {
        if (shown++ == listed_noise) break;
        block += fmt::format("| {} | {} |\n", count, markdown_code(fact, 80));
    }
    document.add(block + "\n</details>\n\n");
}

void add_comparison(MarkdownDocument& document, const Report& report, const Comparison& comparison) {
    add_history(document, comparison);
    add_sides(document, comparison, bases_of(report, comparison));
    std::vector<Item> files;
    std::vector<Item> others;
    for (Item& item : items_of(comparison)) {
        (item.first().place == Place::file ? files : others).push_back(std::move(item));
    }
    if (comparison.explanation) {
        add_remedies(document, *comparison.explanation);
        add_causes(document, *comparison.explanation);
        add_packages(document, *comparison.explanation);
    }
    std::uint64_t left_out = add_others(document, others);
    add_noise(document, comparison);
    if (comparison.explanation) left_out += add_accepted(document, *comparison.explanation);
    left_out += add_files(document, comparison, std::move(files));
    if (left_out > 0)
        document.add(fmt::format("**{} more are left out here; the JSON report has all.**\n\n", left_out));
}

void add_unpaired(MarkdownDocument& document, const Report& report) {
    for (const Finding& finding : report.unpaired) {
        document.add(fmt::format("* {}: {}\n", markdown_code(finding.path), markdown_said(presence_text(finding))));
    }
    if (!report.unpaired.empty()) document.add("\n");
}

} // namespace

bool MarkdownDocument::add(std::string_view block) {
    if (!has_room(block.size())) return false;
    text_ += block;
    return true;
}

std::string render_markdown(const Report& report, std::size_t limit) {
    MarkdownDocument document(limit - std::min(limit, end_reserve));
    add_verdict(document, report);
    add_unpaired(document, report);
    const bool several = report.comparisons.size() > 1 || !report.unpaired.empty();
    bool cut = false;
    for (const Comparison& comparison : report.comparisons) {
        if (several) {
            cut = !document.add(fmt::format("## {}: {}\n\n", markdown_code(comparison.sides[0].platform),
                                            name_of(comparison.verdict))) ||
                  cut;
        }
        add_comparison(document, report, comparison);
    }
    cut = cut || !document.has_room(end_reserve);
    std::string text = document.take();
    if (cut) text += "**This report was cut to fit; the JSON report has everything.**\n\n";
    return text + fmt::format("<sub>Touchstone {}. The same images give the same report.</sub>\n", version());
}

} // namespace touchstone
