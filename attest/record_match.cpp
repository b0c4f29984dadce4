// The judgement uses what comparisons use: the walk over configs with its table of noise, canonical forms for files.
#include "attest/record_match.h"

#include "base/error.h"
#include "base/printable.h"
#include "diff/config.h"
#include "image/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// As much of an image as comparing its documents takes.
Image documents_of(const Record& record) {
    Image image;
    image.history = record.history;
    if (!record.config) return image;
    image.config = parse_digest(*record.config);
    image.config_bytes = record.config_document;
    image.config_json = parse_document(record.config_document, "the recorded configuration", config_limit);
    return image;
}

Finding finding_of(Place place, std::string path, std::string fact, std::string recorded, std::string found,
                   std::string detail = {}) {
    Finding finding;
    finding.place = place;
    finding.path = std::move(path);
    finding.fact = std::move(fact);
    if (!recorded.empty()) finding.published = std::move(recorded);
    if (!found.empty()) finding.rebuilt = std::move(found);
    finding.detail = std::move(detail);
    return finding;
}

using Key = std::string RecordedLayer::*;

/// Pairs what has the same key and is not paired yet, lowest first.
void pair_layers(const Record& recorded, const Record& found, Key key, LayerRelation relation,
                 std::vector<bool>& recorded_used, std::vector<bool>& found_used, std::vector<RecognizedLayer>& pairs) {
    for (std::size_t j = 0; j < found.layers.size(); ++j) {
        for (std::size_t i = 0; i < recorded.layers.size() && !found_used[j]; ++i) {
            if (recorded_used[i] || recorded.layers[i].*key != found.layers[j].*key) continue;
            recorded_used[i] = found_used[j] = true;
            pairs.push_back({relation, i, j});
        }
    }
}

/// At most layer_count_limit on either side.
std::vector<RecognizedLayer> match_recorded(const Record& recorded, const Record& found) {
    std::vector<bool> recorded_used(recorded.layers.size());
    std::vector<bool> found_used(found.layers.size());
    std::vector<RecognizedLayer> pairs;
    pair_layers(recorded, found, &RecordedLayer::diff_id, LayerRelation::same_stream, recorded_used, found_used, pairs);
    pair_layers(recorded, found, &RecordedLayer::canonical, LayerRelation::same_content, recorded_used, found_used,
                pairs);
    for (std::size_t i = 0; i < recorded_used.size(); ++i) {
        if (!recorded_used[i]) pairs.push_back({LayerRelation::only_recorded, i, std::nullopt});
    }
    for (std::size_t j = 0; j < found_used.size(); ++j) {
        if (!found_used[j]) pairs.push_back({LayerRelation::only_found, std::nullopt, j});
    }
    const auto place = [](const RecognizedLayer& pair) {
        return std::pair(pair.recorded ? *pair.recorded : *pair.found, pair.recorded ? 0 : 1);
    };
    std::sort(pairs.begin(), pairs.end(),
              [&](const RecognizedLayer& a, const RecognizedLayer& b) { return place(a) < place(b); });
    return pairs;
}

bool pairwise_equal(const Record& recorded, const Record& found, Key key) {
    return std::equal(recorded.layers.begin(), recorded.layers.end(), found.layers.begin(), found.layers.end(),
                      [key](const RecordedLayer& a, const RecordedLayer& b) { return a.*key == b.*key; });
}

/// The same manifest; without any, the same config and streams; without those, the same tar.
bool is_identical(const Record& recorded, const Record& found) {
    if (recorded.manifest || found.manifest) return recorded.manifest == found.manifest;
    const bool same_streams = pairwise_equal(recorded, found, &RecordedLayer::diff_id);
    if (recorded.config || found.config) return recorded.config == found.config && same_streams;
    const auto packed = [](const RecordedLayer& layer) {
        return std::tuple(layer.size, layer.compression, layer.digest);
    };
    return same_streams && std::equal(recorded.layers.begin(), recorded.layers.end(), found.layers.begin(),
                                      found.layers.end(), [&](const RecordedLayer& a, const RecordedLayer& b) {
                                          return packed(a) == packed(b) && a.compression == "none";
                                      });
}

