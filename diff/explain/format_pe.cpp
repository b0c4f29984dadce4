// PE files (.exe, .dll, .efi, .NET assemblies): stamps in the COFF header, the debug, export and resource directories,
// the checksum, the id that ties a file to its PDB, and the MVID of .NET. All else is compared without detectors.
#include "diff/explain/binary_formats.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::uint64_t section_row = 40;
constexpr std::uint64_t debug_row = 28;
constexpr std::uint64_t debug_limit = 64;      ///< real files have at most five entries
constexpr std::uint64_t resource_limit = 1000; ///< directories; an installer has some dozens
constexpr std::uint64_t repro_entry = 16;      ///< IMAGE_DEBUG_TYPE_REPRO: stamps are hashes of the content

struct PeSection {
    std::string name;
    std::uint64_t address = 0; ///< relative to the image
    Span span;
};

struct Pe {
    Numbers numbers;
    std::uint64_t coff = 0;
    std::uint64_t optional = 0;
    std::uint64_t directories = 0; ///< offset of the data directories
    std::uint64_t directory_count = 0;
    std::uint64_t headers = 0; ///< SizeOfHeaders
    std::vector<PeSection> sections;
    bool reproducible = false;
};

/// Where an address of the loaded image lies in the file; nothing where not `size` bytes of one section are there.
std::optional<std::uint64_t> place(const Pe& pe, std::uint64_t address, std::uint64_t size) {
    for (const PeSection& section : pe.sections) {
        if (address < section.address) continue;
        const std::uint64_t inside = address - section.address;
        if (inside <= section.span.size && size <= section.span.size - inside) return section.span.offset + inside;
    }
    return std::nullopt;
}

/// Address (or offset, for number 4) and size of a data directory; zeros where there is none.
Span directory(const Pe& pe, std::uint64_t number) {
    if (number >= pe.directory_count) return {};
    return {pe.numbers.at(pe.directories + number * 8, 4), pe.numbers.at(pe.directories + number * 8 + 4, 4)};
}

bool read_sections(Pe& pe, std::uint64_t table, std::uint64_t count) {
    if (!pe.numbers.has(table, count * section_row)) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t row = table + i * section_row;
        PeSection section;
        const std::string_view name = pe.numbers.text({row, 8});
        section.name = name.substr(0, name.find('\0'));
        section.address = pe.numbers.at(row + 12, 4);
        section.span = {pe.numbers.at(row + 20, 4), pe.numbers.at(row + 16, 4)};
        if (section.span.size > 0 && !pe.numbers.has(section.span.offset, section.span.size)) return false;
        pe.sections.push_back(std::move(section));
    }
    return pe.headers >= table + count * section_row && pe.numbers.has(0, pe.headers);
}

std::optional<Pe> read_pe(ByteView bytes) {
    Pe pe;
    pe.numbers.bytes = bytes;
    const std::uint64_t start = pe.numbers.at(0x3c, 4);
    if (pe.numbers.text({start, 4}) != std::string_view("PE\0\0", 4)) return std::nullopt;
    pe.coff = start + 4;
    pe.optional = start + 24;
    const std::uint64_t size = pe.numbers.at(pe.coff + 16, 2);
    const std::uint64_t magic = pe.numbers.at(pe.optional, 2);
    if (!pe.numbers.has(pe.optional, size) || (magic != 0x10b && magic != 0x20b)) return std::nullopt;
    const std::uint64_t fixed = magic == 0x20b ? 112 : 96;
    if (size < fixed) return std::nullopt;
    pe.headers = pe.numbers.at(pe.optional + 60, 4);
    pe.directories = pe.optional + fixed;
    pe.directory_count = std::min(pe.numbers.at(pe.directories - 4, 4), (size - fixed) / 8);
    if (!read_sections(pe, pe.optional + size, pe.numbers.at(pe.coff + 2, 2))) return std::nullopt;
    return pe;
}

