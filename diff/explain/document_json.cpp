// JSON by key. Every byte of a document is a bracket, a comma, a colon, a blank, a key or a scalar
// (document_json_tree.h). Two documents are equal when they have the same keys in the same order, equal scalars as they
// are spelled, and the same blanks in the same places; each of these is compared here and each inequality becomes a
// difference, so no differing byte is left out. Escapes and spellings of numbers differ as text.
#include "diff/explain/documents.h"

#include "diff/explain/detect_subject.h"
#include "diff/explain/document_json_tree.h"
#include "diff/explain/document_records.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Objects whose readers do look at the order of keys. RFC 8259 says that objects have none; these tools disagree.
struct OrderedObject {
    std::string_view file;
    std::string_view path; ///< this object, and all inside it
};
constexpr std::array<OrderedObject, 5> ordered_objects{{
    {"package.json", "$.exports"},       // Node takes the first condition that holds
    {"package.json", "$.imports"},       // likewise
    {"package.json", "$.typesVersions"}, // TypeScript takes the first range that fits
    {"composer.json", "$.repositories"}, // the first repository that has a package wins
    {"composer.json", "$.autoload"},     // files are loaded in order
}};

bool is_ordered(const Subject& subject, std::string_view path) {
    return std::any_of(ordered_objects.begin(), ordered_objects.end(), [&](const OrderedObject& row) {
        return row.file == last_component(subject.name) && path.starts_with(row.path);
    });
}

bool is_scalar(Json::Kind kind) {
    return kind != Json::Kind::object && kind != Json::Kind::array;
}

