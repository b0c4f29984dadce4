// ELF: reading the tables, and turning headers, tables and what is appended into a layout.
#include "diff/explain/format_elf.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::uint64_t section_limit = 10'000; ///< -ffunction-sections makes thousands in an object file
constexpr std::uint64_t nobits = 8;             ///< SHT_NOBITS: takes no bytes of the file
constexpr std::uint64_t allocated = 2;          ///< SHF_ALLOC
constexpr std::string_view signature_magic = "~Module signature appended~\n";
constexpr std::uint64_t signature_limit = 1U << 16U; ///< PKCS#7 with a key of 4096 bits has 700 bytes
constexpr std::uint64_t signature_info = 12;         ///< struct module_signature in front of the magic

/// A field of a header or of a row of a table, in both classes.
struct Column {
    std::string_view name;
    std::uint64_t offset32;
    std::uint64_t size32;
    std::uint64_t offset64;
    std::uint64_t size64;
    Span span(std::uint64_t base, bool wide) const {
        return wide ? Span{base + offset64, size64} : Span{base + offset32, size32};
    }
};

constexpr std::array<Column, 13> header_columns{{
    {"e_type", 16, 2, 16, 2},
    {"e_machine", 18, 2, 18, 2},
    {"e_version", 20, 4, 20, 4},
    {"e_entry", 24, 4, 24, 8},
    {"e_phoff", 28, 4, 32, 8},
    {"e_shoff", 32, 4, 40, 8},
    {"e_flags", 36, 4, 48, 4},
    {"e_ehsize", 40, 2, 52, 2},
    {"e_phentsize", 42, 2, 54, 2},
    {"e_phnum", 44, 2, 56, 2},
    {"e_shentsize", 46, 2, 58, 2},
    {"e_shnum", 48, 2, 60, 2},
    {"e_shstrndx", 50, 2, 62, 2},
}};
constexpr std::array<Column, 10> section_columns{{
    {"sh_name", 0, 4, 0, 4},
    {"sh_type", 4, 4, 4, 4},
    {"sh_flags", 8, 4, 8, 8},
    {"sh_addr", 12, 4, 16, 8},
    {"sh_offset", 16, 4, 24, 8},
    {"sh_size", 20, 4, 32, 8},
    {"sh_link", 24, 4, 40, 4},
    {"sh_info", 28, 4, 44, 4},
    {"sh_addralign", 32, 4, 48, 8},
    {"sh_entsize", 36, 4, 56, 8},
}};
constexpr std::array<Column, 8> program_columns{{
    {"p_type", 0, 4, 0, 4},
    {"p_flags", 24, 4, 4, 4},
    {"p_offset", 4, 4, 8, 8},
    {"p_vaddr", 8, 4, 16, 8},
    {"p_paddr", 12, 4, 24, 8},
    {"p_filesz", 16, 4, 32, 8},
    {"p_memsz", 20, 4, 40, 8},
    {"p_align", 28, 4, 48, 8},
}};

template <std::size_t count>
const Column& column(const std::array<Column, count>& columns, std::string_view name) {
    return *std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return one.name == name; });
}

template <std::size_t count>
std::uint64_t value(const ElfFile& file, const std::array<Column, count>& columns, std::string_view name,
                    std::uint64_t base = 0) {
    const Span span = column(columns, name).span(base, file.wide);
    return file.numbers.at(span.offset, span.size);
}

