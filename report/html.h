// HTML, written piece by piece into one string. Markup can only come from a literal in our own source (its type has a
// constructor that runs at compile time and nowhere else), and whatever fills a hole in it is escaped. So no byte from
// an image can become a tag, an attribute or an entity, whichever function writes it.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace touchstone {

/// A literal with as many holes `{}` as there are arguments. A hole stands in text or in a double-quoted attribute.
template <class... Args>
struct Markup {
    std::string_view text;
    template <std::size_t size>
    consteval Markup(const char (&literal)[size]) : text(literal, size - 1) { // NOLINT: implicit by design
        std::size_t holes = 0;
        for (std::size_t at = 0; (at = text.find("{}", at)) != std::string_view::npos; at += 2) ++holes;
        if (holes != sizeof...(Args)) throw "as many holes as arguments";
    }
};

/// What fills a hole: text, or a number without its thousands grouped.
class HtmlPiece {
public:
    HtmlPiece(std::string_view text) : text_(text) {}   // NOLINT: implicit by design
    HtmlPiece(const std::string& text) : text_(text) {} // NOLINT
    HtmlPiece(const char* text) : text_(text) {}        // NOLINT
    template <std::integral Number>
    HtmlPiece(Number number) { // NOLINT
        const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr;
        digit_count_ = static_cast<std::size_t>(end - digits_.data());
    }
    std::string_view view() const { return digit_count_ > 0 ? std::string_view(digits_.data(), digit_count_) : text_; }

private:
    std::string_view text_;
    std::array<char, 24> digits_{};
    std::size_t digit_count_ = 0;
};

class Html {
public:
    /// Fills the holes in order. Texts from an image go through printable() first; what does not is made printable
    /// here.
    template <class... Args>
    void put(Markup<std::type_identity_t<Args>...> markup, const Args&... args) {
        const std::array<HtmlPiece, sizeof...(Args)> pieces{HtmlPiece(args)...};
        fill(markup.text, pieces);
    }
    /// Text alone.
    void text(std::string_view content) { escape(content); }
    /// A line of a file: white space stays, and every byte that cannot be shown is marked as an escape, so that it
    /// differs from the same characters in the file.
    void verbatim(std::string_view bytes);
    /// Our own style sheet or script, as it is.
    void trusted(std::string_view ours) { out_ += ours; }

    std::size_t size() const { return out_.size(); }
    std::string take() { return std::move(out_); }

private:
    void fill(std::string_view markup, std::span<const HtmlPiece> pieces);
    void escape(std::string_view content);
    std::string out_;
};

/// "20,000"
std::string grouped(std::uint64_t number);
/// "20,000 files"
std::string many(std::uint64_t number, std::string_view noun);
/// A path or another text of any length, printable and cut where no reader would follow.
std::string shown(std::string_view bytes);

} // namespace touchstone
