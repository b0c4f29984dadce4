// Escaping for HTML. Five characters matter in text and in double-quoted attributes; control and format characters are
// never written at all, so that the page cannot be reordered or cut by them.
#include "report/html.h"

#include "base/printable.h"
#include "base/unicode.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::size_t shown_limit = 300; // bytes of a name; PATH_MAX is 4096, and nobody reads the middle of one

std::string_view entity_of(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return {};
    }
}

/// The bytes of the first code point, and whether it may stand in a page.
struct First {
    std::string_view bytes;
    bool visible;
};

First first_of(std::string_view rest) {
    const CodePoint code_point = first_code_point(rest);
    return {rest.substr(0, code_point.length), code_point.valid && !is_control_or_format(code_point.value)};
}

void append_visible(std::string& out, std::string_view bytes) {
    if (const std::string_view entity = bytes.size() == 1 ? entity_of(bytes.front()) : std::string_view();
        !entity.empty()) {
        out += entity;
    } else {
        out += bytes;
    }
}

void append_hex(std::string& out, std::string_view bytes) {
    for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

} // namespace

void Html::fill(std::string_view markup, std::span<const HtmlPiece> pieces) {
    for (const HtmlPiece& piece : pieces) {
        const std::size_t hole = markup.find("{}");
        out_ += markup.substr(0, hole);
        escape(piece.view());
        markup.remove_prefix(hole + 2);
    }
    out_ += markup;
}

void Html::escape(std::string_view content) {
    while (!content.empty()) {
        const First first = first_of(content);
        if (first.visible) {
            append_visible(out_, first.bytes);
        } else {
            append_hex(out_, first.bytes);
        }
        content.remove_prefix(first.bytes.size());
    }
}

void Html::verbatim(std::string_view bytes) {
    bool escaping = false;
    const auto escape_mode = [&](bool wanted) {
        if (wanted != escaping) out_ += wanted ? "<span class=\"esc\">" : "</span>";
        escaping = wanted;
    };
    while (!bytes.empty()) {
        const First first = first_of(bytes);
        const bool visible = first.visible || first.bytes == "\t";
        escape_mode(!visible);
        if (visible) {
            append_visible(out_, first.bytes);
        } else {
            append_hex(out_, first.bytes);
        }
        bytes.remove_prefix(first.bytes.size());
    }
    escape_mode(false);
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

std::string many(std::uint64_t number, std::string_view noun) {
    return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string shown(std::string_view bytes) {
    return printable_short(bytes, shown_limit);
}

} // namespace touchstone