/// The name that starts at `offset` of a string table.
std::string_view name_at(std::string_view table, std::uint64_t offset) {
    if (offset >= table.size()) return {};
    const std::string_view rest = table.substr(offset);
    const std::size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

void read_loaded(ElfFile& file) {
    constexpr std::uint64_t load = 1; // PT_LOAD
    for (std::uint64_t at = file.programs.offset; at < file.programs.end(); at += file.program_size) {
        if (value(file, program_columns, "p_type", at) != load) continue;
        file.loaded.push_back(
            {value(file, program_columns, "p_offset", at), value(file, program_columns, "p_filesz", at)});
    }
}

bool read_sections(ElfFile& file, std::uint64_t count, std::uint64_t row, std::uint64_t names) {
    const std::uint64_t table = value(file, header_columns, "e_shoff");
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t base = table + i * row;
        ElfSection section;
        section.header = {base, row};
        section.type = value(file, section_columns, "sh_type", base);
        section.flags = value(file, section_columns, "sh_flags", base);
        // Row 0 names no section; its size holds the number of sections where that does not fit the header.
        if (i != 0 && section.type != nobits && section.type != 0) {
            section.span = {value(file, section_columns, "sh_offset", base),
                            value(file, section_columns, "sh_size", base)};
            if (!file.numbers.has(section.span.offset, section.span.size)) return false;
        }
        file.sections.push_back(std::move(section));
    }
    if (names >= file.sections.size()) return false;
    const std::string_view strings = file.numbers.text(file.sections[names].span);
    for (ElfSection& section : file.sections) {
        section.name = name_at(strings, value(file, section_columns, "sh_name", section.header.offset));
    }
    return true;
}

void add_columns(FieldLayout& layout, const ElfFile& file, std::string_view of, std::uint64_t base,
                 const auto& columns) {
    for (const Column& one : columns) {
        Field field;
        field.name = fmt::format("{} of {}", one.name, of);
        field.span = one.span(base, file.wide);
        field.shown = fmt::format("{:#x}", file.numbers.at(field.span.offset, field.span.size));
        layout.fields.push_back(std::move(field));
    }
}

/// Where a section that is not loaded lies follows from the sizes before it; its bytes are compared by its name.
void add_follows(FieldLayout& layout, std::size_t first, std::initializer_list<std::string_view> names,
                 const auto& columns) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (std::find(names.begin(), names.end(), columns[i].name) == names.end()) continue;
        layout.fields[first + i].proof = Proof::follows;
        layout.fields[first + i].evidence = "where parts of the file lie follows from their sizes";
    }
}

void describe_tables(const ElfFile& file, FieldLayout& layout) {
    const std::uint64_t header = file.wide ? 64 : 52;
    layout.stretches.push_back({"ELF header", {0, header}});
    add_columns(layout, file, "the ELF header", 0, header_columns);
    add_follows(layout, 0, {"e_shoff"}, header_columns);
    if (file.programs.size > 0) layout.stretches.push_back({"program headers", file.programs});
    for (std::uint64_t at = file.programs.offset; at < file.programs.end(); at += file.program_size) {
        const std::uint64_t number = (at - file.programs.offset) / file.program_size;
        add_columns(layout, file, fmt::format("program header {}", number), at, program_columns);
    }
    layout.stretches.push_back({"section headers", file.table});
    for (const ElfSection& section : file.sections) {
        const std::size_t first = layout.fields.size();
        add_columns(layout, file, fmt::format("section {}", section.name), section.header.offset, section_columns);
        // Where a program's code lies is said by the program headers, too; the two must not come apart unseen.
        const bool named_twice = !file.loaded.empty() && (section.flags & allocated) != 0;
        if (named_twice || section.type == 0) continue;
        add_follows(layout, first, {"sh_offset", "sh_size"}, section_columns);
    }
}

/// A signed kernel module ends in its signature, a record of sizes and a magic.
void describe_signature(const ElfFile& file, FieldLayout& layout) {
    const std::string_view text = as_text(file.numbers.bytes);
    const std::uint64_t tail = signature_info + signature_magic.size();
    if (!file.loaded.empty() || text.size() < tail) return; // modules are object files
    if (text.substr(text.size() - signature_magic.size()) != signature_magic) return;
    const Numbers numbers{file.numbers.bytes, true};
    const std::uint64_t size = numbers.at(text.size() - signature_magic.size() - 4, 4);
    if (size > std::min<std::uint64_t>(text.size() - tail, signature_limit)) return;
    const Span span{text.size() - tail - size, size};
    layout.stretches.push_back(
        {"module signature", span, Inside::code, CauseId::signature, "the signature that follows a kernel module"});
}