/// The sum of all 16-bit words but the field itself, folded, plus the length: what the loader of drivers checks.
std::uint32_t checksum_of(const Pe& pe) {
    const std::uint64_t field = pe.optional + 64;
    const ByteView bytes = pe.numbers.bytes;
    std::uint64_t sum = 0;
    for (std::uint64_t at = 0; at < bytes.size(); at += 2) {
        const std::uint64_t high = at + 1 < bytes.size() ? bytes[at + 1] : 0U;
        std::uint64_t word = bytes[at] | high << 8U;
        // The field may stand at an odd place of a hostile file; then the sum is simply not right.
        if (at >= field && at < field + 4) word = 0;
        sum += word;
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
    return static_cast<std::uint32_t>(sum + bytes.size());
}

/// A stamp of 32 bits. With /Brepro it is no time but a hash.
void add_stamp(const Pe& pe, FieldLayout& layout, std::string name, std::uint64_t offset) {
    const std::uint64_t value = pe.numbers.at(offset, 4);
    Field field = time_field(std::move(name), {offset, 4}, static_cast<std::int64_t>(value));
    if (pe.reproducible) {
        field.proof = Proof::follows;
        field.cause = CauseId::derived;
        field.evidence = "the linker computed it from the file (/Brepro), and more differs there";
        field.shown = fmt::format("{:#010x}", value);
    }
    layout.fields.push_back(std::move(field));
}

void add_known(FieldLayout& layout, std::string name, Span span, CauseId cause, std::string evidence) {
    Field field;
    field.name = std::move(name);
    field.span = span;
    field.proof = Proof::known;
    field.cause = cause;
    field.evidence = std::move(evidence);
    layout.fields.push_back(std::move(field));
}

void read_reproducible(Pe& pe) {
    const Span entries = directory(pe, 6);
    const auto at = place(pe, entries.offset, entries.size);
    if (!at) return;
    for (std::uint64_t i = 0; i < std::min(entries.size / debug_row, debug_limit); ++i) {
        pe.reproducible = pe.reproducible || pe.numbers.at(*at + i * debug_row + 12, 4) == repro_entry;
    }
}

void describe_debug(const Pe& pe, FieldLayout& layout) {
    const Span entries = directory(pe, 6);
    const auto at = place(pe, entries.offset, entries.size);
    if (!at) return;
    for (std::uint64_t i = 0; i < std::min(entries.size / debug_row, debug_limit); ++i) {
        const std::uint64_t row = *at + i * debug_row;
        add_stamp(pe, layout, fmt::format("TimeDateStamp of debug entry {}", i), row + 4);
        const Span data{pe.numbers.at(row + 24, 4), pe.numbers.at(row + 16, 4)};
        if (pe.numbers.at(row + 12, 4) != 2 || data.size < 24 || pe.numbers.text({data.offset, 4}) != "RSDS") continue;
        add_known(layout, fmt::format("PDB GUID of debug entry {}", i), {data.offset + 4, 16}, CauseId::random_id,
                  "the linker makes a new one for each PDB");
        add_known(layout, fmt::format("PDB age of debug entry {}", i), {data.offset + 20, 4}, CauseId::change_counter,
                  "counts how often the PDB was written");
    }
}

/// The tree of resource directories: type, name, language; each has a stamp.
void describe_resources(const Pe& pe, FieldLayout& layout) {
    const Span root = directory(pe, 2);
    const auto base = place(pe, root.offset, root.size);
    if (!base || root.size < 16) return;
    std::vector<std::uint64_t> waiting = {0};
    std::vector<std::uint64_t> seen;
    while (!waiting.empty() && seen.size() < resource_limit) {
        const std::uint64_t inside = waiting.back();
        waiting.pop_back();
        if (inside > root.size - 16 || std::find(seen.begin(), seen.end(), inside) != seen.end()) continue;
        seen.push_back(inside);
        add_stamp(pe, layout, fmt::format("TimeDateStamp of resource directory {}", seen.size() - 1),
                  *base + inside + 4);
        const std::uint64_t count = pe.numbers.at(*base + inside + 12, 2) + pe.numbers.at(*base + inside + 14, 2);
        for (std::uint64_t i = 0; i < std::min(count, resource_limit); ++i) {
            const std::uint64_t next = pe.numbers.at(*base + inside + 16 + i * 8 + 4, 4);
            if ((next & 0x80000000U) != 0 && waiting.size() < resource_limit) waiting.push_back(next & 0x7fffffffU);
        }
    }
}

std::optional<Span> metadata_stream(const Pe& pe, std::uint64_t metadata, std::uint64_t size, std::string_view name) {
    const std::uint64_t version = pe.numbers.at(metadata + 12, 4);
    if (version > 255 || pe.numbers.text({metadata, 4}) != "BSJB") return std::nullopt;
    std::uint64_t at = metadata + 16 + version;
    const std::uint64_t count = std::min<std::uint64_t>(pe.numbers.at(at + 2, 2), 16); // ECMA-335 knows five
    at += 4;
    for (std::uint64_t i = 0; i < count; ++i) {
        const Span stream{pe.numbers.at(at, 4), pe.numbers.at(at + 4, 4)};
        const std::string_view rest = pe.numbers.text({at + 8, std::min<std::uint64_t>(32, size)});
        const std::size_t end = rest.find('\0');
        if (end == std::string_view::npos) return std::nullopt;
        if (rest.substr(0, end) == name && stream.offset <= size && stream.size <= size - stream.offset) {
            return Span{metadata + stream.offset, stream.size};
        }
        at += 8 + (end + 4) / 4 * 4;
    }
    return std::nullopt;
}

/// Module.Mvid: the id of a .NET module, random or a hash of it. The Module table has the first rows of "#~".
void describe_mvid(const Pe& pe, FieldLayout& layout) {
    const auto header = place(pe, directory(pe, 14).offset, 16);
    if (!header) return;
    const std::uint64_t size = pe.numbers.at(*header + 12, 4);
    const auto metadata = place(pe, pe.numbers.at(*header + 8, 4), size);
    if (!metadata || size < 20) return;
    const auto tables = metadata_stream(pe, *metadata, size, "#~");
    const auto guids = metadata_stream(pe, *metadata, size, "#GUID");
    if (!tables || !guids || (pe.numbers.at(tables->offset + 8, 8) & 1U) == 0) return;
    std::uint64_t rows = tables->offset + 24;
    for (std::uint64_t bit = 0; bit < 64; ++bit) rows += (pe.numbers.at(tables->offset + 8, 8) >> bit & 1U) * 4;
    const std::uint64_t sizes = pe.numbers.at(tables->offset + 6, 1);
    const std::uint64_t string_size = (sizes & 1U) != 0 ? 4 : 2;
    const std::uint64_t index = pe.numbers.at(rows + 2 + string_size, (sizes & 2U) != 0 ? 4 : 2);
    if (index == 0 || index > guids->size / 16) return;
    add_known(layout, "MVID", {guids->offset + (index - 1) * 16, 16}, CauseId::random_id,
              "the compiler makes a new one for each build");
}

FieldLayout layout_of(const Pe& pe) {
    FieldLayout layout;
    layout.stretches.push_back({"headers", {0, pe.headers}});
    for (const PeSection& section : pe.sections) {
        if (section.span.size == 0) continue;
        layout.stretches.push_back({section.name, section.span});
    }
    const Span signature = directory(pe, 4);
    if (signature.size > 0 && pe.numbers.has(signature.offset, signature.size)) {
        layout.stretches.push_back(
            {"certificate table", signature, Inside::code, CauseId::signature, "the signature of the file", {}});
    }
    add_stamp(pe, layout, "TimeDateStamp", pe.coff + 4);
    layout.fields.push_back(checksum_field("CheckSum", {pe.optional + 64, 4},
                                           checksum_of(pe) == pe.numbers.at(pe.optional + 64, 4),
                                           "the checksum of the file, right on both sides"));
    const Span exports = directory(pe, 0);
    if (const auto at = place(pe, exports.offset, 40)) add_stamp(pe, layout, "TimeDateStamp of exports", *at + 4);
    describe_debug(pe, layout);
    describe_resources(pe, layout);
    describe_mvid(pe, layout);
    return layout;
}

} // namespace

bool recognizes_pe(std::string_view, ByteView bytes) {
    const Numbers numbers{bytes};
    return numbers.text({0, 2}) == "MZ" && numbers.text({numbers.at(0x3c, 4), 4}) == std::string_view("PE\0\0", 4);
}

bool analyze_pe(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<FieldLayout, 2> layouts;
    bool read = true;
    for (std::size_t side : {0U, 1U}) {
        auto pe = read_pe(subject.bytes.at(side));
        read = read && pe;
        if (!pe) continue;
        read_reproducible(*pe);
        layouts.at(side) = layout_of(*pe);
    }
    // Code that does not parse must not fall to the detectors.
    if (!read || !compare_layouts(subject, analyzer, part, std::move(layouts))) add_ranges(subject, analyzer, part);
    return true;
}

} // namespace touchstone
