// Lines of coreutils (`HEX  path`, `HEX *path`, and `SHA256 (path) = HEX` with --tag or of BSD's programs), and what
// dpkg keeps in .md5sums, which is the first of these. A line that begins with a backslash has escapes in its path.
#include "attest/checksum_parsers.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

/// One line, taken apart; views of it.
struct SumLine {
    bool tagged = false;
    bool escaped = false;
    std::string_view algorithm; ///< of a tagged line
    std::string_view digits;
    std::string_view path;
};

bool is_hex(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return hex_value(c) >= 0; });
}

/// The digest stands first; two blanks, or a blank and '*', follow.
bool split_plain(std::string_view line, SumLine& out) {
    const std::size_t end = line.find(' ');
    if (end == std::string_view::npos || end + 2 >= line.size()) return false;
    out.digits = line.substr(0, end);
    if (!is_hex(out.digits) || !content_hash_of_length(out.digits.size())) return false;
    if (line[end + 1] != ' ' && line[end + 1] != '*') return false;
    out.path = line.substr(end + 2);
    return true;
}

/// "SHA256 (path) = HEX"; openssl leaves two of the blanks out. A path may have all of these marks, so that the digest
/// is sought from the end.
bool split_tagged(std::string_view line, SumLine& out) {
    const std::size_t open = line.find('(');
    const std::size_t close = line.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return false;
    out.algorithm = trimmed(line.substr(0, open), line_end_blanks);
    std::string_view rest = trimmed(line.substr(close + 1), line_end_blanks);
    if (!rest.starts_with('=')) return false;
    out.digits = trimmed(rest.substr(1), line_end_blanks);
    out.path = line.substr(open + 1, close - open - 1);
    out.tagged = true;
    return !out.algorithm.empty() && out.algorithm.find(' ') == std::string_view::npos && is_hex(out.digits);
}

bool split(std::string_view line, SumLine& out) {
    out = {};
    if (line.starts_with('\\')) {
        out.escaped = true;
        line.remove_prefix(1);
    }
    return split_plain(line, out) || split_tagged(line, out);
}

/// Nothing for an escape that coreutils does not write.
std::optional<std::string> unescaped(std::string_view path) {
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '\\') {
            text += path[i];
            continue;
        }
        const char next = ++i < path.size() ? path[i] : '\0';
        if (next != '\\' && next != 'n' && next != 'r') return std::nullopt;
        text += next == 'n' ? '\n' : next == 'r' ? '\r' : '\\';
    }
    return text;
}

std::string path_of(const SumLine& line, const ChecksumListBuilder& out) {
    if (!line.escaped) return std::string(line.path);
    std::optional<std::string> path = unescaped(line.path);
    if (!path) out.refuse(fmt::format("{}: an escape other than \\\\, \\n and \\r", printable_short(line.path)));
    return std::move(*path);
}

} // namespace

bool is_sums(std::string_view text) {
    SumLine line;
    return split(first_significant_line(text), line);
}

void read_sums(std::string_view text, ChecksumListBuilder& out) {
    ChecksumLines lines(text, out);
    bool of_dpkg = true;
    for (std::string_view line; lines.next(line);) {
        if (line.empty() || line.starts_with('#')) continue;
        if (line.size() > checksum_line_limit)
            fail(ErrorKind::over_limit, "a line is too long for a path and a digest");
        // A name that ends so is written with an escape.
        if (line.ends_with('\r')) out.refuse("a line end of Windows (CR LF), where LF alone is expected");
        SumLine one;
        if (!split(line, one)) {
            out.refuse(fmt::format("\"{}\" is neither HEX, two blanks, PATH nor ALGORITHM (PATH) = HEX",
                                   printable_short(line, 80)));
        }
        ChecksumEntry entry;
        if (one.tagged) {
            out.add_digest(entry, one.algorithm, one.digits);
        } else {
            const ContentHash hash = *content_hash_of_length(one.digits.size());
            out.add_digest(entry, row_of(hash).name, one.digits);
        }
        const bool is_md5 = !entry.digests.empty() && entry.digests.front().hash == ContentHash::md5;
        of_dpkg = of_dpkg && is_md5 && !one.tagged && !one.path.starts_with('/') && !one.path.starts_with("./");
        out.add(path_of(one, out), std::move(entry));
    }
    out.at_line(0);
    out.format(of_dpkg ? ListFormat::md5sums : ListFormat::sums);
}

} // namespace touchstone
