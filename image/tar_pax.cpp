// Rules: POSIX.1-2001 pax, "Extended Header", as narrowed and widened by Go's archive/tar parsePAX and parsePAXRecord.
#include "image/tar_pax.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace touchstone {

namespace {

constexpr std::size_t shortest_record = 5; // "5 a=\n"; Go refuses anything shorter
constexpr std::uint32_t nanoseconds_per_second = 1'000'000'000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

[[noreturn]] void refuse(const TarPlace& place, std::string_view rest, std::string_view rule) {
    fail_at(place, ErrorKind::malformed, fmt::format("pax record \"{}\": {}", printable_short(rest, 60), rule));
}

bool is_field_text(std::string_view key) {
    return key == "path" || key == "linkpath" || key == "uname" || key == "gname";
}

// Cuts one record "<length> <key>=<value>\n" from the front of `rest`.
PaxRecord cut_record(std::string_view& rest, const TarPlace& place, std::vector<TarNote>& notes) {
    const std::string_view whole = rest;
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) refuse(place, whole, "expected a length and a blank");
    const std::string_view digits = rest.substr(0, blank);
    const std::optional<std::int64_t> length = parse_go_integer(digits);
    if (!length || *length < static_cast<std::int64_t>(shortest_record) ||
        *length > static_cast<std::int64_t>(rest.size()) || static_cast<std::size_t>(*length) <= blank + 1) {
        refuse(place, whole, fmt::format("expected a length of {} to {}", shortest_record, rest.size()));
    }
    if (is_odd_number(digits)) notes.push_back({OddityCode::pax_number_odd, "record length " + printable(digits)});
    std::string_view record = rest.substr(blank + 1, static_cast<std::size_t>(*length) - blank - 1);
    rest.remove_prefix(static_cast<std::size_t>(*length));
    if (!record.ends_with('\n')) refuse(place, whole, "expected a newline where its length ends");
    record.remove_suffix(1);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) refuse(place, whole, "expected key=value");
    const PaxRecord cut{record.substr(0, equals), record.substr(equals + 1)};
    const std::string_view no_nul = is_field_text(cut.key) ? cut.value : cut.key;
    if (no_nul.find('\0') != std::string_view::npos) refuse(place, whole, "a NUL in a key or a name");
    return cut;
}

} // namespace

bool PaxRecords::sparse_offset_or_length(const PaxRecord& record, const TarPlace& place) {
    const bool is_offset = record.key == "GNU.sparse.offset";
    if (!is_offset && record.key != "GNU.sparse.numbytes") return false;
    const bool offset_is_due = sparse_numbers_ % 2 == 0;
    if (is_offset != offset_is_due || record.value.find(',') != std::string_view::npos) {
        refuse(place, record.key, "sparse offsets and lengths must alternate and hold no ','");
    }
    if (sparse_numbers_++ != 0) sparse_map_.push_back(',');
    sparse_map_ += record.value;
    return true;
}

void PaxRecords::parse(std::string_view body, const TarPlace& place, std::vector<TarNote>& notes) {
    clear();
    body_.assign(body);
    for (std::string_view rest = body_; !rest.empty();) {
        const PaxRecord record = cut_record(rest, place, notes);
        if (!sparse_offset_or_length(record, place)) records_.push_back(record);
    }
    if (sparse_numbers_ != 0)
        records_.push_back({"GNU.sparse.map", sparse_map_}); // wins over an explicit one, as in Go
    if (records_.size() > 1) sort_and_unite(notes);
}

void PaxRecords::sort_and_unite(std::vector<TarNote>& notes) {
    // Stable, so that the last of equal keys stays the last; already sorted bodies (most writers') cost one pass.
    const auto by_key = [](const PaxRecord& left, const PaxRecord& right) { return left.key < right.key; };
    if (!std::is_sorted(records_.begin(), records_.end(), by_key)) {
        std::stable_sort(records_.begin(), records_.end(), by_key);
    }
    std::size_t kept = 0;
    for (std::size_t at = 1; at < records_.size(); ++at) {
        if (records_[at].key != records_[kept].key) {
            records_[++kept] = records_[at];
            continue;
        }
        const std::string_view key = records_[at].key;
        const bool is_place = key == "size" || key == "path" || key == "linkpath";
        OddityCode code = OddityCode::pax_key_twice;
        if (key.starts_with("SCHILY.xattr."))
            code = OddityCode::xattr_twice;
        else if (is_place && records_[at].value != records_[kept].value)
            code = OddityCode::pax_field_twice;
        notes.push_back({code, printable_short(key)});
        records_[kept] = records_[at];
    }
    records_.resize(kept + 1);
}

void PaxRecords::clear() {
    records_.clear();
    sparse_map_.clear();
    sparse_numbers_ = 0;
}

std::string_view PaxRecords::find(std::string_view key) const {
    const auto found = std::lower_bound(records_.begin(), records_.end(), key,
                                        [](const PaxRecord& record, std::string_view k) { return record.key < k; });
    return found != records_.end() && found->key == key ? found->value : std::string_view{};
}

std::optional<std::int64_t> parse_go_integer(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_odd_number(std::string_view text) {
    if (text.starts_with('+')) return true;
    if (text.starts_with('-')) text.remove_prefix(1);
    return text.size() > 1 && text[0] == '0' && is_digit(text[1]);
}

std::optional<Timestamp> parse_pax_time(std::string_view text) {
    const std::size_t dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    const std::optional<std::int64_t> seconds = parse_go_integer(whole);
    if (!seconds) return std::nullopt;
    const std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
    std::uint32_t nanoseconds = 0;
    for (std::size_t at = 0; at < 9; ++at) {
        nanoseconds = nanoseconds * 10 + (at < fraction.size() ? static_cast<std::uint32_t>(fraction[at] - '0') : 0U);
    }
    if (!whole.starts_with('-') || nanoseconds == 0) return Timestamp{*seconds, nanoseconds};
    // -1.5 is half a second before -1: counted upwards that is -2 and a half. Unsigned, because Go wraps at the
    // minimum.
    const auto before = static_cast<std::int64_t>(static_cast<std::uint64_t>(*seconds) - 1U);
    return Timestamp{before, nanoseconds_per_second - nanoseconds};
}

} // namespace touchstone
