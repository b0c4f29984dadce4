// META-INF/MANIFEST.MF: sections of attributes, folded after 72 bytes (JAR File Specification). What builders put
// there has a cause by its name; any other value goes through the engine as a text of its own.
#include "base/printable.h"
#include "diff/explain/archive_bytes.h"
#include "diff/explain/archive_formats.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace touchstone::archives {

namespace {

constexpr std::size_t line_size = 72;                          // without the line end
constexpr std::size_t most_attributes = 200'000;               // a signed jar has a section for each of its members
constexpr std::string_view last_modified = "Bnd-LastModified"; // milliseconds since 1970

struct Attribute {
    std::string section;   ///< the value of its first attribute; empty in the main section
    std::string_view name; ///< empty: the line that ends a section
    std::string value;     ///< unfolded
    Span span;
    std::string_view line_end;
    bool folded_well = true; ///< as the specification's writer folds, with one kind of line end
};

struct KnownAttribute {
    std::string_view name;
    CauseId cause;
    std::string_view evidence;
};
constexpr std::array<KnownAttribute, 9> known{{
    {"Built-By", CauseId::home_path, "the account of who built it"},
    {"Build-Jdk", CauseId::toolchain, "the Java that built it"},
    {"Build-Jdk-Spec", CauseId::toolchain, "the Java that built it"},
    {"Created-By", CauseId::toolchain, "the tool that wrote it"},
    {"Originally-Created-By", CauseId::toolchain, "the tool that wrote it"},
    {"Ant-Version", CauseId::toolchain, "the tool that built it"},
    {"Archiver-Version", CauseId::toolchain, "the tool that wrote it"},
    {"Build-Tool", CauseId::toolchain, "the tool that built it"},
    {"Tool", CauseId::toolchain, "the tool that built it"},
}};

class Manifest {
public:
    /// False where it is not written as the specification says.
    bool read(std::string_view text);
    /// By section, name and occurrence.
    using Key = std::pair<std::array<std::string_view, 2>, std::size_t>;
    std::map<Key, std::size_t> index() const;

    std::vector<Attribute> attributes;

private:
    bool take(std::string_view line, std::string_view line_end, std::uint64_t offset);

    std::string section_;
    bool opens_section_ = false;
    std::size_t last_line_ = 0;
};

bool Manifest::take(std::string_view line, std::string_view line_end, std::uint64_t offset) {
    const std::uint64_t size = line.size() + line_end.size();
    if (line.starts_with(' ')) {
        if (attributes.empty() || attributes.back().name.empty()) return false;
        Attribute& attribute = attributes.back();
        attribute.folded_well = attribute.folded_well && last_line_ == line_size && line.size() > 1 &&
                                line.size() <= line_size && line_end == attribute.line_end;
        attribute.value += line.substr(1);
        attribute.span.size += size;
        last_line_ = line.size();
        return true;
    }
    Attribute attribute;
    attribute.span = {offset, size};
    attribute.line_end = line_end;
    last_line_ = line.size();
    if (line.empty()) {
        opens_section_ = true;
    } else {
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos || colon == 0) return false;
        attribute.name = line.substr(0, colon);
        attribute.value = line.substr(colon + 2);
        attribute.folded_well = line.size() <= line_size;
        if (std::exchange(opens_section_, false)) section_ = attribute.value; // its first bytes, when it is folded
    }
    attribute.section = section_;
    attributes.push_back(std::move(attribute));
    return attributes.size() <= most_attributes;
}

bool Manifest::read(std::string_view text) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = rest.find_first_of("\r\n");
        if (end == std::string_view::npos) return false;
        const std::string_view line = rest.substr(0, end);
        const std::string_view line_end = rest.substr(end, rest.substr(end).starts_with("\r\n") ? 2 : 1);
        if (line.find('\0') != std::string_view::npos) return false;
        if (!take(line, line_end, text.size() - rest.size())) return false;
        rest.remove_prefix(line.size() + line_end.size());
    }
    return !attributes.empty() && attributes.front().name == "Manifest-Version";
}

