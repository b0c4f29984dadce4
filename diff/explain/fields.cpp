// Matching fields, and the one place that says which cause a field's difference has.
#include "diff/explain/fields.h"

#include "diff/explain/archive_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace touchstone::archives {

namespace {

/// What tools write instead of a time: 1970, the first date that MS-DOS knows, strip-nondeterminism's (12:01 on that
/// day), Gradle's (a month later, to be after it in every time zone).
constexpr std::array<std::int64_t, 4> no_times{0, 315532800, 315576060, 318211200};

bool is_no_time(std::int64_t seconds) {
    return std::find(no_times.begin(), no_times.end(), seconds) != no_times.end();
}

struct Judged {
    std::optional<CauseId> cause;
    std::string evidence;
};

Judged judge_time(const Clues& clues, const Field* published, const Field* rebuilt) {
    const auto seconds = [](const Field* field) { return field == nullptr ? std::int64_t{0} : field->number; };
    const std::optional<std::int64_t> a = seconds(published);
    const std::optional<std::int64_t> b = seconds(rebuilt);
    if (!a || !b) return {};
    if (*a == *b) { // a field for a time that says that there is none, against no field
        if (*a == 0 && (published == nullptr || rebuilt == nullptr)) return {CauseId::compression_only, "no time"};
        return {};
    }
    const std::int64_t precision = (published != nullptr ? published : rebuilt)->precision;
    if (!explainable_times(clues, *a, *b, precision)) return {};
    if (is_no_time(*a) || is_no_time(*b)) return {CauseId::binary_time, "one side stores no time"};
    return {CauseId::binary_time, "both are times of their builds"};
}

/// Root, or an account of a person or a user namespace: what a builder's own ids look like. Ids of services, 1 to 999,
/// have a meaning inside an image.
bool is_builder_id(const Field* field) {
    constexpr std::int64_t first_person = 1000;
    constexpr std::size_t longest_name = 32; // useradd refuses longer ones
    if (field == nullptr) return true;
    if (field->number) return *field->number == 0 || *field->number >= first_person;
    return !field->value.empty() && field->value.size() <= longest_name;
}

/// "tmpab12cd34" (python), "tmp.Ab12Cd34Ef" (mktemp), "ccAb12Cd.o" (gcc); `value` has no directory.
bool is_temporary_name(std::string_view value) {
    constexpr std::size_t shortest = 6;
    constexpr std::size_t longest = 16;
    constexpr std::string_view word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    for (const std::string_view prefix : {"tmp.", "tmp", "cc"}) {
        if (!value.starts_with(prefix)) continue;
        const std::string_view rest = value.substr(prefix.size());
        const std::size_t size = std::min(rest.find_first_not_of(word), rest.size());
        return size >= shortest && size <= longest;
    }
    return false;
}

Judged judge(const Clues& clues, const Field* published, const Field* rebuilt) {
    const bool both = published != nullptr && rebuilt != nullptr;
    if (both && published->kind != rebuilt->kind) return {};
    const FieldKind kind = both || published != nullptr ? published->kind : rebuilt->kind;
    if (kind == FieldKind::time) return judge_time(clues, published, rebuilt);
    if (both && published->number && published->number == rebuilt->number) return {}; // the same, spelt differently
    switch (kind) {
    case FieldKind::owner:
        if (!is_builder_id(published) || !is_builder_id(rebuilt)) return {};
        return {CauseId::uid_map, "ids or names of who built it"};
    case FieldKind::encoding:
        return {CauseId::compression_only, "the content was compared unpacked"};
    case FieldKind::toolchain:
        return {CauseId::toolchain, "which tool wrote it"};
    case FieldKind::file_name:
        if (!both || !is_temporary_name(published->value) || !is_temporary_name(rebuilt->value)) return {};
        return {CauseId::temporary_path, "names of temporary files"};
    case FieldKind::storage:
        return {CauseId::fs_feature, "numbers of the builder's file system"};
    default:
        return {};
    }
}

std::vector<std::size_t> by_key(const Fields& fields) {
    std::vector<std::size_t> order(fields.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return fields[a].key < fields[b].key; });
    return order;
}

/// For each published field the rebuilt one of the same key and occurrence, or npos.
std::vector<std::size_t> partners(const Fields& published, const Fields& rebuilt) {
    std::vector<std::size_t> partner(published.size(), std::string::npos);
    const std::vector<std::size_t> ours = by_key(published);
    const std::vector<std::size_t> theirs = by_key(rebuilt);
    std::size_t other = 0;
    for (const std::size_t index : ours) {
        while (other < theirs.size() && rebuilt[theirs[other]].key < published[index].key) ++other;
        if (other == theirs.size()) break;
        if (rebuilt[theirs[other]].key == published[index].key) partner[index] = theirs[other++];
    }
    return partner;
}

} // namespace

