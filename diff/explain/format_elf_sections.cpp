// What stands inside the sections of an ELF file: notes, links to debug information, what compilers write about
// themselves. Code, and every loaded section that is not known to hold texts, is compared without detectors: eight
// bytes that look like a time are an operand there.
#include "diff/explain/format_elf.h"

#include "base/text.h"
#include "diff/explain/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace touchstone {

namespace {

constexpr std::uint64_t note_type = 7;        ///< SHT_NOTE
constexpr std::uint64_t allocated = 2;        ///< SHF_ALLOC
constexpr std::uint64_t executable = 4;       ///< SHF_EXECINSTR
constexpr std::uint64_t compressed = 0x800;   ///< SHF_COMPRESSED
constexpr std::uint64_t go_id_within = 32768; ///< Go's linker puts it at the start of the code
constexpr std::uint64_t id_limit = 128;       ///< bytes of an id; Go's has 83
constexpr std::size_t note_limit = 1000;      ///< of one section; real ones have a handful

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return text.starts_with(prefix); });
}

/// A section that claims not to be loaded, but lies in what the kernel maps, may be code in disguise.
Inside inside_of(const ElfFile& file, const ElfSection& section) {
    if ((section.flags & executable) != 0 || section.type == note_type) return Inside::code;
    if ((section.flags & allocated) == 0) return file.is_loaded(section.span) ? Inside::code : Inside::leaf;
    if (section.name.starts_with(".data.rel.ro")) return Inside::code;
    const bool texts = starts_with_any(section.name, {".rodata", ".data", ".go.buildinfo", ".gopclntab", ".modinfo"});
    return texts ? Inside::leaf : Inside::code;
}

std::uint64_t round_up(std::uint64_t value) {
    return (value + 3) & ~std::uint64_t{3};
}

Field derived_field(std::string name, Span span, Proof proof, std::string evidence) {
    Field field;
    field.name = std::move(name);
    field.span = span;
    field.proof = proof;
    field.evidence = std::move(evidence);
    return field;
}

void describe_notes(const ElfFile& file, const ElfSection& section, FieldLayout& layout) {
    std::uint64_t at = section.span.offset;
    for (std::size_t i = 0; i < note_limit && section.span.end() - at >= 12; ++i) {
        const std::uint64_t name_size = file.numbers.at(at, 4);
        const std::uint64_t size = file.numbers.at(at + 4, 4);
        const std::uint64_t type = file.numbers.at(at + 8, 4);
        const std::uint64_t body = at + 12 + round_up(name_size);
        if (body > section.span.end() || size > section.span.end() - body) return;
        const std::string_view name = file.numbers.text({at + 12, name_size});
        if (name == std::string_view("GNU\0", 4) && type == 3 && size <= id_limit) {
            layout.fields.push_back(derived_field("build-id", {body, size}, Proof::follows,
                                                  "the linker computes it from the file, and more differs there"));
        } else if (name == std::string_view("Go\0\0", 4) && type == 4 && size <= id_limit) {
            layout.fields.push_back(derived_field("Go build ID", {body, size}, Proof::follows,
                                                  "Go computes it from its inputs, and more of the file differs"));
        }
        at = body + round_up(size);
        if (at > section.span.end()) return;
    }
}

/// The file name up to a NUL, zeros to a multiple of four, CRC-32 of that file.
void describe_debug_link(const ElfFile& file, const ElfSection& section, FieldLayout& layout) {
    const std::string_view text = file.numbers.text(section.span);
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos || round_up(end + 1) + 4 != text.size()) return;
    layout.fields.push_back(derived_field("CRC-32 of the debug file", {section.span.end() - 4, 4}, Proof::known,
                                          "it is computed from the file with the debug information"));
}

void describe_alt_link(const ElfFile& file, const ElfSection& section, FieldLayout& layout) {
    const std::string_view text = file.numbers.text(section.span);
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos || text.size() - end - 1 != 20) return;
    layout.fields.push_back(derived_field("build-id of the shared debug file", {section.span.end() - 20, 20},
                                          Proof::known, "it is the id of another file with debug information"));
}

