// An ELF file as a layout: headers and tables field by field, sections by name, notes one by one. The tables are read
// by hand: all that is needed are a few numbers at fixed offsets, and where they stand.
#pragma once

#include "diff/explain/binary_formats.h"

namespace touchstone {

struct ElfSection {
    std::string name;
    std::uint64_t type = 0;
    std::uint64_t flags = 0;
    Span header; ///< its row in the section table
    Span span;   ///< empty for NOBITS
};

struct ElfFile {
    Numbers numbers;
    bool wide = false; ///< ELFCLASS64
    Span programs;     ///< the program header table
    std::uint64_t program_size = 0;
    Span table; ///< the section header table
    std::vector<ElfSection> sections;
    std::vector<Span> loaded; ///< what the kernel maps, whatever the section table says

    bool is_loaded(const Span& span) const;
};

/// Nothing where the file has no section table, or one that does not fit its bytes.
std::optional<ElfFile> read_elf(ByteView bytes);

/// Fields of a note section, a .gnu_debuglink and of what Go writes, and how the rest of a section is compared.
/// Compressed debug information is unpacked within the analyzer's bounds.
void describe_section(const ElfFile& file, const ElfSection& section, Analyzer& analyzer, FieldLayout& layout);

/// Causes that need both files: compilers that differ in their version, code for two kinds of processor.
void explain_pair(const ElfFile& published, const ElfFile& rebuilt, std::array<FieldLayout, 2>& layouts);

} // namespace touchstone
