// The databases of installed packages: dpkg's status and apk's installed. A file is stanzas, each with its blank line;
// a stanza is fields, each with its continuation lines. Stanzas are matched by package and architecture, fields by
// name; every field that differs, is there on one side only or moved is a difference, and so is another number of blank
// lines. Another version explains the fields that come out of the package itself, and no others: not what the
// administrator or dpkg decided (Status, Essential …).
#include "diff/explain/document_records.h"
#include "diff/explain/documents.h"

#include "diff/explain/detect_subject.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

/// How one database writes a stanza.
struct Dialect {
    bool single_letters; ///< apk: "V:1.2-r0"; else "Version: 1.2"
    std::string_view package;
    std::string_view architecture;
    std::string_view version;
    std::string_view from_package; ///< fields that the package brings, between blanks
};
constexpr Dialect dpkg_dialect{
    false, "Package", "Architecture", "Version",
    " Version Source Maintainer Installed-Size Depends Pre-Depends Recommends Suggests Enhances Breaks Conflicts "
    "Replaces "
    "Provides Built-Using Static-Built-Using Description Homepage Conffiles Multi-Arch Section Task Tag "
    "Original-Maintainer Python-Version Ruby-Versions Gstreamer-Version Build-Ids Cnf-Extra-Commands "};
constexpr Dialect apk_dialect{true, "P", "A", "V", " V C S I T U L o m t c D p i files "};

/// Where the list of a package's files begins: their lines repeat, and are one field here.
constexpr std::string_view apk_files = "files";

struct Stanza {
    std::vector<KeyedRecord> fields; ///< whole lines
    std::vector<Span> values;        ///< of each field, without its name and its last line end
    Span blank;                      ///< the blank lines after it
    std::string version;
};

struct Database {
    std::vector<KeyedRecord> records;
    std::vector<Stanza> stanzas;
};

class StanzaReader {
public:
    StanzaReader(ByteView bytes, const Dialect& dialect) : text_(as_text(bytes)), dialect_(dialect) {}

    bool add_line(const Span& span) {
        const std::string_view line = text_.substr(span.offset, span.size);
        if (!line.ends_with('\n')) return false;
        if (line == "\n") return add_blank(span);
        if (in_blank_ && !finish()) return false;
        if (current_.fields.empty()) start_ = span.offset;
        if (!dialect_.single_letters && (line.front() == ' ' || line.front() == '\t')) return extend(span);
        if (in_files_) return extend(span);
        return add_field(line, span);
    }

    bool finish() {
        if (current_.fields.empty()) return !in_blank_;
        const std::string package = value_of(dialect_.package);
        if (package.empty()) return false;
        current_.version = value_of(dialect_.version);
        const Span last = current_.fields.back().span;
        const std::uint64_t end = current_.blank.size == 0 ? last.end() : current_.blank.end();
        database_.records.push_back({package + '\n' + value_of(dialect_.architecture), {start_, end - start_}});
        database_.stanzas.push_back(std::exchange(current_, {}));
        in_blank_ = false;
        in_files_ = false;
        return true;
    }

    Database take() { return std::move(database_); }

private:
    bool add_blank(const Span& span) {
        if (current_.fields.empty()) return false; // a blank line before the first stanza
        if (!in_blank_) current_.blank = {span.offset, 0};
        current_.blank.size += span.size;
        in_blank_ = true;
        return true;
    }

    bool extend(const Span& span) {
        if (current_.fields.empty()) return false;
        current_.fields.back().span.size += span.size;
        current_.values.back().size += span.size;
        return true;
    }

    bool add_field(std::string_view line, const Span& span) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) return false;
        std::string name(line.substr(0, colon));
        std::size_t value = colon + 1;
        if (dialect_.single_letters) {
            if (colon != 1) return false;
            in_files_ = name == "F";
            if (in_files_) {
                name = apk_files;
                value = 0;
            }
        }
        current_.fields.push_back({std::move(name), span});
        current_.values.push_back({span.offset + value, span.size - value - 1});
        return true;
    }

    std::string value_of(std::string_view name) const {
        for (std::size_t i = 0; i < current_.fields.size(); ++i) {
            if (current_.fields[i].key != name) continue;
            const std::string_view value = text_.substr(current_.values[i].offset, current_.values[i].size);
            const std::size_t first = value.find_first_not_of(' ');
            return first == std::string_view::npos ? std::string() : std::string(value.substr(first));
        }
        return {};
    }

    std::string_view text_;
    const Dialect& dialect_;
    Database database_;
    Stanza current_;
    std::uint64_t start_ = 0;
    bool in_blank_ = false;
    bool in_files_ = false;
};

std::optional<Database> read_database(ByteView bytes, const Dialect& dialect, const ExplainLimits& limits) {
    const auto lines = lines_of(bytes, limits);
    if (!lines) return std::nullopt;
    StanzaReader reader(bytes, dialect);
    for (const Span& line : *lines) {
        if (!reader.add_line(line)) return std::nullopt;
    }
    if (!reader.finish()) return std::nullopt;
    Database database = reader.take();
    return database.stanzas.empty() ? std::nullopt : std::optional(std::move(database));
}

