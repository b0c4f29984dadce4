// What differs inside a file, and the small pieces that every section writes: values, paths, causes.
#include "report/html_parts.h"

#include "base/printable.h"
#include "report/canvas.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t shown_differences = 12; // of one part; the view shows the same and more
constexpr std::size_t shown_parts = 40;       // of one archive
constexpr std::size_t open_parts = 3;         // unfolded at first
constexpr std::size_t value_cut = 160;

std::string_view class_of_line(ViewLine::Kind kind) {
    switch (kind) {
    case ViewLine::Kind::hunk:
        return "h";
    case ViewLine::Kind::published:
        return "p";
    case ViewLine::Kind::rebuilt:
        return "r";
    case ViewLine::Kind::note:
        return "o";
    case ViewLine::Kind::context:
        break;
    }
    return "c";
}

std::string_view sign_of_line(ViewLine::Kind kind) {
    switch (kind) {
    case ViewLine::Kind::published:
        return "-";
    case ViewLine::Kind::rebuilt:
        return "+";
    case ViewLine::Kind::context:
        return " ";
    case ViewLine::Kind::hunk:
    case ViewLine::Kind::note:
        break;
    }
    return "";
}

bool inside_character(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

/// The text of a line, what changed in it marked. Marks that do not fit the line are cut to it.
void put_marked(Html& html, const ViewLine& line) {
    const std::string_view text = line.text;
    std::size_t done = 0;
    for (const auto& [first, last] : line.marks) {
        std::size_t from = std::min<std::size_t>(first, text.size());
        std::size_t to = std::min<std::size_t>(last, text.size());
        while (from > done && inside_character(text, from)) --from;
        while (inside_character(text, to)) ++to;
        from = std::max(from, done);
        if (from >= to) continue;
        html.verbatim(text.substr(done, from - done));
        html.put("<mark>");
        html.verbatim(text.substr(from, to - from));
        html.put("</mark>");
        done = to;
    }
    html.verbatim(text.substr(done));
}

void put_view(Html& html, const std::vector<ViewLine>& view, const Allowance& room) {
    if (view.empty()) return;
    html.put("<pre class=\"view\" tabindex=\"0\" role=\"region\" aria-label=\"Differences, published lines with - and "
             "rebuilt lines with +\">");
    std::size_t shown_lines = 0;
    for (; shown_lines < view.size() && room.left(); ++shown_lines) {
        const ViewLine& line = view[shown_lines];
        html.put("<span class=\"{}\">{}", class_of_line(line.kind), sign_of_line(line.kind));
        put_marked(html, line);
        html.put("\n</span>");
    }
    if (shown_lines < view.size()) html.put("<span class=\"o\">… {} more lines\n</span>", view.size() - shown_lines);
    html.put("</pre>\n");
}

void put_side_value(Html& html, const std::string& value) {
    html.put("<td>");
    if (!value.empty()) html.put("<code>{}</code>", printable_short(value, value_cut));
    html.put("</td>");
}

void put_difference(Html& html, const Difference& difference) {
    html.put("<tr><td>{}</td>", said(difference.where));
    for (const std::string& value : difference.values) put_side_value(html, value);
    html.put("<td>");
    if (difference.cause) {
        put_cause(html, *difference.cause);
    } else {
        html.put("<span class=\"chip unexplained\">no cause</span>");
    }
    if (!difference.derived_of.empty()) html.put(" of <code>{}</code>", shown(difference.derived_of));
    if (!difference.evidence.empty()) html.put(" <span class=\"evidence\">{}</span>", said(difference.evidence));
    html.put("</td></tr>\n");
}

void put_differences(Html& html, const Part& part, const Allowance& room) {
    if (part.differences.empty()) return;
    html.put("<div class=\"scroll\"><table class=\"differences\"><thead><tr><th>where</th><th>published</th><th>rebuilt"
             "</th><th>cause</th></tr></thead><tbody>\n");
    std::size_t listed = 0;
    for (; listed < std::min(part.differences.size(), shown_differences) && room.left(); ++listed) {
        put_difference(html, part.differences[listed]);
    }
    html.put("</tbody></table></div>\n");
    const std::uint64_t rest = part.differences.size() - listed + part.more;
    if (rest > 0) put_more(html, rest, "difference");
}

std::string size_text(const Part& part) {
    const auto one = [](const std::optional<std::uint64_t>& size) {
        return size ? human_bytes(*size) : std::string("absent");
    };
    if (part.size[0] == part.size[1]) return one(part.size[0]);
    return one(part.size[0]) + " → " + one(part.size[1]);
}

void put_inside(Html& html, const Part& part, const Allowance& room) {
    if (!part.complete) html.put("<p class=\"limit\">Not all of it was looked at: {}.</p>\n", said(part.limit));
    put_differences(html, part, room);
    put_view(html, part.view, room);
    std::size_t listed = 0;
    for (; listed < std::min(part.parts.size(), shown_parts) && room.left(); ++listed) {
        const Part& inner = part.parts[listed];
        html.put(listed < open_parts ? Markup<>("<details class=\"part\" open><summary>")
                                     : Markup<>("<details class=\"part\"><summary>"));
        html.put("<b>{}</b> <span class=\"kind\">{}, {}</span>", part_name(inner), shown(inner.kind), size_text(inner));
        for (const CauseId cause : by_weight(inner.all_causes())) put_cause(html, cause);
        if (!inner.explained()) html.put("<span class=\"chip unexplained\">not wholly explained</span>");
        html.put("</summary>\n");
        put_inside(html, inner, room);
        html.put("</details>\n");
    }
    if (listed < part.parts.size()) put_more(html, part.parts.size() - listed, "part");
}

} // namespace

