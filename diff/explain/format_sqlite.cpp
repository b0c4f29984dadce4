// SQLite: counters in the header; where more differs, the rows stand for the pages, because the same rows may lie in
// other pages, and because text says more than pages do.
#include "diff/explain/binary_formats.h"
#include "diff/explain/sqlite_dump.h"

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::uint64_t header_size = 100;

/// The header by field (https://www.sqlite.org/fileformat.html, 1.3). Those of the layout differ between two files with
/// the same rows; all others mean something to who opens the file.
struct HeaderField {
    std::string_view name;
    Span span;
    std::optional<CauseId> cause;
    bool layout; ///< only where the rows stand for the pages
};
constexpr HeaderField plain(std::string_view name, std::uint64_t offset, std::uint64_t size) {
    return {name, {offset, size}, std::nullopt, false};
}
constexpr HeaderField of_layout(std::string_view name, std::uint64_t offset) {
    return {name, {offset, 4}, CauseId::change_counter, true};
}
constexpr std::array<HeaderField, 19> header_fields{{
    plain("page size", 16, 2),
    plain("file format versions", 18, 2),
    plain("reserved space", 20, 1),
    plain("payload fractions", 21, 3),
    {"file change counter", {24, 4}, CauseId::change_counter, false},
    of_layout("size in pages", 28),
    of_layout("first free page", 32),
    of_layout("number of free pages", 36),
    of_layout("schema cookie", 40),
    plain("schema format", 44, 4),
    plain("cache size", 48, 4),
    of_layout("largest root page", 52),
    plain("text encoding", 56, 4),
    plain("user version", 60, 4),
    plain("incremental vacuum", 64, 4),
    plain("application id", 68, 4),
    plain("reserved", 72, 20),
    {"version-valid-for number", {92, 4}, CauseId::change_counter, false},
    {"SQLITE_VERSION_NUMBER", {96, 4}, CauseId::toolchain, false},
}};

Field field_of(const HeaderField& one, ByteView bytes, bool rows_instead) {
    Field field;
    field.name = one.name;
    field.span = one.span;
    if (one.span.size <= 4) field.shown = std::to_string(Numbers{bytes, true}.at(one.span.offset, one.span.size));
    if (!one.cause || (one.layout && !rows_instead)) return field;
    field.proof = Proof::known;
    field.cause = *one.cause;
    field.evidence = one.cause == CauseId::toolchain ? "written by another version of SQLite"
                                                     : "SQLite keeps count here; the rows are compared by themselves";
    return field;
}

/// `rows`: the text that stands for the pages, where there is one.
FieldLayout layout_of(ByteView bytes, std::optional<std::string> rows) {
    FieldLayout layout;
    layout.stretches.push_back({"header", {0, header_size}});
    for (const HeaderField& one : header_fields) layout.fields.push_back(field_of(one, bytes, rows.has_value()));
    Stretch pages;
    pages.name = rows ? "rows" : "pages";
    pages.span = {header_size, bytes.size() - header_size};
    pages.inside = rows ? Inside::leaf : Inside::code;
    pages.cause = rows ? std::optional(CauseId::change_counter) : std::nullopt;
    pages.evidence = "the same rows in another layout of pages";
    pages.unpacked = std::move(rows);
    layout.stretches.push_back(std::move(pages));
    return layout;
}

std::array<std::optional<std::string>, 2> dump_both(const Subject& subject, Analyzer& analyzer) {
    constexpr std::uint64_t text_limit = 16U << 20U; // a side; larger databases are compared as pages
    std::array<std::optional<std::string>, 2> dumps;
    for (std::size_t side : {0U, 1U}) {
        const std::uint64_t limit = std::min(text_limit, analyzer.limits().file);
        auto dump = dump_sqlite(subject.bytes.at(side), limit, analyzer.limits().lines);
        if (!dump || !analyzer.take_unpacked(dump->size())) return {};
        dumps.at(side) = std::move(dump);
    }
    return dumps;
}

} // namespace

bool recognizes_sqlite(std::string_view, ByteView bytes) {
    return bytes.size() >= header_size && as_text(bytes).starts_with(std::string_view("SQLite format 3\0", 16));
}

bool analyze_sqlite(const Subject& subject, Analyzer& analyzer, Part& part) {
    const bool same_pages = equal(subject.bytes[0].subspan(header_size), subject.bytes[1].subspan(header_size));
    auto dumps = same_pages ? std::array<std::optional<std::string>, 2>{} : dump_both(subject, analyzer);
    return compare_layouts(
        subject, analyzer, part,
        {layout_of(subject.bytes[0], std::move(dumps[0])), layout_of(subject.bytes[1], std::move(dumps[1]))});
}

} // namespace touchstone
