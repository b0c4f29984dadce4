// Python bytecode: the header by field, then both trees of objects side by side. Reference flags, the order of sets and
// the file name in code objects differ between two compilations of one source; everything else is another program,
// and is never given a cause here: Python runs an unchecked .pyc whatever the source beside it says.
#include "diff/explain/binary_formats.h"
#include "diff/explain/detect_subject.h"
#include "diff/explain/marshal.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace touchstone {

namespace {

constexpr std::uint64_t header_size = 16; ///< since Python 3.7
constexpr std::uint64_t unchecked_hash = 1;

std::uint32_t magic_of(ByteView bytes) {
    return static_cast<std::uint32_t>(Numbers{bytes}.at(0, 2));
}

bool is_text(const MarshalNode& node) {
    return std::string_view("zZaAu").find(node.type) != std::string_view::npos;
}

std::uint64_t length_size(const MarshalNode& node) {
    return node.type == 'z' || node.type == 'Z' ? 1 : 4;
}

/// The characters of a string object.
Span text_span(const MarshalNode& node) {
    const std::uint64_t size = length_size(node);
    return {node.value.offset + size, node.value.size - size};
}

/// Walks two trees in step.
class Walk {
public:
    Walk(const Subject& subject, Analyzer& analyzer, Part& part, std::array<MarshalTree, 2> trees)
        : subject_(subject), analyzer_(analyzer), part_(part), trees_(std::move(trees)),
          unchecked_(Numbers{subject.bytes[0]}.at(4, 4) == unchecked_hash ||
                     Numbers{subject.bytes[1]}.at(4, 4) == unchecked_hash) {}

    void run() { compare({0, 0}, "the module", false); }

private:
    using Pair = std::array<std::uint32_t, 2>;

    const MarshalNode& node(const Pair& pair, std::size_t side) const {
        return trees_.at(side).nodes.at(pair.at(side));
    }
    const MarshalNode& resolved(const Pair& pair, std::size_t side) const {
        return trees_.at(side).resolved(pair.at(side));
    }
    std::string_view text(const Pair& pair, std::size_t side) const {
        return text_of(subject_, side, text_span(resolved(pair, side)));
    }
    bool same_bytes(const Pair& pair) const {
        return text_of(subject_, 0, node(pair, 0).span) == text_of(subject_, 1, node(pair, 1).span);
    }
    /// What the two stand for is the same, or is a pair that was compared already.
    bool same_meaning(const Pair& pair) const {
        if (resolved(pair, 0).digest == resolved(pair, 1).digest) return true;
        const auto found = paired_.find(target(pair, 0));
        return found != paired_.end() && found->second == target(pair, 1);
    }
    std::uint32_t target(const Pair& pair, std::size_t side) const {
        const MarshalNode& one = node(pair, side);
        return one.type == 'r' ? one.target : pair.at(side);
    }

    void report(std::string_view where, const SpanPair& spans, std::optional<CauseId> cause = std::nullopt,
                std::string_view evidence = {}) {
        Difference difference;
        difference.where = printable_short(where);
        difference.spans = spans;
        for (std::size_t side : {0U, 1U}) {
            difference.values.at(side) = short_bytes(text_of(subject_, side, spans.at(side)));
        }
        difference.cause = cause;
        difference.evidence = evidence;
        if (!cause && unchecked_) difference.evidence = "Python runs this file whatever its source says";
        part_.add(std::move(difference));
    }
    void report_whole(std::string_view where, const Pair& pair) {
        report(where, {node(pair, 0).span, node(pair, 1).span});
    }
    /// The flag says whether something else referred to the object when it was written: a count in memory. Digests
    /// tell that the objects are the same.
    void report_flag(std::string_view where, const SpanPair& spans) {
        report(where, spans, CauseId::stale_memory,
               "only marks of references and interned texts: they depend on what was in memory");
    }

    void compare(const Pair& pair, const std::string& where, bool constant) {
        const MarshalNode& left = node(pair, 0);
        const MarshalNode& right = node(pair, 1);
        paired_[pair[0]] = pair[1];
        if (left.digest == right.digest && same_bytes(pair)) return;
        if (left.type == 'r' || right.type == 'r') return compare_references(pair, where);
        if (constant && is_text(left) && is_text(right) && left.digest != right.digest) {
            return compare_strings(pair, where);
        }
        const bool same_shape = left.children.size() == right.children.size();
        if (plain_type(left.type) != plain_type(right.type) || !same_shape) return report_whole(where, pair);
        if (left.flag != right.flag || left.type != right.type) {
            report_flag(where, {Span{left.span.offset, 1}, Span{right.span.offset, 1}});
        }
        if (left.children.empty()) {
            if (left.digest != right.digest) compare_values(left, right, where);
        } else if (left.type == 'c') {
            compare_code(pair);
        } else if (left.type == '<' || left.type == '>') {
            compare_sets(pair, where);
        } else {
            for (std::size_t i = 0; i < left.children.size(); ++i) compare(child(pair, i), where, constant);
        }
    }

