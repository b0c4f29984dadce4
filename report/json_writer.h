// Writes JSON piece by piece into one string, keys in the order of the calls. A report may hold a million findings, and
// a document tree of them would cost gigabytes; text that is appended costs itself. Large containers are laid out over
// lines and their members each on one line, so that reports can be read, grepped and diffed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

class JsonWriter {
public:
    enum class Layout : std::uint8_t { lines, line }; ///< inside a container of one line everything is on that line

    void begin_object(Layout layout = Layout::line) { begin('{', layout); }
    void end_object() { end('}'); }
    void begin_array(Layout layout = Layout::line) { begin('[', layout); }
    void end_array() { end(']'); }

    /// The name of the next value; valid UTF-8.
    void key(std::string_view name);
    void string(std::string_view utf8);
    void number(std::uint64_t value);
    /// A number that is written already.
    void number_text(std::string_view digits);
    void boolean(bool value);
    void null();

    /// key() and a value.
    void member(std::string_view name, std::string_view utf8);
    void member(std::string_view name, std::uint64_t value);
    void flag(std::string_view name, bool value);
    void optional_member(std::string_view name, const std::optional<std::string>& utf8); ///< null when absent

    /// Bytes from an image: as they are when they are UTF-8, else escaped, with `name`_base64 beside.
    void bytes_member(std::string_view name, std::string_view raw);
    void optional_bytes_member(std::string_view name, const std::optional<std::string>& raw);

    /// The text so far, with an LF at its end.
    std::string take();

private:
    struct Level {
        bool lines = false;
        bool empty = true;
    };
    void begin(char bracket, Layout layout);
    void end(char bracket);
    void separate(); // what stands before the next value
    void new_line();

    std::string text_;
    std::vector<Level> levels_;
    bool after_key_ = false;
};

} // namespace touchstone
