// Where the parts of a zip file lie (APPNOTE.TXT 6.3.10, sections 4.3 and 4.4), as numbers and spans; what they mean
// for a comparison is in archive_zip.cpp.
#pragma once

#include "base/bytes.h"
#include "diff/explain/part.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace touchstone::archives {

/// What both headers of a member say, 64-bit sizes taken from the extra field.
struct ZipHeader {
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    std::uint64_t local = 0; ///< directory only: where the local header should be
    std::uint32_t mode = 0;  ///< directory only: st_mode, if a unix made it
    Span name;
    Span extra;
    Span comment; ///< directory only
    std::uint64_t end = 0;
    bool wide = false;    ///< 64-bit values in the extra field
    bool cut_off = false; ///< the extra field does not say what the header announces
};
std::optional<ZipHeader> read_local_header(ByteView bytes, std::uint64_t offset);
std::optional<ZipHeader> read_directory_entry(ByteView bytes, std::uint64_t offset);

namespace zip_flag {
constexpr std::uint16_t encrypted = 0x2041; ///< in any of three ways
constexpr std::uint16_t level = 0x0006;
constexpr std::uint16_t descriptor = 0x0008;
constexpr std::uint16_t utf8 = 0x0800;
} // namespace zip_flag

/// One sub-field of an extra field.
struct ZipExtra {
    std::uint16_t id = 0;
    Span body; ///< its header are the 4 bytes before
};
/// Empty where the field is not a whole number of sub-fields (zipalign pads it with zeros).
std::optional<std::vector<ZipExtra>> read_extras(ByteView bytes, const Span& extra);

/// The end of a zip file.
struct ZipEnd {
    std::uint64_t entries = 0;
    Span directory;
    std::uint64_t base = 0; ///< bytes before the first one that offsets count from
    Span wide_record;       ///< zip64 record and locator; empty where there is none
    Span record;            ///< without the comment
    Span comment;
};
/// Empty where there is no end record that fits exactly, or more than one could be meant.
std::optional<ZipEnd> find_zip_end(ByteView bytes);

} // namespace touchstone::archives
