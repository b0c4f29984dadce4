// Java classes: the version of the compiler, and texts of the constant pool one by one where both pools have the same
// shape. Only texts that the program uses as strings go to the detectors: a class or method is called by its name, and
// must not pass as a path.
#include "diff/explain/binary_formats.h"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace touchstone {

namespace {

constexpr std::uint64_t pool_start = 10;
constexpr std::uint8_t text_tag = 1;

/// Bytes after the tag of a constant, JVM specification 4.4; 0 for tags that there are not. A text has its own length.
std::uint64_t size_of_constant(std::uint8_t tag) {
    constexpr std::array<std::uint8_t, 21> sizes{0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2};
    return tag < sizes.size() ? sizes.at(tag) : 0;
}

/// Constants that name something by a text (class, name and type, method type, module, package), or use it as a string.
constexpr std::uint8_t string_tag = 8;
bool names_by_text(std::uint8_t tag) {
    return tag == 7 || tag == 12 || tag == 16 || tag == 19 || tag == 20;
}

struct ClassFile {
    std::string tags; ///< of all constants
    std::set<std::uint64_t> strings;
    std::set<std::uint64_t> names;
    std::uint64_t pool_end = 0;
    std::vector<std::pair<std::uint64_t, Span>> texts; ///< by the number of the constant
    std::vector<Field> lengths;
};

std::optional<ClassFile> read_class(ByteView bytes) {
    const Numbers numbers{bytes, true};
    const std::uint64_t count = numbers.at(8, 2);
    ClassFile file;
    std::uint64_t at = pool_start;
    for (std::uint64_t i = 1; i < count; ++i) {
        if (!numbers.has(at, 3)) return std::nullopt;
        const auto tag = static_cast<std::uint8_t>(numbers.at(at, 1));
        file.tags += static_cast<char>(tag);
        if (tag == text_tag) {
            const std::uint64_t size = numbers.at(at + 1, 2);
            if (!numbers.has(at + 3, size)) return std::nullopt;
            if (size > 0) file.texts.push_back({i, {at + 3, size}});
            Field length;
            length.name = fmt::format("constant {}: length", i);
            length.span = {at + 1, 2};
            length.proof = Proof::follows;
            length.evidence = "the length of the text";
            file.lengths.push_back(std::move(length));
            at += 3 + size;
            continue;
        }
        const std::uint64_t size = size_of_constant(tag);
        if (size == 0 || !numbers.has(at + 1, size)) return std::nullopt;
        if (tag == string_tag) file.strings.insert(numbers.at(at + 1, 2));
        if (names_by_text(tag)) file.names.insert({numbers.at(at + 1, 2), numbers.at(at + size - 1, 2)});
        at += 1 + size;
        if (tag == 5 || tag == 6) ++i; // long and double count twice
    }
    file.pool_end = at;
    return file;
}

FieldLayout layout_of(const ClassFile& file, ByteView bytes, bool by_constant) {
    FieldLayout layout;
    Field version;
    version.name = "version of the format";
    version.span = {4, 4};
    version.proof = Proof::known;
    version.cause = CauseId::toolchain;
    version.evidence = "compiled by, or for, another version of Java";
    layout.fields.push_back(std::move(version));
    layout.stretches.push_back({"header", {0, pool_start}});
    if (by_constant) {
        for (const auto& [number, span] : file.texts) {
            const bool only_string = file.strings.contains(number) && !file.names.contains(number);
            layout.stretches.push_back(
                {fmt::format("constant {}", number), span, only_string ? Inside::leaf : Inside::code});
        }
        layout.fields.insert(layout.fields.end(), file.lengths.begin(), file.lengths.end());
    } else {
        layout.stretches.push_back({"constant pool", {pool_start, file.pool_end - pool_start}});
    }
    layout.stretches.push_back({"fields, methods and attributes", {file.pool_end, bytes.size() - file.pool_end}});
    return layout;
}

} // namespace

bool recognizes_class(std::string_view, ByteView bytes) {
    const Numbers numbers{bytes, true};
    // A universal Mach-O file has the same magic; its count of architectures stands where the version does here.
    return bytes.size() > pool_start && numbers.at(0, 4) == 0xcafebabe && numbers.at(6, 2) >= 45;
}

bool analyze_class(const Subject& subject, Analyzer& analyzer, Part& part) {
    const auto published = read_class(subject.bytes[0]);
    const auto rebuilt = read_class(subject.bytes[1]);
    if (!published || !rebuilt) return false;
    const bool by_constant = published->tags == rebuilt->tags;
    return compare_layouts(
        subject, analyzer, part,
        {layout_of(*published, subject.bytes[0], by_constant), layout_of(*rebuilt, subject.bytes[1], by_constant)});
}

} // namespace touchstone
