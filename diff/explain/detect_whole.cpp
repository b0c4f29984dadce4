// What is decided over a file as a whole: ldconfig's cache of libraries by its structure, a file that is nothing but a
// digest of another one, and logs that stop early or miss lines.
#include "diff/explain/detect_claim.h"
#include "diff/explain/detect_subject.h"

#include "base/endian.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace touchstone {

namespace {

// --- R4: glibc's auxiliary cache, elf/cache.c; offsets checked against files of ldconfig 2.36 (see whole_test.cpp).

constexpr std::string_view aux_magic = "glibc-ld.so.auxcache-2.0";
constexpr std::size_t aux_header = 32;  ///< magic 24, number of libraries u32, size of the names u32
constexpr std::size_t aux_record = 48;  ///< ino, ctime, size, dev u64; flags, name, version u32; 4 bytes unused
constexpr std::size_t aux_size = 16;    ///< offset of size in a record
constexpr std::size_t aux_flags = 32;   ///< …, flags
constexpr std::size_t aux_name = 36;    ///< …, offset of the name in the names
constexpr std::size_t aux_version = 40; ///< …, needed kernel version
constexpr std::size_t aux_libraries = 1'000'000;

/// What the cache says of its libraries without inode, ctime, device and unused bytes: sorted, as the inode decides the
/// order of the records, and they that of the names. Nothing when it is not such a cache, or has bytes that are in none
/// of these fields.
std::optional<std::vector<std::string>> aux_libraries_of(std::string_view bytes) {
    if (!bytes.starts_with(aux_magic) || bytes.size() < aux_header) return std::nullopt;
    const std::uint64_t count = little_word(as_bytes(bytes), aux_magic.size());
    const std::uint64_t names_size = little_word(as_bytes(bytes), aux_magic.size() + 4);
    if (count > aux_libraries || bytes.size() != aux_header + count * aux_record + names_size) return std::nullopt;
    const std::string_view names = bytes.substr(aux_header + count * aux_record);
    std::vector<std::string> libraries;
    std::uint64_t named = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string_view record = bytes.substr(aux_header + i * aux_record, aux_record);
        const std::uint64_t offset = little_word(as_bytes(record), aux_name);
        const std::size_t end = offset < names.size() ? names.find('\0', offset) : std::string_view::npos;
        if (end == std::string_view::npos) return std::nullopt;
        named += offset == 0 ? 0 : end - offset + 1; // offset 0 is the empty name
        std::string library(names.substr(offset, end - offset));
        library += '\0';
        library += record.substr(aux_size, 8);
        library += record.substr(aux_flags, 4);
        library += record.substr(aux_version, 4);
        libraries.push_back(std::move(library));
    }
    if (named + 1 != names_size) return std::nullopt; // names that no record uses: room for something else
    std::sort(libraries.begin(), libraries.end());
    return libraries;
}

/// From the first to the last region on both sides.
SpanPair all_regions(const std::vector<Region>& regions) {
    SpanPair spans{};
    for (std::size_t side : {0U, 1U}) {
        const std::uint64_t start = regions.front().at(side).offset;
        spans.at(side) = {start, regions.back().at(side).end() - start};
    }
    return spans;
}

void find_aux_cache(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                    std::vector<Difference>& found) {
    if (unclaimed.empty() || leaf.subject.executable) return;
    const auto published = aux_libraries_of(as_text(leaf.subject.bytes[0]));
    if (!published || published != aux_libraries_of(as_text(leaf.subject.bytes[1]))) return;
    SafeClaims(leaf, unclaimed, found)
        .add(claim_of(leaf, all_regions(unclaimed), CauseId::stale_memory,
                      fmt::format("the same {} libraries; inodes, times and unused bytes differ", published->size())));
}

// --- C2: the file is a digest, as `sha256sum foo > foo.sha256` writes it.

/// The digest at the start of the file, with nothing after it but a name; or the whole file, if it is a raw one.
struct WholeDigest {
    Span span;
    std::string bytes;
    std::string_view rest;
};

