// The accounting is complete by construction: a stream is its headers (header_hash), names and content (facts), order,
// global headers, padding and tail; a blob is a stream and what the compressor made of it. When all of these are equal
// and the digests are not, that is said too, and never as noise.
#include "diff/encoding.h"

#include "base/printable.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <tuple>

namespace touchstone {

void add_by_rule(Findings& findings, const RuleSet& rules, Rule rule, Finding finding) {
    if (rules.has(rule)) {
        finding.weight = Weight::noise;
        finding.rule = rule;
        findings.add_noise(std::move(finding));
    } else {
        finding.weight = Weight::real;
        findings.add(std::move(finding));
    }
}

namespace {

/// Gathers the encoding findings of one pair of layers.
class Accountant {
public:
    Accountant(const LayerMatch& match, const RuleSet& rules, Findings& findings)
        : match_(match), rules_(rules), findings_(findings) {}

    bool explained = false;

    const RuleSet& rules() const { return rules_; }
    void differs(Rule rule, std::string fact, std::string published, std::string rebuilt, std::string detail) {
        explained = true;
        add_by_rule(findings_, rules_, rule,
                    finding(std::move(fact), std::move(published), std::move(rebuilt), std::move(detail)));
    }
    void weighs(Weight weight, std::string fact, std::string published, std::string rebuilt, std::string detail) {
        explained = true;
        Finding result = finding(std::move(fact), std::move(published), std::move(rebuilt), std::move(detail));
        result.weight = weight;
        findings_.add(std::move(result));
    }

private:
    Finding finding(std::string fact, std::string published, std::string rebuilt, std::string detail) const {
        Finding result;
        result.place = Place::layer;
        result.path = match_.label();
        result.fact = std::move(fact);
        result.published = std::move(published);
        result.rebuilt = std::move(rebuilt);
        result.layers = {match_.published.front(), match_.rebuilt.front()};
        result.detail = std::move(detail);
        return result;
    }

