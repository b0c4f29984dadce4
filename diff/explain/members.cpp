// Comparing two archives, member by member.
#include "diff/explain/members.h"

#include "base/printable.h"
#include "diff/explain/archive_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace touchstone::archives {

namespace {

constexpr std::size_t none = std::string::npos;

/// Whether the spans, empty ones aside, cover the file once.
bool tiles(std::vector<Span> spans, std::uint64_t from, std::uint64_t to) {
    std::erase_if(spans, [](const Span& span) { return span.size == 0; });
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.offset < b.offset; });
    for (const Span& span : spans) {
        if (span.offset != from || span.size > to - from) return false;
        from += span.size;
    }
    return from == to;
}

bool tiles_file(const Archive& archive) {
    std::vector<Span> spans;
    spans.reserve(archive.members.size() * 4 + archive.outer.size());
    for (const Member& member : archive.members) {
        for (const Span& span : {member.header, member.data, member.after, member.index}) spans.push_back(span);
    }
    for (const Field& field : archive.outer) spans.push_back(field.span);
    return tiles(std::move(spans), 0, archive.bytes.size());
}

/// The fields of a member together with its data, against the spans that it says it has.
bool tiles_member(const Member& member, const Fields& fields) {
    std::vector<Span> inside;
    std::vector<Span> index;
    for (const Field& field : fields) {
        const bool in_index = member.index.size != 0 && field.span.offset >= member.index.offset &&
                              field.span.end() <= member.index.end();
        (in_index ? index : inside).push_back(field.span);
    }
    inside.push_back(member.data);
    return tiles(std::move(inside), member.header.offset, member.after.end()) &&
           tiles(std::move(index), member.index.offset, member.index.end());
}

std::vector<std::size_t> by_name(const Archive& archive) {
    std::vector<std::size_t> order(archive.members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return archive.members[a].name < archive.members[b].name; });
    return order;
}

/// For each published member the rebuilt one of the same name and occurrence, or none.
std::vector<std::size_t> match(const Archive& published, const Archive& rebuilt) {
    std::vector<std::size_t> partner(published.members.size(), none);
    const std::vector<std::size_t> theirs = by_name(rebuilt);
    std::size_t other = 0;
    for (const std::size_t index : by_name(published)) {
        const std::string_view name = published.members[index].name;
        while (other < theirs.size() && rebuilt.members[theirs[other]].name < name) ++other;
        if (other == theirs.size()) break;
        if (rebuilt.members[theirs[other]].name == name) partner[index] = theirs[other++];
    }
    return partner;
}

class ArchivePair {
public:
    ArchivePair(const Subject& subject, Analyzer& analyzer, Part& part, const Archive& published,
                const Archive& rebuilt)
        : subject_(subject), analyzer_(analyzer), part_(part), sides_{&published, &rebuilt},
          comparer_(subject.bytes, analyzer.clues(), part) {}

    /// False when a content is not what its archive says.
    bool compare() {
        compare_ambiguities();
        comparer_.compare({}, sides_[0]->outer, sides_[1]->outer);
        const std::vector<std::size_t> partner = match(*sides_[0], *sides_[1]);
        compare_order(partner);
        std::vector<bool> taken(sides_[1]->members.size());
        for (std::size_t i = 0; i < partner.size(); ++i) {
            if (partner[i] == none) {
                only(0, sides_[0]->members[i]);
                continue;
            }
            taken[partner[i]] = true;
            if (!compare_members(sides_[0]->members[i], sides_[1]->members[partner[i]])) return false;
        }
        for (std::size_t i = 0; i < taken.size(); ++i) {
            if (!taken[i]) only(1, sides_[1]->members[i]);
        }
        comparer_.finish();
        return true;
    }

private:
    void compare_ambiguities() {
        for (std::size_t side : {0U, 1U}) {
            for (const std::string& text : sides_[side]->ambiguous) {
                Difference difference;
                difference.where = text;
                difference.evidence = side == 0 ? "published: readers of this archive disagree"
                                                : "rebuilt: readers of this archive disagree";
                part_.add(std::move(difference));
            }
        }
    }