Field& FieldList::add(std::uint64_t size, std::string key, FieldKind kind) {
    Field field;
    field.key = std::move(key);
    field.kind = kind;
    field.span = {offset_, size};
    offset_ += size;
    return fields_.emplace_back(std::move(field));
}

Field& FieldList::number(std::uint64_t size, std::string key, FieldKind kind, std::optional<std::int64_t> value) {
    Field& field = add(size, std::move(key), kind);
    field.number = value;
    if (value) field.value = fmt::format("{}", *value);
    return field;
}

Field& FieldList::time(std::uint64_t size, std::string key, std::optional<std::int64_t> seconds) {
    Field& field = add(size, std::move(key), FieldKind::time);
    field.number = seconds;
    if (seconds) field.value = utc_text(*seconds);
    return field;
}

void FieldList::note(std::string key, std::string value) {
    add(0, std::move(key)).value = std::move(value);
}

bool explainable_times(const Clues& clues, std::int64_t published, std::int64_t rebuilt, std::int64_t precision) {
    if (is_no_time(published)) return is_no_time(rebuilt) || clues.side[1].in_window(rebuilt);
    if (is_no_time(rebuilt)) return clues.side[0].in_window(published);
    // A time that was rounded, up or down, matches the file's own within the precision.
    for (std::int64_t a = published - precision + 1; a < published + precision; ++a) {
        for (std::int64_t b = rebuilt - precision + 1; b < rebuilt + precision; ++b) {
            if (clues.plausible_times(a, b)) return true;
        }
    }
    return false;
}

bool FieldComparer::equal(const Match& match) const {
    const Field& a = *match.published;
    const Field& b = *match.rebuilt;
    if (a.span.size == 0 && b.span.size == 0) return a.value == b.value;
    return same_bytes(cut(bytes_[0], a.span), cut(bytes_[1], b.span));
}

void FieldComparer::add(std::string_view of, const Match& match) {
    const Field& either = match.published != nullptr ? *match.published : *match.rebuilt;
    Judged judged = judge(clues_, match.published, match.rebuilt);
    const bool spelling = match.published != nullptr && match.rebuilt != nullptr && either.number &&
                          match.published->number == match.rebuilt->number;
    const bool same_kind =
        match.published == nullptr || match.rebuilt == nullptr || match.published->kind == match.rebuilt->kind;
    if (either.kind == FieldKind::structure && same_kind && !spelling) {
        ++structure_;
        return;
    }
    Difference difference;
    difference.where = of.empty() ? either.key : fmt::format("{}: {}", of, either.key);
    const std::array<const Field*, 2> fields{match.published, match.rebuilt};
    for (std::size_t side : {0U, 1U}) {
        if (fields[side] == nullptr) continue;
        difference.spans[side] = fields[side]->span;
        const std::string_view raw = as_text(cut(bytes_[side], fields[side]->span));
        difference.values[side] = short_bytes(fields[side]->value.empty() ? raw : fields[side]->value);
    }
    difference.cause = judged.cause;
    difference.evidence = std::move(judged.evidence);
    part_.add(std::move(difference));
}

void FieldComparer::compare(std::string_view of, const Fields& published, const Fields& rebuilt) {
    const std::vector<std::size_t> partner = partners(published, rebuilt);
    std::vector<bool> taken(rebuilt.size());
    bool in_order = true;
    std::size_t last = 0;
    for (std::size_t i = 0; i < published.size(); ++i) {
        Match match{&published[i], nullptr};
        if (partner[i] != std::string::npos) {
            match.rebuilt = &rebuilt[partner[i]];
            taken[partner[i]] = true;
            in_order = in_order && partner[i] >= last;
            last = partner[i];
            if (equal(match)) continue;
        }
        add(of, match);
    }
    for (std::size_t i = 0; i < rebuilt.size(); ++i) {
        if (!taken[i]) add(of, {nullptr, &rebuilt[i]});
    }
    if (in_order) return;
    Difference difference;
    difference.where = of.empty() ? "order of fields" : fmt::format("{}: order of fields", of);
    part_.add(std::move(difference));
}

void FieldComparer::finish() {
    if (structure_ == 0) return;
    Difference difference;
    difference.where = "sizes, checksums and offsets";
    difference.evidence = fmt::format("{} checked on both sides; they follow from the rest",
                                      structure_ == 1 ? "1 field, " : fmt::format("{} fields,", structure_));
    // Where nothing else differs they are but another way to write the same.
    const bool alone = part_.differences.empty() && part_.parts.empty();
    difference.cause = alone ? CauseId::compression_only : CauseId::derived;
    part_.add(std::move(difference));
    structure_ = 0;
}

} // namespace touchstone::archives