void put_part(Html& html, const Part& part, const Allowance& room) {
    html.put("<div class=\"evidence-box\"><p class=\"kind\">Compared as {}, {}</p>\n", shown(part.kind),
             size_text(part));
    put_inside(html, part, room);
    html.put("</div>\n");
}

void put_value(Html& html, std::string_view value) {
    const std::string brief = short_value(value);
    if (brief.size() < value.size() && value.starts_with("sha") && value.starts_with(brief)) {
        html.put("<span class=\"digest\" title=\"{}\">{}…</span>", value, brief);
    } else {
        html.put("<span class=\"value\">{}</span>", brief);
    }
}

void put_optional(Html& html, const std::optional<std::string>& value) {
    if (value) {
        put_value(html, *value);
    } else {
        html.put("<span class=\"none\">none</span>");
    }
}

void put_path(Html& html, const Page& page, std::string_view path) {
    const auto detailed = page.detailed.find(path);
    if (detailed == page.detailed.end()) {
        html.put("<span class=\"path\">{}</span>", shown(path));
    } else {
        html.put("<a class=\"path\" href=\"#{}f{}\">{}</a>", page.prefix, detailed->second, shown(path));
    }
}

void put_cause(Html& html, CauseId cause) {
    const CauseRow& row = row_of(cause);
    html.put("<span class=\"chip {}\" title=\"{}: {}\">{} {}</span>", name_of(row.weight), name_of(row.weight),
             row.meaning, row.code, row.name);
}

void put_more(Html& html, std::uint64_t count, std::string_view noun) {
    html.put("<p class=\"more\">… and {} more {}{}, in the JSON report</p>\n", grouped(count), noun,
             count == 1 ? "" : "s");
}

void put_patterns(Html& html) {
    html.put("<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\"><defs>\n"
             "<pattern id=\"p-equal\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" "
             "height=\"6\" class=\"base\"/><path d=\"M0 3h6\" class=\"ink\"/></pattern>\n"
             "<pattern id=\"p-equivalent\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
             "patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" class=\"base\"/><path d=\"M0 0v7\" "
             "class=\"ink\"/></pattern>\n</defs></svg>\n");
}

} // namespace touchstone