/// What canonical forms cannot speak for: constructs that readers take differently, and bytes that no reader shows.
/// Bytes that are the same are the same under any reading.
void find_unspeakable(Recognition& result) {
    const Record& recorded = result.chosen.record;
    const Record& found = result.found;
    if (pairwise_equal(recorded, found, &RecordedLayer::diff_id)) return;
    if (!recorded.ambiguous.empty() || !found.ambiguous.empty()) {
        result.findings.push_back(
            finding_of(Place::image, "", "ambiguous", fmt::format("{}", fmt::join(recorded.ambiguous, " ")),
                       fmt::format("{}", fmt::join(found.ambiguous, " ")),
                       "known readers take such layers differently, and they are not the same bytes"));
    }
    for (const RecognizedLayer& pair : result.layers) {
        if (pair.relation == LayerRelation::same_stream) continue;
        const bool left = pair.recorded && recorded.layers[*pair.recorded].hidden;
        const bool right = pair.found && found.layers[*pair.found].hidden;
        if (!left && !right) continue;
        const auto index = [](const std::optional<std::size_t>& at) { return at ? std::to_string(*at) : "-"; };
        result.findings.push_back(finding_of(Place::layer, index(pair.recorded) + ":" + index(pair.found), "after-end",
                                             left ? "present" : "absent", right ? "present" : "absent",
                                             "bytes after the end marker or in padding: no runtime shows them"));
    }
}

void compare_documents(Recognition& result) {
    const Image recorded = documents_of(result.chosen.record);
    const Image found = documents_of(result.found);
    Findings findings(false);
    compare_configs(recorded, found, RuleSet(), findings);
    findings.sort();
    result.findings.insert(result.findings.end(), findings.list().begin(), findings.list().end());
    result.history = compare_histories(recorded, found);
}

void compare_files(Recognition& result, const Tree& tree) {
    const std::optional<ListingName>& listing = result.chosen.record.listing;
    if (!listing) return;
    if (result.chosen.listing.empty()) {
        result.note = "where the recorded listing of the files lies is not known";
        return;
    }
    FileDifferences files;
    try {
        files = compare_with_listing(result.chosen.listing, *listing, tree);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unreadable) throw;
        result.note = error.what(); // a listing that is gone changes no verdict: the trees differ
        return;
    }
    result.files_compared = true;
    result.file_findings = files.total;
    for (const FileDifference& difference : files.list) {
        result.findings.push_back(finding_of(Place::file, difference.path, std::string(difference.fact),
                                             difference.recorded, difference.found));
    }
}

} // namespace

std::string_view name_of(LayerRelation relation) {
    constexpr std::array<std::string_view, 4> names{"same-stream", "same-content", "only-recorded", "only-found"};
    return names[static_cast<std::size_t>(relation)];
}

std::string_view name_of(MatchedBy by) {
    constexpr std::array<std::string_view, 5> names{"file", "manifest", "image", "tree", "reference"};
    return names[static_cast<std::size_t>(by)];
}

Recognition recognize(ChosenRecord chosen, const DescribedImage& image) {
    Recognition result;
    result.chosen = std::move(chosen);
    result.found = image.record;
    const Record& recorded = result.chosen.record;
    const Record& found = result.found;
    result.layers = match_recorded(recorded, found);
    if (is_identical(recorded, found)) {
        result.verdict = Verdict::identical;
        result.history = recorded.history.empty() ? HistoryRelation::absent : HistoryRelation::identical;
        return result;
    }
    find_unspeakable(result);
    compare_documents(result);
    const bool same_tree = !recorded.tree.empty() && recorded.tree == found.tree;
    const bool same_layers = pairwise_equal(recorded, found, &RecordedLayer::canonical);
    if (!same_tree && !same_layers) {
        result.findings.push_back(finding_of(Place::image, "", "tree", recorded.tree, found.tree,
                                             "the files are not those that were recorded"));
        compare_files(result, image.tree);
    }
    if (!result.findings.empty()) return result;
    const bool both_have_configs = recorded.config && found.config;
    result.verdict = same_layers && both_have_configs ? Verdict::equivalent : Verdict::same_files;
    return result;
}

ChosenRecord find_record(const Ledger& ledger, const Record& found) {
    std::optional<ChosenRecord> best;
    ledger.read([&](const LedgerEntry& entry, std::uint64_t line) {
        Record record = parse_record(entry.record, fmt::format("{}: line {}", printable(ledger.file_path()), line));
        MatchedBy by = MatchedBy::file;
        if (found.manifest && record.manifest == found.manifest) {
            by = MatchedBy::manifest;
        } else if (!found.image.empty() && record.image == found.image) {
            by = MatchedBy::image;
        } else if (!found.tree.empty() && record.tree == found.tree) {
            by = MatchedBy::tree;
        } else if (record.reference == found.reference && record.platform == found.platform) {
            by = MatchedBy::reference;
        } else {
            return;
        }
        if (best && by > best->by) return;
        std::string listing = record.listing ? ledger.listing_path(*record.listing) : std::string();
        best = ChosenRecord{std::move(record), by, entry.sequence, std::move(listing)};
    });
    if (best) return std::move(*best);
    fail(ErrorKind::unreadable,
         fmt::format("{}: no entry is about this image: none has its manifest, its canonical digest, its tree or its "
                     "reference",
                     printable(ledger.file_path())));
}

} // namespace touchstone
