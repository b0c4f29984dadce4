// Numbers that differ in their last digits (C4): sums in another order, other vector units, fused operations. Two
// numbers that are merely near each other may be two measurements or two settings, so a side must have all the digits
// of a double, and the distance must be that of rounding.
#include "diff/explain/detect_rules.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace touchstone {

namespace {

bool is_number_char(char c) {
    return is_digit(c) || std::string_view(".eE+-").find(c) != std::string_view::npos;
}

/// Digits of the mantissa without zeros in front; 0 where it has no point.
std::size_t significant_digits(std::string_view text) {
    const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
    if (mantissa.find('.') == mantissa.npos) return 0;
    const std::size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
    return static_cast<std::size_t>(
        std::count_if(mantissa.begin() + static_cast<std::ptrdiff_t>(first), mantissa.end(), is_digit));
}

/// All of `text` as a number, by no locale.
std::optional<double> number_of(std::string_view text) {
    constexpr std::size_t longest = 64; // a double needs 24 characters
    if (text.empty() || text.size() > longest) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

bool is_apart(std::string_view before, std::string_view after) {
    const auto joins = [](char c) { return is_alnum(c) || c == '_'; };
    return (before.empty() || !joins(before.back())) && (after.empty() || !joins(after.front()));
}

} // namespace

bool last_digits(const Site& site, WordClaims& claims) {
    if (!site.leaf.text || is_obeyed(site) || is_configuration(site)) return false;
    const auto word = word_around(site, is_number_char);
    if (!word) return false;
    std::array<double, 2> numbers{};
    std::size_t digits = 0;
    for (std::size_t side : {0U, 1U}) {
        const Span& span = (*word)[side];
        const auto number = number_of(site.text(side, span));
        if (!number || !is_apart(site.before(side, span), site.after(side, span))) return false;
        numbers[side] = *number;
        digits = std::max(digits, significant_digits(site.text(side, span)));
    }
    constexpr std::size_t digits_of_a_double = 15; // std::numeric_limits<double>::digits10: fewer were rounded to print
    constexpr double rounding = 1e-9;              // a million additions of doubles lose about 1e-10
    const double distance = std::abs(numbers[0] - numbers[1]);
    const double larger = std::max(std::abs(numbers[0]), std::abs(numbers[1]));
    if (digits < digits_of_a_double || distance == 0 || distance > larger * rounding) return false;
    return claims.claim(*word, CauseId::float_or_profile, "the same number but for its last digits");
}

} // namespace touchstone
