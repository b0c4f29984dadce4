// zlib makes the deflate data and the CRCs; header and trailer are put together here, so that each field can be
// spoiled.
#include "tests/base/gzip_builder.h"

#include <fmt/format.h>
#include <zlib.h>

#include <stdexcept>

namespace touchstone::test {

namespace {

std::string little_endian(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255U);
    return text;
}

std::uint32_t crc_of(std::string_view text) {
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

} // namespace

std::string raw_deflate(std::string_view content, int level, int strategy) {
    z_stream stream{};
    if (::deflateInit2(&stream, level, Z_DEFLATED, -15, 9, strategy) != Z_OK) throw std::runtime_error("deflateInit2");
    std::string out(::deflateBound(&stream, content.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    if (result != Z_STREAM_END) throw std::runtime_error("deflate");
    return out;
}

std::string gzip_member(const GzipMember& member) {
    unsigned flags = member.extra_flags;
    if (member.header_crc) flags |= 2U;
    if (member.extra) flags |= 4U;
    if (member.name) flags |= 8U;
    if (member.comment) flags |= 16U;
    std::string out = "\x1f\x8b";
    out += static_cast<char>(member.method);
    out += static_cast<char>(flags);
    out += little_endian(member.mtime, 4);
    out += static_cast<char>(member.xfl);
    out += static_cast<char>(member.os);
    if (member.extra) out += little_endian(static_cast<std::uint32_t>(member.extra->size()), 2) + *member.extra;
    if (member.name) out += *member.name + '\0';
    if (member.comment) out += *member.comment + '\0';
    if (member.header_crc) out += little_endian((crc_of(out) & 0xFFFFU) ^ member.header_crc_xor, 2);
    out += raw_deflate(member.content, member.level, member.strategy);
    out += little_endian(crc_of(member.content) ^ member.crc_xor, 4);
    out += little_endian(static_cast<std::uint32_t>(member.content.size()) + member.size_add, 4);
    return out;
}

std::string gzip_of_text(std::string_view content) {
    return gzip_member({.content = std::string(content)});
}

std::string estargz_extra(std::uint64_t toc_offset) {
    return std::string("SG\x16\0", 4) + fmt::format("{:016x}STARGZ", toc_offset);
}

} // namespace touchstone::test
