// The layout of JSON text. How a string is escaped is base/json.h's business, so that every JSON that Touchstone writes
// escapes the same characters.
#include "report/json_writer.h"

#include "base/json.h"
#include "base/printable.h"

#include <utility>

namespace touchstone {

void JsonWriter::new_line() {
    text_ += '\n';
    text_.append(2 * levels_.size(), ' ');
}

void JsonWriter::separate() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (levels_.empty()) return;
    Level& level = levels_.back();
    if (!level.empty) text_ += level.lines ? "," : ", ";
    level.empty = false;
    if (level.lines) new_line();
}

void JsonWriter::begin(char bracket, Layout layout) {
    separate();
    text_ += bracket;
    const bool may_break = levels_.empty() || levels_.back().lines;
    levels_.push_back({.lines = may_break && layout == Layout::lines});
}

void JsonWriter::end(char bracket) {
    const Level level = levels_.back();
    levels_.pop_back();
    if (level.lines && !level.empty) new_line();
    text_ += bracket;
}

void JsonWriter::key(std::string_view name) {
    string(name);
    text_ += ": ";
    after_key_ = true;
}

void JsonWriter::string(std::string_view utf8) {
    separate();
    text_ += Json::string(std::string(utf8)).dump();
}

void JsonWriter::number(std::uint64_t value) {
    number_text(std::to_string(value));
}

void JsonWriter::number_text(std::string_view digits) {
    separate();
    text_ += digits;
}

void JsonWriter::boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
}

void JsonWriter::null() {
    separate();
    text_ += "null";
}

void JsonWriter::member(std::string_view name, std::string_view utf8) {
    key(name);
    string(utf8);
}

void JsonWriter::member(std::string_view name, std::uint64_t value) {
    key(name);
    number(value);
}

void JsonWriter::flag(std::string_view name, bool value) {
    key(name);
    boolean(value);
}

void JsonWriter::optional_member(std::string_view name, const std::optional<std::string>& utf8) {
    key(name);
    if (utf8) {
        string(*utf8);
    } else {
        null();
    }
}

void JsonWriter::bytes_member(std::string_view name, std::string_view raw) {
    member(name, utf8_or_escaped(raw));
    if (!is_valid_utf8(raw)) member(std::string(name) + "_base64", base64(raw));
}

void JsonWriter::optional_bytes_member(std::string_view name, const std::optional<std::string>& raw) {
    if (raw) {
        bytes_member(name, *raw);
    } else {
        optional_member(name, std::nullopt);
    }
}

std::string JsonWriter::take() {
    text_ += '\n';
    return std::exchange(text_, {});
}

} // namespace touchstone
