// The text report, top down: the verdict, what decides how it is to be read, and the parts in order of their weight.
// The wording is the same whichever side is which: "only published" and "only rebuilt", never "added" and "removed".
#include "report/report.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/items.h"
#include "report/text_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

void draw_verdict(Canvas& canvas, Verdict verdict, bool pass) {
    const Style style = pass ? Style::good : Style::bad;
    canvas.line(fmt::format("{}  {}", canvas.styled(style, upper(name_of(verdict))), meaning_of(verdict)));
}

void draw_requirement(Canvas& canvas, const Report& report) {
    canvas.line(fmt::format("required: {}{} - {}", name_of(report.required),
                            report.required == Verdict::identical ? "" : " or better",
                            canvas.styled(report.pass ? Style::good : Style::bad, report.pass ? "met" : "not met")));
}

/// The forgery that a comparison of histories cannot see stands before everything else.
void draw_history(Canvas& canvas, const Comparison& comparison) {
    if (!has_forged_history(comparison)) return;
    const std::uint64_t paths = differing_paths(comparison.summary);
    canvas.gap();
    canvas.line(canvas.styled(Style::bad, fmt::format("histories identical, {} {}", counted(paths, "file"),
                                                      paths == 1 ? "differs" : "differ")));
    canvas.line(
        "  Both images claim the same build steps, line by line, and yet they hold different files. A history is a");
    canvas.line("  text that anyone can write: whoever compares histories sees nothing here.");
}

void draw_comparison(Canvas& canvas, const Report& report, const Comparison& comparison, const TextOptions& options) {
    draw_history(canvas, comparison);
    draw_sides(canvas, comparison);
    draw_bases(canvas, bases_of(report, comparison));
    draw_findings(canvas, comparison, options);
    draw_oddities(canvas, {&comparison.sides[0], &comparison.sides[1]}, options);
    draw_noise(canvas, comparison, options);
    draw_settlement(canvas, comparison, options);
}

void draw_unpaired(Canvas& canvas, const Report& report) {
    if (report.unpaired.empty()) return;
    canvas.gap();
    canvas.line(canvas.styled(Style::bold, "Platforms that only one side has"));
    for (const Finding& finding : report.unpaired) {
        const bool published = finding.published == "present";
        canvas.line(fmt::format("  {} {}  only {}", published ? '-' : '+', printable(finding.path),
                                name_of(published ? Side::published : Side::rebuilt)));
    }
}

void draw_platform(Canvas& canvas, const Comparison& comparison, Verdict required) {
    const bool pass = meets(comparison.verdict, required);
    const std::string platform = comparison.sides[0].platform.empty() ? "no platform" : comparison.sides[0].platform;
    canvas.gap();
    canvas.line(fmt::format("== {}: {}", printable(platform),
                            canvas.styled(pass ? Style::good : Style::bad, upper(name_of(comparison.verdict)))));
}

void draw_footer(Canvas& canvas, const Report& report, const TextOptions& options) {
    const auto divergent = [](const Comparison& comparison) {
        return comparison.verdict == Verdict::divergent && differing_paths(comparison.summary) > 0;
    };
    const bool extractable = std::any_of(report.comparisons.begin(), report.comparisons.end(), divergent);
    std::string more;
    if (!options.all) more += "--all (every finding, noise too), ";
    if (extractable) more += "--extract DIR (the files that differ), ";
    more += "-o json (for programs)";
    canvas.gap();
    canvas.line(canvas.styled(Style::dim, fmt::format("exit status {}: the required verdict is {}met",
                                                      report.pass ? 0 : 1, report.pass ? "" : "not ")));
    canvas.line(canvas.styled(Style::dim, "more: " + more));
}

} // namespace

std::string render_text(const Report& report, const TextOptions& options) {
    Canvas canvas(options.color);
    draw_verdict(canvas, report.verdict, report.pass);
    if (options.quiet) return canvas.text();
    draw_requirement(canvas, report);
    draw_unpaired(canvas, report);
    const bool several = report.comparisons.size() > 1 || !report.unpaired.empty();
    for (const Comparison& comparison : report.comparisons) {
        if (several) draw_platform(canvas, comparison, report.required);
        draw_comparison(canvas, report, comparison, options);
    }
    draw_footer(canvas, report, options);
    return canvas.text();
}

} // namespace touchstone
