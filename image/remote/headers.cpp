// See headers.h. One cursor over the text; every step forward is checked, nothing is looked at twice.
#include "image/remote/headers.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace touchstone {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// tchar of RFC 9110 section 5.6.2.
bool is_token_char(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || marks.find(c) != std::string_view::npos;
}

class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}
    bool at_end() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void blanks() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
    }
    std::string_view token() {
        std::size_t length = 0;
        while (length < rest_.size() && is_token_char(rest_[length])) ++length;
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }
    /// token68 of RFC 9110 section 11.2: what Negotiate and its like send instead of parameters.
    void token68() {
        while (!rest_.empty() && (is_token_char(rest_.front()) || rest_.front() == '/')) rest_.remove_prefix(1);
        while (take('=')) {
        }
    }
    /// A quoted string, without its escapes; nullopt when it does not end.
    std::optional<std::string> quoted() {
        if (!take('"')) return std::nullopt;
        std::string value;
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return value;
            if (c == '\\') {
                if (rest_.empty()) break;
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            value += c;
        }
        return std::nullopt;
    }
    std::string_view rest() const { return rest_; }
    void back_to(std::string_view rest) { rest_ = rest; }

private:
    std::string_view rest_;
};

/// "name = value", if that is what comes; else the cursor stays.
std::optional<std::pair<std::string, std::string>> parameter(Cursor& cursor) {
    const std::string_view start = cursor.rest();
    const std::string_view name = cursor.token();
    cursor.blanks();
    if (!name.empty() && cursor.take('=')) {
        cursor.blanks();
        if (!cursor.rest().empty() && cursor.rest().front() == '"') {
            if (std::optional<std::string> value = cursor.quoted()) return {{ascii_lower(name), std::move(*value)}};
        } else if (const std::string_view value = cursor.token(); !value.empty()) {
            return {{ascii_lower(name), std::string(value)}};
        }
    }
    cursor.back_to(start);
    return std::nullopt;
}

/// Passes over commas and blanks; false at the end.
bool next_element(Cursor& cursor) {
    do cursor.blanks();
    while (cursor.take(','));
    return !cursor.at_end();
}

void parse_field(std::string_view field, std::vector<Challenge>& out) {
    Cursor cursor(field);
    while (out.size() < challenge_limit && next_element(cursor)) {
        Challenge challenge{ascii_lower(cursor.token()), {}};
        if (challenge.scheme.empty()) return;
        const bool separated = cursor.at_end() || cursor.rest().front() == ' ' || cursor.rest().front() == ',' ||
                               cursor.rest().front() == '\t';
        if (!separated) return;
        cursor.blanks();
        bool more = true;
        while (more && challenge.parameters.size() < challenge_limit) {
            if (std::optional<std::pair<std::string, std::string>> found = parameter(cursor)) {
                challenge.parameters.push_back(std::move(*found));
            } else if (challenge.parameters.empty()) {
                const std::string_view start = cursor.rest();
                cursor.token68();
                cursor.blanks();
                // "Basic, Bearer …": the word was the next challenge's scheme, not this one's token.
                if (!cursor.at_end() && cursor.rest().front() != ',') cursor.back_to(start);
            }
            cursor.blanks();
            more = cursor.take(',');
            const std::string_view start = cursor.rest();
            if (more && next_element(cursor)) {
                const std::string_view here = cursor.rest();
                more = parameter(cursor).has_value(); // else the next challenge begins here
                cursor.back_to(here);
            } else {
                cursor.back_to(start);
                more = false;
            }
        }
        out.push_back(std::move(challenge));
        cursor.blanks();
        if (!cursor.at_end() && !is_token_char(cursor.rest().front()) && cursor.rest().front() != ',') return;
    }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
    using namespace std::chrono;
    return sys_days(std::chrono::year(static_cast<int>(year)) / std::chrono::month(month) / std::chrono::day(day))
        .time_since_epoch()
        .count();
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", exactly.
std::optional<std::time_t> parse_http_date(std::string_view text) {
    constexpr std::string_view shape = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != shape.size()) return std::nullopt;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == '0' ? !is_digit(text[i]) : shape[i] != 'A' && shape[i] != 'a' && shape[i] != text[i]) {
            return std::nullopt;
        }
    }
    const auto number = [&](std::size_t at, std::size_t length) {
        unsigned value = 0;
        std::from_chars(text.data() + at, text.data() + at + length, value);
        return value;
    };
    const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
    const unsigned day = number(5, 2);
    const unsigned hour = number(17, 2);
    const unsigned minute = number(20, 2);
    const unsigned second = number(23, 2);
    if (month == months.end() || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::int64_t days = days_from_civil(number(12, 4), static_cast<unsigned>(month - months.begin()) + 1, day);
    return static_cast<std::time_t>(((days * 24 + hour) * 60 + minute) * 60 + second);
}

