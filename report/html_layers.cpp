// The layers of both images: a picture to scale, with bands between counterparts, and a table. A state is told by its
// pattern and its word, never by colour alone.
#include "report/html_parts.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/layer_pairs.h"
#include "report/provenance_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t layer_claim_width = 160;
constexpr std::size_t listed_pairs = 300; // twice what any real image has; runtimes stop at 127 layers
constexpr double picture_width = 1000.0;  // thousandths of the width of the page
constexpr double number_width = 30.0;     // from here on a number fits into its box, also on a telephone
constexpr double words_width = 110.0;     // and from here on, on a screen, what differs in it
constexpr double smallest_width = 6.0;    // a layer of a few bytes must still be seen

struct Segment {
    double from = 0;
    double width = 0;
};

/// Where each layer of a side stands, both sides on one scale.
std::vector<Segment> segments_of(const SideSummary& side, std::uint64_t largest) {
    std::vector<Segment> segments;
    if (side.layers.empty()) return segments;
    const double floor = std::min(smallest_width, picture_width / static_cast<double>(side.layers.size()));
    double sum = 0;
    for (const LayerSummary& layer : side.layers) {
        const double share = largest == 0 ? 0 : static_cast<double>(layer.size) / static_cast<double>(largest);
        segments.push_back({.from = sum, .width = std::max(floor, share * picture_width)});
        sum += segments.back().width;
    }
    if (sum <= picture_width) return segments;
    for (Segment& segment : segments) {
        segment.from *= picture_width / sum;
        segment.width *= picture_width / sum;
    }
    return segments;
}

std::string percent(double thousandths) {
    return fmt::format("{:.2f}%", thousandths / 10);
}

std::string_view css_of(LayerState state) {
    return state == LayerState::only_published || state == LayerState::only_rebuilt ? "only" : name_of(state);
}

/// How one layer is drawn.
struct Box {
    LayerState state = LayerState::shared;
    std::uint64_t paths = 0;
};

/// One side's row of boxes, each with its number where that fits.
void put_boxes(Html& html, const SideSummary& side, const std::vector<Segment>& segments, const std::vector<Box>& boxes,
               int top) {
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const Segment& segment = segments[i];
        const std::string differing = boxes[i].paths == 0 ? "" : " · " + many(boxes[i].paths, "path");
        html.put("<g class=\"box {}\"><title>{} layer {}: {}, {}{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" "
                 "height=\"34\" rx=\"2\"/>",
                 css_of(boxes[i].state), name_of(side.side), i, human_bytes(side.layers[i].size),
                 name_of(boxes[i].state), differing, percent(segment.from), top, percent(segment.width));
        if (segment.width >= number_width) {
            html.put("<text x=\"{}\" y=\"{}\">{}", percent(segment.from + segment.width / 2), top + 22, i);
            if (segment.width >= words_width) html.put("<tspan class=\"wide\">{}</tspan>", differing);
            html.put("</text>");
        }
        html.put("</g>\n");
    }
}

/// Bands between counterparts.
void put_bands(Html& html, const std::vector<LayerPair>& pairs, const std::array<std::vector<Segment>, 2>& segments) {
    html.put("<svg class=\"bands\" viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" width=\"100%\" height=\"40\" "
             "y=\"54\">\n");
    for (const LayerPair& pair : pairs) {
        if (pair.published < 0 || pair.rebuilt < 0) continue;
        const Segment& top = segments[0].at(static_cast<std::size_t>(pair.published));
        const Segment& bottom = segments[1].at(static_cast<std::size_t>(pair.rebuilt));
        html.put("<polygon class=\"{}\" points=\"{},0 {},0 {},40 {},40\"/>\n", css_of(pair.state),
                 fmt::format("{:.1f}", top.from), fmt::format("{:.1f}", top.from + top.width),
                 fmt::format("{:.1f}", bottom.from + bottom.width), fmt::format("{:.1f}", bottom.from));
    }
    html.put("</svg>\n");
}

void put_legend(Html& html, const std::vector<LayerPair>& pairs) {
    html.put("<ul class=\"legend\">\n");
    for (std::size_t i = 0; i < layer_state_count; ++i) {
        const auto state = static_cast<LayerState>(i);
        const auto count =
            std::count_if(pairs.begin(), pairs.end(), [&](const LayerPair& pair) { return pair.state == state; });
        if (count == 0) continue;
        html.put("<li><svg class=\"swatch\" width=\"26\" height=\"14\" aria-hidden=\"true\"><g class=\"box {}\"><rect "
                 "x=\"1\" y=\"1\" width=\"24\" height=\"12\" rx=\"2\"/></g></svg> {} <b>{}</b> <span>{}</span></li>\n",
                 css_of(state), count, name_of(state), meaning_of(state));
    }
    html.put("</ul>\n");
}

