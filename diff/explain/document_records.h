// What all document formats share: both sides are cut into records that follow each other without a gap, records are
// matched by key, and every matched pair, every record of one side and every change of order becomes a difference or a
// child part. As the records of a side add up to all of its bytes, no differing byte can get lost: two sides whose
// records are pairwise equal and in the same order are equal.
#pragma once

#include "diff/explain/analyzer.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone {

struct KeyedRecord {
    std::string key; ///< unique on its side
    Span span;
};

/// Which records belong together.
struct Matched {
    std::vector<std::pair<std::size_t, std::size_t>> pairs; ///< published index, rebuilt index; in published order
    std::array<std::vector<std::size_t>, 2> only;           ///< without a counterpart
    /// The pairs from the first to the last that is out of order; empty where the order is the same.
    std::vector<std::pair<std::size_t, std::size_t>> moved;
};

/// Nothing when a key occurs twice on a side.
std::optional<Matched> match_records(const std::vector<KeyedRecord>& published,
                                     const std::vector<KeyedRecord>& rebuilt);
/// The same where the pairs are known; sorts them.
Matched match_order(std::vector<std::pair<std::size_t, std::size_t>> pairs);

/// From the first to the last byte of the records of `moved`, on both sides.
SpanPair moved_range(const Matched& matched, const std::vector<KeyedRecord>& published,
                     const std::vector<KeyedRecord>& rebuilt);

/// The lines of a text with their ends ("\n" included); they add up to all of it. Nothing over the limit of lines.
std::optional<std::vector<Span>> lines_of(ByteView bytes, const ExplainLimits& limits);
/// Without the line end, "\n" or "\r\n".
std::string_view without_end(std::string_view line);

/// Fills a part while it keeps the number of children bounded.
class Splitter {
public:
    Splitter(const Subject& subject, Analyzer& analyzer, Part& part)
        : subject_(subject), analyzer_(analyzer), part_(part) {}

    std::string_view text(std::size_t side, const Span& span) const { return text_of(subject_, side, span); }
    bool equal(const SpanPair& spans) const { return text(0, spans[0]) == text(1, spans[1]); }
    const Subject& subject() const { return subject_; }
    const Clues& clues() const { return analyzer_.clues(); }

    /// Explains what stands in these spans as a part of its own, unless it is equal. `name` is printable.
    void compare(const std::string& name, const SpanPair& spans);
    /// A difference of these spans as a whole, unless they are equal.
    void differ(std::string where, const SpanPair& spans, std::optional<CauseId> cause = {}, std::string evidence = {},
                std::string derived_of = {});
    /// What only one side has. `place` is where it would stand on the other.
    void only(std::size_t side, std::string where, const Span& span, std::uint64_t place,
              std::optional<CauseId> cause = {}, std::string evidence = {});
    /// A difference whose values are not its bytes.
    void add(Difference difference) { part_.add(std::move(difference)); }
    /// Another order; `spans` as from moved_range().
    void order(std::string where, const SpanPair& spans, std::optional<CauseId> cause, std::string evidence);

private:
    const Subject& subject_;
    Analyzer& analyzer_;
    Part& part_;
};

/// Children of one document; what is beyond is named as a difference without a cause.
constexpr std::size_t document_children = 1000;

} // namespace touchstone
