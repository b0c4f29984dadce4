// Pairing two layouts: fields first, each judged by its own proof; then what is left of the stretches, with the fields
// that were dealt with blanked out on both sides, so that each byte counts once.
#include "diff/explain/binary_fields.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace touchstone {

namespace {

/// A name may stand for several stretches (sections of one name): the n-th on one side is the n-th on the other.
using Key = std::pair<std::string, std::size_t>;

template <class Item>
std::map<Key, std::size_t> by_name(const std::vector<Item>& items) {
    std::map<std::string, std::size_t> seen;
    std::map<Key, std::size_t> found;
    for (std::size_t i = 0; i < items.size(); ++i) found.emplace(Key{items[i].name, seen[items[i].name]++}, i);
    return found;
}

/// Sorts the stretches and makes the gaps between them stretches, too. False when they overlap or pass the end.
bool tile(std::vector<Stretch>& stretches, std::uint64_t size) {
    std::sort(stretches.begin(), stretches.end(), [](const Stretch& left, const Stretch& right) {
        return std::pair(left.span.offset, left.span.size) < std::pair(right.span.offset, right.span.size);
    });
    std::vector<Stretch> gaps;
    std::uint64_t end = 0;
    std::string_view previous;
    const auto fill = [&](std::uint64_t until) {
        if (until == end) return;
        Stretch gap;
        gap.name = previous.empty() ? "bytes at the start" : fmt::format("bytes after {}", previous);
        gap.span = {end, until - end};
        gap.gap = true;
        gaps.push_back(std::move(gap));
    };
    for (const Stretch& stretch : stretches) {
        const Span& span = stretch.span;
        if (span.offset < end || span.offset > size || span.size > size - span.offset) return false;
        fill(span.offset);
        end = span.end();
        previous = stretch.name;
    }
    fill(size);
    std::move(gaps.begin(), gaps.end(), std::back_inserter(stretches));
    std::sort(stretches.begin(), stretches.end(), [](const Stretch& left, const Stretch& right) {
        return std::pair(left.span.offset, left.span.size) < std::pair(right.span.offset, right.span.size);
    });
    return true;
}

/// Each field lies within one stretch, and no two overlap.
bool fields_fit(const FieldLayout& layout) {
    std::uint64_t end = 0;
    auto stretch = layout.stretches.begin();
    for (const Field& field : layout.fields) {
        if (field.span.offset < end || field.span.end() < field.span.offset) return false;
        end = field.span.end();
        while (stretch != layout.stretches.end() && stretch->span.end() <= field.span.offset) ++stretch;
        if (stretch == layout.stretches.end() || stretch->span.offset > field.span.offset) return false;
        if (end > stretch->span.end()) return false;
    }
    return true;
}

bool prepare(FieldLayout& layout, std::uint64_t size) {
    if (!tile(layout.stretches, size)) return false;
    std::sort(layout.fields.begin(), layout.fields.end(),
              [](const Field& left, const Field& right) { return left.span.offset < right.span.offset; });
    return fields_fit(layout);
}

using FieldPair = std::array<const Field*, 2>;

/// Both sides' fields of one name that differ and can be blanked: of one size, so that what follows stays in place.
std::vector<FieldPair> differing_fields(const Subject& subject, const std::array<FieldLayout, 2>& layouts) {
    std::vector<FieldPair> pairs;
    const auto others = by_name(layouts[1].fields);
    std::map<std::string, std::size_t> seen;
    for (const Field& field : layouts[0].fields) {
        const auto found = others.find({field.name, seen[field.name]++});
        if (found == others.end()) continue;
        const Field& other = layouts[1].fields[found->second];
        if (field.span.size != other.span.size) continue;
        if (text_of(subject, 0, field.span) != text_of(subject, 1, other.span)) pairs.push_back({&field, &other});
    }
    return pairs;
}

/// Copies of both sides with the fields' bytes zeroed.
std::array<std::vector<std::uint8_t>, 2> blanked(const Subject& subject, const std::vector<FieldPair>& pairs) {
    std::array<std::vector<std::uint8_t>, 2> copies;
    for (std::size_t side : {0U, 1U}) {
        copies[side].assign(subject.bytes[side].begin(), subject.bytes[side].end());
        for (const FieldPair& pair : pairs) {
            const Span& span = pair[side]->span;
            std::fill_n(copies[side].begin() + static_cast<std::ptrdiff_t>(span.offset), span.size, std::uint8_t{0});
        }
    }
    return copies;
}

class Comparison {
public:
    Comparison(const Subject& subject, Analyzer& analyzer, Part& part, const std::array<FieldLayout, 2>& layouts)
        : subject_(subject), analyzer_(analyzer), part_(part), layouts_(layouts),
          pairs_(differing_fields(subject, layouts)), copies_(blanked(subject, pairs_)) {}

