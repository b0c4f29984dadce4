// A leaf as people read it: a unified diff as `diff -u` writes it, with the regions as marks inside the lines. It is
// drawn from the regions alone, so it shows what the detectors saw.
#include "diff/explain/leaf_places.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::uint64_t context_lines = 3;

/// Lines of one side that a group of changed lines shows: a group longer than the view must not hide its other side.
constexpr std::size_t group_limit = 40;

constexpr std::string_view ellipsis = "…";

using Texts = std::array<std::string_view, 2>;
using BothSides = std::array<std::uint64_t, 2>; ///< an offset or a line number on each side

/// Neighbouring changed lines: whole lines, of each side as bytes [from, to) and as line numbers from 0.
struct Group {
    BothSides from{};
    BothSides to{};
    BothSides first_line{};
    BothSides end_line{};
    std::size_t first_region = 0;

    std::uint64_t lines(std::size_t side) const { return end_line[side] - first_line[side]; }
};

bool starts_line(std::string_view text, std::uint64_t at) {
    return at == 0 || text[at - 1] == '\n';
}

std::uint64_t line_start(std::string_view text, std::uint64_t at) {
    return at == 0 ? 0 : text.rfind('\n', at - 1) + 1; // npos + 1 is 0
}

std::uint64_t line_end(std::string_view text, std::uint64_t at) {
    const std::size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end + 1;
}

/// The lines that a region changes. One that starts and ends between lines on both sides changes only the lines inside;
/// any other changes the lines that its ends are in, too.
Group lines_of(const Texts& texts, const Region& region) {
    const auto at_border = [&](std::size_t side, std::uint64_t at) {
        return starts_line(texts[side], at) || at == texts[side].size();
    };
    const bool from_start = starts_line(texts[0], region[0].offset) && starts_line(texts[1], region[1].offset);
    const bool to_end = at_border(0, region[0].end()) && at_border(1, region[1].end());
    const bool inside = !from_start && to_end && region[0].size > 0 && region[1].size > 0 &&
                        texts[0][region[0].end() - 1] == '\n' && texts[1][region[1].end() - 1] == '\n';
    Group group;
    for (std::size_t side : {0U, 1U}) {
        const Span& span = region[side];
        group.from[side] = from_start ? span.offset : line_start(texts[side], span.offset);
        group.to[side] = (from_start && to_end) || inside ? span.end() : line_end(texts[side], span.end());
    }
    return group;
}

std::vector<Group> groups_of(const Leaf& leaf, const Texts& texts) {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < leaf.regions.size(); ++i) {
        const Region& region = leaf.regions[i];
        // In a line that is in already. Its ends are not looked for again: a line may have a region every few bytes.
        if (!groups.empty() && region[0].end() < groups.back().to[0] && region[1].end() < groups.back().to[1]) continue;
        Group group = lines_of(texts, region);
        group.first_region = i;
        if (!groups.empty() && (group.from[0] <= groups.back().to[0] || group.from[1] <= groups.back().to[1])) {
            for (std::size_t side : {0U, 1U}) groups.back().to[side] = std::max(groups.back().to[side], group.to[side]);
        } else {
            groups.push_back(group);
        }
    }
    for (std::size_t side : {0U, 1U}) {
        LineCounter counter(texts[side]);
        for (Group& group : groups) {
            group.first_line[side] = counter.lines_before(group.from[side]);
            group.end_line[side] = counter.lines_before(group.to[side]);
            // A last line without a line end is a line, too.
            if (group.to[side] > group.from[side] && !starts_line(texts[side], group.to[side])) ++group.end_line[side];
        }
    }
    return groups;
}

using Marks = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// Bytes [from, to) of one side's line without its line end.
struct Line {
    std::size_t side = 0;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
};

bool cuts_character(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;
}

/// A window of view_line_limit bytes around the first mark.
void cut_line(ViewLine& line) {
    if (line.text.size() <= view_line_limit) return;
    constexpr std::size_t lead = view_line_limit / 4; // of equal bytes before the mark
    const std::size_t room = view_line_limit - 2 * ellipsis.size();
    const std::size_t mark = line.marks.empty() ? 0 : line.marks.front().first;
    std::size_t from = std::min(mark > lead ? mark - lead : 0, line.text.size() - room);
    std::size_t to = from + room;
    // Whole characters, where it is UTF-8; else at most three bytes are lost.
    for (int i = 0; i < 3 && cuts_character(line.text, from); ++i) ++from;
    for (int i = 0; i < 3 && to > from && cuts_character(line.text, to); ++i) --to;
    const std::string_view before = from > 0 ? ellipsis : "";
    const std::string_view after = to < line.text.size() ? ellipsis : "";
    line.text = fmt::format("{}{}{}", before, std::string_view(line.text).substr(from, to - from), after);
    Marks marks;
    for (const auto& [start, end] : line.marks) {
        const std::size_t first = std::clamp<std::size_t>(start, from, to);
        const std::size_t last = std::clamp<std::size_t>(end, from, to);
        if (first == last) continue;
        marks.emplace_back(first - from + before.size(), last - from + before.size());
    }
    line.marks = std::move(marks);
}

class Drawer {
public:
    Drawer(const Leaf& leaf, const Texts& texts) : leaf_(leaf), texts_(texts) {}

