// Files whose header has a time, and little else that can be said: squashfs, U-Boot images, fontconfig's caches.
#include "diff/explain/binary_formats.h"

namespace touchstone {

namespace {

constexpr std::uint64_t squashfs_superblock = 96;
constexpr std::uint64_t uimage_header = 64;
constexpr std::uint64_t fontconfig_header = 0x40;

std::int64_t seconds_at(const Numbers& numbers, std::uint64_t offset, std::size_t size) {
    return static_cast<std::int64_t>(numbers.at(offset, size));
}

FieldLayout squashfs_layout(const Numbers& numbers) {
    FieldLayout layout;
    layout.stretches.push_back({"superblock", {0, squashfs_superblock}});
    layout.stretches.push_back({"file system", {squashfs_superblock, numbers.bytes.size() - squashfs_superblock}});
    layout.fields.push_back(time_field("mkfs_time", {8, 4}, seconds_at(numbers, 8, 4)));
    return layout;
}

std::optional<FieldLayout> uimage_layout(const Numbers& numbers) {
    const std::uint64_t size = numbers.at(12, 4);
    if (!numbers.has(uimage_header, size)) return std::nullopt;
    FieldLayout layout;
    layout.stretches.push_back({"header", {0, uimage_header}});
    layout.stretches.push_back({"image", {uimage_header, size}, Inside::engine});
    std::string header(numbers.text({0, uimage_header}));
    header.replace(4, 4, 4, '\0'); // the header's CRC counts itself as zero
    layout.fields.push_back(checksum_field("ih_hcrc", {4, 4}, crc32_of(as_bytes(header)) == numbers.at(4, 4),
                                           "the CRC of the header, right on both sides"));
    layout.fields.push_back(time_field("ih_time", {8, 4}, seconds_at(numbers, 8, 4)));
    layout.fields.push_back(checksum_field("ih_dcrc", {24, 4},
                                           crc32_of(numbers.view({uimage_header, size})) == numbers.at(24, 4),
                                           "the CRC of the image, right on both sides"));
    return layout;
}

/// The directory's time stands in seconds and, since version 7, in nanoseconds.
FieldLayout fontconfig_layout(const Numbers& numbers) {
    FieldLayout layout;
    layout.stretches.push_back({"header", {0, fontconfig_header}});
    layout.stretches.push_back({"fonts", {fontconfig_header, numbers.bytes.size() - fontconfig_header}, Inside::leaf});
    const std::int64_t seconds = seconds_at(numbers, 0x30, 4);
    layout.fields.push_back(time_field("time of the directory", {0x30, 4}, seconds));
    if (numbers.at(0x38, 8) < 1'000'000'000) {
        Field rest = time_field("nanoseconds of that time", {0x38, 8}, seconds);
        rest.shown.clear();
        layout.fields.push_back(std::move(rest));
    }
    return layout;
}

} // namespace

bool recognizes_squashfs(std::string_view, ByteView bytes) {
    const Numbers numbers{bytes};
    return bytes.size() > squashfs_superblock && numbers.text({0, 4}) == "hsqs" && numbers.at(28, 2) == 4;
}

bool analyze_squashfs(const Subject& subject, Analyzer& analyzer, Part& part) {
    return compare_layouts(subject, analyzer, part,
                           {squashfs_layout({subject.bytes[0]}), squashfs_layout({subject.bytes[1]})});
}

bool recognizes_uimage(std::string_view, ByteView bytes) {
    return bytes.size() >= uimage_header && as_text(bytes).starts_with("\x27\x05\x19\x56");
}

bool analyze_uimage(const Subject& subject, Analyzer& analyzer, Part& part) {
    auto published = uimage_layout({subject.bytes[0], true});
    auto rebuilt = uimage_layout({subject.bytes[1], true});
    if (!published || !rebuilt) return false;
    return compare_layouts(subject, analyzer, part, {std::move(*published), std::move(*rebuilt)});
}

bool recognizes_fontconfig(std::string_view name, ByteView bytes) {
    const std::uint64_t magic = Numbers{bytes}.at(0, 4);
    return bytes.size() >= fontconfig_header && name.find("-le64.cache-") != std::string_view::npos &&
           (magic == 0xfc02fc04 || magic == 0xfc02fc05);
}

bool analyze_fontconfig(const Subject& subject, Analyzer& analyzer, Part& part) {
    return compare_layouts(subject, analyzer, part,
                           {fontconfig_layout({subject.bytes[0]}), fontconfig_layout({subject.bytes[1]})});
}

} // namespace touchstone
