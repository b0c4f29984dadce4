// Why files differ, as text: below each file its causes, its owner and what differs inside it; at the end of the report
// the changes that would settle most.
#include "report/explained.h"
#include "report/text_parts.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view indent = "      ";
constexpr std::size_t shown_causes = 4;      // of one file; more are counted
constexpr std::size_t shown_differences = 4; // of one part inside a file
constexpr std::size_t shown_parts = 8;       // of one file: a jar may hold thousands
constexpr std::size_t line_limit = 160;      // bytes of a line from an image: two rows of a terminal
constexpr std::size_t shown_votes = 5;
constexpr std::size_t shown_remedies = 5; // the longest list that somebody works through in one sitting

/// The first difference with that cause says why it was chosen.
const Difference* first_with(const Part& part, CauseId cause) {
    for (const Difference& difference : part.differences) {
        if (difference.cause == cause) return &difference;
    }
    for (const Part& inner : part.parts) {
        if (const Difference* found = first_with(inner, cause)) return found;
    }
    return nullptr;
}

void draw_causes(Canvas& canvas, const FileExplanation& file) {
    const std::vector<CauseId> causes = by_weight(file.causes);
    for (std::size_t i = 0; i < std::min(causes.size(), shown_causes); ++i) {
        const CauseRow& row = row_of(causes[i]);
        std::string line = fmt::format("why: {} ({}), {}", cause_name(causes[i]), name_of(row.weight), row.meaning);
        const Difference* example = first_with(file.part, causes[i]);
        if (example != nullptr && !example->evidence.empty()) {
            line += fmt::format(" [{}]", said(example->evidence, line_limit));
        }
        const Style style = row.weight == CauseClass::suspicious ? Style::bad : Style::plain;
        canvas.line(fmt::format("{}{}", indent, canvas.styled(style, line)));
    }
    if (causes.size() > shown_causes) {
        canvas.line(fmt::format("{}... and {}", indent, counted(causes.size() - shown_causes, "cause")));
    }
}

void draw_cover(Canvas& canvas, const FileExplanation& file) {
    if (!file.derived_of.empty()) canvas.line(fmt::format("{}because of: {}", indent, printable(file.derived_of)));
    if (!file.accepted.empty()) canvas.line(fmt::format("{}accepted by: {}", indent, printable(file.accepted)));
    const std::string coverage = coverage_text(file);
    if (coverage.empty()) return;
    const Style style = file.explained ? Style::good : Style::warning;
    canvas.line(fmt::format("{}explained: {}", indent, canvas.styled(style, coverage)));
}

/// Draws the parts of one file within bounds.
class PartDrawer {
public:
    PartDrawer(Canvas& canvas, std::size_t view_lines) : canvas_(canvas), lines_(view_lines) {}

    void draw(const Part& part, const std::string& trail, bool outermost) {
        if (parts_ == shown_parts) return;
        const bool has_something = !part.differences.empty() || !part.view.empty() || !part.complete;
        if (has_something) {
            ++parts_;
            draw_one(part, trail, outermost);
        }
        for (const Part& inner : part.parts) draw(inner, trail + " > " + part_name(inner), false);
    }
    bool full() const { return parts_ == shown_parts; }

private:
    void draw_one(const Part& part, const std::string& trail, bool outermost) {
        const bool valued = std::any_of(part.differences.begin(), part.differences.end(), [](const Difference& d) {
            return !d.values[0].empty() || !d.values[1].empty();
        });
        if (!part.view.empty() && (outermost || !valued)) {
            if (!outermost) canvas_.line(fmt::format("{}{}", indent, trail));
            draw_view(part);
        } else {
            draw_differences(part, trail);
        }
        if (!part.complete) canvas_.line(fmt::format("{}{}: not all of it: {}", indent, trail, said(part.limit)));
    }

