// What the text renderers draw on: lines of text, with colour where the reader asked for it. Colour is never the only
// carrier of a meaning, so that a log file says the same as a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace touchstone {

enum class Style : std::uint8_t { plain, bold, dim, good, bad, warning };

class Canvas {
public:
    explicit Canvas(bool color) : color_(color) {}

    /// `text` in a style (SGR codes of ECMA-48, only with colour). `text` must be printable already.
    std::string styled(Style style, std::string_view text) const;

    void line(std::string_view text = {});
    /// A blank line before what follows, unless nothing stands there yet.
    void gap();
    const std::string& text() const { return text_; }

private:
    bool color_;
    std::string text_;
};

/// `value` as people read it: digests as "sha256:" and 12 hex digits, everything else printable and of bounded length.
std::string short_value(std::string_view raw);

/// A history line as it was probably written in the Dockerfile: the shell and BuildKit's mark are taken off. It stays a
/// claim of the image; printable and short.
std::string short_claim(std::string_view created_by, std::size_t limit);

/// "1 file", "3 files": `noun` gets an "s".
std::string counted(std::uint64_t count, std::string_view noun);

/// Blanks on the right up to `width` columns (bytes; what is printed in columns is ASCII or the last on its line).
std::string padded(std::string_view text, std::size_t width);

} // namespace touchstone