    const LayerMatch& match_;
    const RuleSet& rules_;
    Findings& findings_;
};

std::string compression_text(const CompressionFacts& facts) {
    switch (facts.kind) {
    case Compression::none:
        return "none";
    case Compression::gzip: {
        std::string text = fmt::format("gzip, {} member{}, time {}, xfl {}, os {}", facts.members,
                                       facts.members == 1 ? "" : "s", facts.gzip_mtime, facts.gzip_xfl, facts.gzip_os);
        if (!facts.gzip_name.empty()) text += ", name " + facts.gzip_name;
        if (!facts.gzip_comment.empty()) text += ", comment " + facts.gzip_comment;
        if (facts.gzip_extra) text += ", extra field";
        if (facts.estargz_footer) text += ", eStargz";
        if (facts.zero_padding > 0) text += fmt::format(", {} zero bytes after it", facts.zero_padding);
        return text;
    }
    case Compression::zstd:
        return fmt::format("zstd, {} frame{}, {} skippable, window {}, {}checksum{}", facts.members,
                           facts.members == 1 ? "" : "s", facts.skippable_frames, facts.zstd_window,
                           facts.zstd_checksum ? "" : "no ", facts.zstd_chunked_footer ? ", zstd:chunked" : "");
    }
    return {};
}

void account_for_blob(const StackLayer& a, const StackLayer& b, Accountant& accountant) {
    if (a.ref->media_type != b.ref->media_type) {
        accountant.differs(Rule::media_type, "media-type", a.ref->media_type, b.ref->media_type, "");
    }
    if (a.stream->blob == b.stream->blob) return;
    const std::string left = compression_text(a.stream->compression);
    const std::string right = compression_text(b.stream->compression);
    if (left != right) {
        accountant.differs(Rule::compression, "compression", left, right, "");
    } else if (a.listing->diff_id == b.listing->diff_id) {
        accountant.differs(Rule::compression, "compression", left, right,
                           "the same stream, compressed by another encoder or at another level");
    }
}

std::string_view dialect_of(const LayerListing& listing) {
    std::map<Dialect, std::size_t> counts;
    for (const Entry& entry : listing.entries) ++counts[entry.dialect];
    if (counts.empty()) return "none";
    if (counts.size() > 1) return "mixed";
    return name_of(counts.begin()->first);
}

/// Counts what differs between the headers of the entries that both layers hold.
struct HeaderCounts {
    std::uint64_t respelled = 0;    ///< stored names that differ although the paths do not
    std::uint64_t dialect = 0;      ///< headers that differ although nothing they say does
    std::uint64_t padded = 0;       ///< bytes after the content that are not zero on one side
    std::uint64_t link_headers = 0; ///< hard links whose own headers differ in mode or owner
};

/// Calls `each` for every path that both layers hold, with the entries of that path on both sides in stream order (as
/// indices into the listings). Both orders are those of sorted_indices().
template <class Each>
void for_common_paths(const LayerListing& a, const LayerListing& b, Each&& each) {
    const std::vector<std::uint32_t> left = sorted_indices(a);
    const std::vector<std::uint32_t> right = sorted_indices(b);
    const auto run_end = [](const LayerListing& listing, const std::vector<std::uint32_t>& order, std::size_t at) {
        const std::string_view path = listing.entries[order[at]].path;
        while (at < order.size() && listing.entries[order[at]].path == path) ++at;
        return at;
    };
    for (std::size_t i = 0, j = 0; i < left.size() && j < right.size();) {
        const int order = compare_paths(a.entries[left[i]].path, b.entries[right[j]].path);
        const std::size_t next_i = order <= 0 ? run_end(a, left, i) : i;
        const std::size_t next_j = order >= 0 ? run_end(b, right, j) : j;
        if (order == 0) each(std::span(left).subspan(i, next_i - i), std::span(right).subspan(j, next_j - j));
        i = next_i;
        j = next_j;
    }
}

/// Everything of a header that is a fact of its own and was compared as one.
bool says_the_same(const Entry& a, const LayerListing& in_a, const Entry& b, const LayerListing& in_b) {
    const auto times = [](const Entry& entry) {
        return std::tuple(entry.mtime, entry.extra ? entry.extra->atime : std::nullopt,
                          entry.extra ? entry.extra->ctime : std::nullopt);
    };
    return a.type == b.type && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.size == b.size &&
           times(a) == times(b) && in_a.owner_names.text_of(a.uname) == in_b.owner_names.text_of(b.uname) &&
           in_a.owner_names.text_of(a.gname) == in_b.owner_names.text_of(b.gname);
}

void count_header(const Entry& p, const LayerListing& a, const Entry& q, const LayerListing& b, const RuleSet& rules,
                  HeaderCounts& counts) {
    if (p.padding_zero != q.padding_zero) ++counts.padded;
    if (p.header_hash == q.header_hash) return;
    if (p.stored != q.stored) {
        ++counts.respelled;
    } else if (says_the_same(p, a, q, b)) {
        ++counts.dialect;
    }
    const bool links = p.type == EntryType::hardlink && q.type == EntryType::hardlink;
    const bool owners = (p.uid != q.uid || p.gid != q.gid) && !rules.has(Rule::owner);
    if (links && (p.permissions() != q.permissions() || owners)) ++counts.link_headers;
}

/// What the entries of two layers show of their encoding.
struct EncodingFacts {
    HeaderCounts headers;
    bool other_order = false; ///< the paths that both layers hold come in another order
};

EncodingFacts encoding_facts(const LayerListing& a, const LayerListing& b, const RuleSet& rules) {
    EncodingFacts facts;
    constexpr std::uint32_t nowhere = ~std::uint32_t{0};
    std::vector<std::uint32_t> place(b.entries.size(), nowhere); // of the same path in `a`
    for_common_paths(a, b, [&](std::span<const std::uint32_t> left, std::span<const std::uint32_t> right) {
        for (const std::uint32_t entry : right) place[entry] = left.front();
        count_header(a.entries[left.back()], a, b.entries[right.back()], b, rules, facts.headers); // the last one wins
    });
    std::erase(place, nowhere);
    facts.other_order = !std::is_sorted(place.begin(), place.end());
    return facts;
}

std::string tail_text(const TarTail& tail) {
    return fmt::format("{} zero blocks at the end", tail.zero_blocks);
}

void account_for_stream(const MatchableLayer& a, const MatchableLayer& b, Accountant& accountant) {
    const LayerListing& left = *a.layer->listing;
    const LayerListing& right = *b.layer->listing;
    const EncodingFacts facts = encoding_facts(left, right, accountant.rules());
    const HeaderCounts& counts = facts.headers;
    if (facts.other_order)
        accountant.differs(Rule::order, "order", "its own", "another", "the entries come in another order");
    if (counts.respelled > 0) {
        accountant.differs(Rule::path_spelling, "path-spelling",
                           left.entries.empty() ? "" : std::string(left.entries.front().stored),
                           right.entries.empty() ? "" : std::string(right.entries.front().stored),
                           fmt::format("{} names are spelled another way", counts.respelled));
    }
    const bool other_globals =
        left.tail.global_headers != right.tail.global_headers || left.tail.extension_hash != right.tail.extension_hash;
    if (counts.dialect > 0 || other_globals || dialect_of(left) != dialect_of(right)) {
        accountant.differs(Rule::dialect, "dialect", std::string(dialect_of(left)), std::string(dialect_of(right)),
                           counts.dialect > 0 ? fmt::format("{} headers are encoded another way", counts.dialect) : "");
    }
    if (counts.link_headers > 0) {
        accountant.weighs(
            Weight::security, "hardlink-headers", "its own", "another",
            fmt::format("{} hard links have headers of another mode or owner: containerd applies them, umoci does not",
                        counts.link_headers));
    }
    if (counts.padded > 0 || left.tail.zero_blocks != right.tail.zero_blocks) {
        accountant.differs(Rule::padding, "padding", tail_text(left.tail), tail_text(right.tail), "");
    }
    if (left.tail.bytes_after_end != right.tail.bytes_after_end || left.tail.padding_hash != right.tail.padding_hash) {
        accountant.weighs(Weight::security, "after-end", fmt::format("{} bytes", left.tail.bytes_after_end),
                          fmt::format("{} bytes", right.tail.bytes_after_end),
                          "bytes after the end marker or in padding differ: no runtime shows them");
    }
    if (left.entries.size() != right.entries.size() && a.tree->nodes.size() == b.tree->nodes.size()) {
        accountant.weighs(Weight::security, "superseded", fmt::format("{} entries", left.entries.size()),
                          fmt::format("{} entries", right.entries.size()),
                          "entries that a later one of the same name replaces");
    }
}

} // namespace

void compare_layer_encoding(const LayerMatch& match, const MatchableLayer& published, const MatchableLayer& rebuilt,
                            bool explained_by_entries, const RuleSet& rules, Findings& findings) {
    Accountant accountant(match, rules, findings);
    accountant.explained = explained_by_entries;
    account_for_blob(*published.layer, *rebuilt.layer, accountant);
    const LayerListing& left = *published.layer->listing;
    const LayerListing& right = *rebuilt.layer->listing;
    if (left.diff_id == right.diff_id) return;
    account_for_stream(published, rebuilt, accountant);
    if (!accountant.explained) {
        accountant.weighs(Weight::real, "encoding", left.diff_id.string(), right.diff_id.string(),
                          "the streams differ, and nothing that was compared explains it");
    }
}

namespace {

Finding document_finding(std::string path, std::string fact, std::string published, std::string rebuilt,
                         std::string detail = {}) {
    Finding finding;
    finding.place = Place::image;
    finding.path = std::move(path);
    finding.fact = std::move(fact);
    finding.published = std::move(published);
    finding.rebuilt = std::move(rebuilt);
    finding.detail = std::move(detail);
    return finding;
}

/// A manifest without what is compared elsewhere: descriptors' digests, sizes and media types.
Json outer_fields(const Json& manifest) {
    Json rest = Json::object();
    if (!manifest.is(Json::Kind::object)) return rest;
    for (const auto& [key, value] : manifest.members()) {
        if (key != "config" && key != "layers" && key != "mediaType" && key != "schemaVersion") rest.set(key, value);
    }
    const auto descriptor_rest = [](const Json& descriptor) {
        Json kept = Json::object();
        if (!descriptor.is(Json::Kind::object)) return kept;
        for (const auto& [key, value] : descriptor.members()) {
            if (key != "digest" && key != "size" && key != "mediaType" && key != "data") kept.set(key, value);
        }
        return kept;
    };
    Json layers = Json::array();
    if (const Json* list = manifest.find("layers"); list != nullptr && list->is(Json::Kind::array)) {
        for (const Json& layer : list->items()) layers.push_back(descriptor_rest(layer));
    }
    rest.set("layers", std::move(layers));
    if (const Json* config = manifest.find("config")) rest.set("config", descriptor_rest(*config));
    return rest;
}

std::string digest_text(const std::optional<Digest>& digest) {
    return digest ? digest->string() : std::string("none");
}

} // namespace

void compare_document_encoding(const Image& published, const Image& rebuilt, const RuleSet& rules, Findings& findings) {
    const auto add = [&](Rule rule, Finding finding) { add_by_rule(findings, rules, rule, std::move(finding)); };
    if (published.config && rebuilt.config && published.config_bytes != rebuilt.config_bytes &&
        published.config_json == rebuilt.config_json) {
        add(Rule::formatting,
            document_finding("config", "formatting", digest_text(published.config), digest_text(rebuilt.config),
                             "the same JSON values, written another way"));
    }
    if (published.manifest == rebuilt.manifest) return;
    if (published.media_type != rebuilt.media_type) {
        add(Rule::media_type, document_finding("manifest", "media-type", published.media_type, rebuilt.media_type));
    }
    if (!published.manifest || !rebuilt.manifest) return; // a docker-archive or tar has no manifest of its own
    const Json left = outer_fields(published.manifest_json);
    const Json right = outer_fields(rebuilt.manifest_json);
    if (!(left == right))
        add(Rule::annotations, document_finding("manifest", "annotations", left.dump(), right.dump()));
    if (published.manifest_json == rebuilt.manifest_json) {
        add(Rule::formatting,
            document_finding("manifest", "formatting", digest_text(published.manifest), digest_text(rebuilt.manifest),
                             "the same JSON values, written another way"));
    }
}

} // namespace touchstone