    std::vector<ViewLine> draw() {
        const std::vector<Group> groups = groups_of(leaf_, texts_);
        for (std::size_t i = 0; i < groups.size();) {
            std::size_t end = i + 1;
            while (end < groups.size() &&
                   groups[end].first_line[0] - groups[end - 1].end_line[0] <= 2 * context_lines) {
                ++end;
            }
            draw_hunk({groups.data() + i, end - i});
            i = end;
        }
        if (left_out_ > 0) {
            // The note takes the place of the last line.
            if (lines_.size() == view_limit) {
                lines_.pop_back();
                ++left_out_;
            }
            lines_.push_back({ViewLine::Kind::note, fmt::format("… {} more lines", left_out_), {}});
        }
        return std::move(lines_);
    }

private:
    bool full() const { return lines_.size() >= view_limit; }

    /// Takes a line that is drawn by `make`, or counts it where the view is full.
    template <class Make>
    void add(const Make& make) {
        if (full()) {
            ++left_out_;
        } else {
            lines_.push_back(make());
        }
    }

    void note(std::string text) {
        add([&] { return ViewLine{ViewLine::Kind::note, std::move(text), {}}; });
    }

    void draw_hunk(std::span<const Group> groups) {
        const Group& first = groups.front();
        const Group& last = groups.back();
        const std::uint64_t before = std::min({context_lines, first.first_line[0], first.first_line[1]});
        const std::uint64_t start = start_of_context(first, before);
        const std::uint64_t after = count_context(last.to[0]);
        add([&] { return ViewLine{ViewLine::Kind::hunk, heading(first, last, before, after), {}}; });
        draw_context(start, first.from[0]);
        for (std::size_t i = 0; i < groups.size(); ++i) {
            if (i > 0) draw_context(groups[i - 1].to[0], groups[i].from[0]);
            draw_side(groups[i], 0);
            draw_side(groups[i], 1);
        }
        draw_context(last.to[0], end_of_context(last.to[0]));
    }

    /// "@@ -1,4 +1,4 @@"; a length of one is not written, an empty range names the line before it.
    static std::string heading(const Group& first, const Group& last, std::uint64_t before, std::uint64_t after) {
        std::string text = "@@";
        for (std::size_t side : {0U, 1U}) {
            const std::uint64_t start = first.first_line[side] - before;
            const std::uint64_t lines = last.end_line[side] + after - start;
            text += fmt::format(" {}{}", side == 0 ? '-' : '+', lines == 0 ? start : start + 1);
            if (lines != 1) text += fmt::format(",{}", lines);
        }
        return text + " @@";
    }

    std::uint64_t start_of_context(const Group& first, std::uint64_t lines) const {
        std::uint64_t at = first.from[0];
        for (; lines > 0; --lines) at = line_start(texts_[0], at - 1);
        return at;
    }
    std::uint64_t end_of_context(std::uint64_t at) const {
        for (std::uint64_t i = 0; i < context_lines && at < texts_[0].size(); ++i) at = line_end(texts_[0], at);
        return at;
    }
    std::uint64_t count_context(std::uint64_t at) const {
        std::uint64_t lines = 0;
        for (; lines < context_lines && at < texts_[0].size(); ++lines) at = line_end(texts_[0], at);
        return lines;
    }

    void draw_context(std::uint64_t from, std::uint64_t to) {
        std::size_t none = leaf_.regions.size();
        while (from < to) {
            const std::uint64_t end = line_end(texts_[0], from);
            draw_line(ViewLine::Kind::context, {0, from, end}, none);
            from = end;
        }
    }

    void draw_side(const Group& group, std::size_t side) {
        const auto kind = side == 0 ? ViewLine::Kind::published : ViewLine::Kind::rebuilt;
        const std::string_view text = texts_[side];
        std::size_t region = group.first_region;
        std::size_t drawn = 0;
        std::uint64_t at = group.from[side];
        for (; at < group.to[side] && drawn < group_limit; ++drawn) {
            const std::uint64_t end = line_end(text, at);
            draw_line(kind, {side, at, end}, region);
            at = end;
        }
        const std::uint64_t rest = group.lines(side) - drawn;
        if (full()) {
            left_out_ += rest;
        } else if (rest > 0) {
            note(fmt::format("… {} more lines that only {} has", rest, side == 0 ? "published" : "rebuilt"));
        }
    }

    /// `region` is the first that may reach into the line, and is moved on for the next line.
    void draw_line(ViewLine::Kind kind, const Line& line, std::size_t& region) {
        const bool ended = texts_[line.side][line.to - 1] == '\n';
        add([&] {
            ViewLine drawn{
                kind, std::string(texts_[line.side].substr(line.from, line.to - line.from - (ended ? 1 : 0))), {}};
            drawn.marks = marks_in(line.side, line.from, line.from + drawn.text.size(), region);
            cut_line(drawn);
            return drawn;
        });
        if (!ended) note("\\ No newline at end of file");
    }

    Marks marks_in(std::size_t side, std::uint64_t from, std::uint64_t to, std::size_t& region) const {
        const auto& regions = leaf_.regions;
        while (region < regions.size() && regions[region][side].end() <= from) ++region;
        Marks marks;
        for (std::size_t i = region; i < regions.size() && regions[i][side].offset < to; ++i) {
            const std::uint64_t first = std::max(regions[i][side].offset, from);
            const std::uint64_t last = std::min(regions[i][side].end(), to);
            if (first < last) marks.emplace_back(first - from, last - from);
        }
        return marks;
    }

    const Leaf& leaf_;
    const Texts& texts_;
    std::vector<ViewLine> lines_;
    std::uint64_t left_out_ = 0;
};

} // namespace

std::vector<ViewLine> draw_leaf(const Leaf& leaf) {
    if (!leaf.text) return draw_hex(leaf);
    const Texts texts{as_text(leaf.subject.bytes[0]), as_text(leaf.subject.bytes[1])};
    return Drawer(leaf, texts).draw();
}

} // namespace touchstone
