// Lines of "key = value": Java properties, ini files and os-release. Every line is a record with its end: a key line by
// its section and key, comments and blank lines by their number. Of a pair of key lines the value is explained by
// itself and all the rest of the line must be equal, so that nothing is left out. Lines of any other shape, a key that
// is there twice, and another number of comments make the handler refuse: then it is text.
#include "diff/explain/document_records.h"
#include "diff/explain/documents.h"

#include "diff/explain/detect_subject.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

/// What a family of files calls a comment and a separator.
struct Grammar {
    std::string_view comments;
    std::string_view separators;
    bool sections;
    bool continued; ///< a backslash at the end continues the line
};
constexpr Grammar properties_grammar{"#!", "=:", false, true};
constexpr Grammar ini_grammar{"#;", "=", true, false};

struct Line {
    Span head;  ///< blanks, key, separator, blanks; or the whole text of any other line
    Span value; ///< empty where it is not a key line
    Span end;
    bool is_key = false;
};

struct Keyed {
    std::vector<KeyedRecord> records;
    std::vector<Line> lines;
};

constexpr std::string_view blanks = " \t";
constexpr std::size_t keyed_limit = std::size_t{4} << 20; ///< bytes; each key carries its section's name
constexpr std::size_t section_limit = 100;                ///< bytes of a section's name

bool ends_with_odd_backslashes(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && text[text.size() - 1 - count] == '\\') ++count;
    return count % 2 == 1;
}

/// With continuation lines joined; nothing where a comment or the last line is continued.
std::optional<std::vector<Span>> logical_lines(ByteView bytes, const Grammar& grammar, const ExplainLimits& limits) {
    const auto lines = lines_of(bytes, limits);
    if (!lines) return std::nullopt;
    std::vector<Span> joined;
    bool continues = false;
    for (const Span& line : *lines) {
        const std::string_view text = without_end(as_text(bytes).substr(line.offset, line.size));
        const bool comment =
            !continues &&
            grammar.comments.find(text.substr(std::min(text.find_first_not_of(blanks), text.size())).substr(0, 1)) !=
                std::string_view::npos;
        if (continues) {
            joined.back().size += line.size;
        } else {
            joined.push_back(line);
        }
        continues = ends_with_odd_backslashes(text);
        if (continues && (comment || !grammar.continued)) return std::nullopt;
    }
    return continues ? std::nullopt : std::optional(std::move(joined));
}

class KeyedReader {
public:
    KeyedReader(ByteView bytes, const Grammar& grammar) : text_(as_text(bytes)), grammar_(grammar) {}

    bool add(const Span& span, Keyed& out) {
        const std::string_view whole = text_.substr(span.offset, span.size);
        const std::string_view text = without_end(whole);
        Line line{{span.offset, text.size()}, {}, {span.offset + text.size(), span.size - text.size()}, false};
        std::string key;
        if (text.find_first_of("\r\f") != std::string_view::npos) return false; // line ends and blanks for Java only
        const std::size_t first = text.find_first_not_of(blanks);
        if (first == std::string_view::npos || grammar_.comments.find(text[first]) != std::string_view::npos) {
            key = fmt::format("comment {}", others_++);
        } else if (grammar_.sections && text[first] == '[') {
            if (text.size() > section_limit) return false;
            section_ = text;
            key = fmt::format("section {}", section_);
        } else if (!key_line(text, first, span.offset, line, key)) {
            return false;
        }
        out.records.push_back({std::move(key), span});
        out.lines.push_back(line);
        return true;
    }

