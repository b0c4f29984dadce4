// gettext's .mo: the translation of the empty string is a header with dates; all else is messages and a hash table.
#include "diff/explain/binary_formats.h"

namespace touchstone {

namespace {

constexpr std::uint64_t message_limit = 1'000'000; ///< the largest catalogue of Debian has 20,000

/// Where the header entry's text lies; nothing where a table or a string is not inside.
std::optional<Span> header_entry(const Numbers& numbers) {
    const std::uint64_t count = numbers.at(8, 4);
    const std::uint64_t originals = numbers.at(12, 4);
    const std::uint64_t translations = numbers.at(16, 4);
    if (count == 0 || count > message_limit) return std::nullopt;
    if (!numbers.has(originals, count * 8) || !numbers.has(translations, count * 8)) return std::nullopt;
    // Sorted by the original, so that the empty one is the first.
    const Span text{numbers.at(translations + 4, 4), numbers.at(translations, 4)};
    if (numbers.at(originals, 4) != 0 || text.size == 0 || !numbers.has(text.offset, text.size)) return std::nullopt;
    return text;
}

} // namespace

bool recognizes_mo(std::string_view, ByteView bytes) {
    const std::string_view magic = as_text(bytes).substr(0, 4);
    return bytes.size() >= 28 && (magic == "\xde\x12\x04\x95" || magic == "\x95\x04\x12\xde");
}

bool analyze_mo(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<FieldLayout, 2> layouts;
    for (std::size_t side : {0U, 1U}) {
        const Numbers numbers{subject.bytes.at(side), subject.bytes.at(side)[0] == 0x95};
        const auto header = header_entry(numbers);
        if (!header || header->offset < 28) return false;
        layouts.at(side).stretches = {
            {"tables and originals", {0, header->offset}},
            {"header entry", *header, Inside::leaf},
            {"translations", {header->end(), numbers.bytes.size() - header->end()}},
        };
    }
    return compare_layouts(subject, analyzer, part, std::move(layouts));
}

} // namespace touchstone