void put_picture(Html& html, const Page& page, const std::vector<LayerPair>& pairs) {
    const auto& sides = page.comparison.sides;
    std::array<std::uint64_t, 2> total{};
    std::array<std::vector<Box>, 2> boxes;
    for (std::size_t side : {0U, 1U}) {
        for (const LayerSummary& layer : sides[side].layers) total[side] += layer.size;
        boxes[side].resize(sides[side].layers.size());
    }
    const auto show = [&](std::size_t side, int layer, const LayerPair& pair) {
        if (layer < 0) return;
        Box& box = boxes.at(side).at(static_cast<std::size_t>(layer)); // of several pairs the worst is shown
        box.state = std::max(box.state, pair.state);
        box.paths = std::max(box.paths, pair.paths);
    };
    for (const LayerPair& pair : pairs) {
        show(0, pair.published, pair);
        show(1, pair.rebuilt, pair);
    }
    const std::uint64_t largest = std::max(total[0], total[1]);
    const std::array<std::vector<Segment>, 2> segments{segments_of(sides[0], largest), segments_of(sides[1], largest)};
    html.put("<figure class=\"layers\"><svg width=\"100%\" height=\"150\" role=\"img\" aria-label=\"The layers of both "
             "images, widths by stored size\">\n<text class=\"row-name\" x=\"0\" y=\"13\">published, {}</text>\n"
             "<text class=\"row-name\" x=\"0\" y=\"146\">rebuilt, {}</text>\n",
             human_bytes(total[0]), human_bytes(total[1]));
    put_bands(html, pairs, segments);
    put_boxes(html, sides[0], segments[0], boxes[0], 20);
    put_boxes(html, sides[1], segments[1], boxes[1], 94);
    html.put("</svg>\n<figcaption>Widths are stored bytes, both images on one scale; the thinnest layers are drawn "
             "wider than they are.</figcaption>\n");
    put_legend(html, pairs);
    html.put("</figure>\n");
}

const LayerSummary* layer_at(const SideSummary& side, int index) {
    return index < 0 ? nullptr : &side.layers.at(static_cast<std::size_t>(index));
}

std::string claim_at(const LayerSummary* layer) {
    return layer != nullptr && layer->created_by ? short_claim(*layer->created_by, layer_claim_width) : std::string();
}

/// The lines of the build file that provenance claims for the pair, once where both sides say the same.
void put_sources(Html& html, const Page& page, const LayerPair& pair) {
    std::string said_before;
    for (const auto& [side, layer] : {std::pair(0U, pair.published), std::pair(1U, pair.rebuilt)}) {
        if (layer < 0) continue;
        const auto index = static_cast<std::size_t>(layer);
        const SourceLines* const lines = source_of(page.comparison.sides.at(side).provenance, index);
        if (lines == nullptr || source_text(*lines, layer_claim_width) == said_before) continue;
        said_before = source_text(*lines, layer_claim_width);
        html.put("<br>{}provenance claims {} <code>{}</code>", side == 0 ? "" : "rebuilt: ", source_place(*lines),
                 source_instruction(*lines, layer_claim_width));
    }
}

void put_pair(Html& html, const Page& page, const LayerPair& pair) {
    const LayerSummary* left = layer_at(page.comparison.sides[0], pair.published);
    const LayerSummary* right = layer_at(page.comparison.sides[1], pair.rebuilt);
    html.put("<tr class=\"{}\"><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"state\">{}</td>",
             css_of(pair.state), left != nullptr ? std::to_string(pair.published) : "–",
             right != nullptr ? std::to_string(pair.rebuilt) : "–", name_of(pair.state));
    const std::string left_size = left != nullptr ? human_bytes(left->size) : "";
    const std::string right_size = right != nullptr ? human_bytes(right->size) : "";
    const bool same = left != nullptr && right != nullptr && left->size == right->size;
    html.put("<td class=\"n size\">{}</td><td class=\"n\">{}</td><td class=\"claim\">",
             same || right == nullptr ? left_size
             : left == nullptr        ? right_size
                                      : left_size + " → " + right_size,
             pair.paths == 0 ? std::string() : grouped(pair.paths));
    const std::string claim = claim_at(left);
    const std::string other = claim_at(right);
    html.put("<code>{}</code>", claim.empty() ? other : claim);
    if (!claim.empty() && !other.empty() && claim != other) html.put("<br>rebuilt: <code>{}</code>", other);
    put_sources(html, page, pair);
    html.put("</td></tr>\n");
}

} // namespace

void put_layers(Html& html, const Page& page) {
    const std::vector<LayerPair> pairs = pair_layers(page.comparison);
    if (pairs.empty()) return;
    const bool drawable = page.comparison.sides[0].layers.size() <= listed_pairs &&
                          page.comparison.sides[1].layers.size() <= listed_pairs;
    if (drawable) put_picture(html, page, pairs);
    html.put("<details class=\"fold\"><summary>{}</summary>\n<div class=\"scroll\"><table class=\"layer-table\">"
             "<thead><tr><th>pub.</th><th>reb.</th><th>state</th><th>size</th><th>paths</th><th>instruction that "
             "claims it</th></tr></thead><tbody>\n",
             many(pairs.size(), "layer") + " one by one");
    const Allowance room(html, page.part_of_share(50));
    std::size_t listed = 0;
    for (; listed < std::min(pairs.size(), listed_pairs) && room.left(); ++listed) put_pair(html, page, pairs[listed]);
    html.put("</tbody></table></div>\n");
    if (listed < pairs.size()) put_more(html, pairs.size() - listed, "layer");
    html.put("</details>\n");
}

} // namespace touchstone
