// Gathering findings into items, and the phrases about them.
#include "report/items.h"

#include "base/printable.h"
#include "diff/facts.h"
#include "normalize/path_order.h"
#include "report/canvas.h"
#include "report/text_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

namespace touchstone {

namespace {

const FileExplanation* explanation_of(const Comparison& comparison, std::string_view path) {
    if (!comparison.explanation) return nullptr;
    const std::vector<FileExplanation>& files = comparison.explanation->files;
    const auto found =
        std::lower_bound(files.begin(), files.end(), path, [](const FileExplanation& file, std::string_view wanted) {
            return compare_paths(file.path, wanted) < 0;
        });
    return found != files.end() && found->path == path ? &*found : nullptr;
}

} // namespace

std::vector<Item> items_of(const Comparison& comparison) {
    std::vector<Item> items;
    for (const Finding& finding : comparison.findings.list()) {
        const bool same =
            !items.empty() && items.back().first().place == finding.place && items.back().first().path == finding.path;
        if (!same) {
            items.emplace_back();
            if (finding.place == Place::file) items.back().explanation = explanation_of(comparison, finding.path);
        }
        items.back().findings.push_back(&finding);
        items.back().weight = std::max(items.back().weight, finding.weight);
    }
    return items;
}

bool is_presence(const Finding& finding) {
    return finding.fact == "presence";
}
bool only_published(const Finding& finding) {
    return finding.published == "present";
}
char sign_of(const Finding& finding) {
    if (!is_presence(finding)) return ' ';
    return only_published(finding) ? '-' : '+';
}

std::string value_text(const std::optional<std::string>& value) {
    return value ? short_value(*value) : "none";
}

std::string values_text(const Finding& finding) {
    return fmt::format("{} | {}", value_text(finding.published), value_text(finding.rebuilt));
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

std::string_view directory_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

std::vector<std::string> claims_of(const Comparison& comparison, const Item& item, std::size_t width) {
    std::vector<std::string> lines;
    const auto add = [&](std::string line) {
        if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end())
            lines.push_back(std::move(line));
    };
    for (const Finding* finding : item.findings) {
        std::array<std::string, 2> text;
        for (std::size_t side : {0U, 1U}) {
            text[side] = layer_text(comparison.sides[side], finding->layers[side], width);
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

std::vector<Occurrence> occurrences(const std::vector<const SideSummary*>& sides, OddityWeight weight) {
    using Key = std::tuple<OddityCode, int, std::string_view, std::string_view>;
    std::map<Key, Occurrence> found;
    for (const SideSummary* side : sides) {
        for (const Oddity& oddity : side->oddities) {
            if (row_of(oddity.code).weight != weight) continue;
            Occurrence& occurrence = found[{oddity.code, oddity.layer, oddity.path, oddity.detail}];
            occurrence.oddity = &oddity;
            const std::string_view role = name_of(side->side);
            if (occurrence.roles.empty() || occurrence.roles.back() != role) occurrence.roles.push_back(role);
        }
    }
    std::vector<Occurrence> result;
    result.reserve(found.size());
    for (auto& [key, occurrence] : found) result.push_back(std::move(occurrence));
    return result;
}

std::string_view meaning_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::identical:
        return "both references name the same image, byte for byte";
    case Verdict::equivalent:
        return "the same layers and the same configuration; only their encoding differs";
    case Verdict::same_files:
        return "the same files and the same run configuration, in layers that are cut differently";
    case Verdict::accepted:
        return "what differs is covered by accepted differences, each of them listed";
    case Verdict::divergent:
        break;
    }
    return "the published image is not what this source builds";
}

std::string_view phrase_of_noise(std::string_view fact) {
    for (const RuleRow& row : rule_table()) {
        if (row.name == fact) return row.hides;
    }
    for (const FactRow& row : fact_table()) {
        if (row.name == fact) return row.meaning;
    }
    return {};
}

bool has_forged_history(const Comparison& comparison) {
    return comparison.history == HistoryRelation::identical && comparison.verdict == Verdict::divergent &&
           differing_paths(comparison.summary) > 0;
}

} // namespace touchstone