std::optional<WholeDigest> whole_digest(ByteView content) {
    constexpr std::size_t longest = 8192; // a digest and a path
    const std::string_view text = as_text(content);
    if (text.size() > longest) return std::nullopt;
    std::size_t digits = 0;
    while (digits < text.size() && hex_value(text[digits]) >= 0) ++digits;
    for (const std::size_t size : DerivedTable::digest_sizes) {
        if (text.size() == size) return WholeDigest{{0, size}, std::string(text), {}};
        if (digits != 2 * size) continue;
        const std::string_view rest = text.substr(digits);
        const std::size_t newline = rest.find('\n');
        if (newline != std::string_view::npos && newline + 1 != rest.size()) return std::nullopt; // more than one line
        if (!rest.empty() && rest.front() != ' ' && rest.front() != '\n') return std::nullopt;
        return WholeDigest{{0, digits}, bytes_of_hex(text.substr(0, digits)).value_or(""), rest};
    }
    return std::nullopt;
}

void find_whole_digest(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                       std::vector<Difference>& found) {
    if (unclaimed.empty()) return;
    const auto published = whole_digest(leaf.subject.bytes[0]);
    const auto rebuilt = whole_digest(leaf.subject.bytes[1]);
    if (!published || !rebuilt || published->rest != rebuilt->rest) return;
    const DerivedTable::Source* left = clues.side[0].derived.find_digest(as_bytes(published->bytes));
    const DerivedTable::Source* right = clues.side[1].derived.find_digest(as_bytes(rebuilt->bytes));
    if (left == nullptr || right == nullptr || left->path != right->path || left->what != right->what) return;
    Difference difference = claim_of(leaf, {published->span, rebuilt->span}, CauseId::derived,
                                     fmt::format("the file is the {} of {}", left->what, printable_short(left->path)));
    difference.derived_of = left->path;
    SafeClaims(leaf, unclaimed, found).add(std::move(difference));
}

// --- R8: a log that ends early, or in which whole lines are missing or there twice.

/// Only what people read: in anything else a missing end is a missing meaning.
bool may_be_cut(const Leaf& leaf) {
    return leaf.text && is_log(leaf.subject) && !is_program(leaf.subject) && !is_configuration_directory(leaf.subject);
}

bool is_strict_prefix(std::string_view shorter, std::string_view longer) {
    return !shorter.empty() && shorter.size() < longer.size() && longer.starts_with(shorter);
}

/// Whole lines that one side has more, and that stand right before or after the same lines: written twice.
bool is_repeated(std::string_view longer, const Span& extra) {
    const std::string_view lines = longer.substr(extra.offset, extra.size);
    if (lines.empty() || !lines.ends_with('\n')) return false;
    if (extra.offset > 0 && longer[extra.offset - 1] != '\n') return false;
    return longer.substr(0, extra.offset).ends_with(lines) || longer.substr(extra.end()).starts_with(lines);
}

void find_races(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& /*clues*/,
                std::vector<Difference>& found) {
    if (!may_be_cut(leaf) || unclaimed.empty()) return;
    SafeClaims claims(leaf, unclaimed, found);
    const std::array<std::string_view, 2> text{as_text(leaf.subject.bytes[0]), as_text(leaf.subject.bytes[1])};
    if (is_strict_prefix(text[0], text[1]) || is_strict_prefix(text[1], text[0])) {
        // From the first region on: the alignment cuts at words, and so may start before the end of the shorter side.
        claims.add(claim_of(leaf, all_regions(unclaimed), CauseId::race, "one side is the beginning of the other"));
        return;
    }
    // Only where nothing else differs, and one side has all that is there twice: else it may be an order.
    const std::size_t longer = text[0].size() > text[1].size() ? 0 : 1;
    const auto is_repeat = [&](const Region& region) {
        return region.at(1 - longer).size == 0 && is_repeated(text.at(longer), region.at(longer));
    };
    if (unclaimed.size() != leaf.regions.size() || !std::all_of(unclaimed.begin(), unclaimed.end(), is_repeat)) return;
    for (const Region& region : unclaimed) {
        claims.add(claim_of(leaf, region, CauseId::race, "the same lines are there twice"));
    }
}

constexpr std::array<DetectorRow, 3> whole_rows{
    {{"auxiliary cache", find_aux_cache}, {"whole digest", find_whole_digest}, {"race", find_races}}};

} // namespace

std::span<const DetectorRow> whole_detectors() {
    return whole_rows;
}

} // namespace touchstone