    void compare_order(const std::vector<std::size_t>& partner) {
        std::vector<std::size_t> common; // rebuilt members in published order
        std::vector<std::array<std::uint64_t, 2>> ranks;
        for (std::size_t i = 0; i < partner.size(); ++i) {
            if (partner[i] == none) continue;
            common.push_back(partner[i]);
            ranks.push_back({sides_[0]->members[i].rank, sides_[1]->members[partner[i]].rank});
        }
        std::sort(ranks.begin(), ranks.end());
        const auto falls = [](const auto& a, const auto& b) { return a[1] > b[1]; };
        const bool same_ranks = std::adjacent_find(ranks.begin(), ranks.end(), falls) == ranks.end();
        if (std::is_sorted(common.begin(), common.end()) && same_ranks) return;
        Difference difference;
        difference.where = "order of members";
        if (order_is_free(*sides_[0]) && order_is_free(*sides_[1])) {
            difference.cause = CauseId::record_order;
            difference.evidence = "each member is matched by its name; no name occurs twice";
        }
        part_.add(std::move(difference));
    }

    void only(std::size_t side, const Member& member) {
        const std::uint64_t bytes = member.header.size + member.data.size + member.after.size + member.index.size;
        Part inner = one_sided_part(member.name, side, bytes);
        inner.size.at(side) = member.data.size;
        add_part(part_, std::move(inner));
    }

    bool same(const Member& a, const Member& b, Span Member::*span) const {
        return same_bytes(cut(subject_.bytes[0], a.*span), cut(subject_.bytes[1], b.*span));
    }

    bool compare_members(const Member& a, const Member& b) {
        const bool headers = same(a, b, &Member::header) && same(a, b, &Member::after) && same(a, b, &Member::index);
        if (headers && same(a, b, &Member::data)) {
            check_meaning(a, b);
            return true;
        }
        if (analyzer_.out_of_time()) {
            cut_part(part_, "the time for explaining was over");
            return true;
        }
        if (!headers && !compare_fields(a, b)) return false;
        return compare_content(a, b);
    }

    bool compare_fields(const Member& a, const Member& b) {
        const std::array<Fields, 2> fields{sides_[0]->fields(a), sides_[1]->fields(b)};
        if (!tiles_member(a, fields[0]) || !tiles_member(b, fields[1])) return false;
        comparer_.compare(printable_short(a.name), fields[0], fields[1]);
        return true;
    }

    /// Of two members with equal content: the same offsets may lead to others, so that a symbol is taken from another
    /// object.
    void check_meaning(const Member& a, const Member& b) {
        const std::optional<std::string> meaning = sides_[0]->meaning(a);
        const std::optional<std::string> other = sides_[1]->meaning(b);
        if (!meaning || !other || meaning == other) return;
        Difference difference;
        difference.where = printable_short(a.name);
        difference.spans = {a.data, b.data};
        difference.evidence = "the same bytes lead to other members";
        part_.add(std::move(difference));
    }

    bool compare_content(const Member& a, const Member& b) {
        if (sides_[0]->same_content(a, *sides_[1], b)) {
            check_meaning(a, b);
            return true;
        }
        const std::optional<std::string> meaning = sides_[0]->meaning(a);
        if (meaning && meaning == sides_[1]->meaning(b)) {
            comparer_.note_structure();
            return true;
        }
        std::array<std::string, 2> storage;
        std::array<Unpacked, 2> unpacked;
        for (std::size_t side : {0U, 1U}) {
            unpacked[side] = sides_[side]->unpack(side == 0 ? a : b, analyzer_, storage[side]);
            if (unpacked[side].status == UnpackStatus::broken) return false;
            if (unpacked[side].status == UnpackStatus::too_large) {
                too_large(a, b);
                return true;
            }
        }
        Part inner = analyzer_.child(subject_, a.name, {unpacked[0].content, unpacked[1].content});
        if (inner.kind == "equal") {
            compressed_differently(a, b);
        } else {
            add_part(part_, std::move(inner));
        }
        return true;
    }

    void compressed_differently(const Member& a, const Member& b) {
        if (same(a, b, &Member::data)) return;
        Difference difference;
        difference.where = fmt::format("{}: compressed content", printable_short(a.name));
        difference.spans = {a.data, b.data};
        difference.values = {fmt::format("{} bytes", a.data.size), fmt::format("{} bytes", b.data.size)};
        difference.cause = CauseId::compression_only;
        difference.evidence = "the unpacked content is the same";
        part_.add(std::move(difference));
    }

