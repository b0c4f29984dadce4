// mtree(5), in both of its forms: nested, where a directory is entered by its entry and left by "..", and with full
// paths. Written by BSD's mtree, bsdtar --format=mtree and Go's gomtree. Names are encoded by vis(3).
#include "attest/checksum_parsers.h"

#include "attest/vis.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace touchstone {

namespace {

struct Kind {
    std::string_view written;
    std::string_view ours;
};
constexpr std::array kinds{Kind{"file", "file"},   Kind{"dir", "dir"},   Kind{"link", "symlink"}, Kind{"char", "char"},
                           Kind{"block", "block"}, Kind{"fifo", "fifo"}, Kind{"socket", "socket"}};

/// Digests that bsdtar and BSD write and nobody here computes.
constexpr std::array<std::string_view, 3> foreign_digests{"rmd160", "rmd160digest", "ripemd160digest"};

/// Of a line, and of /set; there are some forty.
constexpr std::size_t keyword_limit = 64;

using Word = std::pair<std::string_view, std::string_view>; ///< keyword and value

Word split_word(std::string_view word) {
    const std::size_t mark = word.find('=');
    if (mark == std::string_view::npos) return {word, {}};
    return {word.substr(0, mark), word.substr(mark + 1)};
}

std::string_view take_word(std::string_view& line) {
    line = trimmed(line, line_end_blanks);
    const std::size_t end = line.find_first_of(" \t");
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(word.size());
    return word;
}

template <class Number>
std::optional<Number> number_of(std::string_view digits, int base) {
    Number value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

class Reader {
public:
    explicit Reader(ChecksumListBuilder& out) : out_(out) {}

    void line(std::string_view text) {
        const std::string_view name = take_word(text);
        if (name == "..") return leave();
        if (name == "/set") return set(text);
        if (name == "/unset") return unset(text);
        if (name.starts_with('/')) { // a command; libarchive reads no others, either
            out_.refuse(fmt::format("{} is neither /set nor /unset nor an entry", printable_short(name)));
        }
        entry(name, text);
    }

private:
    void leave() {
        if (above_.empty()) out_.refuse("\"..\" leaves more directories than were entered");
        directory_.resize(above_.back());
        above_.pop_back();
    }

    void set(std::string_view words) {
        while (!trimmed(words, line_end_blanks).empty()) {
            const auto [keyword, value] = split_word(take_word(words));
            drop_default(keyword);
            if (defaults_.size() >= keyword_limit) out_.refuse("/set of too many keywords");
            defaults_.emplace_back(keyword, value);
        }
    }
    void unset(std::string_view words) {
        while (!trimmed(words, line_end_blanks).empty()) {
            const std::string_view keyword = take_word(words);
            if (keyword == "all") defaults_.clear();
            drop_default(keyword);
        }
    }
    void drop_default(std::string_view keyword) {
        std::erase_if(defaults_, [&](const auto& one) { return one.first == keyword; });
    }

    void entry(std::string_view name, std::string_view words) {
        ChecksumEntry entry;
        unchanged_ = false;
        // What a line says itself takes the place of a default.
        std::vector<Word> own;
        while (!trimmed(words, line_end_blanks).empty()) {
            const Word word = split_word(take_word(words));
            if (std::any_of(own.begin(), own.end(), [&](const Word& one) { return one.first == word.first; })) {
                out_.refuse(fmt::format("{} stands there twice", printable_short(word.first)));
            }
            if (own.size() >= keyword_limit) out_.refuse("too many keywords");
            own.push_back(word);
        }
        for (const auto& fact : defaults_) {
            const auto says_it = [&](const Word& word) { return word.first == fact.first; };
            if (std::none_of(own.begin(), own.end(), says_it)) say(entry, fact.first, fact.second);
        }
        for (const auto& [keyword, value] : own) say(entry, keyword, value);
        const bool is_directory = entry.kind == "dir";
        if (unchanged_) entry = ChecksumEntry{.path = {}, .kind = entry.kind, .may_be_absent = entry.may_be_absent};
        out_.add(place(name, is_directory), std::move(entry));
    }

    /// Where an entry is. A name with a slash is a whole path; one without is of the directory that was entered last,
    /// and enters itself where it is one.
    std::string place(std::string_view name, bool is_directory) {
        std::string decoded = text(name);
        if (name.find('/') != std::string_view::npos) return decoded;
        if (decoded.find('/') != std::string::npos) out_.refuse("an encoded slash in a name");
        const std::size_t before = directory_.size();
        const std::string path = decoded == "." ? directory_ : directory_ + decoded;
        if (path.size() > checksum_path_limit) fail(ErrorKind::over_limit, "directories are nested too deep");
        if (is_directory) {
            above_.push_back(before);
            directory_ = path.empty() || path.ends_with('/') ? path : path + "/";
        }
        return path.empty() ? "." : path;
    }

    void say(ChecksumEntry& entry, std::string_view keyword, std::string_view value) {
        if (keyword == "type") {
            entry.kind = kind(value);
        } else if (keyword == "mode") {
            entry.mode = mode(value);
        } else if (keyword == "uid") {
            entry.uid = number<std::uint32_t>(keyword, value);
        } else if (keyword == "gid") {
            entry.gid = number<std::uint32_t>(keyword, value);
        } else if (keyword == "size") {
            entry.size = number<std::uint64_t>(keyword, value);
        } else if (keyword == "link") {
            entry.link = text(value);
        } else if (keyword == "optional") {
            entry.may_be_absent = true;
        } else if (keyword == "nochange") {
            unchanged_ = true; // it must be there, whatever is in it
            out_.ignore(keyword);
        } else if (find_content_hash(keyword)) {
            out_.add_digest(entry, keyword, value);
        } else {
            const bool is_digest =
                std::find(foreign_digests.begin(), foreign_digests.end(), keyword) != foreign_digests.end();
            entry.unknown_digest = entry.unknown_digest || is_digest;
            out_.ignore(keyword);
        }
    }

    std::string_view kind(std::string_view value) const {
        const auto* const row =
            std::find_if(kinds.begin(), kinds.end(), [&](const Kind& one) { return one.written == value; });
        if (row == kinds.end()) out_.refuse(fmt::format("type={} is not known", printable_short(value)));
        return row->ours;
    }
    std::uint32_t mode(std::string_view value) const {
        const std::optional<std::uint32_t> bits = number_of<std::uint32_t>(value, 8);
        if (!bits || *bits > 07777) out_.refuse(fmt::format("mode={}: octal digits are read", printable_short(value)));
        return *bits;
    }
    template <class Number>
    Number number(std::string_view keyword, std::string_view value) const {
        const std::optional<Number> found = number_of<Number>(value, 10);
        if (!found) out_.refuse(fmt::format("{}={} is no number", keyword, printable_short(value)));
        return *found;
    }
    std::string text(std::string_view encoded) const {
        std::optional<std::string> decoded = unvis(encoded);
        if (!decoded) out_.refuse(fmt::format("{}: an escape that vis(3) does not write", printable_short(encoded)));
        return std::move(*decoded);
    }

    ChecksumListBuilder& out_;
    std::vector<std::pair<std::string, std::string>> defaults_;
    std::string directory_;          ///< that was entered last; "" or with a slash at its end
    std::vector<std::size_t> above_; ///< lengths of `directory_` before
    bool unchanged_ = false;         ///< the entry says so
};

/// A line goes on behind a backslash, unless that is the second half of an escaped one.
bool goes_on(std::string_view line) {
    const std::size_t last = line.find_last_not_of('\\');
    const std::size_t count = line.size() - (last == std::string_view::npos ? 0 : last + 1);
    return count % 2 == 1;
}

/// A comment that does not begin its line: BSD's mtree ends the line there, libarchive reads it as part of a word.
bool has_comment(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\') {
            ++i;
        } else if (line[i] == '#') {
            return true;
        }
    }
    return false;
}

} // namespace

