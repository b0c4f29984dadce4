// Makes gzip members for tests, field by field (RFC 1952), around raw deflate data from zlib.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone::test {

struct GzipMember {
    std::string content;
    int level = 6;
    int strategy = 0; ///< zlib's Z_DEFAULT_STRATEGY
    std::uint32_t mtime = 0;
    std::uint8_t xfl = 0;
    std::uint8_t os = 255;
    std::uint8_t method = 8;
    std::uint8_t extra_flags = 0; ///< or-ed into FLG
    std::optional<std::string> extra;
    std::optional<std::string> name;
    std::optional<std::string> comment;
    bool header_crc = false;
    std::uint16_t header_crc_xor = 0; ///< spoils FHCRC
    std::uint32_t crc_xor = 0;        ///< spoils CRC32
    std::uint32_t size_add = 0;       ///< spoils ISIZE
};

std::string raw_deflate(std::string_view content, int level, int strategy);
std::string gzip_member(const GzipMember& member);
std::string gzip_of_text(std::string_view content);

/// The subfield of docs/estargz.md, "The footer".
std::string estargz_extra(std::uint64_t toc_offset);

} // namespace touchstone::test
