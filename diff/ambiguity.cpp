// Gathers the ambiguous oddities of the layers that the other side does not hold byte for byte, asks whether each has
// its equal on the other side (construct, place and the entries behind it), and whether all readings agree.
#include "diff/ambiguity.h"

#include "base/printable.h"
#include "diff/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace touchstone {

namespace {

/// An ambiguous construct and a text that is equal on both sides only if what is behind it is equal.
struct Construct {
    OddityCode code;
    std::string path;
    std::string detail;
    int layer;
    std::string behind;
    auto key() const { return std::tie(code, path, detail, behind); }
};

/// What one entry is, apart from what is noise anyway.
std::string described(const Entry& entry) {
    std::string text = fmt::format("[{} {:o} {}:{} {} {} {},{} {}", static_cast<int>(entry.type), entry.permissions(),
                                   entry.uid, entry.gid, entry.link, to_digest(entry.content).hex(), entry.dev_major,
                                   entry.dev_minor, static_cast<int>(entry.dialect));
    if (entry.extra) {
        for (const auto& [name, value] : entry.extra->xattrs) text += fmt::format(" {}={}", name, hex(value));
        for (const auto& [name, value] : entry.extra->acls) text += fmt::format(" {}={}", name, hex(value));
        for (const auto& [name, value] : entry.extra->records) text += fmt::format(" {}={}", name, hex(value));
    }
    return text + "]";
}

/// For each path with an ambiguous oddity: its entries in stream order. One pass, however many oddities there are.
std::map<std::string_view, std::string> entries_behind(const LayerListing& listing) {
    std::map<std::string_view, std::string> behind;
    for (const Oddity& oddity : listing.oddities) {
        if (is_ambiguous(oddity) && !oddity.path.empty()) behind.try_emplace(oddity.path);
    }
    if (behind.empty()) return behind;
    for (const Entry& entry : listing.entries) {
        const auto found = behind.find(entry.path);
        if (found != behind.end()) found->second += described(entry);
    }
    return behind;
}

/// What is behind an oddity that no path is named for: the stream's own extras.
std::string tail_of(const LayerListing& listing) {
    return fmt::format("after end {} hash {:x}, globals {} hash {:x}", listing.tail.bytes_after_end,
                       listing.tail.padding_hash, listing.tail.global_headers, listing.tail.extension_hash);
}

/// The streams of both sides may be equal, and what lies beside them in the blobs differ.
bool holds_more_than_stream(const LayerListing& listing) {
    return std::any_of(listing.oddities.begin(), listing.oddities.end(),
                       [](const Oddity& oddity) { return is_beside_stream(oddity.code); });
}

bool hold_more_than_streams(const std::vector<MatchableLayer>& layers) {
    return std::any_of(layers.begin(), layers.end(),
                       [](const MatchableLayer& layer) { return holds_more_than_stream(*layer.layer->listing); });
}

std::vector<Construct> constructs_of(const AmbiguitySide& side, const std::set<Digest>& shared_streams) {
    std::vector<Construct> found;
    const auto add = [&](const Oddity& oddity, int layer, std::string behind) {
        found.push_back({.code = oddity.code,
                         .path = oddity.path,
                         .detail = oddity.detail,
                         .layer = layer,
                         .behind = std::move(behind)});
    };
    for (std::size_t i = 0; i < side.layers->size(); ++i) {
        const LayerListing& listing = *(*side.layers)[i].layer->listing;
        const bool shared = shared_streams.contains(listing.diff_id);
        if (shared && !holds_more_than_stream(listing)) continue;
        const std::map<std::string_view, std::string> behind = entries_behind(listing);
        for (const Oddity& oddity : listing.oddities) {
            if (is_ambiguous(oddity) && (!shared || is_beside_stream(oddity.code)))
                add(oddity, static_cast<int>(i), oddity.path.empty() ? tail_of(listing) : behind.at(oddity.path));
        }
    }
    for (const Oddity& oddity : *side.stack_oddities) {
        if (is_ambiguous(oddity)) add(oddity, oddity.layer, {});
    }
    std::sort(found.begin(), found.end(), [](const Construct& a, const Construct& b) { return a.key() < b.key(); });
    return found;
}

std::vector<Digest> streams_of(const std::vector<MatchableLayer>& layers) {
    std::vector<Digest> streams;
    streams.reserve(layers.size());
    for (const MatchableLayer& layer : layers) streams.push_back(layer.layer->listing->diff_id);
    return streams;
}

/// Each reading that differs from the spec's on one side must do so on the other, with an equal outcome.
bool all_readings_agree(const Readings& a, const Readings& b, const RuleSet& rules) {
    if (a.others.size() != b.others.size()) return false;
    for (std::size_t i = 0; i < a.others.size(); ++i) {
        const OtherReading& left = a.others[i];
        const OtherReading& right = b.others[i];
        if (left.reading != right.reading || left.tree.has_value() != right.tree.has_value() ||
            left.refusal != right.refusal)
            return false;
        if (!left.tree) continue;
        if (!same_but_for_noise(*left.tree, *right.tree, rules)) return false;
    }
    return true;
}

void report(const Construct& construct, Side side, bool agree, Findings& findings) {
    Finding finding;
    finding.place = Place::layer;
    finding.path = construct.layer < 0       ? std::string("-:-")
                   : side == Side::published ? fmt::format("{}:-", construct.layer)
                                             : fmt::format("-:{}", construct.layer);
    finding.fact = "ambiguous";
    finding.weight = Weight::security;
    (side == Side::published ? finding.published : finding.rebuilt) = std::string(row_of(construct.code).name);
    finding.layers[static_cast<std::size_t>(side)] = construct.layer;
    finding.detail = construct.path.empty() ? std::string() : printable(construct.path) + ": ";
    finding.detail += row_of(construct.code).meaning;
    if (!construct.detail.empty()) finding.detail += fmt::format(" ({})", construct.detail);
    if (agree) finding.detail += "; both sides hold it, but the readings of the two images are not equal";
    findings.add(std::move(finding));
}

} // namespace

bool judge_ambiguity(const AmbiguitySide& published, const AmbiguitySide& rebuilt, const RuleSet& rules,
                     Findings& findings) {
    const std::vector<Digest> left_streams = streams_of(*published.layers);
    const std::vector<Digest> right_streams = streams_of(*rebuilt.layers);
    const bool more = hold_more_than_streams(*published.layers) || hold_more_than_streams(*rebuilt.layers);
    if (left_streams == right_streams && !more) return false;
    const std::set<Digest> left_set(left_streams.begin(), left_streams.end());
    const std::set<Digest> right_set(right_streams.begin(), right_streams.end());
    std::set<Digest> shared;
    std::set_intersection(left_set.begin(), left_set.end(), right_set.begin(), right_set.end(),
                          std::inserter(shared, shared.end()));

    const std::vector<Construct> left = constructs_of(published, shared);
    const std::vector<Construct> right = constructs_of(rebuilt, shared);
    const bool same_constructs = std::equal(left.begin(), left.end(), right.begin(), right.end(),
                                            [](const Construct& a, const Construct& b) { return a.key() == b.key(); });
    if (same_constructs && all_readings_agree(*published.readings, *rebuilt.readings, rules)) return false;
    for (const Construct& construct : left) report(construct, Side::published, same_constructs, findings);
    for (const Construct& construct : right) report(construct, Side::rebuilt, same_constructs, findings);
    return !left.empty() || !right.empty();
}

} // namespace touchstone