class StanzaComparer {
public:
    StanzaComparer(Splitter& out, const Dialect& dialect) : out_(out), dialect_(dialect) {}

    /// False where a field is there twice on a side; asked of all stanzas before anything is said.
    static bool is_comparable(const Stanza& a, const Stanza& b) {
        return match_records(a.fields, b.fields).has_value();
    }

    void compare(const std::string& package, const Stanza& a, const Stanza& b) {
        const auto matched = match_records(a.fields, b.fields);
        if (!matched) return;
        // A virtual package (".build-deps") is made up by the build; its version is a time, not a release.
        const bool drift =
            a.version != b.version && !a.version.empty() && !b.version.empty() && !package.starts_with('.');
        const std::string why = drift ? printable_short(a.version, 60) + " → " + printable_short(b.version, 60) : "";
        for (const auto& [i, j] : matched->pairs) {
            const std::string where = fmt::format("{}: {}", package, printable_short(a.fields[i].key, 40));
            if (drift && is_from_package(a.fields[i].key)) {
                out_.differ(where, {a.values[i], b.values[j]}, CauseId::package_version, why);
            } else {
                out_.compare(where, {a.values[i], b.values[j]});
            }
        }
        for (const std::size_t i : matched->only[0]) only(0, package, a.fields[i], b, drift, why);
        for (const std::size_t i : matched->only[1]) only(1, package, b.fields[i], a, drift, why);
        if (!matched->moved.empty()) {
            out_.order(package + ": order of fields", moved_range(*matched, a.fields, b.fields), std::nullopt, "");
        }
        out_.differ(package + ": blank lines", {a.blank, b.blank});
    }

private:
    void only(std::size_t side, const std::string& package, const KeyedRecord& field, const Stanza& other, bool drift,
              const std::string& why) {
        const bool explained = drift && is_from_package(field.key);
        out_.only(side, fmt::format("{}: {}", package, printable_short(field.key, 40)), field.span,
                  other.fields.back().span.end(), explained ? std::optional(CauseId::package_version) : std::nullopt,
                  explained ? why : "");
    }

    bool is_from_package(std::string_view field) const {
        return field.find(' ') == std::string_view::npos &&
               dialect_.from_package.find(fmt::format(" {} ", field)) != std::string_view::npos;
    }

    Splitter& out_;
    const Dialect& dialect_;
};

bool analyze_stanzas(const Subject& subject, Analyzer& analyzer, Part& part, const Dialect& dialect) {
    const auto published = read_database(subject.bytes[0], dialect, analyzer.limits());
    const auto rebuilt = read_database(subject.bytes[1], dialect, analyzer.limits());
    if (!published || !rebuilt) return false;
    const auto matched = match_records(published->records, rebuilt->records);
    if (!matched) return false;
    if (!std::all_of(matched->pairs.begin(), matched->pairs.end(), [&](const auto& pair) {
            return StanzaComparer::is_comparable(published->stanzas[pair.first], rebuilt->stanzas[pair.second]);
        })) {
        return false;
    }

    Splitter out(subject, analyzer, part);
    StanzaComparer comparer(out, dialect);
    const auto name_of_package = [](const KeyedRecord& record) {
        return printable_short(record.key.substr(0, record.key.find('\n')), 80);
    };
    for (const auto& [i, j] : matched->pairs) {
        comparer.compare(name_of_package(published->records[i]), published->stanzas[i], rebuilt->stanzas[j]);
    }
    const std::array<const Database*, 2> sides{&*published, &*rebuilt};
    for (std::size_t side : {0U, 1U}) {
        for (const std::size_t i : matched->only.at(side)) {
            const KeyedRecord& record = sides.at(side)->records[i];
            out.only(side, name_of_package(record), record.span, record.span.offset);
        }
    }
    if (!matched->moved.empty()) {
        out.order("order of packages", moved_range(*matched, published->records, rebuilt->records),
                  CauseId::install_order, "each package is there once, and is looked up by name");
    }
    return true;
}

} // namespace

bool recognizes_dpkg_status(std::string_view name, ByteView /*bytes*/) {
    const std::string_view path = plain_path(name);
    return path.ends_with("var/lib/dpkg/status") || path.ends_with("var/lib/dpkg/status-old") ||
           path.ends_with("var/lib/dpkg/available") || path.find("var/lib/dpkg/status.d/") != std::string_view::npos;
}

bool analyze_dpkg_status(const Subject& subject, Analyzer& analyzer, Part& part) {
    return analyze_stanzas(subject, analyzer, part, dpkg_dialect);
}

bool recognizes_apk_installed(std::string_view name, ByteView /*bytes*/) {
    const std::string_view path = plain_path(name);
    return path.ends_with("lib/apk/db/installed");
}

bool analyze_apk_installed(const Subject& subject, Analyzer& analyzer, Part& part) {
    return analyze_stanzas(subject, analyzer, part, apk_dialect);
}

} // namespace touchstone
