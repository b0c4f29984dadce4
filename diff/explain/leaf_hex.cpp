// A leaf that is no text, as hex lines around its regions. Where the regions of a window have the same size on both
// sides, lines stand in pairs; else the published bytes come first and the rebuilt ones follow.
#include "diff/explain/leaf_places.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::uint64_t row_size = 16;

/// Rows of one window and side: what is longer is not read to its end.
constexpr std::uint64_t window_rows = 16;

/// Neighbouring regions, as one stretch.
struct HexWindow {
    SpanPair spans{};
    std::size_t first_region = 0;
    std::size_t end_region = 0;
    bool in_place = true; ///< no region has another size on the other side
};

/// With fewer equal bytes between them than this, the context of two regions would overlap.
constexpr std::uint64_t window_gap = 2 * row_size;

std::vector<HexWindow> windows_of(const std::vector<Region>& regions) {
    std::vector<HexWindow> windows;
    for (std::size_t i = 0; i < regions.size(); ++i) {
        const Region& region = regions[i];
        if (windows.empty() || region[0].offset - windows.back().spans[0].end() >= window_gap) {
            windows.push_back({region, i, i, true});
        }
        HexWindow& window = windows.back();
        for (std::size_t side : {0U, 1U}) window.spans[side].size = region[side].end() - window.spans[side].offset;
        window.end_region = i + 1;
        window.in_place = window.in_place && region[0].size == region[1].size;
    }
    return windows;
}

class HexDrawer {
public:
    explicit HexDrawer(const Leaf& leaf) : leaf_(leaf) {}

    std::vector<ViewLine> draw() {
        const std::vector<HexWindow> windows = windows_of(leaf_.regions);
        for (std::size_t i = 0; i < windows.size(); ++i) {
            // A window has at most a heading, two lines of context, a note and its rows.
            if (lines_.size() + 4 + 2 * rows_of(windows[i]) >= view_limit) {
                const std::size_t left = windows.size() - i;
                add(ViewLine::Kind::note, fmt::format("… {} more stretch{} that differ{}", left, left == 1 ? "" : "es",
                                                      left == 1 ? "s" : ""));
                break;
            }
            draw_window(windows[i]);
        }
        return std::move(lines_);
    }

private:
    using Offsets = std::array<std::uint64_t, 2>;

    static Offsets start_of(const HexWindow& window) {
        const std::uint64_t column = window.spans[0].offset % row_size;
        return {window.spans[0].offset - column, window.spans[1].offset - column};
    }
    static std::uint64_t side_rows(const HexWindow& window, std::size_t side) {
        const std::uint64_t bytes = window.spans[side].end() - start_of(window)[side];
        return bytes / row_size + (bytes % row_size == 0 ? 0 : 1);
    }
    static std::uint64_t rows_of(const HexWindow& window) {
        return std::min(window_rows, std::max(side_rows(window, 0), side_rows(window, 1)));
    }

    void draw_window(const HexWindow& window) {
        const auto& [a, b] = window.spans;
        add(ViewLine::Kind::hunk, fmt::format("@@ -{:#x},{} +{:#x},{} @@", a.offset, a.size, b.offset, b.size));
        const Offsets start = start_of(window);
        // Equal on both sides: the region before is at least window_gap away.
        if (start[0] >= row_size) add_row(ViewLine::Kind::context, 0, start[0] - row_size, window);
        if (window.in_place) {
            draw_pairs(window, start);
        } else {
            for (std::size_t side : {0U, 1U}) draw_side(window, side, start[side]);
        }
    }

    void draw_pairs(const HexWindow& window, Offsets at) {
        const std::uint64_t rows = rows_of(window);
        for (std::uint64_t row = 0; row < rows; ++row) {
            if (bytes_at(0, at[0]) == bytes_at(1, at[1])) {
                add_row(ViewLine::Kind::context, 0, at[0], window);
            } else {
                add_row(ViewLine::Kind::published, 0, at[0], window);
                add_row(ViewLine::Kind::rebuilt, 1, at[1], window);
            }
            for (std::size_t side : {0U, 1U}) at[side] += row_size;
        }
        if (rows < side_rows(window, 0)) {
            add(ViewLine::Kind::note, fmt::format("… {} more bytes", window.spans[0].end() - at[0]));
        } else if (at[0] < leaf_.subject.bytes[0].size()) {
            add_row(ViewLine::Kind::context, 0, at[0], window);
        }
    }

    void draw_side(const HexWindow& window, std::size_t side, std::uint64_t at) {
        const auto kind = side == 0 ? ViewLine::Kind::published : ViewLine::Kind::rebuilt;
        const std::uint64_t rows = side_rows(window, side);
        const std::uint64_t drawn = std::min(rows, window_rows);
        for (std::uint64_t row = 0; row < drawn; ++row, at += row_size) add_row(kind, side, at, window);
        if (drawn < rows) {
            add(ViewLine::Kind::note, fmt::format("… {} more bytes that {} has", window.spans[side].end() - at,
                                                  side == 0 ? "published" : "rebuilt"));
        }
    }

    std::string_view bytes_at(std::size_t side, std::uint64_t offset) const {
        return as_text(leaf_.subject.bytes[side]).substr(offset, row_size);
    }

    void add(ViewLine::Kind kind, std::string text) { lines_.push_back({kind, std::move(text), {}}); }

    /// "00000010  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF............|"
    void add_row(ViewLine::Kind kind, std::size_t side, std::uint64_t offset, const HexWindow& window) {
        const std::string_view bytes = bytes_at(side, offset);
        ViewLine line{kind, fmt::format("{:08x}  ", offset), {}};
        const std::size_t hex_column = line.text.size();
        std::string ascii;
        for (std::size_t i = 0; i < row_size; ++i) {
            if (i == row_size / 2) line.text += ' ';
            if (i < bytes.size()) {
                const auto byte = static_cast<std::uint8_t>(bytes[i]);
                line.text += fmt::format("{:02x} ", byte);
                ascii += byte >= 0x20 && byte < 0x7F ? bytes[i] : '.';
            } else {
                line.text += "   ";
            }
        }
        line.text += " |";
        const std::size_t ascii_column = line.text.size();
        line.text += ascii + "|";
        if (kind != ViewLine::Kind::context)
            mark(line, side, {offset, bytes.size()}, {hex_column, ascii_column}, window);
        lines_.push_back(std::move(line));
    }

    struct Columns {
        std::size_t hex = 0;
        std::size_t ascii = 0;
    };

    void mark(ViewLine& line, std::size_t side, const Span& row, const Columns& columns,
              const HexWindow& window) const {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> ascii;
        for (std::size_t i = window.first_region; i < window.end_region; ++i) {
            const Span& span = leaf_.regions[i][side];
            if (span.offset >= row.end()) break;
            const std::uint64_t from = std::max(span.offset, row.offset) - row.offset;
            if (span.end() <= row.offset + from) continue;
            const std::uint64_t to = std::min(span.end(), row.end()) - row.offset;
            const auto hex_at = [&](std::uint64_t byte) {
                return columns.hex + byte * 3 + (byte >= row_size / 2 ? 1 : 0);
            };
            line.marks.emplace_back(hex_at(from), hex_at(to - 1) + 2);
            ascii.emplace_back(columns.ascii + from, columns.ascii + to);
        }
        line.marks.insert(line.marks.end(), ascii.begin(), ascii.end());
    }

    const Leaf& leaf_;
    std::vector<ViewLine> lines_;
};

} // namespace

std::vector<ViewLine> draw_hex(const Leaf& leaf) {
    return HexDrawer(leaf).draw();
}

} // namespace touchstone
