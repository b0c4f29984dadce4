// Escaping for GitHub-flavoured Markdown (spec 0.29) and for what GitHub does to the rendered page afterwards:
// mentions, references and addresses become links everywhere but in code.
#include "report/markdown_text.h"

#include "base/printable.h"
#include "report/explained.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

std::size_t longest_run(std::string_view text, char wanted) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : text) {
        run = c == wanted ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

/// Letters, digits, blanks and bytes of longer characters need no entity anywhere.
bool is_harmless(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The element written out, with an entity for every sign.
std::string element_of(const std::string& text) {
    std::string code = "<code>";
    for (const char c : text) {
        if (is_harmless(c)) {
            code += c;
        } else {
            code += fmt::format("&#{};", static_cast<int>(c));
        }
    }
    return code + "</code>";
}

/// A code span where its text needs no escape. In a table a pipe ends the cell and a backslash may hide one, and a
/// backtick ends the span: then it is the element.
std::string code_of(const std::string& text) {
    if (text.empty()) return element_of(text);
    const bool plain = text.find_first_of("`|\\") == std::string::npos && text.front() != ' ' && text.back() != ' ';
    return plain ? "`" + text + "`" : element_of(text);
}

} // namespace

std::string markdown_code(std::string_view raw, std::size_t limit) {
    return code_of(printable_short(raw, limit));
}

std::string markdown_element(std::string_view raw, std::size_t limit) {
    return element_of(printable_short(raw, limit));
}

std::string markdown_said(std::string_view text, std::size_t limit) {
    return code_of(said(text, limit));
}

std::string markdown_text(std::string_view ours) {
    std::string text;
    for (const char c : ours) {
        // A dot, a colon or a dash is part of a sentence: our words hold no addresses.
        if (is_harmless(c) || std::string_view(",;'\"/()%+=.:-").find(c) != std::string_view::npos) {
            text += c;
        } else {
            text += fmt::format("&#{};", static_cast<int>(c));
            if (c == '@' || c == '#') text += "<!-- -->"; // parts the sign from what would be linked
        }
    }
    return text;
}

std::string markdown_block(std::string_view language, const std::vector<std::string>& lines) {
    std::size_t run = 0;
    for (const std::string& line : lines) run = std::max(run, longest_run(line, '`'));
    const std::string fence(std::max<std::size_t>(3, run + 1), '`');
    std::string block = fmt::format("{}{}\n", fence, language);
    for (const std::string& line : lines) block += line + "\n";
    return block + fence + "\n";
}

} // namespace touchstone