FieldLayout layout_of(const ElfFile& file, Analyzer& analyzer) {
    FieldLayout layout;
    describe_tables(file, layout);
    for (const ElfSection& section : file.sections) {
        if (section.span.size > 0) describe_section(file, section, analyzer, layout);
    }
    describe_signature(file, layout);
    return layout;
}

bool other_architectures(const Clues& clues) {
    const std::string& left = clues.side[0].architecture;
    const std::string& right = clues.side[1].architecture;
    return !left.empty() && !right.empty() && left != right;
}

/// Ranges without detectors. Two machines explain them only where the images are for two machines: a program for i386
/// runs on amd64 as well, and a swapped one must not pass as another platform's.
void compare_whole(const Subject& subject, const Analyzer& analyzer, bool other_machine, Part& part) {
    if (other_machine && other_architectures(analyzer.clues())) {
        add_ranges(subject, analyzer, part, CauseId::other_platform, "the images and the machine in the file differ");
    } else {
        add_ranges(subject, analyzer, part);
    }
}

} // namespace

std::optional<ElfFile> read_elf(ByteView bytes) {
    ElfFile file;
    file.numbers.bytes = bytes;
    if (bytes.size() < 64 || (bytes[4] != 1 && bytes[4] != 2) || (bytes[5] != 1 && bytes[5] != 2)) return std::nullopt;
    file.wide = bytes[4] == 2;
    file.numbers.big = bytes[5] == 2;
    const std::uint64_t table = value(file, header_columns, "e_shoff");
    const std::uint64_t row = value(file, header_columns, "e_shentsize");
    if (row != (file.wide ? 64U : 40U) || !file.numbers.has(table, row) || table == 0) return std::nullopt;
    std::uint64_t count = value(file, header_columns, "e_shnum");
    std::uint64_t names = value(file, header_columns, "e_shstrndx");
    if (count == 0) count = value(file, section_columns, "sh_size", table);
    if (names == 0xffff) names = value(file, section_columns, "sh_link", table);
    if (count == 0 || count > section_limit || !file.numbers.has(table, count * row)) return std::nullopt;
    file.table = {table, count * row};
    const std::uint64_t programs = value(file, header_columns, "e_phnum");
    if (programs > 0) {
        file.program_size = value(file, header_columns, "e_phentsize");
        file.programs = {value(file, header_columns, "e_phoff"), programs * file.program_size};
        if (file.program_size != (file.wide ? 56U : 32U)) return std::nullopt;
        if (!file.numbers.has(file.programs.offset, file.programs.size)) return std::nullopt;
    }
    if (!read_sections(file, count, row, names)) return std::nullopt;
    read_loaded(file);
    return file;
}

bool ElfFile::is_loaded(const Span& span) const {
    return std::any_of(loaded.begin(), loaded.end(), [&](const Span& one) {
        return span.offset < one.offset + one.size && one.offset < span.end() && one.offset + one.size >= one.offset;
    });
}

bool recognizes_elf(std::string_view, ByteView bytes) {
    return bytes.size() >= 52 && as_text(bytes).substr(0, 4) == "\x7f"
                                                                "ELF";
}

bool analyze_elf(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<std::optional<ElfFile>, 2> files = {read_elf(subject.bytes[0]), read_elf(subject.bytes[1])};
    const auto platform = [&](std::size_t side) { return as_text(subject.bytes.at(side)).substr(4, 2); };
    const auto machine = [&](std::size_t side) { return as_text(subject.bytes.at(side)).substr(18, 2); };
    const bool other_machine = platform(0) != platform(1) || machine(0) != machine(1);
    if (!other_machine && files[0] && files[1]) {
        std::array<FieldLayout, 2> layouts = {layout_of(*files[0], analyzer), layout_of(*files[1], analyzer)};
        explain_pair(*files[0], *files[1], layouts);
        if (compare_layouts(subject, analyzer, part, std::move(layouts))) return true;
    }
    compare_whole(subject, analyzer, other_machine, part);
    return true;
}

} // namespace touchstone
