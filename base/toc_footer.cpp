// See the header. A reader tries one footer after the other, each at its own distance from the end.
#include "base/toc_footer.h"
#include "base/endian.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

namespace touchstone {

namespace {

constexpr std::size_t offset_digits = 16;
constexpr std::string_view stargz_mark = "STARGZ";
constexpr std::string_view external_mark = "STARGZEXTERNALTOC";
/// A gzip header of 10 bytes, XLEN, and after the extra field an empty stored block and the trailer.
constexpr std::size_t before_extra = 12;
constexpr std::size_t after_extra = 13;
constexpr std::size_t subfield_header = 4; // "SG" and a length
constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

/// The extra field of `length` bytes of a gzip header that lies where a footer with such a field begins. Readers look
/// at the header only: whether a member follows it, nobody asks.
std::optional<std::string_view> extra_field(std::string_view end, std::size_t length) {
    constexpr unsigned flag_extra = 0x04; // RFC 1952 section 2.3.1
    const std::size_t size = before_extra + length + after_extra;
    if (end.size() < size) return std::nullopt;
    const std::string_view footer = end.substr(end.size() - size);
    const bool is_header = footer.starts_with("\x1f\x8b\x08") && (static_cast<unsigned>(footer[3]) & flag_extra) != 0;
    if (!is_header || little_number(as_bytes(footer), 10, 2) != length) return std::nullopt;
    return footer.substr(before_extra, length);
}

/// The content of the extra field's only subfield "SG".
std::optional<std::string_view> subfield(std::string_view end, std::size_t length) {
    const std::optional<std::string_view> extra = extra_field(end, subfield_header + length);
    if (!extra || !extra->starts_with("SG") || little_number(as_bytes(*extra), 2, 2) != length) return std::nullopt;
    return extra->substr(subfield_header);
}

/// Sixteen hexadecimal digits. What else Go's strconv.ParseInt takes (a sign) points nowhere to us.
std::uint64_t offset_of(std::string_view digits) {
    std::uint64_t offset = 0;
    const char* const end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, offset, 16);
    return error == std::errc() && rest == end ? offset : nowhere;
}

std::optional<TocFooter> estargz_footer(std::string_view end, std::uint64_t blob_size) {
    TocFooter footer;
    footer.format = TocFormat::estargz;
    constexpr std::size_t length = offset_digits + stargz_mark.size();
    std::optional<std::string_view> place = subfield(end, length);
    std::size_t footer_size = before_extra + subfield_header + length + after_extra;
    if (!place) { // stargz: the field is no list of subfields
        place = extra_field(end, length);
        footer_size -= subfield_header;
    }
    if (place && place->ends_with(stargz_mark)) {
        footer.offset = offset_of(place->substr(0, offset_digits));
        const std::uint64_t before = blob_size - footer_size;
        footer.size = footer.offset < before ? before - footer.offset : 0;
        return footer;
    }
    if (subfield(end, external_mark.size()) == external_mark) {
        footer.elsewhere = true;
        return footer;
    }
    return std::nullopt;
}

struct ZstdForm {
    std::string_view mark;
    std::size_t size;
    std::size_t mark_at;
};

/// In containers/storage since 1.50; before, and in stargz-snapshotter; 1.47 to 1.49, which reserved the longer one and
/// filled in the shorter one.
constexpr std::array zstd_forms{ZstdForm{"GNUlInUx", 64, 56}, ZstdForm{"GnUlInUx", 40, 32},
                                ZstdForm{"GnUlInUx", 56, 32}};

std::optional<TocFooter> zstd_footer(std::string_view end) {
    for (const ZstdForm& form : zstd_forms) {
        if (end.size() < form.size) continue;
        const std::string_view footer = end.substr(end.size() - form.size);
        if (footer.substr(form.mark_at, form.mark.size()) != form.mark) continue;
        return TocFooter{.format = TocFormat::zstd_chunked,
                         .elsewhere = false,
                         .offset = little_number(as_bytes(footer), 0, 8),
                         .size = little_number(as_bytes(footer), 8, 8),
                         .unpacked = little_number(as_bytes(footer), 16, 8),
                         .type = little_number(as_bytes(footer), 24, 8)};
    }
    return std::nullopt;
}

} // namespace

TocFooter read_toc_footer(ByteView end, std::uint64_t blob_size) {
    const std::string_view text = as_text(end);
    if (const std::optional<TocFooter> found = estargz_footer(text, blob_size)) return *found;
    return zstd_footer(text).value_or(TocFooter{});
}

} // namespace touchstone