    void too_large(const Member& a, const Member& b) {
        Part inner;
        inner.name = a.name;
        inner.kind = "binary";
        inner.size = {a.data.size, b.data.size};
        inner.differing = {a.data.size, b.data.size};
        cut_part(inner, "unpacks to more than the limit");
        add_part(part_, std::move(inner));
    }

    const Subject& subject_;
    Analyzer& analyzer_;
    Part& part_;
    std::array<const Archive*, 2> sides_;
    FieldComparer comparer_;
};

std::string_view parent_of(std::string_view name) {
    while (name.ends_with('/')) name.remove_suffix(1);
    const std::size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : name.substr(0, slash);
}

std::string_view without_slash(std::string_view name) {
    while (name.ends_with('/')) name.remove_suffix(1);
    return name;
}

} // namespace

bool Archive::same_content(const Member& member, const Archive& other, const Member& others) const {
    return same_bytes(cut(bytes, member.data), cut(other.bytes, others.data));
}

Unpacked Archive::unpack(const Member& member, Analyzer&, std::string&) const {
    return {UnpackStatus::done, cut(bytes, member.data)};
}

std::optional<std::string> Archive::meaning(const Member&) const {
    return {};
}

Part one_sided_part(std::string_view name, std::size_t side, std::uint64_t bytes) {
    Part part;
    part.name = name;
    part.kind = "member";
    part.size.at(side) = bytes;
    part.differing.at(side) = std::max<std::uint64_t>(1, bytes);
    return part;
}

void cut_part(Part& part, std::string limit) {
    part.complete = false;
    part.limit = std::move(limit);
}

void add_part(Part& part, Part inner) {
    if (part.parts.size() < part_limit) {
        part.parts.push_back(std::move(inner));
        return;
    }
    const auto differing = inner.all_differing();
    const auto covered = inner.all_covered();
    for (std::size_t side : {0U, 1U}) {
        part.differing[side] += differing[side];
        part.covered[side] += covered[side];
    }
    for (const auto& [cause, count] : inner.all_causes()) part.causes[cause] += count;
    ++part.more;
    // "covered" equal to "differing" in sum could be two wrongs that make a right only if a side were over-covered,
    // which add() never does; a limit deeper inside must stay visible, though.
    if (!inner.explained() && differing == covered) cut_part(part, inner.limit);
}

bool order_is_free(const Archive& archive) {
    if (archive.fixed_order) return false;
    // Bytes of names that are looked up: names of many components in common would cost time without bound.
    std::uint64_t budget = std::uint64_t{64} << 20;
    const std::vector<std::size_t> order = by_name(archive);
    const auto find = [&](std::string_view name) {
        const auto at =
            std::lower_bound(order.begin(), order.end(), name, [&](std::size_t index, std::string_view key) {
                return archive.members[index].name < key;
            });
        return at == order.end() || archive.members[*at].name != name ? none : *at;
    };
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (archive.members[order[i - 1]].name == archive.members[order[i]].name) return false;
    }
    for (std::size_t i = 0; i < archive.members.size(); ++i) {
        const Member& member = archive.members[i];
        if (member.name.ends_with('/') && find(without_slash(member.name)) != none) return false;
        for (std::string_view above = parent_of(member.name); !above.empty(); above = parent_of(above)) {
            if (above.size() > budget) return false;
            budget -= above.size();
            const std::size_t at = find(above);
            if (at != none && archive.members[at].node != Node::directory) return false;
        }
        if (member.node != Node::hardlink) continue;
        const std::size_t target = find(member.link);
        if (target == none || target >= i) return false;
    }
    return true;
}

bool explain_archive(const Subject& subject, Analyzer& analyzer, Part& part, ArchiveParser parse) {
    std::array<Parsed, 2> parsed;
    for (std::size_t side : {0U, 1U}) {
        parsed[side] = parse(subject.name, subject.bytes[side], analyzer.limits());
        if (parsed[side].too_many) {
            part.differing = {subject.bytes[0].size(), subject.bytes[1].size()};
            cut_part(part, fmt::format("more than {} members", analyzer.limits().members));
            return true;
        }
        if (!parsed[side].archive || !tiles_file(*parsed[side].archive)) return false;
    }
    Part filled = part;
    ArchivePair pair(subject, analyzer, filled, *parsed[0].archive, *parsed[1].archive);
    if (!pair.compare()) return false;
    part = std::move(filled);
    return true;
}

} // namespace touchstone::archives
