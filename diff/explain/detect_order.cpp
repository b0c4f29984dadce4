// The same lines in another order. In most files that is a real change: the first matching line wins in sudoers,
// passwd, nginx, ld.so.conf or .htaccess, and a script is an order of steps. So order is explained only for what is on
// the list below, never for what runs, and everything else stays without a cause.
#include "diff/explain/detect_order.h"

#include "base/text.h"

#include "diff/explain/detect_claim.h"
#include "diff/explain/detect_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace touchstone {

namespace {

using Lines = std::vector<std::string_view>;

bool all_lines(const Lines& lines, bool (*holds)(std::string_view)) {
    return std::all_of(lines.begin(), lines.end(), holds);
}

bool is_any_line(std::string_view /*line*/) {
    return true;
}

/// As md5sum and its relatives write it: digest, blank, blank or '*', name.
bool is_checksum_line(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || blank + 2 >= line.size()) return false;
    const bool length = blank == 32 || blank == 40 || blank == 56 || blank == 64 || blank == 96 || blank == 128;
    return length && consists_of(line.substr(0, blank), lower_hex_digits) &&
           (line[blank + 1] == ' ' || line[blank + 1] == '*');
}

/// One path with a directory; no assignment, option, comment, address or pattern.
bool is_path_line(std::string_view line) {
    return line.find('/') != std::string_view::npos &&
           line.find_first_of(" \t=:;#!*?\"'$|&<>\\") == std::string_view::npos && line.front() != '-' &&
           line.front() != '+';
}

/// "path package": which package a trigger or file belongs to.
bool is_path_and_word(std::string_view line) {
    const std::size_t blank = line.find(' ');
    return line.starts_with('/') && blank != std::string_view::npos &&
           line.find(' ', blank + 1) == std::string_view::npos;
}

/// "libgioname.so: point,point".
bool is_module_line(std::string_view line) {
    const std::size_t colon = line.find(": ");
    return line.starts_with('#') || (colon != std::string_view::npos && line.substr(0, colon).ends_with(".so"));
}

/// Where order means nothing. `shape` holds for every line of the block on both sides.
struct OrderFree {
    std::string_view prefix; ///< of the path, without the leading '/'; empty: anywhere
    std::string_view suffix;
    bool (*shape)(std::string_view line);
};
constexpr std::array<OrderFree, 16> order_free{{
    {"var/log/", "", is_any_line},                        // nothing reads a log but people
    {"", ".log", is_any_line},                            // likewise
    {"var/lib/dpkg/info/", ".list", is_path_line},        // dpkg reads it into a set of files
    {"var/lib/dpkg/info/", ".md5sums", is_checksum_line}, // each line is checked for itself
    {"", "md5sums", is_checksum_line},                    // likewise, in packages left in the image
    {"", "sha256sums", is_checksum_line},                 // likewise
    {"", "SHA256SUMS", is_checksum_line},                 // likewise
    {"", "SHA512SUMS", is_checksum_line},                 // likewise
    {"", "MD5SUMS", is_checksum_line},                    // likewise
    {"var/lib/dpkg/triggers/File", "", is_path_and_word}, // interest in a path, each for itself
    {"", ".egg-info/SOURCES.txt", is_path_line},          // setuptools' list of what went into a source release
    {"", "/installed-files.txt", is_path_line},           // pip's list of what to remove
    {"", "/.packlist", is_path_line},                     // Perl's list of installed files
    {"", "/install_manifest.txt", is_path_line},          // CMake's list of installed files
    {"", ".filelist", is_path_line},                      // a list of files by its name
    {"usr/lib/", "/giomodule.cache", is_module_line},     // GIO sorts modules by their own priority
}};

const OrderFree* order_free_row(std::string_view path) {
    path = plain_path(path);
    for (const OrderFree& row : order_free) {
        if (path.starts_with(row.prefix) && path.ends_with(row.suffix)) return &row;
    }
    return nullptr;
}