void describe_go_code(const ElfFile& file, const ElfSection& section, FieldLayout& layout) {
    constexpr std::string_view before = "\xff Go build ID: \"";
    const std::string_view start = file.numbers.text(section.span).substr(0, go_id_within);
    const std::size_t found = start.find(before);
    if (found == std::string_view::npos) return;
    const std::size_t from = found + before.size();
    const std::size_t end = start.find("\"\n \xff", from);
    if (end == std::string_view::npos || end - from > id_limit) return;
    layout.fields.push_back(derived_field("Go build ID in the code", {section.span.offset + from, end - from},
                                          Proof::follows,
                                          "Go computes it from its inputs, and more of the file "
                                          "differs"));
}

bool is_revision(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) && consists_of(text, lower_hex_digits);
}

/// "2026-03-01T10:00:00Z", the only form that Go writes.
bool is_go_time(std::string_view text) {
    const Grammar form{"RFC 3339", "%Y-%m-%dT%H:%M:%SZ"};
    const auto moment = parse_moment(form, text);
    return moment && moment->size == text.size();
}

/// The lines "build\tvcs.revision=…" that `go version -m` shows; the linker writes them twice.
void describe_go_settings(const ElfFile& file, const ElfSection& section, FieldLayout& layout) {
    const std::string_view text = file.numbers.text(section.span);
    const auto value_after = [&](std::string_view key) -> Span {
        const std::size_t found = text.find(key);
        if (found == std::string_view::npos) return {};
        const std::size_t from = found + key.size();
        const std::size_t end = text.find('\n', from);
        return end == std::string_view::npos || end == from ? Span{} : Span{from, end - from};
    };
    const auto add = [&](std::string_view key, CauseId cause, std::string_view evidence, const auto& fits) {
        const Span span = value_after(key);
        const std::string_view value = text.substr(span.offset, span.size);
        if (span.size == 0 || !fits(value)) return;
        Field field =
            derived_field(fmt::format("{} in {}", key.substr(key.find('\t') + 1), section.name),
                          {section.span.offset + span.offset, span.size}, Proof::known, std::string(evidence));
        field.cause = cause;
        field.shown = value;
        layout.fields.push_back(std::move(field));
    };
    add("build\tvcs.revision=", CauseId::source_revision, "the commit that Go was built from", is_revision);
    add("build\tvcs.time=", CauseId::text_date, "the time of that commit", is_go_time);
}

/// A section of debug information that zlib has packed: a head with the unpacked size, and the stream. False where it
/// is packed in another way, or could be mapped.
bool describe_compressed(const ElfFile& file, const ElfSection& section, Analyzer& analyzer, FieldLayout& layout) {
    constexpr std::uint64_t zlib = 1; // ELFCOMPRESS_ZLIB
    const std::uint64_t head = file.wide ? 24 : 12;
    const std::uint64_t place = file.wide ? 8 : 4; // of ch_size, and its size
    if (section.span.size <= head || inside_of(file, section) != Inside::leaf) return false;
    if (file.numbers.at(section.span.offset, 4) != zlib) return false;
    const Span packed{section.span.offset + head, section.span.size - head};
    Stretch content{section.name, packed, Inside::leaf, {}, {}, inflate_zlib(file.numbers.view(packed), analyzer)};
    const std::uint64_t size = file.numbers.at(section.span.offset + place, place);
    if (!content.unpacked || content.unpacked->size() != size) return false;
    layout.stretches.push_back({"head of " + section.name, {section.span.offset, head}});
    layout.fields.push_back(derived_field("ch_size of " + section.name, {section.span.offset + place, place},
                                          Proof::follows, "the size of the unpacked section"));
    layout.stretches.push_back(std::move(content));
    return true;
}

void describe_plain(const ElfFile& file, const ElfSection& section, FieldLayout& layout) {
    Stretch stretch;
    stretch.name = section.name;
    stretch.span = section.span;
    stretch.inside = (section.flags & compressed) != 0 ? Inside::code : inside_of(file, section);
    layout.stretches.push_back(std::move(stretch));
}

/// "GCC: (Debian 12.2.0-14) 12.2.0" without what differs between versions of one compiler; nothing for other texts.
std::string compiler_family(std::string_view text) {
    if (!starts_with_any(text, {"GCC: (", "clang version ", "Debian clang version ", "Ubuntu clang version ",
                                "Linker: LLD ", "Debian LLD ", "Ubuntu LLD ", "rustc version "})) {
        return {};
    }
    std::string family;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" ()", i), text.size());
        const std::string_view word = text.substr(i, end - i);
        family += word.find_first_of("0123456789") == std::string_view::npos ? word : "#";
        if (end < text.size()) family += text[end];
        i = end + 1;
    }
    return family;
}

