// The engine for one pair of byte strings: find their format, split them into parts, and give what cannot be split
// further to the alignment and the detectors. Format handlers and detectors are rows of two tables; a handler gets back
// into the engine through Analyzer::child, which keeps depth, bytes and time bounded.
#pragma once

#include "base/bytes.h"
#include "diff/explain/clues.h"
#include "diff/explain/part.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace touchstone {

using BytePair = std::array<ByteView, 2>; ///< published, rebuilt

/// Bounds of explaining; each is reported in Part::limit where it cuts.
struct ExplainLimits {
    unsigned depth = 8;                                ///< a date in a jar in a tar in a deb in a tar is at 5
    std::uint64_t file = std::uint64_t{64} << 20;      ///< bytes of one file or member that are kept in memory
    std::uint64_t unpacked = std::uint64_t{512} << 20; ///< bytes that one file may unpack to, all members together
    std::uint64_t members = 100'000;                   ///< of one archive
    std::uint64_t lines = std::uint64_t{1} << 20;      ///< of one side around what differs; more is compared as binary
};

/// What is being explained, for handlers and detectors.
struct Subject {
    std::string_view path;               ///< of the file in the image; raw
    std::string_view name;               ///< of this part; equals `path` for the file itself
    BytePair bytes;                      ///< live as long as the call
    std::array<std::int64_t, 2> mtime{}; ///< of the file in each image, unix seconds
    bool executable = false;             ///< the file has an x bit on a side; what is inside inherits that
};

class Analyzer {
public:
    using Clock = std::chrono::steady_clock;
    Analyzer(const Clues& clues, const ExplainLimits& limits, Clock::time_point deadline)
        : clues_(clues), limits_(limits), deadline_(deadline) {}

    /// Explains a pair; `subject.bytes` differ. Never throws for what the bytes hold.
    Part analyze(const Subject& subject);

    /// For handlers: the same for what is inside, one level deeper. `bytes` may be equal (then an empty Part with
    /// kind "equal" comes back, which the caller drops). Over the depth limit: a part that is not complete.
    Part child(const Subject& outer, std::string_view name, BytePair bytes);

    /// For handlers: asks for `bytes` of unpacked content; false when that would pass the limit for this file.
    bool take_unpacked(std::uint64_t bytes);

    const Clues& clues() const { return clues_; }
    const ExplainLimits& limits() const { return limits_; }
    bool out_of_time() const { return Clock::now() > deadline_; }

private:
    const Clues& clues_;
    ExplainLimits limits_;
    Clock::time_point deadline_;
    unsigned depth_ = 0;
    std::uint64_t unpacked_ = 0;
};

/// A format that can be split. `analyze` fills `part` (kind is set already) with differences and child parts that
/// account for every differing byte, or returns false and leaves it alone: then the next row, at last text or binary,
/// takes over. It must not throw for what the bytes hold, and must refuse (return false) what does not parse
/// completely on both sides.
struct FormatRow {
    std::string_view kind;
    bool (*recognizes)(std::string_view name, ByteView bytes); ///< asked of each side; cheap
    bool (*analyze)(const Subject& subject, Analyzer& analyzer, Part& part);
};

/// Rows of each module, gathered by analyzer.cpp in this order.
std::span<const FormatRow> archive_formats();    ///< formats_archive.cpp: zip, tar, ar, cpio, … with members
std::span<const FormatRow> compressed_formats(); ///< formats_compressed.cpp: gzip, xz, zstd, bzip2, lz4, lzma
std::span<const FormatRow> binary_formats();     ///< formats_binary.cpp: elf, pe, pyc, png, sqlite, mo, jks, …
std::span<const FormatRow> document_formats();   ///< formats_document.cpp: pem, json, key=value, passwd, stanzas, …

/// A stretch that differs: what stands between two stretches that are the same on both sides. A span may be empty.
using Region = SpanPair;

/// A pair that is not split further, aligned.
struct Leaf {
    Subject subject;
    bool text = false;
    /// Sorted, not touching. In a text they are cut to words (letters, digits and the characters inside dates, paths
    /// and versions stay together as far as both sides allow); a changed hunk whose lines cannot be paired is one.
    std::vector<Region> regions;
    bool complete = true; ///< false: more regions than align.cpp keeps; the last one holds the rest
};

/// The bytes of a side's span.
inline std::string_view text_of(const Subject& subject, std::size_t side, const Span& span) {
    return as_text(subject.bytes.at(side)).substr(span.offset, span.size);
}

/// A detector looks at regions that no earlier one has claimed, and appends differences with a cause whose spans cover
/// one or more regions whole on both sides (they may be wider: a whole date where one digit differs). What is
/// outside the spans must be equal on both sides; the engine proves it afterwards by replacing all spans, and drops
/// every claim when that fails.
struct DetectorRow {
    std::string_view name;
    void (*run)(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                std::vector<Difference>& found);
};
std::span<const DetectorRow> whole_detectors();  ///< detect_whole.cpp: paths in the X list, prefixes, derived content
std::span<const DetectorRow> order_detectors();  ///< detect_order.cpp
std::span<const DetectorRow> time_detectors();   ///< detect_time.cpp
std::span<const DetectorRow> token_detectors();  ///< detect_token.cpp: paths, hosts, random ids, versions
std::span<const DetectorRow> binary_detectors(); ///< detect_binary.cpp: binary times, pointers, derived digests

/// align.cpp: finds the regions; `text` is decided by is_text() of both sides.
Leaf align(const Subject& subject, const ExplainLimits& limits);
/// No NUL, and valid UTF-8 or at most 5 % bytes that are neither printable ASCII nor white space.
bool is_text(ByteView bytes);
/// leaf_view.cpp: a unified diff with marks, or hex windows around the regions.
std::vector<ViewLine> draw_leaf(const Leaf& leaf);

/// leaf.cpp: aligns, runs all detectors in order, proves the cover, fills `part`.
void analyze_leaf(const Subject& subject, Analyzer& analyzer, Part& part);
/// True when replacing the spans of `claims` (sorted, not overlapping on either side) by placeholders makes both sides
/// equal.
bool covers(const BytePair& bytes, const std::vector<SpanPair>& claims);

} // namespace touchstone
