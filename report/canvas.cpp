// Small tools for text: styles, and how values from an image are shortened without becoming ambiguous to the eye.
#include "report/canvas.h"

#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t value_limit = 80;      // longer values (labels, Env) are cut; the JSON has them whole
constexpr std::size_t short_digest_hex = 12; // what Docker prints as an image id; 48 bits tell two files apart

std::string_view code_of(Style style) {
    switch (style) {
    case Style::bold:
        return "1";
    case Style::dim:
        return "2";
    case Style::good:
        return "1;32";
    case Style::bad:
        return "1;31";
    case Style::warning:
        return "1;33";
    case Style::plain:
        break;
    }
    return "";
}

/// "sha256:" or "sha512:" and at least 64 hex digits, which no other value looks like.
bool is_digest(std::string_view text) {
    if (!text.starts_with("sha256:") && !text.starts_with("sha512:")) return false;
    const std::string_view digits = text.substr(7);
    return (digits.size() == 64 || digits.size() == 128) && consists_of(digits, lower_hex_digits);
}

bool drop_front(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

} // namespace

std::string Canvas::styled(Style style, std::string_view text) const {
    const std::string_view code = code_of(style);
    if (!color_ || code.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Canvas::line(std::string_view text) {
    while (text.ends_with(' ')) text.remove_suffix(1);
    text_ += text;
    text_ += '\n';
}

void Canvas::gap() {
    if (!text_.empty() && !text_.ends_with("\n\n")) text_ += '\n';
}

std::string short_value(std::string_view raw) {
    if (is_digest(raw)) return std::string(raw.substr(0, 7 + short_digest_hex));
    if (raw.empty()) return "\"\"";
    return printable_short(raw, value_limit);
}

std::string short_claim(std::string_view created_by, std::size_t limit) {
    // What the two builders of Docker write: "/bin/sh -c #(nop)  CMD …" and "/bin/sh -c apt …" (classic builder),
    // "RUN /bin/sh -c apt … # buildkit" (BuildKit).
    std::string verb;
    if (drop_front(created_by, "/bin/sh -c #(nop)")) {
        while (drop_front(created_by, " ")) continue;
    } else if (drop_front(created_by, "RUN /bin/sh -c ") || drop_front(created_by, "/bin/sh -c ")) {
        verb = "RUN ";
    }
    constexpr std::string_view mark = " # buildkit";
    if (created_by.ends_with(mark)) created_by.remove_suffix(mark.size());
    while (created_by.ends_with(' ')) created_by.remove_suffix(1);
    return verb + printable_short(created_by, limit);
}

std::string counted(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string padded(std::string_view text, std::size_t width) {
    return fmt::format("{:<{}}", text, width);
}

} // namespace touchstone