    void run() {
        compare_stretches();
        const bool more_than_fields = !part_.parts.empty() || !part_.differences.empty();
        for (const FieldPair& pair : pairs_) add_field(pair, more_than_fields);
        if (another_order_) {
            Difference order;
            order.where = "order of the parts";
            order.cause = layouts_[0].order;
            part_.add(std::move(order));
        }
    }

private:
    ByteView view(std::size_t side, const Span& span) const {
        return ByteView(copies_.at(side)).subspan(span.offset, span.size);
    }

    void compare_stretches() {
        const auto others = by_name(layouts_[1].stretches);
        std::vector<bool> paired(layouts_[1].stretches.size());
        std::map<std::string, std::size_t> seen;
        std::size_t last = 0;
        for (const Stretch& stretch : layouts_[0].stretches) {
            const auto found = others.find({stretch.name, seen[stretch.name]++});
            if (found == others.end()) {
                add_single(0, stretch);
                continue;
            }
            paired[found->second] = true;
            another_order_ = another_order_ || found->second < last;
            last = std::max(last, found->second);
            compare_pair(stretch, layouts_[1].stretches[found->second]);
        }
        for (std::size_t i = 0; i < paired.size(); ++i) {
            if (!paired[i]) add_single(1, layouts_[1].stretches[i]);
        }
    }

    /// Zeros up to where the next stretch is aligned: how many depends on the sizes before.
    bool is_padding(std::size_t side, const Stretch& stretch) const {
        const ByteView bytes = view(side, stretch.span);
        return stretch.gap && std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
    }

    void add_padding(const std::string& name, const SpanPair& spans) {
        Difference difference;
        difference.where = printable_short(name);
        difference.spans = spans;
        difference.cause = CauseId::derived;
        difference.evidence = "padding with zeros";
        part_.add(std::move(difference));
    }

    void add_single(std::size_t side, const Stretch& stretch) {
        if (is_padding(side, stretch)) {
            SpanPair spans{};
            spans.at(side) = stretch.span;
            return add_padding(stretch.name, spans);
        }
        Difference difference;
        difference.where = printable_short(stretch.name);
        difference.spans.at(side) = stretch.span;
        difference.values.at(side) = short_bytes(text_of(subject_, side, stretch.span));
        difference.evidence = side == 0 ? "only in the published file" : "only in the rebuilt file";
        part_.add(std::move(difference));
    }

    void compare_pair(const Stretch& left, const Stretch& right) {
        const BytePair bytes = {view(0, left.span), view(1, right.span)};
        if (equal(bytes[0], bytes[1])) return;
        if (left.unpacked && right.unpacked) return compare_unpacked(left, right);
        if (is_padding(0, left) && is_padding(1, right)) return add_padding(left.name, {left.span, right.span});
        // The stricter side decides: a layout that differs must not open code to the detectors.
        switch (std::max(left.inside, right.inside)) {
        case Inside::engine:
            part_.parts.push_back(analyzer_.child(subject_, left.name, bytes));
            return;
        case Inside::leaf:
            part_.parts.push_back(compare_leaf(subject_, analyzer_, left.name, bytes));
            return;
        case Inside::code:
            const bool agreed = left.cause == right.cause;
            part_.parts.push_back(compare_ranges(subject_, analyzer_, left.name, bytes,
                                                 agreed ? left.cause : std::nullopt, agreed ? left.evidence : ""));
            return;
        }
    }

