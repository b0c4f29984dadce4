// Cutting, matching and comparing records.
#include "diff/explain/document_records.h"

#include <algorithm>
#include <unordered_map>

namespace touchstone {

namespace {

using Index = std::unordered_map<std::string_view, std::size_t>; ///< for look-ups only; never iterated

std::optional<Index> index_of(const std::vector<KeyedRecord>& records) {
    Index index;
    index.reserve(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!index.emplace(records[i].key, i).second) return std::nullopt;
    }
    return index;
}

} // namespace

Matched match_order(std::vector<std::pair<std::size_t, std::size_t>> pairs) {
    Matched matched;
    std::sort(pairs.begin(), pairs.end());
    // Out of order is what is left of the pairs after their longest sorted beginning and end: a pair stands right when
    // its rank on the rebuilt side is its rank on the published side.
    std::vector<std::size_t> rank;
    rank.reserve(pairs.size());
    for (const auto& pair : pairs) rank.push_back(pair.second);
    std::sort(rank.begin(), rank.end());
    std::size_t first = 0;
    std::size_t last = pairs.size();
    while (first < last && pairs[first].second == rank[first]) ++first;
    while (last > first && pairs[last - 1].second == rank[last - 1]) --last;
    matched.moved.assign(pairs.begin() + static_cast<std::ptrdiff_t>(first),
                         pairs.begin() + static_cast<std::ptrdiff_t>(last));
    matched.pairs = std::move(pairs);
    return matched;
}

std::optional<Matched> match_records(const std::vector<KeyedRecord>& published,
                                     const std::vector<KeyedRecord>& rebuilt) {
    const auto left = index_of(published);
    const auto right = index_of(rebuilt);
    if (!left || !right) return std::nullopt;
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    std::array<std::vector<std::size_t>, 2> only;
    for (std::size_t i = 0; i < published.size(); ++i) {
        const auto found = right->find(published[i].key);
        if (found == right->end()) {
            only[0].push_back(i);
        } else {
            pairs.emplace_back(i, found->second);
        }
    }
    for (std::size_t i = 0; i < rebuilt.size(); ++i) {
        if (!left->contains(rebuilt[i].key)) only[1].push_back(i);
    }
    Matched matched = match_order(std::move(pairs));
    matched.only = std::move(only);
    return matched;
}

SpanPair moved_range(const Matched& matched, const std::vector<KeyedRecord>& published,
                     const std::vector<KeyedRecord>& rebuilt) {
    if (matched.moved.empty()) return {};
    SpanPair range{published[matched.moved.front().first].span, rebuilt[matched.moved.front().second].span};
    const auto include = [](Span& range_span, const Span& span) {
        const std::uint64_t end = std::max(range_span.end(), span.end());
        range_span.offset = std::min(range_span.offset, span.offset);
        range_span.size = end - range_span.offset;
    };
    for (const auto& [left, right] : matched.moved) {
        include(range[0], published[left].span);
        include(range[1], rebuilt[right].span);
    }
    return range;
}

std::optional<std::vector<Span>> lines_of(ByteView bytes, const ExplainLimits& limits) {
    const std::string_view text = as_text(bytes);
    std::vector<Span> lines;
    for (std::size_t at = 0; at < text.size();) {
        if (lines.size() >= limits.lines) return std::nullopt;
        const std::size_t end = text.find('\n', at);
        const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
        lines.push_back({at, next - at});
        at = next;
    }
    return lines;
}

std::string_view without_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void Splitter::compare(const std::string& name, const SpanPair& spans) {
    if (equal(spans)) return;
    if (part_.parts.size() >= document_children) return differ(name, spans);
    const BytePair bytes{subject_.bytes[0].subspan(spans[0].offset, spans[0].size),
                         subject_.bytes[1].subspan(spans[1].offset, spans[1].size)};
    part_.parts.push_back(analyzer_.child(subject_, name, bytes));
}

void Splitter::differ(std::string where, const SpanPair& spans, std::optional<CauseId> cause, std::string evidence,
                      std::string derived_of) {
    if (equal(spans)) return;
    Difference difference;
    difference.where = std::move(where);
    difference.spans = spans;
    for (std::size_t side : {0U, 1U}) difference.values.at(side) = short_bytes(text(side, spans.at(side)));
    difference.cause = cause;
    difference.evidence = std::move(evidence);
    difference.derived_of = std::move(derived_of);
    part_.add(std::move(difference));
}

void Splitter::only(std::size_t side, std::string where, const Span& span, std::uint64_t place,
                    std::optional<CauseId> cause, std::string evidence) {
    SpanPair spans{};
    spans.at(side) = span;
    spans.at(1 - side) = {std::min<std::uint64_t>(place, subject_.bytes.at(1 - side).size()), 0};
    Difference difference;
    difference.where = std::move(where);
    difference.spans = spans;
    difference.values.at(side) = short_bytes(text(side, span));
    difference.cause = cause;
    difference.evidence = std::move(evidence);
    part_.add(std::move(difference));
}

void Splitter::order(std::string where, const SpanPair& spans, std::optional<CauseId> cause, std::string evidence) {
    Difference difference;
    difference.where = std::move(where);
    difference.spans = spans;
    difference.cause = cause;
    difference.evidence = std::move(evidence);
    part_.add(std::move(difference));
}

} // namespace touchstone
