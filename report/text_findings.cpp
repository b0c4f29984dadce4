// The findings for people: by weight, then by what they are about; few files with every fact and the build step that
// claims them, many files one line each below their directory.
#include "report/text_parts.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace touchstone {

namespace {

constexpr std::size_t detailed_files = 20; // up to a screenful or two, every fact has a line of its own
constexpr std::size_t claim_width = 72;

/// What is said about one path: consecutive findings of the sorted list.
struct Item {
    std::vector<const Finding*> findings;
    Weight weight = Weight::noise;
    const Finding& first() const { return *findings.front(); }
};

struct Context {
    Canvas& canvas;
    const Comparison& comparison;
    const TextOptions& options;
};

std::vector<Item> items_of(const std::vector<Finding>& findings) {
    std::vector<Item> items;
    for (const Finding& finding : findings) {
        const bool same =
            !items.empty() && items.back().first().place == finding.place && items.back().first().path == finding.path;
        if (!same) items.emplace_back();
        items.back().findings.push_back(&finding);
        items.back().weight = std::max(items.back().weight, finding.weight);
    }
    return items;
}

std::string value_text(const std::optional<std::string>& value) {
    return value ? short_value(*value) : "none";
}

std::string values_text(const Finding& finding) {
    return fmt::format("{} | {}", value_text(finding.published), value_text(finding.rebuilt));
}

bool is_presence(const Finding& finding) {
    return finding.fact == "presence";
}
bool only_published(const Finding& finding) {
    return finding.published == "present";
}

std::string presence_text(const Finding& finding) {
    std::string text = fmt::format("only {}", name_of(only_published(finding) ? Side::published : Side::rebuilt));
    if (!finding.present) return text;
    text += ": " + printable(finding.present->type);
    if (finding.present->content) {
        text += fmt::format(", {}, {}", counted(finding.present->size, "byte"), short_value(*finding.present->content));
    }
    return text;
}

/// The steps that claim the layers which the values come from; one line where both sides say the same.
std::vector<std::string> claims_of(const Comparison& comparison, const Item& item) {
    std::vector<std::string> lines;
    const auto add = [&](std::string line) {
        if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end())
            lines.push_back(std::move(line));
    };
    for (const Finding* finding : item.findings) {
        std::array<std::string, 2> text;
        for (std::size_t side : {0U, 1U}) {
            text[side] = layer_text(comparison.sides[side], finding->layers[side], claim_width);
        }
        if (text[0] == text[1] || text[0].empty() || text[1].empty()) {
            add(text[0].empty() ? text[1] : text[0]);
        } else {
            add("published " + text[0]);
            add("rebuilt   " + text[1]);
        }
    }
    return lines;
}

std::string mark_of(const Finding& finding) {
    return finding.weight == Weight::security ? "! " : "  ";
}

void draw_facts(const Context& context, const Item& item) {
    std::size_t width = 0;
    for (const Finding* finding : item.findings) width = std::max(width, printable(finding->fact).size());
    for (const Finding* finding : item.findings) {
        if (!is_presence(*finding)) {
            const std::string fact = padded(printable(finding->fact), width + 2);
            context.canvas.line("    " + mark_of(*finding) + fact + values_text(*finding));
        }
        if (!finding->detail.empty()) context.canvas.line("      " + finding->detail);
    }
}

void draw_file(const Context& context, const Item& item) {
    const Finding& first = item.first();
    std::string line = printable(first.path);
    if (is_presence(first)) {
        line = fmt::format("{} {}  {}", only_published(first) ? '-' : '+', line, presence_text(first));
    } else {
        line = "  " + line;
    }
    context.canvas.line(line);
    draw_facts(context, item);
    for (const std::string& claim : claims_of(context.comparison, item)) {
        context.canvas.line("      " + context.canvas.styled(Style::dim, claim));
    }
}

/// "content, mode 0755 | 04755": digests and sizes say nothing in a crowd.
std::string facts_in_short(const Item& item) {
    std::string text;
    for (const Finding* finding : item.findings) {
        if (!text.empty()) text += ", ";
        if (is_presence(*finding)) {
            text += presence_text(*finding);
            continue;
        }
        text += printable(finding->fact);
        if (finding->fact != "content" && finding->fact != "size") text += " " + values_text(*finding);
    }
    return text;
}

std::string layers_in_short(const Finding& finding) {
    const auto [published, rebuilt] = finding.layers;
    if (published == rebuilt || rebuilt < 0) return published < 0 ? "" : fmt::format("  [layer {}]", published);
    if (published < 0) return fmt::format("  [layer {}]", rebuilt);
    return fmt::format("  [layer {} | {}]", published, rebuilt);
}

/// The directory part with its '/', empty at the top.
std::string_view directory_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

void draw_directory(const Context& context, const std::vector<Item>& items, std::size_t from, std::size_t to) {
    const std::string_view directory = directory_of(items[from].first().path);
    context.canvas.line(fmt::format("  {} ({})", directory.empty() ? "(top)" : printable(directory), to - from));
    for (std::size_t i = from; i < to; ++i) {
        const Finding& first = items[i].first();
        const char sign = !is_presence(first) ? ' ' : only_published(first) ? '-' : '+';
        context.canvas.line(fmt::format("  {} {}  {}{}", sign, printable(first.path.substr(directory.size())),
                                        facts_in_short(items[i]), layers_in_short(first)));
    }
}