    void draw_differences(const Part& part, const std::string& trail) {
        const std::size_t shown = std::min(part.differences.size(), shown_differences);
        for (std::size_t i = 0; i < shown; ++i) {
            const Difference& difference = part.differences[i];
            std::string line = trail;
            if (const std::string text = difference_text(difference); !text.empty()) line += " > " + text;
            line += difference.cause ? "  " + cause_name(*difference.cause) : "  no cause";
            if (!difference.derived_of.empty()) line += " of " + printable(difference.derived_of);
            canvas_.line(fmt::format("{}{}", indent, line));
        }
        const std::uint64_t rest = part.differences.size() - shown + part.more;
        if (rest > 0) canvas_.line(fmt::format("{}{} > ... and {}", indent, trail, counted(rest, "more difference")));
    }

    void draw_view(const Part& part) {
        std::size_t shown = 0;
        for (; shown < part.view.size() && lines_ > 0; ++shown, --lines_) draw_view_line(part.view[shown]);
        if (shown < part.view.size()) {
            canvas_.line(fmt::format("{}| ... {}", indent, counted(part.view.size() - shown, "more line")));
        }
    }

    void draw_view_line(const ViewLine& line) {
        const std::string text = printable_short(line.text, line_limit);
        switch (line.kind) {
        case ViewLine::Kind::hunk:
            canvas_.line(fmt::format("{}| {}", indent, canvas_.styled(Style::dim, text)));
            return;
        case ViewLine::Kind::published:
            canvas_.line(fmt::format("{}| {}", indent, canvas_.styled(Style::bad, "-" + text)));
            return;
        case ViewLine::Kind::rebuilt:
            canvas_.line(fmt::format("{}| {}", indent, canvas_.styled(Style::good, "+" + text)));
            return;
        case ViewLine::Kind::note:
            canvas_.line(fmt::format("{}| {}", indent, said(line.text, line_limit)));
            return;
        case ViewLine::Kind::context:
            break;
        }
        canvas_.line(fmt::format("{}|  {}", indent, text));
    }

    Canvas& canvas_;
    std::size_t lines_;
    std::size_t parts_ = 0;
};

void draw_votes(Canvas& canvas, const Explanation& explanation) {
    if (explanation.votes.empty()) return;
    canvas.gap();
    canvas.line(canvas.styled(Style::bold, "The same words in several files") + "  (published | rebuilt)");
    const std::size_t shown = std::min(explanation.votes.size(), shown_votes);
    for (std::size_t i = 0; i < shown; ++i) {
        const Vote& vote = explanation.votes[i];
        canvas.line(fmt::format("  {:>8}  {} | {}  {}", counted(vote.files, "file"), short_value(vote.values[0]),
                                short_value(vote.values[1]), cause_name(vote.cause)));
    }
    if (shown < explanation.votes.size()) {
        canvas.line(fmt::format("  ... and {} more", explanation.votes.size() - shown));
    }
}

void draw_accepted(Canvas& canvas, const Explanation& explanation, const TextOptions& options) {
    if (explanation.accepted.empty()) return;
    canvas.gap();
    canvas.line(canvas.styled(Style::warning,
                              fmt::format("Accepted by name: {}", counted(explanation.accepted.size(), "file"))) +
                "  (published | rebuilt)");
    const std::size_t shown =
        options.all ? explanation.accepted.size() : std::min(explanation.accepted.size(), options.listed);
    for (std::size_t i = 0; i < shown; ++i) {
        const AcceptedFile& file = explanation.accepted[i];
        canvas.line(fmt::format("  {}  {}  {} | {}", printable(file.path), printable(file.rule),
                                value_text(file.content[0]), value_text(file.content[1])));
    }
    if (shown < explanation.accepted.size()) {
        canvas.line(fmt::format("  ... and {} more (--all)", explanation.accepted.size() - shown));
    }
}