std::map<Manifest::Key, std::size_t> Manifest::index() const {
    std::map<std::array<std::string_view, 2>, std::size_t> seen;
    std::map<Key, std::size_t> places;
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        const std::array<std::string_view, 2> key{attributes[i].section, attributes[i].name};
        places[{key, seen[key]++}] = i;
    }
    return places;
}

class ManifestPair {
public:
    ManifestPair(const Subject& subject, Analyzer& analyzer, Part& part, std::array<Manifest, 2>& sides)
        : subject_(subject), analyzer_(analyzer), part_(part), sides_(sides) {}

    void compare() {
        const auto places = sides_[1].index();
        std::vector<bool> taken(sides_[1].attributes.size());
        std::vector<std::size_t> partner(sides_[0].attributes.size(), std::string::npos);
        for (const auto& [key, place] : sides_[0].index()) {
            const auto found = places.find(key);
            if (found == places.end()) continue;
            partner[place] = found->second;
            taken[found->second] = true;
        }
        bool in_order = true;
        std::size_t last = 0;
        for (std::size_t i = 0; i < partner.size(); ++i) {
            const Attribute& published = sides_[0].attributes[i];
            if (partner[i] == std::string::npos) {
                add({&published, nullptr}, {}, {});
                continue;
            }
            in_order = in_order && partner[i] >= last;
            last = partner[i];
            compare(published, sides_[1].attributes[partner[i]]);
        }
        for (std::size_t i = 0; i < taken.size(); ++i) {
            if (!taken[i]) add({nullptr, &sides_[1].attributes[i]}, {}, {});
        }
        if (in_order) return;
        Difference difference;
        difference.where = "order of attributes";
        difference.cause = CauseId::hash_order;
        difference.evidence = "each attribute is matched by its section and name";
        part_.add(std::move(difference));
    }

private:
    using Pair = std::array<const Attribute*, 2>;

    void add(const Pair& pair, std::optional<CauseId> cause, std::string_view evidence) {
        const Attribute& either = pair[0] != nullptr ? *pair[0] : *pair[1];
        Difference difference;
        difference.where = either.name.empty() ? "end of a section" : printable_short(either.name);
        for (std::size_t side : {0U, 1U}) {
            if (pair[side] == nullptr) continue;
            difference.spans[side] = pair[side]->span;
            difference.values[side] = short_bytes(pair[side]->value);
        }
        difference.cause = cause;
        difference.evidence = evidence;
        part_.add(std::move(difference));
    }

    void compare(const Attribute& a, const Attribute& b) {
        if (same_bytes(cut(subject_.bytes[0], a.span), cut(subject_.bytes[1], b.span))) return;
        const Pair pair{&a, &b};
        // The same value in other lines, or lines that only some readers join, are more than another value.
        if (a.value == b.value || !a.folded_well || !b.folded_well || a.line_end != b.line_end) {
            return add(pair, {}, {});
        }
        const auto row =
            std::find_if(known.begin(), known.end(), [&](const KnownAttribute& each) { return each.name == a.name; });
        if (row != known.end() && a.section.empty()) return add(pair, row->cause, row->evidence);
        if (a.name == last_modified && a.section.empty()) return compare_milliseconds(pair);
        Part inner = analyzer_.child(subject_, a.name, {as_bytes(a.value), as_bytes(b.value)});
        add_part(part_, std::move(inner));
    }

    void compare_milliseconds(const Pair& pair) {
        const auto published = digits(pair[0]->value, 10);
        const auto rebuilt = digits(pair[1]->value, 10);
        const bool times =
            published && rebuilt && explainable_times(analyzer_.clues(), *published / 1000, *rebuilt / 1000);
        add(pair, times ? std::optional(CauseId::binary_time) : std::nullopt,
            times ? "milliseconds; both are times of their builds" : "");
    }

    const Subject& subject_;
    Analyzer& analyzer_;
    Part& part_;
    std::array<Manifest, 2>& sides_;
};

} // namespace

bool explain_manifest(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<Manifest, 2> sides;
    for (std::size_t side : {0U, 1U}) {
        if (!sides[side].read(as_text(subject.bytes[side]))) return false;
    }
    ManifestPair(subject, analyzer, part, sides).compare();
    return true;
}

} // namespace touchstone::archives