/// Nothing that runs, whatever it is called; configuration cannot be on the list, but a name like /etc/x.log could.
const OrderFree* row_for(const Leaf& leaf) {
    if (!leaf.text || !leaf.complete || is_program(leaf.subject) || is_configuration_directory(leaf.subject))
        return nullptr;
    return order_free_row(leaf.subject.name);
}

std::string_view directory_of(std::string_view path) {
    return path.substr(0, path.size() - last_component(path).size());
}

/// The names of one directory, unsorted on both sides: the order in which readdir() gave them.
bool is_readdir_order(const LineBlock& block) {
    const Lines& lines = block.lines[0];
    if (!all_lines(lines, is_path_line) || is_sorted_bytewise(lines) || is_sorted_bytewise(block.lines[1]))
        return false;
    const std::string_view directory = directory_of(lines.front());
    return std::all_of(lines.begin(), lines.end(),
                       [&](std::string_view line) { return directory_of(line) == directory; });
}

bool is_locale_order(const LineBlock& block) {
    constexpr std::size_t enough = 3; // two lines are always in some order
    if (block.lines[0].size() < enough) return false;
    return (is_sorted_bytewise(block.lines[0]) && is_sorted_by_locale(block.lines[1])) ||
           (is_sorted_bytewise(block.lines[1]) && is_sorted_by_locale(block.lines[0]));
}

/// "[12/40]", "step:", "gcc": what the lines of one step begin with.
std::string_view step_of(std::string_view line) {
    const std::size_t end = line.find_first_of(" :\t");
    return end == std::string_view::npos ? std::string_view() : line.substr(0, end);
}

/// Every step wrote its own lines in the same order on both sides, and at least two of them write more than one line in
/// the whole text (the block is cut as small as it can be, and may hold one line of each).
bool is_interleaved(const Leaf& leaf, const LineBlock& block) {
    std::array<std::map<std::string_view, Lines>, 2> steps;
    for (std::size_t side : {0U, 1U}) {
        for (const std::string_view line : block.lines.at(side)) {
            const std::string_view step = step_of(line);
            if (step.empty()) return false;
            steps.at(side)[step].push_back(line);
        }
    }
    if (steps[0] != steps[1]) return false;
    std::map<std::string_view, std::size_t> counts;
    for (const auto& [step, lines] : steps[0]) counts[step] = 0;
    const std::string_view text = as_text(leaf.subject.bytes[0]);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (const auto found = counts.find(step_of(text.substr(at, end - at))); found != counts.end()) ++found->second;
        at = end + 1;
    }
    return std::count_if(counts.begin(), counts.end(), [](const auto& count) { return count.second > 1; }) >= 2;
}

void find_orders(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                 std::vector<Difference>& found) {
    const OrderFree* row = row_for(leaf);
    if (row == nullptr) return;
    SafeClaims claims(leaf, unclaimed, found);
    for (const LineBlock& block : permuted_blocks(leaf, unclaimed)) {
        if (!all_lines(block.lines[0], row->shape)) continue;
        CauseId cause = CauseId::line_order;
        if (is_locale_order(block)) {
            cause = CauseId::locale_order;
        } else if (is_readdir_order(block)) {
            cause = CauseId::readdir_order;
        } else if (is_log(leaf.subject) && is_interleaved(leaf, block)) {
            cause = CauseId::parallel_order;
        }
        Difference difference =
            claim_of(leaf, block.spans, cause, fmt::format("the same {} lines", block.lines[0].size()));
        difference.where = fmt::format("{} lines", block.lines[0].size());
        claims.add(std::move(difference));
    }
}

/// Texts that people read and nothing parses for its order: dumps in logs and documents.
bool is_prose(const Subject& subject) {
    const std::string_view path = plain_path(subject.name);
    return is_log(subject) || path.ends_with(".txt") || path.ends_with(".md") || path.ends_with(".dump") ||
           path.ends_with(".out");
}

/// From the start of the first line that holds a byte of `span` to the end of the last, without its line end.
Span whole_line(std::string_view text, const Span& span) {
    const std::size_t before = span.offset == 0 ? std::string_view::npos : text.rfind('\n', span.offset - 1);
    const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find('\n', span.end()), text.size());
    return {start, end - start};
}

