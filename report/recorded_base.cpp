// See recorded_base.h.
#include "report/recorded_base.h"

#include "base/printable.h"
#include "diff/finding.h"

#include <fmt/format.h>

#include <string_view>

namespace touchstone {

namespace {

constexpr std::size_t name_width = 200;

/// What a user would type: Docker Hub's names are short ones.
std::string_view familiar(std::string_view reference) {
    for (const std::string_view prefix : {"docker://", "docker.io/", "library/"}) {
        if (!reference.starts_with(prefix)) break; // each is dropped only behind the one before
        reference.remove_prefix(prefix.size());
    }
    return reference;
}

std::string image_name(const RecordedBase& base) {
    const std::string_view reference = familiar(base.reference);
    const std::optional<std::string>& digest = base.index ? base.index : base.manifest;
    const bool is_pinned = reference.find('@') != std::string_view::npos;
    return printable_short(reference, name_width) + (digest && !is_pinned ? "@" + *digest : "");
}

/// What is to be added where the diffIDs were not computed and the same.
std::string_view means(LayersBy by) {
    constexpr std::array<std::string_view, 3> texts{
        "", ", by canonical form", ", by diffIDs that the configurations promise (--whole computes them)"};
    return texts[static_cast<std::size_t>(by)];
}

std::string side_text(const RecordedBases& bases, Side side) {
    const RecordedBase& base = *bases.sides.at(static_cast<std::size_t>(side));
    return fmt::format("{} stands on {}{}", name_of(side), recorded_base_text(base), means(base.by));
}

std::string shared_text(const RecordedBases& bases) {
    const LayersBy published = bases.sides[0]->by;
    const LayersBy rebuilt = bases.sides[1]->by;
    std::string text = "both stand on " + recorded_base_text(*bases.sides[0]);
    if (published == rebuilt) return text + std::string(means(published));
    for (const Side side : {Side::published, Side::rebuilt}) {
        const LayersBy by = bases.sides.at(static_cast<std::size_t>(side))->by;
        if (by != LayersBy::diff_id) text += fmt::format(", {}{}", name_of(side), means(by).substr(1));
    }
    return text;
}

} // namespace

std::string_view name_of(BaseRelation relation) {
    constexpr std::array<std::string_view, 5> names{"none", "one", "same", "same-content", "different"};
    return names[static_cast<std::size_t>(relation)];
}

std::string_view name_of(LayersBy by) {
    constexpr std::array<std::string_view, 3> names{"diff-id", "canonical", "promised-diff-id"};
    return names[static_cast<std::size_t>(by)];
}

std::string recorded_base_text(const RecordedBase& base) {
    constexpr std::size_t date = 10; // "2026-03-02"
    return fmt::format("{}, recorded {}", image_name(base), printable(base.time.substr(0, date)));
}

std::vector<std::string> recorded_bases_text(const RecordedBases& bases) {
    switch (bases.relation) {
    case BaseRelation::same:
        return {shared_text(bases)};
    case BaseRelation::same_content:
        return {"both stand on one base, in two encodings", side_text(bases, Side::published),
                side_text(bases, Side::rebuilt)};
    case BaseRelation::different:
        return {"the bases differ: start there", side_text(bases, Side::published), side_text(bases, Side::rebuilt)};
    case BaseRelation::one: {
        const bool published = bases.sides[0].has_value();
        return {fmt::format("{}; no base of {} is recorded",
                            side_text(bases, published ? Side::published : Side::rebuilt),
                            name_of(published ? Side::rebuilt : Side::published))};
    }
    case BaseRelation::none:
        break;
    }
    return {"no base of either side is recorded"};
}

void write_recorded_base_members(JsonWriter& json, const RecordedBase& base) {
    json.member("sequence", base.sequence);
    json.member("time", base.time);
    json.bytes_member("reference", base.reference);
    json.optional_member("index", base.index);
    json.optional_member("manifest", base.manifest);
}

void write_recorded_bases(JsonWriter& json, const RecordedBases* bases) {
    if (bases == nullptr) return;
    json.key("bases");
    json.begin_object();
    json.member("relation", name_of(bases->relation));
    for (const Side side : {Side::published, Side::rebuilt}) {
        json.key(name_of(side));
        const std::optional<RecordedBase>& base = bases->sides.at(static_cast<std::size_t>(side));
        if (!base) {
            json.null();
            continue;
        }
        json.begin_object();
        write_recorded_base_members(json, *base);
        json.member("layers", base->layers);
        json.member("by", name_of(base->by));
        json.end_object();
    }
    json.end_object();
}

} // namespace touchstone
