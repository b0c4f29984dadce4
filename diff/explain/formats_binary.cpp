// The table of binary formats. Magic bytes decide; the few without a sure magic come last and parse strictly.
#include "diff/explain/binary_formats.h"

namespace touchstone {

namespace {

constexpr std::array<FormatRow, 13> rows{{
    {"elf", recognizes_elf, analyze_elf},
    {"pe", recognizes_pe, analyze_pe},
    {"pyc", recognizes_pyc, analyze_pyc},
    {"sqlite", recognizes_sqlite, analyze_sqlite},
    {"png", recognizes_png, analyze_png},
    {"mo", recognizes_mo, analyze_mo},
    {"jks", recognizes_jks, analyze_jks},
    {"class", recognizes_class, analyze_class},
    {"squashfs", recognizes_squashfs, analyze_squashfs},
    {"uimage", recognizes_uimage, analyze_uimage},
    {"pdf", recognizes_pdf, analyze_pdf},
    {"git-index", recognizes_git_index, analyze_git_index},
    {"fontconfig", recognizes_fontconfig, analyze_fontconfig},
}};

} // namespace

std::span<const FormatRow> binary_formats() {
    return rows;
}

} // namespace touchstone
