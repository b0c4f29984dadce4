// libarchive, loaded when the first file needs it (base/shared_library.h): it brings eight libraries, one of them of 30
// MB. Only for the sources of this folder; the one header here that shows a library's types.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace touchstone {

/// The functions that are called, by their names without `archive_`.
#define TOUCHSTONE_ARCHIVE_FUNCTIONS(each)                                                                             \
    each(entry_birthtime) each(entry_birthtime_is_set) each(entry_ctime) each(entry_ctime_is_set) each(entry_gid)      \
        each(entry_hardlink) each(entry_mode) each(entry_mtime) each(entry_mtime_is_set) each(entry_pathname)          \
            each(entry_pathname_utf8) each(entry_symlink) each(entry_uid) each(filter_code) each(filter_count)         \
                each(format) each(read_data) each(read_free) each(read_new) each(read_next_header)                     \
                    each(read_open_memory) each(read_support_filter_bzip2) each(read_support_filter_lz4)               \
                        each(read_support_filter_lzma) each(read_support_filter_xz) each(read_support_format_7zip)     \
                            each(read_support_format_cab) each(read_support_format_empty)                              \
                                each(read_support_format_iso9660) each(read_support_format_raw)

struct LibArchive {
// NOLINTNEXTLINE(bugprone-macro-parentheses): it declares the name
#define TOUCHSTONE_ARCHIVE_MEMBER(name) decltype(&::archive_##name) name = nullptr;
    TOUCHSTONE_ARCHIVE_FUNCTIONS(TOUCHSTONE_ARCHIVE_MEMBER)
#undef TOUCHSTONE_ARCHIVE_MEMBER
};

/// Loads it once, and never unloads it. From any thread. Throws unsupported when it is not installed.
const LibArchive& libarchive();

struct FreeArchive {
    void operator()(archive* reader) const { libarchive().read_free(reader); }
};
using ArchiveReader = std::unique_ptr<archive, FreeArchive>;

} // namespace touchstone
