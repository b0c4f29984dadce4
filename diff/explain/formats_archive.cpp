// The table of archive formats: how each is recognized, and who takes it apart.
#include "diff/explain/archive_bytes.h"
#include "diff/explain/archive_formats.h"

#include <array>

namespace touchstone::archives {

namespace {

bool starts(ByteView bytes, std::string_view mark) {
    return as_text(bytes).starts_with(mark);
}

template <ArchiveParser parse>
bool explain_with(const Subject& subject, Analyzer& analyzer, Part& part) {
    return explain_archive(subject, analyzer, part, parse);
}

/// A zip file is found by its end, so anything may stand before it: a script, a program, a jmod's mark.
bool is_zip(std::string_view, ByteView bytes) {
    constexpr std::size_t end_size = 22; // of the end record, without a comment
    if (starts(bytes, "PK\x03\x04") || starts(bytes, "PK\x05\x06")) return true;
    return bytes.size() >= end_size && starts(bytes.last(end_size), "PK\x05\x06");
}

bool is_tar(std::string_view name, ByteView bytes) {
    constexpr std::size_t magic_offset = 257;
    if (bytes.size() < 512) return false;
    return starts(bytes.subspan(magic_offset), "ustar") || name.ends_with(".tar"); // v7 has no mark
}

bool is_ar(std::string_view, ByteView bytes) {
    return starts(bytes, "!<arch>\n");
}
bool is_cpio(std::string_view, ByteView bytes) {
    return starts(bytes, "070701") || starts(bytes, "070702");
}
bool is_rpm(std::string_view, ByteView bytes) {
    return starts(bytes, "\xed\xab\xee\xdb");
}
bool is_7z(std::string_view, ByteView bytes) {
    return starts(bytes, "7z\xbc\xaf\x27\x1c");
}
bool is_iso(std::string_view, ByteView bytes) {
    constexpr std::size_t descriptor = 32769; // sector 16, behind the type
    return bytes.size() > descriptor && starts(bytes.subspan(descriptor), "CD001");
}
bool is_cab(std::string_view, ByteView bytes) {
    return starts(bytes, "MSCF");
}
bool is_manifest(std::string_view name, ByteView bytes) {
    return name.ends_with("META-INF/MANIFEST.MF") && starts(bytes, "Manifest-Version");
}

constexpr std::array<FormatRow, 9> rows{{{"zip", is_zip, explain_with<parse_zip>},
                                         {"tar", is_tar, explain_with<parse_tar>},
                                         {"ar", is_ar, explain_with<parse_ar>},
                                         {"cpio", is_cpio, explain_with<parse_cpio>},
                                         {"rpm", is_rpm, explain_with<parse_rpm>},
                                         {"7z", is_7z, explain_7z},
                                         {"iso", is_iso, explain_iso},
                                         {"cab", is_cab, explain_cab},
                                         {"manifest", is_manifest, explain_manifest}}};

} // namespace

} // namespace touchstone::archives

namespace touchstone {

std::span<const FormatRow> archive_formats() {
    return archives::rows;
}

} // namespace touchstone