void find_member_orders(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                        std::vector<Difference>& found) {
    if (!leaf.text || !leaf.complete || !is_prose(leaf.subject) || is_program(leaf.subject) ||
        is_configuration(leaf.subject)) {
        return;
    }
    SafeClaims claims(leaf, unclaimed, found);
    const std::array<std::string_view, 2> text{as_text(leaf.subject.bytes[0]), as_text(leaf.subject.bytes[1])};
    SpanPair line{};
    for (const Region& region : unclaimed) {
        // A line is looked at once, however many regions it has: minified files have lines of megabytes.
        if (claims.taken(region) || region[0].offset < line[0].end() || region[1].offset < line[1].end()) continue;
        line = {whole_line(text[0], region[0]), whole_line(text[1], region[1])};
        const std::string_view published = text_of(leaf.subject, 0, line[0]);
        const std::string_view rebuilt = text_of(leaf.subject, 1, line[1]);
        if (published.find('\n') != std::string_view::npos || !is_member_permutation(published, rebuilt)) continue;
        claims.add(claim_of(leaf, line, CauseId::hash_order, "the same keys and values"));
    }
}

/// Stanzas between blank lines whose readers take them as a set: loadable modules with what each can do.
bool is_stanza_cache(const Subject& subject) {
    const std::string_view path = plain_path(subject.name);
    return path.starts_with("usr/lib/") && (path.ends_with("/loaders.cache") || path.ends_with("/immodules.cache"));
}

std::vector<std::string_view> stanzas_of(std::string_view text) {
    std::vector<std::string_view> stanzas;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t blank = text.find("\n\n", at);
        const std::size_t end = blank == std::string_view::npos ? text.size() : blank + 2;
        stanzas.push_back(text.substr(at, end - at));
        at = end;
    }
    return stanzas;
}

void find_stanza_orders(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                        std::vector<Difference>& found) {
    if (!leaf.text || unclaimed.empty() || !is_stanza_cache(leaf.subject) || is_program(leaf.subject)) return;
    auto left = stanzas_of(as_text(leaf.subject.bytes[0]));
    auto right = stanzas_of(as_text(leaf.subject.bytes[1]));
    // Equal stanzas at both ends stay outside of the claim.
    const auto size_of_all = [](const auto& from, const auto& to) {
        std::uint64_t sum = 0;
        for (auto at = from; at != to; ++at) sum += at->size();
        return sum;
    };
    const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    const std::uint64_t head = size_of_all(left.begin(), l);
    const auto [lback, rback] =
        std::mismatch(left.rbegin(), std::make_reverse_iterator(l), right.rbegin(), std::make_reverse_iterator(r));
    SpanPair spans{Span{head, size_of_all(l, lback.base())}, Span{head, size_of_all(r, rback.base())}};
    std::vector<std::string_view> published(l, lback.base());
    std::vector<std::string_view> rebuilt(r, rback.base());
    std::sort(published.begin(), published.end());
    std::sort(rebuilt.begin(), rebuilt.end());
    if (published.size() < 2 || published != rebuilt) return;
    SafeClaims(leaf, unclaimed, found)
        .add(claim_of(leaf, spans, CauseId::record_order, fmt::format("the same {} stanzas", published.size())));
}

/// etc/shells is written by add-shell in the order of installation, and asked only for what is in it.
void find_install_orders(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                         std::vector<Difference>& found) {
    if (!leaf.text || plain_path(leaf.subject.name) != "etc/shells" || leaf.subject.executable) return;
    SafeClaims claims(leaf, unclaimed, found);
    for (const LineBlock& block : permuted_blocks(leaf, unclaimed)) {
        if (!all_lines(block.lines[0], is_path_line)) continue;
        claims.add(claim_of(leaf, block.spans, CauseId::install_order, "the same shells"));
    }
}

constexpr std::array<DetectorRow, 4> rows{{{"line order", find_orders},
                                           {"member order", find_member_orders},
                                           {"stanza order", find_stanza_orders},
                                           {"install order", find_install_orders}}};

} // namespace

std::span<const DetectorRow> order_detectors() {
    return rows;
}

} // namespace touchstone