std::vector<std::string> families(std::string_view comment) {
    std::set<std::string> found;
    while (!comment.empty()) {
        const std::size_t end = std::min(comment.find('\0'), comment.size());
        if (end > 0) found.insert(compiler_family(comment.substr(0, end)));
        comment.remove_prefix(std::min(end + 1, comment.size()));
    }
    return {found.begin(), found.end()};
}

std::string_view section_text(const ElfFile& file, std::string_view name) {
    const auto found = std::find_if(file.sections.begin(), file.sections.end(),
                                    [&](const ElfSection& section) { return section.name == name; });
    return found == file.sections.end() ? std::string_view() : file.numbers.text(found->span);
}

/// What the compiler recorded (-g, -frecord-gcc-switches) after `option`, up to the next one.
std::set<std::string_view> recorded(const ElfFile& file, std::string_view option) {
    std::set<std::string_view> found;
    for (const std::string_view name : {".debug_str", ".GCC.command.line"}) {
        const std::string_view text = section_text(file, name);
        for (std::size_t at = text.find(option); at != text.npos; at = text.find(option, at)) {
            at += option.size();
            const std::size_t end = std::min(text.find_first_of(std::string_view(" \0", 2), at), text.size());
            found.insert(text.substr(at, end - at));
        }
    }
    return found;
}

bool same_symbols(const ElfFile& left, const ElfFile& right) {
    const std::string_view symbols = section_text(left, ".strtab");
    return !symbols.empty() && symbols == section_text(right, ".strtab") &&
           section_text(left, ".dynstr") == section_text(right, ".dynstr");
}

bool is_apart(const ElfFile& file, std::string_view name) {
    return std::all_of(file.sections.begin(), file.sections.end(), [&](const ElfSection& section) {
        return section.name != name || ((section.flags & allocated) == 0 && !file.is_loaded(section.span));
    });
}

bool is_code(std::string_view name) { // ".text.startup", ".text.unlikely", and a section for each function
    return name == ".text" || name.starts_with(".text.");
}

template <typename Is>
void set_cause(std::array<FieldLayout, 2>& layouts, const Is& is, CauseId cause, std::string_view evidence) {
    for (FieldLayout& layout : layouts) {
        for (Stretch& stretch : layout.stretches) {
            if (!is(stretch.name)) continue;
            stretch.inside = Inside::code; // the cause is for all of it
            stretch.cause = cause;
            stretch.evidence = evidence;
        }
    }
}

} // namespace

void describe_section(const ElfFile& file, const ElfSection& section, Analyzer& analyzer, FieldLayout& layout) {
    const bool packed = (section.flags & compressed) != 0;
    if (packed && describe_compressed(file, section, analyzer, layout)) return;
    describe_plain(file, section, layout);
    if (packed) return;
    if (section.type == note_type) describe_notes(file, section, layout);
    if (section.name == ".gnu_debuglink") describe_debug_link(file, section, layout);
    if (section.name == ".gnu_debugaltlink") describe_alt_link(file, section, layout);
    if (section.name == ".text") describe_go_code(file, section, layout);
    if (inside_of(file, section) == Inside::leaf && (section.flags & allocated) != 0) {
        describe_go_settings(file, section, layout);
    }
}

void explain_pair(const ElfFile& published, const ElfFile& rebuilt, std::array<FieldLayout, 2>& layouts) {
    const auto compilers = families(section_text(published, ".comment"));
    const bool named = std::none_of(compilers.begin(), compilers.end(), [](const auto& one) { return one.empty(); });
    const bool apart = is_apart(published, ".comment") && is_apart(rebuilt, ".comment");
    if (apart && named && !compilers.empty() && compilers == families(section_text(rebuilt, ".comment"))) {
        const auto is_comment = [](std::string_view name) { return name == ".comment"; };
        set_cause(layouts, is_comment, CauseId::toolchain, "another version of the same compiler");
    }
    if (!same_symbols(published, rebuilt)) return;
    const auto targets = recorded(published, "-march=");
    const auto others = recorded(rebuilt, "-march=");
    if (!targets.empty() && !others.empty() && targets != others) {
        set_cause(layouts, is_code, CauseId::cpu_features, "the same symbols, compiled with another -march");
    } else if (!recorded(published, "-fprofile-use").empty() && !recorded(rebuilt, "-fprofile-use").empty()) {
        set_cause(layouts, is_code, CauseId::float_or_profile, "the same symbols, and a profile steered the compiler");
    }
}

} // namespace touchstone
