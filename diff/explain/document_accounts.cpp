// passwd and group by name and field. A file is its lines, a line its fields, colons and end; lines are matched by
// name, fields by place, and each field that differs is a difference, so that nothing is left out. Here the first line
// that matches wins, so that another order is explained only where no two lines could match: all names and all ids are
// unique, and nothing but ids handed out in another order differs.
#include "diff/explain/document_accounts.h"

#include "diff/explain/detect_subject.h"
#include "diff/explain/documents.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

struct Database {
    std::string_view file;
    std::vector<std::string_view> fields;
    std::size_t id;    ///< what the file hands out: the uid or the gid
    std::size_t other; ///< passwd: the primary group; group: the members
    bool other_is_list;
};

const std::vector<Database>& databases() {
    static const std::vector<Database> all{
        {"passwd", {"name", "password", "uid", "gid", "comment", "home", "shell"}, 2, 3, false},
        {"group", {"name", "password", "gid", "members"}, 2, 3, true},
    };
    return all;
}

const Database* database_of(std::string_view path) {
    for (const Database& database : databases()) {
        if (is_account_file(path, database.file)) return &database;
    }
    return nullptr;
}

std::string_view field(const Splitter& out, std::size_t side, const AccountLine& line, std::size_t index) {
    return out.text(side, line.fields.at(index));
}

/// Ids that adduser gives to whom it comes first: never root's, and none of those that Debian fixes below 100.
bool is_handed_out(std::uint32_t id) {
    return id >= 100 && id < 60000;
}

/// The numbers of one field on the lines where they differ are the same numbers, on other names.
bool is_permuted(const Splitter& out, const std::array<AccountFile, 2>& files, const Matched& matched,
                 std::size_t index) {
    std::array<std::vector<std::uint32_t>, 2> numbers;
    for (const auto& [i, j] : matched.pairs) {
        const std::string_view published = field(out, 0, files[0].lines[i], index);
        const std::string_view rebuilt = field(out, 1, files[1].lines[j], index);
        if (published == rebuilt) continue;
        const auto left = account_number(published);
        const auto right = account_number(rebuilt);
        if (!left || !right || !is_handed_out(*left) || !is_handed_out(*right)) return false;
        numbers[0].push_back(*left);
        numbers[1].push_back(*right);
    }
    for (auto& side : numbers) std::sort(side.begin(), side.end());
    return numbers[0] == numbers[1];
}

bool ids_are_unique(const Splitter& out, std::size_t side, const AccountFile& file, std::size_t index) {
    std::vector<std::uint32_t> ids;
    for (const AccountLine& line : file.lines) {
        const auto id = account_number(field(out, side, line, index));
        if (!id) return false;
        ids.push_back(*id);
    }
    std::sort(ids.begin(), ids.end());
    return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

/// Only what the order of useradd calls decides differs.
bool is_install_order(const Splitter& out, const std::array<AccountFile, 2>& files, const Matched& matched,
                      const Database& database) {
    if (!matched.only[0].empty() || !matched.only[1].empty()) return false;
    for (std::size_t index = 0; index < database.fields.size(); ++index) {
        const bool list = index == database.other && database.other_is_list;
        if (index == database.id || (index == database.other && !list)) continue;
        for (const auto& [i, j] : matched.pairs) {
            const std::string_view published = field(out, 0, files[0].lines[i], index);
            const std::string_view rebuilt = field(out, 1, files[1].lines[j], index);
            if (published != rebuilt && !(list && same_members(published, rebuilt))) return false;
        }
    }
    return ids_are_unique(out, 0, files[0], database.id) && ids_are_unique(out, 1, files[1], database.id) &&
           is_permuted(out, files, matched, database.id) &&
           (database.other_is_list || is_permuted(out, files, matched, database.other));
}

} // namespace

