// The files of the Markdown report: folded blocks with a diff for those to look at first, then a table of the rest.
#include "report/markdown_parts.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/explained.h"
#include "report/markdown_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t detailed_files = 50; // folded blocks; beyond that a table is easier to read
constexpr std::size_t view_lines = 40;     // of one file
constexpr std::size_t line_limit = 240;
constexpr std::size_t shown_parts = 12;
constexpr std::size_t claim_width = 160; // of an instruction
constexpr std::size_t claim_limit = 600;
constexpr std::size_t end_reserve = 200; // for the sentence about what is left out

std::string cause_names(const FileExplanation* file) {
    if (file == nullptr) return {};
    if (!file->examined) return "not examined";
    std::string names;
    for (const CauseId cause : by_weight(file->causes)) {
        if (!names.empty()) names += ", ";
        names += markdown_text(cause_name(cause));
    }
    if (file->explained) return names;
    return names + (names.empty() ? "" : "; ") + "not explained";
}

std::string facts_of(const Item& item) {
    std::string text;
    for (const Finding* finding : item.findings) {
        if (!text.empty()) text += ", ";
        text += is_presence(*finding) ? markdown_said(presence_text(*finding)) : markdown_code(finding->fact, 80);
    }
    return text;
}

/// In a heading that is folded: how it stands, in few words.
std::string summary_of(const Item& item) {
    const std::string names = cause_names(item.explanation);
    return names.empty() ? "differs" : names;
}

/// The lines of a diff that GitHub colours.
void append_view(std::vector<std::string>& lines, const Part& part, std::size_t& parts) {
    if (parts == 0) return;
    --parts;
    for (const ViewLine& line : part.view) {
        if (lines.size() == view_lines) {
            lines.emplace_back("…");
            return;
        }
        if (lines.size() > view_lines) return;
        const std::string text = printable_short(line.text, line_limit);
        switch (line.kind) {
        case ViewLine::Kind::hunk:
            lines.push_back(text.starts_with("@@") ? text : "@@ " + text + " @@");
            break;
        case ViewLine::Kind::published:
            lines.push_back("-" + text);
            break;
        case ViewLine::Kind::rebuilt:
            lines.push_back("+" + text);
            break;
        case ViewLine::Kind::context:
        case ViewLine::Kind::note:
            lines.push_back(" " + text);
            break;
        }
    }
    for (const Part& inner : part.parts) {
        if (parts > 0 && lines.size() < view_lines) lines.push_back("@@ " + part_name(inner) + " @@");
        append_view(lines, inner, parts);
    }
}

std::string block_of(const Comparison& comparison, const Item& item) {
    std::string block = fmt::format("<details><summary>{}{}: {}</summary>\n\n",
                                    item.weight == Weight::security ? "<b>security</b> " : "",
                                    // In a summary Markdown is not parsed everywhere, an element is.
                                    markdown_element(item.path()), summary_of(item));
    for (const Finding* finding : item.findings) {
        if (is_presence(*finding)) {
            block += fmt::format("* {}\n", markdown_said(presence_text(*finding)));
        } else {
            block += fmt::format("* {}: {}\n", markdown_code(finding->fact, 80), markdown_said(values_text(*finding)));
        }
        if (!finding->detail.empty()) block += fmt::format("  {}\n", markdown_said(finding->detail, 300));
    }
    if (const FileExplanation* file = item.explanation) {
        for (const CauseId cause : by_weight(file->causes)) {
            block += fmt::format("* {}: {}\n", markdown_text(cause_name(cause)), markdown_text(row_of(cause).meaning));
        }
        if (const std::string owner = owner_text(*file); !owner.empty()) {
            block += fmt::format("* owner: {}\n", markdown_said(owner, 400));
        }
        if (const std::string look = diffoscope_text(*file); !look.empty()) {
            block += fmt::format("* diffoscope: {}\n", markdown_said(look, 400));
        }
        if (!file->derived_of.empty()) block += fmt::format("* because of {}\n", markdown_code(file->derived_of));
        if (!file->remedy.empty()) block += fmt::format("* to do: {}\n", markdown_said(file->remedy, 600));
    }
    for (const std::string& claim : claims_of(comparison, item, claim_width)) {
        block += fmt::format("* claimed by {}\n", markdown_said(claim, claim_limit));
    }
    if (const FileExplanation* file = item.explanation) {
        std::vector<std::string> lines;
        std::size_t parts = shown_parts;
        append_view(lines, file->part, parts);
        if (!lines.empty()) block += "\n" + markdown_block("diff", lines);
    }
    return block + "\n</details>\n\n";
}

} // namespace

std::uint64_t add_files(MarkdownDocument& document, const Comparison& comparison, std::vector<Item> files) {
    if (files.empty()) return 0;
    std::stable_sort(files.begin(), files.end(),
                     [](const Item& a, const Item& b) { return standing_of(a) < standing_of(b); });
    if (!document.add("### Files\n\n")) return files.size();
    std::size_t shown = 0;
    while (shown < std::min(files.size(), detailed_files) && document.add(block_of(comparison, files[shown]))) ++shown;
    if (shown == files.size() || !document.add("| path | differs in | why |\n|---|---|---|\n"))
        return files.size() - shown;
    for (; shown < files.size() && document.has_room(end_reserve); ++shown) {
        const Item& item = files[shown];
        const std::string row =
            fmt::format("| {}{} | {} | {} |\n", item.weight == Weight::security ? "**security** " : "",
                        markdown_code(item.path()), facts_of(item), cause_names(item.explanation));
        if (!document.add(row)) break;
    }
    document.add("\n");
    return files.size() - shown;
}

} // namespace touchstone
