// Texts: what both begin and end with is skipped, the lines between are aligned, and each changed hunk is cut to the
// words that differ.
#include "diff/explain/align_sequence.h"
#include "diff/explain/align_words.h"

#include <algorithm>

namespace touchstone {

namespace {

/// Larger texts are compared as binary: their lines alone would take gigabytes.
constexpr std::size_t text_limit = std::size_t{64} << 20;

/// Equal lines that are kept on either end: xdiff moves a hunk over equal lines to where people expect it.
constexpr int horizon = 64;

using Texts = std::array<std::string_view, 2>;

/// The rest of the line that `equal` ends in, and the horizon before it.
std::size_t lines_before(std::string_view equal) {
    std::size_t at = equal.size();
    for (int lines = horizon;; --lines) {
        const std::size_t end = at == 0 ? std::string_view::npos : equal.rfind('\n', at - 1);
        if (end == std::string_view::npos) return equal.size();
        if (lines == 0) return equal.size() - end - 1;
        at = end;
    }
}

/// The rest of the line that `equal` begins in, and the horizon after it.
std::size_t lines_after(std::string_view equal) {
    std::size_t at = 0;
    for (int lines = horizon; lines >= 0; --lines) {
        const std::size_t end = equal.find('\n', at);
        if (end == std::string_view::npos) return equal.size();
        at = end + 1;
    }
    return at;
}

/// The lines of `text`, each with its line end.
bool split_lines(std::string_view text, std::uint64_t limit, std::vector<std::string_view>& lines) {
    while (!text.empty()) {
        if (lines.size() >= limit) return false;
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return true;
}

/// Writes the regions of a text from its hunks.
class HunkCutter {
public:
    /// All lines of each side, of which the first starts at `start`.
    HunkCutter(const std::array<std::size_t, 2>& start, const Items& lines, WorkLeft& work, RegionList& regions)
        : start_(start), lines_(lines), work_(work), regions_(regions) {}

    void cut(const Hunk& hunk) {
        if (regions_.overflowed()) return add_lines(hunk.from, hunk.to);
        if (hunk.searched && hunk.count(0) == hunk.count(1)) {
            for (std::size_t i = 0; i < hunk.count(0); ++i) cut_pair(hunk.from[0] + i, hunk.from[1] + i);
            return;
        }
        std::array<std::size_t, 2> done = hunk.from;
        if (hunk.searched && hunk.count(0) > 0 && hunk.count(1) > 0) {
            for (const auto& [a, b] : pair_lines(lines_of(0, hunk), lines_of(1, hunk), work_)) {
                add_lines(done, {hunk.from[0] + a, hunk.from[1] + b});
                cut_pair(hunk.from[0] + a, hunk.from[1] + b);
                done = {hunk.from[0] + a + 1, hunk.from[1] + b + 1};
            }
        }
        add_lines(done, hunk.to);
    }

private:
    std::span<const std::string_view> lines_of(std::size_t side, const Hunk& hunk) const {
        return std::span(lines_[side]).subspan(hunk.from[side], hunk.count(side));
    }
    std::uint64_t offset_of(std::size_t side, std::size_t line) const {
        const auto& lines = lines_[side];
        if (line == 0) return start_[side];
        const std::string_view before = lines[line - 1];
        return start_[side] + static_cast<std::uint64_t>(before.data() - lines[0].data()) + before.size();
    }
    void cut_pair(std::size_t a, std::size_t b) {
        align_words({lines_[0][a], lines_[1][b]}, {offset_of(0, a), offset_of(1, b)}, work_, regions_);
    }
    void add_lines(const std::array<std::size_t, 2>& from, const std::array<std::size_t, 2>& to) {
        Region region;
        for (std::size_t side : {0U, 1U}) {
            region[side].offset = offset_of(side, from[side]);
            region[side].size = offset_of(side, to[side]) - region[side].offset;
        }
        regions_.add(region);
    }

    std::array<std::size_t, 2> start_;
    const Items& lines_;
    WorkLeft& work_;
    RegionList& regions_;
};

/// Whole lines around one or more gaps.
struct Window {
    Gap gap;
    Items lines;
};

/// False when they are more than `limit` on a side.
bool split_lines(const Texts& texts, std::uint64_t limit, std::vector<Window>& windows) {
    for (std::size_t side : {0U, 1U}) {
        std::uint64_t left = limit;
        for (auto& [gap, lines] : windows) {
            if (!split_lines(texts[side].substr(gap.from[side], gap.size(side)), left, lines[side])) return false;
            left -= lines[side].size();
        }
    }
    return true;
}

} // namespace

bool align_text(const BytePair& bytes, const ExplainLimits& limits, RegionList& regions) {
    const Texts texts{as_text(bytes[0]), as_text(bytes[1])};
    if (std::max(texts[0].size(), texts[1].size()) > text_limit) return false;
    std::vector<Window> windows;
    for (const Gap& gap : widened(texts[0], rough_gaps(texts), lines_before, lines_after)) windows.push_back({gap, {}});
    if (!split_lines(texts, limits.lines, windows)) return false;
    WorkLeft work;
    for (const auto& [gap, lines] : windows) {
        HunkCutter cutter(gap.from, lines, work, regions);
        for (const Hunk& hunk : align_items(number_items(lines))) cutter.cut(hunk);
    }
    return true;
}

} // namespace touchstone
