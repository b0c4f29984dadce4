// Oddities and noise: what is strange about the images by themselves, and what the rules hid. Nothing that was hidden
// goes uncounted.
#include "report/text_parts.h"

#include "base/printable.h"
#include "report/items.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace touchstone {

namespace {

std::string where(const Occurrence& occurrence, bool name_the_side) {
    const Oddity& oddity = *occurrence.oddity;
    std::string text;
    if (name_the_side) text = padded(occurrence.roles.size() > 1 ? "both" : occurrence.roles.front(), 11);
    if (oddity.layer >= 0) text += fmt::format("layer {}  ", oddity.layer);
    text += printable(oddity.path);
    if (!oddity.detail.empty()) text += (oddity.path.empty() ? "" : ": ") + oddity.detail;
    return text;
}

struct Heading {
    OddityWeight weight;
    Style style;
    std::string_view title;
};

constexpr std::array<Heading, 2> headings{{
    {OddityWeight::ambiguous, Style::bad, "Ambiguous: known runtimes read these differently"},
    {OddityWeight::finding, Style::warning, "Unusual"},
}};

void draw_list(Canvas& canvas, const Heading& heading, const std::vector<const SideSummary*>& sides,
               const TextOptions& options) {
    const std::vector<Occurrence> list = occurrences(sides, heading.weight);
    if (list.empty()) return;
    canvas.gap();
    canvas.line(canvas.styled(heading.style, heading.title));
    const std::size_t shown = options.all ? list.size() : std::min(list.size(), options.listed);
    for (std::size_t i = 0; i < shown; ++i) {
        const OddityCode code = list[i].oddity->code;
        if (i == 0 || list[i - 1].oddity->code != code) {
            canvas.line(fmt::format("  {}  {}", row_of(code).name, row_of(code).meaning));
        }
        canvas.line("      " + where(list[i], sides.size() > 1));
    }
    if (shown < list.size()) canvas.line(fmt::format("  ... and {} more (--all)", list.size() - shown));
}

void draw_note_counts(Canvas& canvas, const std::vector<const SideSummary*>& sides) {
    std::map<OddityCode, std::vector<std::uint64_t>> counts;
    for (std::size_t side = 0; side < sides.size(); ++side) {
        for (const Oddity& oddity : sides[side]->oddities) {
            if (row_of(oddity.code).weight != OddityWeight::note) continue;
            auto& count = counts[oddity.code];
            count.resize(sides.size());
            ++count[side];
        }
    }
    if (counts.empty()) return;
    canvas.gap();
    canvas.line(canvas.styled(Style::bold, "Notes") + (sides.size() > 1 ? "  (published | rebuilt)" : ""));
    for (const auto& [code, count] : counts) {
        std::string numbers = fmt::format("{}", count.front());
        for (std::size_t side = 1; side < count.size(); ++side) numbers += fmt::format(" | {}", count[side]);
        canvas.line(fmt::format("  {:>13}  {}  {}", numbers, row_of(code).name, row_of(code).meaning));
    }
}

void draw_noise_list(Canvas& canvas, const std::vector<Finding>& noise) {
    for (const Finding& finding : noise) {
        canvas.line(fmt::format("  {}  {}  {}  {} | {}{}{}", name_of(finding.place), printable(finding.path),
                                printable(finding.fact), value_text(finding.published), value_text(finding.rebuilt),
                                finding.rule ? "  rule " : "", finding.rule ? name_of(*finding.rule) : ""));
    }
}

} // namespace

void draw_oddities(Canvas& canvas, const std::vector<const SideSummary*>& sides, const TextOptions& options) {
    for (const Heading& heading : headings) draw_list(canvas, heading, sides, options);
    if (options.all) {
        draw_list(canvas, {OddityWeight::note, Style::bold, "Notes"}, sides, options);
    } else {
        draw_note_counts(canvas, sides);
    }
}

void draw_noise(Canvas& canvas, const Comparison& comparison, const TextOptions& options) {
    const auto& counts = comparison.findings.noise_counts();
    if (counts.empty()) return;
    canvas.gap();
    canvas.line(canvas.styled(Style::bold, "Noise") +
                "  (hidden by the rules, never by chance: see `touchstone rules`)");
    for (const auto& [fact, count] : counts) {
        canvas.line(fmt::format("  {:>8}  {}  {}", count, padded(printable(fact), 17), phrase_of_noise(fact)));
    }
    if (options.all) draw_noise_list(canvas, comparison.findings.noise());
}

} // namespace touchstone