void draw_remedies(Canvas& canvas, const Explanation& explanation) {
    if (explanation.remedies.empty()) return;
    canvas.gap();
    canvas.line(canvas.styled(Style::bold, "What would settle most"));
    const std::size_t shown = std::min(explanation.remedies.size(), shown_remedies);
    for (std::size_t i = 0; i < shown; ++i) {
        const Remedy& remedy = explanation.remedies[i];
        canvas.line(fmt::format("  {}. {}", i + 1, said(remedy.text, line_limit * 2)));
        std::string line = fmt::format("     {}: in {}, settles {}", cause_name(remedy.cause),
                                       counted(remedy.files, "file"), remedy.settles);
        if (!remedy.example.empty()) line += fmt::format(", such as {}", printable_short(remedy.example, line_limit));
        canvas.line(canvas.styled(Style::dim, line));
    }
    if (shown < explanation.remedies.size()) {
        canvas.line(fmt::format("  ... and {} more", explanation.remedies.size() - shown));
    }
}

} // namespace

void draw_explanation(Canvas& canvas, const Item& item, std::size_t view_lines) {
    const FileExplanation* file = item.explanation;
    if (file == nullptr) return;
    if (!file->examined) {
        canvas.line(fmt::format("{}not examined: beyond the number of files or the time for explaining", indent));
        return;
    }
    draw_causes(canvas, *file);
    draw_cover(canvas, *file);
    if (const std::string look = diffoscope_text(*file); !look.empty()) {
        canvas.line(fmt::format("{}diffoscope: {}", indent, look));
    }
    if (const std::string owner = owner_text(*file); !owner.empty()) {
        canvas.line(fmt::format("{}owner: {}", indent, owner));
    }
    if (!file->remedy.empty()) canvas.line(fmt::format("{}fix: {}", indent, said(file->remedy, line_limit * 2)));
    if (file->part.kind.empty()) return;
    PartDrawer drawer(canvas, view_lines);
    const std::string_view path = file->path;
    drawer.draw(file->part, printable_short(path.substr(directory_of(path).size()), line_limit), true);
    if (drawer.full()) canvas.line(fmt::format("{}... and more inside (-o json)", indent));
}

std::string explanation_in_short(const Item& item) {
    const FileExplanation* file = item.explanation;
    if (file == nullptr) return {};
    if (!file->examined) return "  not examined";
    std::string text;
    const std::vector<CauseId> causes = by_weight(file->causes);
    for (std::size_t i = 0; i < std::min(causes.size(), shown_causes); ++i) {
        text += text.empty() ? "  " : ", ";
        text += cause_name(causes[i]);
    }
    if (causes.size() > shown_causes) text += fmt::format(", {} more", causes.size() - shown_causes);
    if (!file->derived_of.empty()) text += " of " + printable(file->derived_of);
    if (file->explained) return text;
    if (text.empty()) return "  not explained";
    // Cover is about bytes; a fact (a mode, an owner) may be what nothing explains.
    const bool partly = file->coverage < 1000 && !file->part.kind.empty();
    return text + (partly ? fmt::format("; {} explained", per_mille_text(file->coverage)) : "; not explained");
}

void draw_settlement(Canvas& canvas, const Comparison& comparison, const TextOptions& options) {
    if (!comparison.explanation) return;
    const Explanation& explanation = *comparison.explanation;
    draw_votes(canvas, explanation);
    draw_accepted(canvas, explanation, options);
    draw_remedies(canvas, explanation);
    const Tally tally = tally_of(explanation);
    if (tally.files == 0) return;
    canvas.gap();
    canvas.line(
        fmt::format("explained: {} of {}{}", tally.explained, counted(tally.files, "file"),
                    tally.explained == tally.files ? "" : "; explained is not harmless, see each cause's class"));
    if (explanation.unexamined > 0)
        canvas.line(fmt::format("not examined: {}", counted(explanation.unexamined, "file")));
    if (!explanation.cut.empty()) canvas.line("cut short: " + said(explanation.cut));
}

} // namespace touchstone
