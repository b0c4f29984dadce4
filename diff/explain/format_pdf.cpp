// PDF: dates of the document and its two ids, found by their keys; everything else goes to the detectors as it is.
#include "diff/explain/binary_formats.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t field_limit = 1000; ///< each revision of a document adds three

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
}

std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    unsigned value = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

/// "D:20260301100000Z", "D:20260301100000+01'00'": the whole form, ISO 32000-1, 7.9.4.
std::optional<std::int64_t> date_of(std::string_view text) {
    if (!text.starts_with("D:")) return std::nullopt;
    const auto year = digits(text, 2, 4);
    std::array<unsigned, 5> rest{};
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const auto value = digits(text, 6 + 2 * i, 2);
        if (!value) return std::nullopt;
        rest.at(i) = *value;
    }
    if (!year || rest[0] < 1 || rest[0] > 12 || rest[1] < 1 || rest[1] > 31) return std::nullopt;
    if (rest[2] > 23 || rest[3] > 59 || rest[4] > 60) return std::nullopt;
    const std::int64_t local = seconds_of(static_cast<int>(*year), rest[0], rest[1], rest[2], rest[3], rest[4]);
    const std::string_view zone = text.substr(16);
    if (zone.empty() || zone == "Z" || zone == "Z00'00'" || zone == "Z00'00") return local;
    const auto hours = digits(zone, 1, 2);
    const auto minutes = zone.size() > 3 && zone[3] == '\'' ? digits(zone, 4, 2) : std::nullopt;
    const bool ended = zone.size() == 6 || (zone.size() == 7 && zone[6] == '\'');
    if ((zone[0] != '+' && zone[0] != '-') || !hours || !minutes || !ended || *hours > 23 || *minutes > 59) {
        return std::nullopt;
    }
    const std::int64_t offset = std::int64_t{*hours} * 3600 + std::int64_t{*minutes} * 60;
    return zone[0] == '+' ? local - offset : local + offset;
}

void add_dates(std::string_view text, std::string_view key, FieldLayout& layout) {
    std::size_t found = 0;
    for (std::size_t at = text.find(key); at != text.npos && found < field_limit; at = text.find(key, at)) {
        at = skip_spaces(text, at + key.size());
        if (at >= text.size() || text[at] != '(') continue;
        const std::size_t end = text.substr(0, std::min(text.size(), at + 40)).find(')', at);
        if (end == text.npos) continue;
        const std::string_view value = text.substr(at + 1, end - at - 1);
        const auto seconds = date_of(value);
        if (!seconds) continue;
        Field field = time_field(fmt::format("{} {}", key, found++), {at + 1, value.size()}, *seconds);
        field.cause = CauseId::text_date;
        field.shown = value;
        layout.fields.push_back(std::move(field));
    }
}

/// The hex string that starts at `at`, of 16 bytes as all writers make them.
std::optional<Span> id_at(std::string_view text, std::size_t at) {
    constexpr std::size_t length = 32;
    if (at >= text.size() || text[at] != '<') return std::nullopt;
    const std::size_t end = at + 1 + length;
    if (end >= text.size() || text[end] != '>') return std::nullopt;
    if (text.substr(at + 1, length).find_first_not_of("0123456789abcdefABCDEF") != text.npos) return std::nullopt;
    return Span{at + 1, length};
}

void add_ids(std::string_view text, FieldLayout& layout) {
    constexpr std::string_view key = "/ID";
    std::size_t found = 0;
    for (std::size_t at = text.find(key); at != text.npos && found < field_limit; at = text.find(key, at)) {
        at = skip_spaces(text, at + key.size());
        if (at >= text.size() || text[at] != '[') continue;
        const auto first = id_at(text, skip_spaces(text, at + 1));
        if (!first) continue;
        const auto second = id_at(text, skip_spaces(text, first->end() + 1));
        if (!second) continue;
        for (const Span& span : {*first, *second}) {
            Field field;
            field.name = fmt::format("/ID {}", found++);
            field.span = span;
            field.proof = Proof::known;
            field.cause = CauseId::random_id;
            field.evidence = "the id of the document, made anew at each writing";
            field.shown = text.substr(span.offset, span.size);
            layout.fields.push_back(std::move(field));
        }
        at = second->end();
    }
}

} // namespace

bool recognizes_pdf(std::string_view, ByteView bytes) {
    return as_text(bytes).starts_with("%PDF-");
}

bool analyze_pdf(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<FieldLayout, 2> layouts;
    for (std::size_t side : {0U, 1U}) {
        const std::string_view text = as_text(subject.bytes.at(side));
        layouts.at(side).stretches.push_back({"document", {0, text.size()}, Inside::leaf});
        add_dates(text, "/CreationDate", layouts.at(side));
        add_dates(text, "/ModDate", layouts.at(side));
        add_ids(text, layouts.at(side));
    }
    return compare_layouts(subject, analyzer, part, std::move(layouts));
}

} // namespace touchstone