    std::size_t others() const { return others_; }

private:
    bool key_line(std::string_view text, std::size_t first, std::uint64_t offset, Line& line, std::string& key) const {
        const std::size_t separator = text.find_first_of(grammar_.separators, first);
        if (separator == std::string_view::npos || separator == first) return false;
        const std::string_view name = text.substr(first, text.find_last_not_of(blanks, separator - 1) + 1 - first);
        // Blanks separate, too, in properties, and a backslash escapes: such keys are left to the text.
        if (name.find_first_of(" \t\\") != std::string_view::npos && grammar_.continued) return false;
        const std::size_t value = std::min(text.find_first_not_of(blanks, separator + 1), text.size());
        line.head = {offset, value};
        line.value = {offset + value, text.size() - value};
        line.is_key = true;
        key = fmt::format("key {}\n{}", section_, name);
        return true;
    }

    std::string_view text_;
    const Grammar& grammar_;
    std::string section_;
    std::size_t others_ = 0; ///< comments and blank lines
};

struct Parsed {
    Keyed keyed;
    std::size_t others = 0;
};

std::optional<Parsed> read_keyed(ByteView bytes, const Grammar& grammar, const ExplainLimits& limits) {
    if (bytes.size() > keyed_limit) return std::nullopt;
    const auto lines = logical_lines(bytes, grammar, limits);
    if (!lines) return std::nullopt;
    Parsed parsed;
    KeyedReader reader(bytes, grammar);
    for (const Span& line : *lines) {
        if (!reader.add(line, parsed.keyed)) return std::nullopt;
    }
    parsed.others = reader.others();
    return parsed;
}

/// "key [main]\nname" for people: "[main] name".
std::string shown(std::string_view key) {
    const std::size_t space = key.find(' ');
    std::string text(key.substr(key.starts_with("key ") ? space + 1 : 0));
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (text.starts_with(' ')) text.erase(0, 1);
    return printable_short(text, 80);
}

bool analyze_keyed(const Subject& subject, Analyzer& analyzer, Part& part, const Grammar& grammar,
                   std::optional<CauseId> order) {
    const auto published = read_keyed(subject.bytes[0], grammar, analyzer.limits());
    const auto rebuilt = read_keyed(subject.bytes[1], grammar, analyzer.limits());
    if (!published || !rebuilt || published->others != rebuilt->others) return false;
    const std::array<const Keyed*, 2> sides{&published->keyed, &rebuilt->keyed};
    const auto matched = match_records(sides[0]->records, sides[1]->records);
    if (!matched) return false;

    Splitter out(subject, analyzer, part);
    for (const auto& [i, j] : matched->pairs) {
        const std::string name = shown(sides[0]->records[i].key);
        const Line& a = sides[0]->lines[i];
        const Line& b = sides[1]->lines[j];
        if (a.is_key) {
            out.differ("white space around " + name, {a.head, b.head});
            out.compare(name, {a.value, b.value});
        } else {
            out.compare(name, {a.head, b.head});
        }
        out.differ("line end of " + name, {a.end, b.end});
    }
    for (std::size_t side : {0U, 1U}) {
        for (const std::size_t i : matched->only.at(side)) {
            const KeyedRecord& record = sides.at(side)->records[i];
            out.only(side, shown(record.key), record.span, record.span.offset);
        }
    }
    if (!matched->moved.empty()) {
        out.order("order of lines", moved_range(*matched, sides[0]->records, sides[1]->records), order,
                  order ? "each key is there once, and properties are a hash table" : "");
    }
    return true;
}

} // namespace

bool recognizes_properties(std::string_view name, ByteView /*bytes*/) {
    return name.ends_with(".properties");
}

bool analyze_properties(const Subject& subject, Analyzer& analyzer, Part& part) {
    return analyze_keyed(subject, analyzer, part, properties_grammar, CauseId::hash_order);
}

bool recognizes_ini(std::string_view name, ByteView /*bytes*/) {
    const std::string_view file = last_component(name);
    return file.ends_with(".ini") || file.ends_with(".desktop") || file == "os-release" || file == "lsb-release";
}

bool analyze_ini(const Subject& subject, Analyzer& analyzer, Part& part) {
    // Readers of such files are many, and some go by order: another order is said, but not explained.
    return analyze_keyed(subject, analyzer, part, ini_grammar, std::nullopt);
}

} // namespace touchstone
