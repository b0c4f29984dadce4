// JSON output. Whatever a terminal, a log viewer or a browser could take for a command is written as a \u escape, so
// the text is safe to show as it is and still plain JSON (RFC 8259 section 7 lets any character be escaped).
#include "base/json.h"
#include "base/unicode.h"

#include <fmt/format.h>

#include <iterator>

namespace touchstone {

namespace {

void append_code_unit(std::string& out, std::uint32_t unit) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

void append_escape(std::string& out, char32_t code_point) {
    switch (code_point) {
    case U'\b':
        out += "\\b";
        return;
    case U'\f':
        out += "\\f";
        return;
    case U'\n':
        out += "\\n";
        return;
    case U'\r':
        out += "\\r";
        return;
    case U'\t':
        out += "\\t";
        return;
    default:
        break;
    }
    if (code_point < 0x10000) return append_code_unit(out, code_point);
    const char32_t rest = code_point - 0x10000; // a surrogate pair
    append_code_unit(out, 0xD800 + (rest >> 10U));
    append_code_unit(out, 0xDC00 + (rest & 0x3FFU));
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const CodePoint code_point = first_code_point(text);
        if (!code_point.valid) {
            out += "\xef\xbf\xbd"; // U+FFFD, the replacement character
        } else if (code_point.value == U'"' || code_point.value == U'\\') {
            out += '\\';
            out += text.front();
        } else if (is_control_or_format(code_point.value)) {
            append_escape(out, code_point.value);
        } else {
            out += text.substr(0, code_point.length);
        }
        text.remove_prefix(code_point.length);
    }
    out += '"';
}

/// Compact when there is no indent. Recursion is bounded by the depth of the value: parse_json's limit, or our own
/// code's.
class Writer {
public:
    Writer(std::string& out, std::size_t indent) : out_(out), indent_(indent) {}

    void write(const Json& json, std::size_t level) {
        switch (json.kind()) {
        case Json::Kind::null:
            out_ += "null";
            break;
        case Json::Kind::boolean:
            out_ += json.as_boolean() ? "true" : "false";
            break;
        case Json::Kind::number:
            out_ += json.number_text();
            break;
        case Json::Kind::string:
            append_string(out_, json.as_string());
            break;
        case Json::Kind::array:
            write_array(json, level);
            break;
        case Json::Kind::object:
            write_object(json, level);
            break;
        }
    }

private:
    void new_line(std::size_t level) {
        if (indent_ == 0) return;
        out_ += '\n';
        out_.append(level * indent_, ' ');
    }

    void write_array(const Json& json, std::size_t level) {
        if (json.items().empty()) {
            out_ += "[]";
            return;
        }
        char separator = '[';
        for (const Json& item : json.items()) {
            out_ += separator;
            separator = ',';
            new_line(level + 1);
            write(item, level + 1);
        }
        new_line(level);
        out_ += ']';
    }

    void write_object(const Json& json, std::size_t level) {
        if (json.members().empty()) {
            out_ += "{}";
            return;
        }
        char separator = '{';
        for (const Json::Member& member : json.members()) {
            out_ += separator;
            separator = ',';
            new_line(level + 1);
            append_string(out_, member.first);
            out_ += indent_ == 0 ? ":" : ": ";
            write(member.second, level + 1);
        }
        new_line(level);
        out_ += '}';
    }

    std::string& out_;
    std::size_t indent_;
};

} // namespace

std::string Json::dump() const {
    std::string out;
    Writer(out, 0).write(*this, 0);
    return out;
}

std::string Json::dump_pretty() const {
    std::string out;
    Writer(out, 2).write(*this, 0);
    return out;
}

} // namespace touchstone