bool is_mtree(std::string_view text) {
    if (text.starts_with("#mtree")) return true;
    std::string_view line = first_significant_line(text);
    const std::string_view name = take_word(line);
    if (name == "/set" || name == "/unset") return true;
    const auto [keyword, value] = split_word(take_word(line));
    constexpr std::array<std::string_view, 8> usual{"type", "mode", "uid", "gid", "uname", "size", "nlink", "time"};
    const bool is_usual = std::find(usual.begin(), usual.end(), keyword) != usual.end();
    return !value.empty() && (is_usual || find_content_hash(keyword).has_value());
}

void read_mtree(std::string_view text, ChecksumListBuilder& out) {
    out.format(ListFormat::mtree);
    ChecksumLines lines(text, out);
    Reader reader(out);
    std::string whole;
    for (std::string_view line; lines.next(line);) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (whole.empty() && trimmed(line, line_end_blanks).starts_with('#')) continue;
        const bool more = goes_on(line);
        if (more) line.remove_suffix(1);
        if (whole.size() + line.size() > checksum_line_limit) {
            fail(ErrorKind::over_limit, fmt::format("line {} is too long", lines.number()));
        }
        whole.append(line);
        if (more) {
            whole += ' ';
            continue;
        }
        if (has_comment(whole)) out.refuse("a '#' within a line: readers of mtree do not agree on what it means");
        if (!trimmed(whole, line_end_blanks).empty()) reader.line(whole);
        whole.clear();
    }
    if (!whole.empty()) out.refuse("the last line goes on, and there is nothing");
    out.at_line(0);
}

} // namespace touchstone