bool is_account_file(std::string_view path, std::string_view name) {
    path = plain_path(path);
    if (path.ends_with('-')) path.remove_suffix(1);
    if (!path.ends_with(name)) return false;
    path.remove_suffix(name.size());
    return path == "etc/" || path.ends_with("/etc/");
}

std::optional<std::uint32_t> account_number(std::string_view text) {
    if (text.empty() || text.size() > 9 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return value;
}

bool same_members(std::string_view published, std::string_view rebuilt) {
    const auto members = [](std::string_view list) {
        std::vector<std::string_view> names;
        for (std::size_t at = 0; at <= list.size();) {
            const std::size_t comma = std::min(list.find(',', at), list.size());
            names.push_back(list.substr(at, comma - at));
            at = comma + 1;
        }
        std::sort(names.begin(), names.end());
        return names;
    };
    const auto left = members(published);
    return std::adjacent_find(left.begin(), left.end()) == left.end() && left == members(rebuilt);
}

std::optional<AccountFile> read_accounts(ByteView bytes, std::size_t fields, const ExplainLimits& limits) {
    const auto lines = lines_of(bytes, limits);
    if (!lines) return std::nullopt;
    AccountFile file;
    for (const Span& line : *lines) {
        const std::string_view whole = as_text(bytes).substr(line.offset, line.size);
        const std::string_view text = whole.ends_with('\n') ? whole.substr(0, whole.size() - 1) : whole;
        AccountLine parsed;
        for (std::size_t at = 0; at <= text.size() && parsed.fields.size() <= fields;) {
            const std::size_t colon = std::min(text.find(':', at), text.size());
            parsed.fields.push_back({line.offset + at, colon - at});
            at = colon + 1;
        }
        parsed.end = {line.offset + text.size(), whole.size() - text.size()};
        if (parsed.fields.size() != fields || parsed.fields.front().size == 0) return std::nullopt;
        if (text.front() == '+' || text.front() == '-' || text.front() == '#') return std::nullopt;
        file.records.push_back({std::string(text.substr(0, parsed.fields.front().size)), line});
        file.lines.push_back(std::move(parsed));
    }
    return file;
}

bool recognizes_accounts(std::string_view name, ByteView /*bytes*/) {
    return database_of(name) != nullptr;
}

bool analyze_accounts(const Subject& subject, Analyzer& analyzer, Part& part) {
    const Database* database = database_of(subject.name);
    if (database == nullptr) return false;
    auto published = read_accounts(subject.bytes[0], database->fields.size(), analyzer.limits());
    auto rebuilt = read_accounts(subject.bytes[1], database->fields.size(), analyzer.limits());
    if (!published || !rebuilt) return false;
    const auto matched = match_records(published->records, rebuilt->records);
    if (!matched) return false;
    const std::array<AccountFile, 2> files{std::move(*published), std::move(*rebuilt)};

    Splitter out(subject, analyzer, part);
    const bool installed = is_install_order(out, files, *matched, *database);
    const auto cause = installed ? std::optional(CauseId::install_order) : std::nullopt;
    const std::string why = installed ? "the same names and ids, given in another order" : "";
    for (const auto& [i, j] : matched->pairs) {
        const std::string name = printable_short(files[0].records[i].key, 80);
        for (std::size_t index = 0; index < database->fields.size(); ++index) {
            out.differ(fmt::format("{}: {}", name, database->fields[index]),
                       {files[0].lines[i].fields[index], files[1].lines[j].fields[index]}, cause, why);
        }
        out.differ(fmt::format("{}: line end", name), {files[0].lines[i].end, files[1].lines[j].end});
    }
    for (std::size_t side : {0U, 1U}) {
        for (const std::size_t i : matched->only.at(side)) {
            const KeyedRecord& record = files.at(side).records[i];
            out.only(side, printable_short(record.key, 80), record.span, record.span.offset);
        }
    }
    if (!matched->moved.empty()) {
        out.order("order of lines", moved_range(*matched, files[0].records, files[1].records), cause, why);
    }
    return true;
}

} // namespace touchstone
