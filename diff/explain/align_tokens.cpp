// Cutting a line to words. Words are what detectors judge, so a value must not come in pieces: a date with its time and
// zone, a path with all its directories, a version with its revision are one word each.
#include "diff/explain/align_words.h"

#include <algorithm>

namespace touchstone {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Bytes of UTF-8 beyond ASCII count as letters: a character is never cut.
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_alphanumeric(char c) {
    return is_digit(c) || is_letter(c);
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// A colon between two digits of a clock or a zone, "10:00": one or two digits before, two after. The colons of passwd
/// and of lists separate fields.
bool is_clock_colon(std::string_view line, std::size_t at) {
    std::size_t before = 0;
    while (before < at && before < 3 && is_digit(line[at - before - 1])) ++before;
    std::size_t after = 0;
    while (at + after + 1 < line.size() && after < 3 && is_digit(line[at + after + 1])) ++after;
    return before >= 1 && before <= 2 && after == 2;
}

/// A byte that belongs to a word because of what follows: "1.2", "a-b", "3~rc1", "./x". At the end of a word it is
/// punctuation.
bool joins(std::string_view line, std::size_t at) {
    if (at + 1 >= line.size()) return false;
    const char next = line[at + 1];
    switch (line[at]) {
    case '.':
    case '~':
        return is_alphanumeric(next) || next == '/' || next == '.';
    case '-':
    case '+':
        return is_alphanumeric(next);
    case ':':
        return is_clock_colon(line, at);
    default:
        return false;
    }
}

bool starts_word(std::string_view line, std::size_t at) {
    const char c = line[at];
    return is_alphanumeric(c) || c == '/' || ((c == '.' || c == '~') && joins(line, at));
}

std::size_t word_end(std::string_view line, std::size_t at) {
    ++at;
    while (at < line.size() && (is_alphanumeric(line[at]) || line[at] == '/' || joins(line, at))) ++at;
    return at;
}

} // namespace

std::vector<Token> tokens_of(std::string_view line) {
    std::vector<Token> tokens;
    for (std::size_t at = 0; at < line.size();) {
        std::size_t end = at + 1;
        const bool word = starts_word(line, at);
        if (word) {
            end = word_end(line, at);
        } else if (is_blank(line[at])) {
            while (end < line.size() && is_blank(line[end])) ++end;
        }
        tokens.push_back({line.substr(at, end - at), word});
        at = end;
    }
    return tokens;
}

std::uint32_t weight_of(const Token& token) {
    constexpr std::size_t enough = 1000; // sums of a line's weights stay far below 2^32
    return token.word ? static_cast<std::uint32_t>(std::min(token.text.size(), enough) + 2) : 1;
}

} // namespace touchstone
