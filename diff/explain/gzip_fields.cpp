// gzip by hand: base/gzip.cpp reads content, here each field has a place and a kind.
#include "diff/explain/gzip_fields.h"

#include "diff/explain/archive_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone::archives {

namespace {

constexpr std::uint8_t flag_header_crc = 0x02;
constexpr std::uint8_t flag_extra = 0x04;
constexpr std::uint8_t flag_name = 0x08;
constexpr std::uint8_t flag_comment = 0x10;
constexpr std::uint8_t structural = 0x1E; // which fields follow
constexpr std::uint8_t reserved = 0xE0;
constexpr std::uint64_t fixed_size = 10;
constexpr std::uint64_t trailer_size = 8;

/// 0: nothing said, 2: best, 4: fastest.
bool is_known_level(std::uint8_t value) {
    return value == 0 || value == 2 || value == 4;
}
/// RFC 1952 section 2.3.1.2 numbers 0 to 13; 255 is unknown.
bool is_known_system(std::uint8_t value) {
    return value <= 13 || value == 255;
}

class GzipReader {
public:
    GzipReader(ByteView bytes, std::string_view own_name, Analyzer& analyzer, GzipFile& file)
        : bytes_(bytes), own_name_(own_name), analyzer_(analyzer), file_(file) {}

    UnpackStatus read() {
        std::uint64_t offset = 0;
        do {
            if (file_.members.size() >= analyzer_.limits().members) return UnpackStatus::too_large;
            const UnpackStatus status = read_member(offset);
            if (status != UnpackStatus::done) return status;
        } while (offset < bytes_.size() && bytes_[offset] != 0);
        file_.padding = {offset, bytes_.size() - offset};
        return all_zero(cut(bytes_, file_.padding)) ? UnpackStatus::done : UnpackStatus::broken;
    }

private:
    /// A text that ends in NUL; 0 where it does not.
    std::uint64_t text_size(std::uint64_t offset) const {
        const std::size_t end = as_text(bytes_.subspan(offset)).find('\0');
        return end == std::string_view::npos ? 0 : end + 1;
    }

    bool read_header(std::uint64_t& offset, GzipMember& member) {
        if (!fits(bytes_, offset, fixed_size) || little_number(bytes_, offset, 3) != 0x088b1f) return false;
        const std::uint64_t start = offset;
        const std::uint8_t flags = bytes_[offset + 3];
        if ((flags & reserved) != 0) return false;
        FieldList list(member.fields, offset);
        list.add(3, "mark", FieldKind::structure);
        list.add(1, "FLG", FieldKind::structure);
        if ((flags & ~structural) != 0) list.note("FTEXT", "set");
        list.time(4, "MTIME", static_cast<std::int64_t>(little_number(bytes_, offset + 4, 4)));
        number(list, "XFL", is_known_level(bytes_[offset + 8]) ? FieldKind::encoding : FieldKind::plain);
        number(list, "OS", is_known_system(bytes_[offset + 9]) ? FieldKind::toolchain : FieldKind::plain);
        if ((flags & flag_extra) != 0) {
            if (!fits(bytes_, list.offset(), 2)) return false;
            const std::uint64_t size = 2 + little_number(bytes_, list.offset(), 2);
            if (!fits(bytes_, list.offset(), size)) return false;
            list.add(size, "FEXTRA");
        }
        if ((flags & flag_name) != 0 && !read_name(list)) return false;
        if ((flags & flag_comment) != 0) {
            const std::uint64_t size = text_size(list.offset());
            if (size == 0) return false;
            list.add(size, "FCOMMENT");
        }
        if ((flags & flag_header_crc) != 0) {
            if (!fits(bytes_, list.offset(), 2)) return false;
            const std::uint32_t crc = crc32_of(bytes_.subspan(start, list.offset() - start)) & 0xFFFFU;
            if (little_number(bytes_, list.offset(), 2) != crc) return false;
            list.add(2, "FHCRC", FieldKind::structure);
        }
        offset = list.offset();
        return true;
    }

    void number(FieldList& list, std::string key, FieldKind kind) {
        const std::uint8_t value = bytes_[list.offset()];
        list.add(1, std::move(key), kind).value = fmt::format("{}", value);
    }

    // A file's own name says nothing; `gzip -n` leaves it out.
    bool read_name(FieldList& list) {
        const std::uint64_t size = text_size(list.offset());
        if (size == 0) return false;
        const std::string_view name = as_text(bytes_.subspan(list.offset(), size - 1));
        const bool own = !name.empty() && name == own_name_;
        list.add(size, "FNAME", own ? FieldKind::encoding : FieldKind::file_name).value = name;
        return true;
    }

    UnpackStatus read_member(std::uint64_t& offset) {
        GzipMember member;
        if (!read_header(offset, member)) return UnpackStatus::broken;
        const std::size_t before = file_.content.size();
        const std::uint64_t room = analyzer_.limits().file - std::min<std::uint64_t>(before, analyzer_.limits().file);
        const Inflated inflated = inflate_raw(bytes_.subspan(offset), room, analyzer_, file_.content);
        if (inflated.status != UnpackStatus::done) return inflated.status;
        member.body = {offset, inflated.consumed};
        offset += inflated.consumed;
        if (!fits(bytes_, offset, trailer_size)) return UnpackStatus::broken;
        const ByteView content = as_bytes(file_.content).subspan(before);
        if (little_number(bytes_, offset, 4) != crc32_of(content) ||
            little_number(bytes_, offset + 4, 4) != (content.size() & 0xFFFFFFFFU)) {
            return UnpackStatus::broken;
        }
        FieldList trailer(member.fields, offset);
        trailer.add(4, "CRC32", FieldKind::structure);
        trailer.add(4, "ISIZE", FieldKind::structure);
        offset = trailer.offset();
        file_.members.push_back(std::move(member));
        return UnpackStatus::done;
    }

    ByteView bytes_;
    std::string_view own_name_;
    Analyzer& analyzer_;
    GzipFile& file_;
};

} // namespace

UnpackStatus read_gzip(ByteView bytes, std::string_view own_name, Analyzer& analyzer, GzipFile& file) {
    return GzipReader(bytes, own_name, analyzer, file).read();
}

} // namespace touchstone::archives