    void compare_values(const MarshalNode& left, const MarshalNode& right, const std::string& where) {
        constexpr std::uint64_t worth_a_view = 16;
        if (std::max(left.value.size, right.value.size) < worth_a_view) return report(where, {left.value, right.value});
        part_.parts.push_back(
            compare_ranges(subject_, analyzer_, where,
                           {as_bytes(text_of(subject_, 0, left.value)), as_bytes(text_of(subject_, 1, right.value))}));
    }

    Pair child(const Pair& pair, std::size_t i) const {
        return {node(pair, 0).children.at(i), node(pair, 1).children.at(i)};
    }

    void compare_references(const Pair& pair, const std::string& where) {
        if (!same_meaning(pair)) return report_whole(where, pair);
        if (!same_bytes(pair)) report_flag(where, {node(pair, 0).span, node(pair, 1).span});
    }

    void compare_sets(const Pair& pair, const std::string& where) {
        const MarshalNode& left = node(pair, 0);
        const MarshalNode& right = node(pair, 1);
        bool same_order = true;
        for (std::size_t i = 0; i < left.children.size(); ++i) {
            const Pair item = child(pair, i);
            same_order = same_order && node(item, 0).digest == node(item, 1).digest;
        }
        if (same_order) {
            for (std::size_t i = 0; i < left.children.size(); ++i) compare(child(pair, i), where, false);
        } else if (left.digest == right.digest) {
            const auto items = [](const MarshalNode& set) { return Span{set.span.offset + 5, set.span.size - 5}; };
            report(where, {items(left), items(right)}, CauseId::hash_order, "a set with the same members");
        } else {
            report_whole(where, pair);
        }
    }

    void compare_code(const Pair& pair) {
        const auto& fields = trees_[0].code_fields;
        const auto at = [&](std::string_view name) {
            return child(pair,
                         static_cast<std::size_t>(std::find(fields.begin(), fields.end(), name) - fields.begin()));
        };
        const Pair name = at("co_name");
        const std::string of = is_text(resolved(name, 0)) ? std::string(text(name, 0)) : "?";
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i] == "co_filename") {
                compare_file_names(child(pair, i), fmt::format("co_filename of {}", of));
            } else {
                compare(child(pair, i), fmt::format("{} of {}", fields[i], of), fields[i] == "co_consts");
            }
        }
    }

    /// Where the source lay when it was compiled; the same file in another directory is a build path.
    void compare_file_names(const Pair& pair, const std::string& where) {
        const bool written = node(pair, 0).type != 'r' && node(pair, 1).type != 'r';
        const bool texts = is_text(resolved(pair, 0)) && is_text(resolved(pair, 1));
        if (!written || !texts || node(pair, 0).digest == node(pair, 1).digest) return compare(pair, where, false);
        const std::array<std::string_view, 2> path = {text(pair, 0), text(pair, 1)};
        const bool absolute = path[0].starts_with('/') && path[1].starts_with('/');
        if (!absolute || last_component(path[0]) != last_component(path[1])) return compare(pair, where, false);
        paired_[pair[0]] = pair[1];
        const bool temporary = path[0].starts_with("/tmp/") || path[1].starts_with("/tmp/");
        report(where, {node(pair, 0).span, node(pair, 1).span},
               temporary ? CauseId::temporary_path : CauseId::build_path, "the same source in another directory");
    }

    /// Two texts in the code: the detectors may know why they differ (a date, a path). Their lengths follow from them.
    void compare_strings(const Pair& pair, const std::string& where) {
        const std::array<Span, 2> inside = {text_span(node(pair, 0)), text_span(node(pair, 1))};
        SpanPair front{};
        for (std::size_t side : {0U, 1U}) {
            const std::uint64_t from = node(pair, side).span.offset;
            front.at(side) = {from, inside.at(side).offset - from};
        }
        if (text_of(subject_, 0, front[0]) != text_of(subject_, 1, front[1])) {
            report(where, front, CauseId::derived, "the length of the text");
        }
        part_.parts.push_back(
            compare_leaf(subject_, analyzer_, where,
                         {as_bytes(text_of(subject_, 0, inside[0])), as_bytes(text_of(subject_, 1, inside[1]))}));
    }

    const Subject& subject_;
    Analyzer& analyzer_;
    Part& part_;
    std::array<MarshalTree, 2> trees_;
    std::map<std::uint32_t, std::uint32_t> paired_; ///< nodes that stood at the same place
    bool unchecked_;
};