    void compare_unpacked(const Stretch& left, const Stretch& right) {
        const BytePair inside = {as_bytes(*left.unpacked), as_bytes(*right.unpacked)};
        if (!equal(inside[0], inside[1])) {
            part_.parts.push_back(left.inside == Inside::code ? compare_ranges(subject_, analyzer_, left.name, inside)
                                                              : compare_leaf(subject_, analyzer_, left.name, inside));
            return;
        }
        Difference difference;
        difference.where = printable_short(left.name);
        difference.spans = {left.span, right.span};
        difference.cause = left.cause.value_or(CauseId::compression_only);
        difference.evidence = left.cause ? left.evidence : "both unpack to the same bytes";
        part_.add(std::move(difference));
    }

    bool proven(const FieldPair& pair, bool more_than_fields) const {
        const Field& left = *pair[0];
        const Field& right = *pair[1];
        if (left.proof != right.proof || left.cause != right.cause) return false;
        switch (left.proof) {
        case Proof::none:
            return false;
        case Proof::known:
            return true;
        case Proof::time:
            return believes_times(analyzer_.clues(), left.seconds, right.seconds);
        case Proof::checksum:
            return left.right && right.right;
        case Proof::follows:
            return more_than_fields || std::any_of(pairs_.begin(), pairs_.end(), [](const FieldPair& other) {
                       return other[0]->proof != Proof::follows;
                   });
        }
        return false;
    }

    void add_field(const FieldPair& pair, bool more_than_fields) {
        Difference difference;
        difference.where = printable_short(pair[0]->name);
        for (std::size_t side : {0U, 1U}) {
            const Field& field = *pair.at(side);
            difference.spans.at(side) = field.span;
            difference.values.at(side) =
                short_bytes(field.shown.empty() ? hex(text_of(subject_, side, field.span)) : field.shown);
        }
        if (proven(pair, more_than_fields)) {
            difference.cause = pair[0]->cause;
            difference.evidence = pair[0]->evidence;
        }
        part_.add(std::move(difference));
    }

    const Subject& subject_;
    Analyzer& analyzer_;
    Part& part_;
    const std::array<FieldLayout, 2>& layouts_;
    std::vector<FieldPair> pairs_;
    std::array<std::vector<std::uint8_t>, 2> copies_;
    bool another_order_ = false;
};

Subject inside(const Subject& outer, std::string_view name, const BytePair& bytes, Part& part) {
    Subject inner = outer;
    inner.name = name;
    inner.bytes = bytes;
    part.name = name;
    part.kind = "binary";
    part.size = {bytes[0].size(), bytes[1].size()};
    return inner;
}

} // namespace

bool compare_layouts(const Subject& subject, Analyzer& analyzer, Part& part, std::array<FieldLayout, 2> layouts) {
    for (std::size_t side : {0U, 1U}) {
        if (!prepare(layouts[side], subject.bytes[side].size())) return false;
    }
    Comparison(subject, analyzer, part, layouts).run();
    return true;
}

void add_ranges(const Subject& subject, const Analyzer& analyzer, Part& part, std::optional<CauseId> cause,
                std::string_view evidence) {
    const Leaf leaf = align(subject, analyzer.limits());
    for (const Region& region : leaf.regions) {
        Difference difference;
        difference.where = fmt::format("{:#x}", region[0].offset);
        difference.spans = region;
        difference.values = {short_bytes(text_of(subject, 0, region[0])), short_bytes(text_of(subject, 1, region[1]))};
        difference.cause = cause;
        difference.evidence = evidence;
        part.add(std::move(difference));
    }
    part.view = draw_leaf(leaf);
}

Part compare_ranges(const Subject& outer, const Analyzer& analyzer, std::string_view name, BytePair bytes,
                    std::optional<CauseId> cause, std::string_view evidence) {
    Part part;
    add_ranges(inside(outer, name, bytes, part), analyzer, part, cause, evidence);
    return part;
}

Part compare_leaf(const Subject& outer, Analyzer& analyzer, std::string_view name, BytePair bytes) {
    Part part;
    analyze_leaf(inside(outer, name, bytes, part), analyzer, part);
    return part;
}

} // namespace touchstone