/// "rel" lists relations, separated by blanks (RFC 8288 section 3.3).
bool lists_next(std::string_view relations) {
    while (!relations.empty()) {
        const std::size_t blank = relations.find(' ');
        if (ascii_lower(relations.substr(0, blank)) == "next") return true;
        if (blank == std::string_view::npos) return false;
        relations.remove_prefix(blank + 1);
    }
    return false;
}

/// "<target>; rel=next; …": whether it is the wanted one. The cursor stands behind the target.
bool link_is_next(Cursor& cursor) {
    bool next = false;
    bool seen = false;
    for (cursor.blanks(); cursor.take(';'); cursor.blanks()) {
        cursor.blanks();
        const std::optional<std::pair<std::string, std::string>> found = parameter(cursor);
        if (!found) {
            cursor.token(); // a parameter without a value
            continue;
        }
        if (found->first != "rel" || seen) continue; // all but the first are ignored, says section 3.3
        seen = true;
        next = lists_next(found->second);
    }
    return next;
}

std::optional<std::string> next_link_in(std::string_view field) {
    Cursor cursor(field);
    while (next_element(cursor)) {
        if (!cursor.take('<')) return std::nullopt;
        const std::string_view rest = cursor.rest();
        const std::size_t end = rest.find('>');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string target(rest.substr(0, end));
        cursor.back_to(rest.substr(end + 1));
        if (link_is_next(cursor)) return target;
        if (!cursor.at_end() && cursor.rest().front() != ',') return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

void HttpHeaders::add_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = line.substr(0, colon);
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_char)) return;
    fields_.emplace_back(ascii_lower(name), trimmed(line.substr(colon + 1), any_blanks));
}

std::string_view HttpHeaders::get(std::string_view name) const {
    for (const auto& [known, value] : fields_) {
        if (known == name) return value;
    }
    return {};
}

std::vector<std::string_view> HttpHeaders::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [known, value] : fields_) {
        if (known == name) values.emplace_back(value);
    }
    return values;
}

std::string_view Challenge::get(std::string_view name) const {
    for (const auto& [known, value] : parameters) {
        if (known == name) return value;
    }
    return {};
}

std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& fields) {
    std::vector<Challenge> challenges;
    for (const std::string_view field : fields) parse_field(field, challenges);
    return challenges;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
    constexpr std::string_view unit = "bytes ";
    if (ascii_lower(text.substr(0, unit.size())) != unit) return std::nullopt;
    text.remove_prefix(unit.size());
    const std::size_t dash = text.find('-');
    const std::size_t slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return std::nullopt;
    const std::optional<std::uint64_t> first = parse_decimal(text.substr(0, dash));
    const std::optional<std::uint64_t> last = parse_decimal(text.substr(dash + 1, slash - dash - 1));
    if (!first || !last || *last < *first) return std::nullopt;
    ContentRange range{*first, *last, std::nullopt};
    if (const std::string_view total = text.substr(slash + 1); total != "*") {
        range.total = parse_decimal(total);
        if (!range.total || *range.total <= *last) return std::nullopt;
    }
    return range;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::time_t now) {
    if (const std::optional<std::uint64_t> seconds = parse_decimal(text)) {
        constexpr std::uint64_t most = std::uint64_t{1} << 31U; // callers cap it far below
        return std::chrono::seconds(static_cast<std::int64_t>(std::min(*seconds, most)));
    }
    const std::optional<std::time_t> then = parse_http_date(text);
    if (!then) return std::nullopt;
    return std::chrono::seconds(std::max<std::time_t>(0, *then - now));
}

std::optional<std::uint64_t> parse_upload_range(std::string_view text) {
    constexpr std::string_view unit = "bytes="; // some write it, as in a Range of RFC 9110
    if (ascii_lower(text.substr(0, unit.size())) == unit) text.remove_prefix(unit.size());
    constexpr std::string_view start = "0-";
    if (!text.starts_with(start)) return std::nullopt;
    const std::optional<std::uint64_t> last = parse_decimal(text.substr(start.size()));
    if (!last || *last == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
    return *last == 0 ? 0 : *last + 1;
}

std::optional<std::string> parse_next_link(const std::vector<std::string_view>& fields) {
    for (const std::string_view field : fields) {
        if (std::optional<std::string> target = next_link_in(field)) return target;
    }
    return std::nullopt;
}

std::optional<std::string> parse_warning(std::string_view text) {
    Cursor cursor(text);
    if (cursor.token() != "299" || !cursor.take(' ')) return std::nullopt;
    if (cursor.token() != "-" || !cursor.take(' ')) return std::nullopt;
    return cursor.quoted();
}

} // namespace touchstone
