// Recognizing: an image that was just read against what was once recorded, by the ladder of verdicts that comparisons
// have (spec/verdict-and-report.md).
#pragma once

#include "attest/ledger.h"
#include "attest/record.h"
#include "diff/comparison.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Which layer is which, by diffID, then by canonical form.
enum class LayerRelation : std::uint8_t { same_stream, same_content, only_recorded, only_found };
std::string_view name_of(LayerRelation relation); ///< "same-stream", "same-content", "only-recorded", "only-found"

struct RecognizedLayer {
    LayerRelation relation = LayerRelation::same_stream;
    std::optional<std::size_t> recorded; ///< indices
    std::optional<std::size_t> found;
};

/// How an entry of a ledger was chosen, best first.
enum class MatchedBy : std::uint8_t { file, manifest, image, tree, reference };
std::string_view name_of(MatchedBy by);

struct ChosenRecord {
    Record record;
    MatchedBy by = MatchedBy::file;
    std::optional<std::uint64_t> sequence; ///< in the ledger
    std::string listing;                   ///< path of its listing; may not be there
};

struct Recognition {
    Verdict verdict = Verdict::divergent;
    ChosenRecord chosen;
    Record found;
    HistoryRelation history = HistoryRelation::absent; ///< claims; decide nothing
    std::vector<RecognizedLayer> layers;
    /// What speaks against the recorded image; `published` is the recorded value, `rebuilt` the one found.
    std::vector<Finding> findings;
    std::uint64_t file_findings = 0; ///< all of those about files, kept or not
    bool files_compared = false;     ///< with the listing
    std::string note;                ///< why they were not, where a listing is named; printable
};

/// Compares; reads the listing where one is recorded and the trees differ.
Recognition recognize(ChosenRecord chosen, const DescribedImage& image);

/// The newest entry that has the manifest digest of `found`, else its canonical digest, else its tree, else its
/// reference and platform. Throws unverified for a ledger that is not in order, and unreadable where none is about it.
ChosenRecord find_record(const Ledger& ledger, const Record& found);

std::string render_recognition_text(const Recognition& recognition, Verdict required, bool color);
/// touchstone.recognition/1 (docs/outputs.schema.json), with an LF at the end.
std::string render_recognition_json(const Recognition& recognition, Verdict required);

} // namespace touchstone
