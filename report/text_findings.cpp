// The findings for people: by weight, then by what they are about; few files with every fact and the build step that
// claims them, many files one line each below their directory.
#include "base/printable.h"
#include "report/explained.h"
#include "report/items.h"
#include "report/text_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

namespace touchstone {

namespace {

constexpr std::size_t detailed_files = 20; // up to a screenful or two, every fact has a line of its own
constexpr std::size_t few_files = 5;       // so few that each may show more of itself
constexpr std::size_t long_view = 12;      // lines of a view: what people read before they scroll
constexpr std::size_t short_view = 6;
constexpr std::size_t package_files = 10; // of one package whose version differs: the version says the rest
constexpr std::size_t claim_width = 72;

struct Context {
    Canvas& canvas;
    const Comparison& comparison;
    const TextOptions& options;
};

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

void draw_file(const Context& context, const Item& item, std::size_t view_lines) {
    const Finding& first = item.first();
    std::string line = printable(first.path);
    if (is_presence(first)) {
        line = fmt::format("{} {}  {}", only_published(first) ? '-' : '+', line, presence_text(first));
    } else {
        line = "  " + line;
    }
    context.canvas.line(line);
    draw_facts(context, item);
    for (const std::string& claim : claims_of(context.comparison, item, claim_width)) {
        context.canvas.line("      " + context.canvas.styled(Style::dim, claim));
    }
    draw_explanation(context.canvas, item, view_lines);
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

/// One line; `known` of the path is said above it already.
void draw_crowd_line(const Context& context, const Item& item, std::size_t known) {
    const Finding& first = item.first();
    context.canvas.line(fmt::format("  {} {}  {}{}{}", sign_of(first), printable(item.path().substr(known)),
                                    facts_in_short(item), layers_in_short(first), explanation_in_short(item)));
}

void draw_directory(const Context& context, const std::vector<Item>& items, std::size_t from, std::size_t to) {
    const std::string_view directory = directory_of(items[from].path());
    context.canvas.line(fmt::format("  {} ({})", directory.empty() ? "(top)" : printable(directory), to - from));
    for (std::size_t i = from; i < to; ++i) draw_crowd_line(context, items[i], directory.size());
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

/// Files that differ because their package does: one heading for all of them. Takes them out of `items`.
void draw_packages(const Context& context, std::vector<Item>& items) {
    if (!context.comparison.explanation) return;
    for (const PackageDrift& drift : context.comparison.explanation->drift) {
        const std::set<std::string_view> paths(drift.files.begin(), drift.files.end());
        const auto in_package = [&](const Item& item) { return paths.contains(item.path()); };
        const auto end = std::stable_partition(items.begin(), items.end(), std::not_fn(in_package));
        if (end == items.end()) continue;
        context.canvas.line(fmt::format("  {}: {}  ({})", context.canvas.styled(Style::bold, drift_text(drift)),
                                        counted(drift.files.size(), "file"), printable(drift.system)));
        const auto count = static_cast<std::size_t>(items.end() - end);
        const std::size_t shown = context.options.all ? count : std::min(count, package_files);
        for (std::size_t i = 0; i < shown; ++i) draw_crowd_line(context, *(end + static_cast<std::ptrdiff_t>(i)), 0);
        if (shown < count) context.canvas.line(fmt::format("    ... and {} more (--all)", count - shown));
        items.erase(end, items.end());
    }
}

void draw_files(const Context& context, std::vector<Item> items) {
    const std::vector<Item> claimants = items;
    draw_packages(context, items);
    const bool crowd = items.size() > detailed_files;
    const std::size_t shown = context.options.all ? items.size() : std::min(items.size(), context.options.listed);
    if (crowd) {
        for (std::size_t from = 0, to = 0; from < shown; from = to) {
            const std::string_view directory = directory_of(items[from].path());
            while (to < shown && directory_of(items[to].path()) == directory) ++to;
            draw_directory(context, items, from, to);
        }
    } else {
        const std::size_t view_lines = items.size() <= few_files ? long_view : short_view;
        for (std::size_t i = 0; i < shown; ++i) draw_file(context, items[i], view_lines);
    }
    if (shown < items.size()) context.canvas.line(fmt::format("  ... and {} more (--all)", items.size() - shown));
    if (crowd || items.size() < claimants.size()) draw_claims(context, claimants);
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
    const std::vector<Item> items = items_of(comparison);
    draw_weight(context, items, Weight::security, Style::bad, "Security");
    draw_weight(context, items, Weight::real, Style::warning, "Real differences");
}

} // namespace touchstone
