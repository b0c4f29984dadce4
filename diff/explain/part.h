// What the second pass has to say about one pair of files, as data for every renderer: a tree of parts (the file, what
// is inside it, what is inside that), each with its differences, their causes, and a bounded view for people. Nothing
// here depends on scheduling; all texts from images are raw bytes and are escaped by the renderers.
#pragma once

#include "diff/explain/cause.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// A stretch of one side's bytes.
struct Span {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t end() const { return offset + size; }
    bool operator==(const Span&) const = default;
};
using SpanPair = std::array<Span, 2>; ///< published, rebuilt

/// One thing that differs inside a part.
struct Difference {
    std::string where; ///< for people, printable: "line 12", "MTIME", "section .rodata"; may be empty
    SpanPair spans{};  ///< in the part's bytes; zero sizes on both sides where a field has no place of its own
    std::array<std::string, 2> values; ///< raw bytes for people, at most value_limit each
    std::optional<CauseId> cause;      ///< absent: not explained
    std::string evidence;              ///< printable; why this cause was chosen, in a few words; may be empty
    std::string derived_of;            ///< with CauseId::derived: raw path of the file whose digest, size … this is
};
constexpr std::size_t value_limit = 200; ///< a date, a path or a digest fits; more is in the view

/// One line of a view.
struct ViewLine {
    enum class Kind : std::uint8_t {
        hunk,      ///< "@@ -1,4 +1,4 @@", or the heading of a hex window or section
        context,   ///< the same on both sides
        published, ///< only published ("-")
        rebuilt,   ///< only rebuilt ("+")
        note,      ///< printable, from us: "… 214 more lines"
    };
    Kind kind = Kind::context;
    std::string text; ///< raw bytes without the line end, at most view_line_limit; a hex line is printable text
    std::vector<std::pair<std::uint32_t, std::uint32_t>> marks; ///< byte ranges [from, to) of `text` that changed
};
constexpr std::size_t view_line_limit = 400; ///< minified files have lines of megabytes
constexpr std::size_t view_limit = 120;      ///< lines a part; who wants all uses --extract

/// The file itself, a member, a section, a decompressed stream.
struct Part {
    std::string name;                                 ///< raw; of the outermost part: the file's path
    std::string kind;                                 ///< "text", "binary", "gzip", "zip", "elf", "json", …
    std::array<std::optional<std::uint64_t>, 2> size; ///< bytes; absent: that side has no such part
    std::vector<Difference> differences;              ///< the first difference_limit, in order of place
    std::uint64_t more = 0;                           ///< so many differences beyond that
    std::map<CauseId, std::uint64_t> causes;          ///< how often each, of all differences here (not of `parts`)
    /// Bytes that differ here and are not in `parts`, and how many of them causes cover. A field that has no bytes of
    /// its own counts as one.
    std::array<std::uint64_t, 2> differing{};
    std::array<std::uint64_t, 2> covered{};
    bool complete = true;    ///< false: a limit kept us from looking at all of it; then it is never explained
    std::string limit;       ///< printable; which limit, where !complete
    std::vector<Part> parts; ///< what is inside and differs, in the order of the file (published first)
    std::vector<ViewLine> view;

    /// Every differing byte of it and of its parts has a cause.
    bool explained() const;
    /// Differing and covered bytes with those of all parts.
    std::array<std::uint64_t, 2> all_differing() const;
    std::array<std::uint64_t, 2> all_covered() const;
    /// The causes of it and of its parts.
    std::map<CauseId, std::uint64_t> all_causes() const;

    /// Appends to `differences` within the limit, counts its cause and its bytes (max(1, span size) a side; covered
    /// where it has a cause).
    void add(Difference difference);
};
constexpr std::size_t difference_limit = 50;

/// Takes keys, salts and password hashes out of what would be shown: a report is passed on, a secret must not be. Their
/// differences stay, with their places and cause.
void hide_secrets(Part& part);

/// True for a part of which hide_secrets hides something, or inside which it does.
bool holds_secrets(const Part& part);

/// A value for Difference::values: cut to value_limit.
std::string short_bytes(std::string_view bytes);

} // namespace touchstone