void add(Part& part, const Subject& subject, std::string where, Span span, std::optional<CauseId> cause,
         std::string evidence, const std::array<std::string, 2>& shown) {
    if (text_of(subject, 0, span) == text_of(subject, 1, span)) return;
    Difference difference;
    difference.where = std::move(where);
    difference.spans = {span, span};
    difference.values = shown;
    difference.cause = cause;
    difference.evidence = cause ? std::move(evidence) : std::string();
    part.add(std::move(difference));
}

/// Later than everything in the image: then no source there has this time, and Python compiles it again at each start.
bool is_stale(const SideClues& side, std::int64_t seconds) {
    return side.newest_mtime > 0 && seconds > side.newest_mtime;
}

void compare_source_time(const Subject& subject, const Analyzer& analyzer, Part& part) {
    std::array<std::int64_t, 2> time{};
    std::array<std::string, 2> shown;
    for (std::size_t side : {0U, 1U}) {
        time.at(side) = static_cast<std::int64_t>(Numbers{subject.bytes.at(side)}.at(8, 4));
        shown.at(side) = show_time(time.at(side));
    }
    const Clues& clues = analyzer.clues();
    std::optional<CauseId> cause;
    std::string evidence = "the time of the source when it was compiled";
    if (believes_times(clues, time[0], time[1])) {
        cause = CauseId::binary_time;
        if (is_stale(clues.side[0], time[0]) && is_stale(clues.side[1], time[1])) {
            cause = CauseId::stale_pyc;
            evidence = "a time of the source that is later than all times in the image";
        }
    }
    add(part, subject, "time of the source", {8, 4}, cause, evidence, shown);
}

/// The size of the source is derived where a divergent file of that name has that size on each side.
void compare_source_size(const Subject& subject, const Analyzer& analyzer, Part& part) {
    std::array<std::string, 2> shown;
    const std::string_view name = last_component(subject.name);
    const std::string source = std::string(name.substr(0, name.find('.'))) + ".py";
    bool known = true;
    for (std::size_t side : {0U, 1U}) {
        const std::uint64_t size = Numbers{subject.bytes.at(side)}.at(12, 4);
        shown.at(side) = fmt::format("{}", size);
        const auto* found = analyzer.clues().side.at(side).derived.find_size(size);
        known = known && found != nullptr && last_component(found->path) == source;
    }
    add(part, subject, "size of the source", {12, 4}, known ? std::optional(CauseId::derived) : std::nullopt,
        "the size of its source, which differs", shown);
}

void compare_header(const Subject& subject, const Analyzer& analyzer, Part& part) {
    const auto in_hex = [&](Span span) {
        return std::array{hex(text_of(subject, 0, span)), hex(text_of(subject, 1, span))};
    };
    add(part, subject, "magic number", {0, 4}, CauseId::toolchain, "compiled by another version of Python",
        {fmt::format("{}", magic_of(subject.bytes[0])), fmt::format("{}", magic_of(subject.bytes[1]))});
    add(part, subject, "flags", {4, 4}, std::nullopt, {}, in_hex({4, 4}));
    if (Numbers{subject.bytes[0]}.at(4, 4) == 0 && Numbers{subject.bytes[1]}.at(4, 4) == 0) {
        compare_source_time(subject, analyzer, part);
        compare_source_size(subject, analyzer, part);
    } else {
        add(part, subject, "hash, or time and size, of the source", {8, 8}, std::nullopt, {}, in_hex({8, 8}));
    }
}

void compare_body(const Subject& subject, Analyzer& analyzer, Part& part) {
    const BytePair body = {subject.bytes[0].subspan(header_size), subject.bytes[1].subspan(header_size)};
    if (equal(body[0], body[1])) return;
    const auto shape = code_shape(magic_of(subject.bytes[0]));
    if (shape && magic_of(subject.bytes[0]) == magic_of(subject.bytes[1])) {
        auto left = read_marshal(subject.bytes[0], header_size, *shape);
        auto right = read_marshal(subject.bytes[1], header_size, *shape);
        if (left && right) return Walk(subject, analyzer, part, {std::move(*left), std::move(*right)}).run();
    }
    part.parts.push_back(compare_ranges(subject, analyzer, "bytecode", body));
}

} // namespace

bool recognizes_pyc(std::string_view name, ByteView bytes) {
    const std::uint32_t magic = magic_of(bytes);
    return bytes.size() > header_size && name.ends_with(".pyc") && magic >= 3390 && magic < 4000 &&
           Numbers{bytes}.at(2, 2) == 0x0a0d && Numbers{bytes}.at(4, 4) <= 3;
}

bool analyze_pyc(const Subject& subject, Analyzer& analyzer, Part& part) {
    compare_header(subject, analyzer, part);
    compare_body(subject, analyzer, part);
    return true;
}

} // namespace touchstone
