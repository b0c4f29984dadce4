// The result of comparing two images: both sides as they were verified, the findings, the noise that was counted, and
// the verdict. report/ renders it; nothing in it depends on jobs, locale, user or machine.
#pragma once

#include "diff/explain/explanation.h"
#include "diff/finding.h"
#include "image/image.h"
#include "image/oddity.h"
#include "normalize/rules.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// The ladder of spec/verdict-and-report.md, best first.
enum class Verdict : std::uint8_t { identical, equivalent, same_files, accepted, divergent };
std::string_view name_of(Verdict verdict); ///< "identical", "equivalent", "same-files", "accepted", "divergent"
/// Parses the --require option; throws usage.
Verdict parse_verdict(std::string_view text);
/// True when `verdict` is at least as good as `required`.
inline bool meets(Verdict verdict, Verdict required) {
    return verdict <= required;
}

struct LayerSummary {
    std::optional<std::string> digest; ///< of the blob as the manifest names it; absent where nothing names it
    bool listed = true;                ///< false: only the blob was verified; what needs more is empty or 0
    std::string diff_id;               ///< as computed; as promised where the layer was not listed
    std::uint64_t size = 0;            ///< stored bytes
    std::uint64_t uncompressed = 0;
    std::string media_type;  ///< may be empty
    std::string compression; ///< "none", "gzip", "zstd"
    std::uint64_t entries = 0;
    std::optional<std::string> created_by; ///< the history line that claims this layer; raw bytes
    std::optional<std::string> canonical;  ///< "clf1:…", where it was computed
};

struct SideSummary {
    Side side = Side::published;
    std::string reference;               ///< as the user wrote it; raw bytes
    std::string platform;                ///< "linux/amd64", or empty
    std::string media_type;              ///< of the manifest, or empty
    std::optional<std::string> manifest; ///< digest
    std::optional<std::string> config;   ///< digest
    std::uint64_t files = 0;             ///< nodes of the merged tree, all types but the root; of listed layers
    std::optional<std::string> tree;     ///< "crf1:…", where it was computed
    std::vector<LayerSummary> layers;
    std::vector<Oddity> oddities; ///< of documents, layers and the stack; sorted by layer, path, code
    std::vector<Companion> companions;
    std::optional<Provenance> provenance; ///< claims about the layers, bottom first; see image/provenance.h
};

/// How the histories compare. `identical` with divergent files is the forgery that comparing histories cannot see.
enum class HistoryRelation : std::uint8_t { absent, identical, different };
std::string_view name_of(HistoryRelation relation);

struct Summary {
    std::uint64_t equal = 0;   ///< paths on both sides without a finding that is not noise
    std::uint64_t added = 0;   ///< only the rebuilt side has them
    std::uint64_t removed = 0; ///< only the published side has them
    std::uint64_t changed = 0;
    std::uint64_t accepted = 0; ///< of these three, so many paths were accepted by name and have no finding left
    /// So many layers at the bottom are the same blobs on both sides and were verified as that, but not listed: their
    /// paths are not among the counts.
    std::uint64_t unlisted_layers = 0;
};

struct Comparison {
    std::array<SideSummary, 2> sides;
    RuleSet rules;
    Verdict verdict = Verdict::divergent;
    HistoryRelation history = HistoryRelation::absent;
    Summary summary;
    Findings findings{false};
    std::optional<Explanation> explanation; ///< absent: not asked for, or nothing differs
};

} // namespace touchstone
