// shadow and gshadow by name and field, like passwd: lines matched by name, fields by place, each inequality a
// difference. The day of the last change is explained only when it is the day of that side's build and nothing else in
// the line differs; another hash is never more than "made during the build", and stays suspicious.
#include "diff/explain/document_accounts.h"

#include "diff/explain/documents.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::array<std::string_view, 9> shadow_fields{"name",        "password",    "last change",
                                                        "minimum age", "maximum age", "warning",
                                                        "inactivity",  "expiry date", "reserved"};
constexpr std::array<std::string_view, 4> gshadow_fields{"name", "password", "administrators", "members"};
constexpr std::size_t password = 1;
constexpr std::size_t last_change = 2;

std::span<const std::string_view> fields_of(std::string_view path) {
    if (is_account_file(path, "gshadow")) return gshadow_fields;
    if (is_account_file(path, "shadow")) return shadow_fields;
    return {};
}

/// crypt(5): "$id$" with parameters, the salt, and the hash after the last '$'.
struct CryptHash {
    std::string_view method;
    std::string_view salt;
};

std::optional<CryptHash> read_hash(std::string_view text) {
    constexpr std::size_t shortest_hash = 22; // md5crypt
    if (!text.starts_with('$')) return std::nullopt;
    const std::size_t method_end = text.find('$', 1);
    const std::size_t hash = text.rfind('$');
    if (method_end == std::string_view::npos || hash <= method_end + 1) return std::nullopt;
    if (text.size() - hash - 1 < shortest_hash) return std::nullopt;
    const std::size_t salt = text.rfind('$', hash - 1) + 1;
    return CryptHash{text.substr(0, salt), text.substr(salt, hash - salt)};
}

/// With the same salt, another hash is another password; with another salt nobody can tell.
bool is_salted_anew(std::string_view published, std::string_view rebuilt) {
    const auto left = read_hash(published);
    const auto right = read_hash(rebuilt);
    return left && right && left->method == right->method && left->salt != right->salt;
}

bool is_build_day(const Clues& clues, std::size_t side, std::string_view text) {
    constexpr std::int64_t seconds_a_day = 86400;
    const auto day = account_number(text);
    const std::int64_t clock = clues.side.at(side).clock();
    return day && clock > 0 && *day == clock / seconds_a_day;
}

class Lines {
public:
    Lines(Splitter& out, std::span<const std::string_view> fields) : out_(out), fields_(fields) {}

    void compare(std::string_view name, const AccountLine& a, const AccountLine& b) {
        const std::size_t differing = count_differing(a, b);
        for (std::size_t index = 0; index < fields_.size(); ++index) {
            const SpanPair spans{a.fields[index], b.fields[index]};
            if (out_.equal(spans)) continue;
            std::optional<CauseId> cause;
            std::string why;
            if (fields_.size() == shadow_fields.size() && index == last_change && differing == 1 &&
                is_build_day(out_.clues(), 0, out_.text(0, spans[0])) &&
                is_build_day(out_.clues(), 1, out_.text(1, spans[1]))) {
                cause = CauseId::day_count;
                why = "the days on which the images were built";
            } else if (index == password && is_salted_anew(out_.text(0, spans[0]), out_.text(1, spans[1]))) {
                cause = CauseId::key_material;
                why = "two hashes with two salts; whether of the same password cannot be known";
            }
            if (cause != CauseId::day_count) only_days_ = false;
            out_.differ(fmt::format("{}: {}", name, fields_[index]), spans, cause, why);
        }
        if (!out_.equal({a.end, b.end})) only_days_ = false;
        out_.differ(fmt::format("{}: line end", name), {a.end, b.end});
    }

    bool only_days() const { return only_days_; }

private:
    std::size_t count_differing(const AccountLine& a, const AccountLine& b) const {
        std::size_t count = out_.equal({a.end, b.end}) ? 0 : 1;
        for (std::size_t i = 0; i < fields_.size(); ++i) count += out_.equal({a.fields[i], b.fields[i]}) ? 0U : 1U;
        return count;
    }

    Splitter& out_;
    std::span<const std::string_view> fields_;
    bool only_days_ = true;
};

} // namespace

bool recognizes_shadow(std::string_view name, ByteView /*bytes*/) {
    return !fields_of(name).empty();
}

bool analyze_shadow(const Subject& subject, Analyzer& analyzer, Part& part) {
    const auto fields = fields_of(subject.name);
    const auto published = read_accounts(subject.bytes[0], fields.size(), analyzer.limits());
    const auto rebuilt = read_accounts(subject.bytes[1], fields.size(), analyzer.limits());
    if (fields.empty() || !published || !rebuilt) return false;
    const auto matched = match_records(published->records, rebuilt->records);
    if (!matched) return false;

    Splitter out(subject, analyzer, part);
    Lines lines(out, fields);
    for (const auto& [i, j] : matched->pairs) {
        lines.compare(printable_short(published->records[i].key, 80), published->lines[i], rebuilt->lines[j]);
    }
    const std::array<const AccountFile*, 2> files{&*published, &*rebuilt};
    for (std::size_t side : {0U, 1U}) {
        for (const std::size_t i : matched->only.at(side)) {
            const KeyedRecord& record = files.at(side)->records[i];
            out.only(side, printable_short(record.key, 80), record.span, record.span.offset);
        }
    }
    if (!matched->moved.empty()) {
        // Looked up by name only, and each name is there once; but beside a changed password nothing is harmless.
        const bool harmless = lines.only_days() && matched->only[0].empty() && matched->only[1].empty();
        out.order("order of lines", moved_range(*matched, published->records, rebuilt->records),
                  harmless ? std::optional(CauseId::install_order) : std::nullopt, "each name is there once");
    }
    return true;
}

} // namespace touchstone
