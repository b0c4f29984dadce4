// RFC 8878 section 3.1, and lz4's doc/lz4_Frame_format.md 1.6.3.
#include "diff/explain/stream_frames.h"

#include "diff/explain/archive_bytes.h"

#include <fmt/format.h>

#include <array>

namespace touchstone::archives {

namespace {

constexpr std::uint64_t zstd_magic = 0xFD2FB528;
constexpr std::uint64_t lz4_magic = 0x184D2204;
constexpr std::uint64_t skippable_magic = 0x184D2A50; // and the 15 after it
constexpr std::uint64_t skippable_mask = 0xFFFFFFF0;

/// Steps through a file; once a step does not fit, none does.
class Cursor {
public:
    explicit Cursor(ByteView bytes) : bytes_(bytes) {}
    std::uint64_t take(std::size_t size) {
        if (!fits(bytes_, offset_, size)) {
            broken_ = true;
            return 0;
        }
        offset_ += size;
        return little_number(bytes_, offset_ - size, size);
    }
    void skip(std::uint64_t size) {
        if (fits(bytes_, offset_, size)) {
            offset_ += size;
        } else {
            broken_ = true;
        }
    }
    bool broken() const { return broken_; }
    bool at_end() const { return offset_ == bytes_.size(); }
    std::uint64_t offset() const { return offset_; }

private:
    ByteView bytes_;
    std::uint64_t offset_ = 0;
    bool broken_ = false;
};

/// Behind the magic number.
void skip_zstd_frame(Cursor& cursor) {
    constexpr std::array<std::uint64_t, 4> dictionary_sizes{0, 1, 2, 4};
    constexpr std::array<std::uint64_t, 4> content_sizes{0, 2, 4, 8};
    const std::uint64_t descriptor = cursor.take(1);
    const bool single_segment = (descriptor & 0x20U) != 0;
    std::uint64_t content_size = content_sizes.at(descriptor >> 6U);
    if (single_segment && content_size == 0) content_size = 1;
    cursor.skip((single_segment ? 0 : 1) + dictionary_sizes.at(descriptor & 3U) + content_size);
    for (bool last = false; !last && !cursor.broken();) {
        const std::uint64_t header = cursor.take(3);
        const bool repeated = (header >> 1U & 3U) == 1; // one byte stands for all
        last = (header & 1U) != 0;
        cursor.skip(repeated ? 1 : header >> 3U);
    }
    if ((descriptor & 0x04U) != 0) cursor.skip(4);
}

void skip_lz4_frame(Cursor& cursor) {
    const std::uint64_t flags = cursor.take(1);
    const bool block_checksums = (flags & 0x10U) != 0;
    cursor.skip(1);                              // block size
    cursor.skip((flags & 0x08U) != 0 ? 8U : 0U); // content size
    cursor.skip((flags & 0x01U) != 0 ? 4U : 0U); // dictionary
    cursor.skip(1);                              // header checksum
    while (!cursor.broken()) {
        const std::uint64_t size = cursor.take(4);
        if (size == 0) break;
        cursor.skip((size & 0x7FFFFFFFU) + (block_checksums ? 4 : 0));
    }
    if ((flags & 0x04U) != 0) cursor.skip(4);
}

std::optional<Fields> frames(ByteView bytes, std::uint64_t magic, void (*skip_frame)(Cursor&)) {
    Fields fields;
    Cursor cursor(bytes);
    while (!cursor.at_end()) {
        const std::uint64_t start = cursor.offset();
        const std::uint64_t found = cursor.take(4);
        const bool skippable = (found & skippable_mask) == skippable_magic;
        if (skippable) {
            cursor.skip(cursor.take(4));
        } else if (found == magic) {
            skip_frame(cursor);
        } else {
            return {};
        }
        if (cursor.broken()) return {};
        FieldList(fields, start)
            .add(cursor.offset() - start, skippable ? "skippable frame" : "frame",
                 skippable ? FieldKind::plain : FieldKind::encoding)
            .value = fmt::format("{} bytes", cursor.offset() - start);
    }
    return fields;
}

} // namespace

std::optional<Fields> zstd_frames(ByteView bytes) {
    return frames(bytes, zstd_magic, skip_zstd_frame);
}

std::optional<Fields> lz4_frames(ByteView bytes) {
    return frames(bytes, lz4_magic, skip_lz4_frame);
}

} // namespace touchstone::archives