bool is_plain_key(std::string_view key) {
    constexpr std::size_t plain_limit = 64;
    return !key.empty() && key.size() <= plain_limit && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

/// "$.a" or "$['a/b']": the brackets also keep a key that looks like a path from being taken for a file's name.
std::string path_to(const std::string& path, std::string_view key_with_quotes) {
    const std::string_view key = key_with_quotes.substr(1, key_with_quotes.size() - 2);
    return is_plain_key(key) ? fmt::format("{}.{}", path, key)
                             : fmt::format("{}['{}']", path, printable_short(key, 80));
}

class Comparer {
public:
    explicit Comparer(Splitter& out) : out_(out) {}

    void document(const JsonPlace& a, const JsonPlace& b) {
        space("$", {a.before(), b.before()});
        value("$", a, b);
        space("$", {a.after(), b.after()});
    }

private:
    /// Recursion is bounded by the depth that parse_json allows.
    void value(const std::string& path, const JsonPlace& a, const JsonPlace& b) { // NOLINT(misc-no-recursion)
        const SpanPair spans{a.value(), b.value()};
        if (out_.equal(spans)) return;
        if (a.kind != b.kind) return out_.differ(path, spans);
        if (a.kind == Json::Kind::string) return out_.compare(path, {inner(a), inner(b)});
        if (is_scalar(a.kind)) return out_.compare(path, spans);
        if (a.items.empty() || b.items.empty()) return out_.differ(path, spans);
        if (a.kind == Json::Kind::object) {
            object(path, a, b);
        } else {
            array(path, a, b);
        }
    }

    /// A string without its quotes.
    static Span inner(const JsonPlace& place) { return {std::uint64_t{place.value_start} + 1, place.value().size - 2}; }

    void object(const std::string& path, const JsonPlace& a, const JsonPlace& b) { // NOLINT(misc-no-recursion)
        const std::vector<KeyedRecord> left = records(0, a);
        const std::vector<KeyedRecord> right = records(1, b);
        const auto matched = match_records(left, right);
        if (!matched) return out_.differ(path, {a.value(), b.value()}); // not after parse_json
        for (const auto& [i, j] : matched->pairs) {
            if (out_.equal({a.items[i].colon(), b.items[j].colon()}) &&
                out_.equal({a.items[i].value(), b.items[j].value()})) {
                continue;
            }
            const std::string inside = path_to(path, left[i].key);
            out_.differ("white space at " + inside, {a.items[i].colon(), b.items[j].colon()});
            value(inside, a.items[i], b.items[j]);
        }
        for (const std::size_t i : matched->only[0])
            out_.only(0, path_to(path, left[i].key), left[i].span, b.value_end - 1);
        for (const std::size_t i : matched->only[1]) {
            out_.only(1, path_to(path, right[i].key), right[i].span, a.value_end - 1);
        }
        if (!matched->moved.empty()) {
            const bool matters = is_ordered(out_.subject(), path);
            out_.order("order of keys in " + path, moved_range(*matched, left, right),
                       matters ? std::nullopt : std::optional(CauseId::hash_order),
                       matters ? "here a reader takes the first key that fits"
                               : "the keys of a JSON object have no order");
        }
        layout(path, a, b);
    }

    std::vector<KeyedRecord> records(std::size_t side, const JsonPlace& place) const {
        std::vector<KeyedRecord> list;
        list.reserve(place.items.size());
        for (const JsonPlace& item : place.items) {
            list.push_back({std::string(out_.text(side, item.key())), item.whole()});
        }
        return list;
    }

    void array(const std::string& path, const JsonPlace& a, const JsonPlace& b) { // NOLINT(misc-no-recursion)
        layout(path, a, b);
        if (a.items.size() != b.items.size()) return changed_items(path, a, b);
        if (is_permutation(a, b)) {
            // An array has an order, and readers may go by it: said, but not explained.
            return out_.order("order of items in " + path, {a.value(), b.value()}, std::nullopt, "the same items");
        }
        for (std::size_t i = 0; i < a.items.size(); ++i) {
            value(fmt::format("{}[{}]", path, i), a.items[i], b.items[i]);
        }
    }

    bool is_permutation(const JsonPlace& a, const JsonPlace& b) const {
        std::array<std::vector<std::string_view>, 2> values;
        for (const JsonPlace& item : a.items) values[0].push_back(out_.text(0, item.value()));
        for (const JsonPlace& item : b.items) values[1].push_back(out_.text(1, item.value()));
        if (values[0] == values[1]) return false;
        for (auto& side : values) std::sort(side.begin(), side.end());
        return values[0] == values[1];
    }

    /// Items were added or removed: what is left between the equal ones at the start and at the end.
    void changed_items(const std::string& path, const JsonPlace& a, const JsonPlace& b) {
        const std::size_t shorter = std::min(a.items.size(), b.items.size());
        const auto same = [&](std::size_t i, std::size_t j) {
            return out_.text(0, a.items[i].value()) == out_.text(1, b.items[j].value());
        };
        std::size_t head = 0;
        while (head < shorter && same(head, head)) ++head;
        std::size_t tail = 0;
        while (tail < shorter - head && same(a.items.size() - 1 - tail, b.items.size() - 1 - tail)) ++tail;
        const auto middle = [&](const JsonPlace& place) {
            if (place.items.size() == head + tail)
                return Span{head == 0 ? place.value_start + 1ULL : place.items[head - 1].end, 0};
            const std::uint64_t start = place.items[head].start;
            return Span{start, place.items[place.items.size() - 1 - tail].end - start};
        };
        const SpanPair spans{middle(a), middle(b)};
        const std::string where = fmt::format("{}[{}…]", path, head);
        if (spans[0].size == 0) return out_.only(1, where, spans[1], spans[0].offset);
        if (spans[1].size == 0) return out_.only(0, where, spans[0], spans[1].offset);
        out_.differ(where, spans);
    }

    /// The blanks around members, place by place: keys may move, a pretty printer's indent does not.
    void layout(const std::string& path, const JsonPlace& a, const JsonPlace& b) {
        const std::size_t shorter = std::min(a.items.size(), b.items.size());
        for (std::size_t i = 0; i < shorter; ++i) space(path, {a.items[i].before(), b.items[i].before()});
        for (std::size_t i = 0; i + 1 < shorter; ++i) space(path, {a.items[i].after(), b.items[i].after()});
        space(path, {a.items.back().after(), b.items.back().after()});
    }

    void space(const std::string& path, const SpanPair& spans) { out_.differ("white space in " + path, spans); }

    Splitter& out_;
};

} // namespace

bool recognizes_json(std::string_view /*name*/, ByteView bytes) {
    const std::string_view text = as_text(bytes);
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return false;
    const char last = text[text.find_last_not_of(blanks)];
    return (text[first] == '{' && last == '}') || (text[first] == '[' && last == ']');
}

bool analyze_json(const Subject& subject, Analyzer& analyzer, Part& part) {
    const auto published = json_places(as_text(subject.bytes[0]));
    if (!published) return false;
    const auto rebuilt = json_places(as_text(subject.bytes[1]));
    if (!rebuilt) return false;
    Splitter out(subject, analyzer, part);
    Comparer(out).document(*published, *rebuilt);
    return true;
}

} // namespace touchstone