/// The claims of all the layers that were named, once.
void draw_claims(const Context& context, const std::vector<Item>& items) {
    std::map<int, std::set<std::string>> claims;
    for (const Item& item : items) {
        for (std::size_t side : {0U, 1U}) {
            const int layer = item.first().layers[side];
            if (layer >= 0) claims[layer].insert(layer_text(context.comparison.sides[side], layer, claim_width));
        }
    }
    for (const auto& [layer, texts] : claims) {
        for (const std::string& text : texts) context.canvas.line("  " + context.canvas.styled(Style::dim, text));
    }
}

void draw_files(const Context& context, const std::vector<Item>& items) {
    const std::size_t shown = context.options.all ? items.size() : std::min(items.size(), context.options.listed);
    if (items.size() <= detailed_files) {
        for (std::size_t i = 0; i < shown; ++i) draw_file(context, items[i]);
    } else {
        for (std::size_t from = 0, to = 0; from < shown; from = to) {
            const std::string_view directory = directory_of(items[from].first().path);
            while (to < shown && directory_of(items[to].first().path) == directory) ++to;
            draw_directory(context, items, from, to);
        }
    }
    if (shown < items.size()) context.canvas.line(fmt::format("  ... and {} more (--all)", items.size() - shown));
    if (items.size() > detailed_files) draw_claims(context, items);
}

/// "published layer 1, rebuilt layers 1,2" from "1:1,2".
std::string layer_place(std::string_view path) {
    const std::size_t colon = path.find(':');
    if (colon == std::string_view::npos) return printable(path);
    const auto side_text = [](Side side, std::string_view indices) {
        const bool several = indices.find(',') != std::string_view::npos;
        return fmt::format("{} layer{} {}", name_of(side), several ? "s" : "", printable(indices));
    };
    const std::string_view published = path.substr(0, colon);
    const std::string_view rebuilt = path.substr(colon + 1);
    if (published == "-" && rebuilt == "-") return "all layers";
    if (published == "-") return side_text(Side::rebuilt, rebuilt) + " only";
    if (rebuilt == "-") return side_text(Side::published, published) + " only";
    if (published == rebuilt) return fmt::format("layer {}", printable(published));
    return side_text(Side::published, published) + ", " + side_text(Side::rebuilt, rebuilt);
}

std::string title_of(const Finding& finding) {
    switch (finding.place) {
    case Place::config:
        return "config " + printable(finding.path);
    case Place::layer:
        return layer_place(finding.path);
    case Place::image:
    case Place::file:
        break;
    }
    return finding.path.empty() ? "image" : "image " + printable(finding.path);
}

void draw_others(const Context& context, const std::vector<Item>& items) {
    const std::size_t shown = context.options.all ? items.size() : std::min(items.size(), context.options.listed);
    for (std::size_t i = 0; i < shown; ++i) {
        const Finding& first = items[i].first();
        if (first.fact == "layering") { // its sentence names the layers
            context.canvas.line("  " + first.detail);
            continue;
        }
        std::string line = "  " + title_of(first);
        if (is_presence(first)) {
            line = fmt::format("{} {}  {}", only_published(first) ? '-' : '+', title_of(first), presence_text(first));
        }
        context.canvas.line(line);
        for (const Finding* finding : items[i].findings) {
            const bool has_values = !is_presence(*finding) && (finding->published || finding->rebuilt);
            if (has_values) {
                context.canvas.line(
                    fmt::format("    {}{}  {}", mark_of(*finding), printable(finding->fact), values_text(*finding)));
            }
            const std::string fact = has_values || is_presence(*finding) ? "" : printable(finding->fact) + ": ";
            if (!finding->detail.empty()) context.canvas.line("      " + fact + finding->detail);
        }
    }
    if (shown < items.size()) context.canvas.line(fmt::format("  ... and {} more (--all)", items.size() - shown));
}

struct PlaceRow {
    Place place;
    std::string_view noun;
};

/// In the order of the report. What the image is comes first; layers last, because files explain them.
constexpr std::array<PlaceRow, 4> places{{
    {Place::image, "fact"},
    {Place::file, "path"},
    {Place::config, "config value"},
    {Place::layer, "layer"},
}};

void draw_weight(const Context& context, const std::vector<Item>& all, Weight weight, Style style,
                 std::string_view title) {
    std::array<std::vector<Item>, places.size()> groups;
    std::string counts;
    for (std::size_t row = 0; row < places.size(); ++row) {
        std::copy_if(all.begin(), all.end(), std::back_inserter(groups[row]), [&](const Item& item) {
            return item.weight == weight && item.first().place == places[row].place;
        });
        if (groups[row].empty()) continue;
        counts += counts.empty() ? "" : ", ";
        counts += counted(groups[row].size(), places[row].noun);
    }
    if (counts.empty()) return;
    context.canvas.gap();
    context.canvas.line(
        fmt::format("{}  (published | rebuilt)", context.canvas.styled(style, fmt::format("{}: {}", title, counts))));
    for (std::size_t row = 0; row < places.size(); ++row) {
        if (places[row].place == Place::file) {
            draw_files(context, groups[row]);
        } else {
            draw_others(context, groups[row]);
        }
    }
}

} // namespace

void draw_findings(Canvas& canvas, const Comparison& comparison, const TextOptions& options) {
    const Context context{canvas, comparison, options};
    const std::vector<Item> items = items_of(comparison.findings.list());
    draw_weight(context, items, Weight::security, Style::bad, "Security");
    draw_weight(context, items, Weight::real, Style::warning, "Real differences");
}

} // namespace touchstone
