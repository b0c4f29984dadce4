// Members of a dict, a set or a list of options that were printed in the order of a hash table: one line, split at the
// commas or blanks between members, with brackets and quotes respected. Only members with a key count, and quoted texts
// in braces, which are a set: any other list is a list, and its order may be its meaning.
#include "diff/explain/detect_order.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace touchstone {

namespace {

constexpr std::size_t line_length_limit = std::size_t{1} << 20;

bool opens(char c) {
    return c == '{' || c == '[' || c == '(';
}
bool closes(char c) {
    return c == '}' || c == ']' || c == ')';
}

/// Pieces between separators that are not inside quotes or brackets; nothing when those do not match up.
std::optional<std::vector<std::string_view>> split_members(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    std::size_t depth = 0;
    std::size_t start = 0;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0) {
            if (c == '\\') ++i;
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (opens(c)) {
            ++depth;
        } else if (closes(c)) {
            if (depth-- == 0) return std::nullopt;
        } else if (c == separator && depth == 0) {
            pieces.push_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    if (quote != 0 || depth != 0) return std::nullopt;
    pieces.push_back(text.substr(start));
    return pieces;
}

/// "'a': 1", "a => 1", "a=1": what stands before the first of these signs.
std::string_view key_of(std::string_view member, std::string_view sign) {
    const std::size_t at = member.find(sign);
    return at == std::string_view::npos || at == 0 ? std::string_view() : trimmed(member.substr(0, at), line_blanks);
}

/// The same members, each with a key that is there once.
bool same_keyed_members(std::string_view published, std::string_view rebuilt, char separator, std::string_view sign) {
    auto left = split_members(published, separator);
    auto right = split_members(rebuilt, separator);
    if (!left || !right || left->size() < 2 || left->size() != right->size()) return false;
    std::vector<std::string_view> keys;
    for (std::string_view& member : *left) keys.push_back(key_of(member = trimmed(member, line_blanks), sign));
    for (std::string_view& member : *right) member = trimmed(member, line_blanks);
    std::sort(keys.begin(), keys.end());
    if (keys.front().empty() || std::adjacent_find(keys.begin(), keys.end()) != keys.end()) return false;
    std::sort(left->begin(), left->end());
    std::sort(right->begin(), right->end());
    return *left == *right;
}

bool is_quoted(std::string_view member) {
    return member.size() >= 2 && (member.front() == '"' || member.front() == '\'') && member.back() == member.front();
}

/// A set as Python prints it: texts in quotes, none twice.
bool same_set_members(std::string_view published, std::string_view rebuilt) {
    auto left = split_members(published, ',');
    auto right = split_members(rebuilt, ',');
    if (!left || !right || left->size() < 2) return false;
    for (auto* const side : {&*left, &*right}) {
        for (std::string_view& member : *side) member = trimmed(member, line_blanks);
        std::sort(side->begin(), side->end());
    }
    return *left == *right && std::all_of(left->begin(), left->end(), is_quoted) &&
           std::adjacent_find(left->begin(), left->end()) == left->end();
}

/// What both lines start and end with, up to the bracket around the members.
bool is_braced_permutation(std::string_view published, std::string_view rebuilt) {
    const std::size_t open = published.find('{');
    const std::size_t close = published.rfind('}');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return false;
    if (rebuilt.substr(0, open + 1) != published.substr(0, open + 1)) return false;
    if (rebuilt.substr(close) != published.substr(close)) return false;
    const std::string_view left = published.substr(open + 1, close - open - 1);
    const std::string_view right = rebuilt.substr(open + 1, close - open - 1);
    return same_keyed_members(left, right, ',', ":") || same_keyed_members(left, right, ',', "=>") ||
           same_set_members(left, right);
}

} // namespace

bool is_member_permutation(std::string_view published, std::string_view rebuilt) {
    if (published.size() != rebuilt.size() || published.size() > line_length_limit || published == rebuilt)
        return false;
    return is_braced_permutation(published, rebuilt) || same_keyed_members(published, rebuilt, ' ', "=") ||
           same_keyed_members(published, rebuilt, ',', "=");
}

} // namespace touchstone
