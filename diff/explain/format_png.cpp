// PNG: chunk by chunk. Times and texts are no part of the picture; the compressed ones are compared unpacked; each
// chunk's CRC is recomputed.
#include "diff/explain/binary_formats.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view magic = "\x89PNG\r\n\x1a\n";
constexpr std::size_t chunk_limit = 100'000; ///< a large picture in chunks of 8 KiB has some thousands

struct Chunk {
    std::string_view type;
    Span data;
};

std::optional<std::vector<Chunk>> read_chunks(ByteView bytes) {
    const Numbers numbers{bytes, true};
    std::vector<Chunk> chunks;
    std::uint64_t at = magic.size();
    while (at < bytes.size() && chunks.size() < chunk_limit) {
        const std::uint64_t size = numbers.at(at, 4);
        if (!numbers.has(at, 12) || !numbers.has(at + 12, size)) return std::nullopt;
        chunks.push_back({numbers.text({at + 4, 4}), {at + 8, size}});
        at += 12 + size;
        if (chunks.back().type == "IEND") return chunks; // what follows is no chunk, and compared as bytes
    }
    return std::nullopt;
}

constexpr std::size_t keyword_limit = 79; ///< PNG specification, 11.3.3.1

/// "tEXt date:create": texts are known by their keyword.
std::string name_of_chunk(const Numbers& numbers, const Chunk& chunk) {
    if (chunk.type != "tEXt" && chunk.type != "zTXt" && chunk.type != "iTXt") return std::string(chunk.type);
    const std::string_view text = numbers.text(chunk.data);
    return fmt::format("{} {}", chunk.type, text.substr(0, std::min(text.find('\0'), keyword_limit)));
}

std::optional<std::int64_t> time_of(const Numbers& numbers, const Span& data) {
    if (data.size != 7) return std::nullopt;
    const auto part = [&](std::uint64_t i) { return static_cast<unsigned>(numbers.at(data.offset + i, 1)); };
    if (part(2) < 1 || part(2) > 12 || part(3) < 1 || part(3) > 31 || part(4) > 23 || part(5) > 59 || part(6) > 60) {
        return std::nullopt;
    }
    return seconds_of(static_cast<int>(numbers.at(data.offset, 2)), part(2), part(3), part(4), part(5), part(6));
}

/// zTXt: keyword, NUL, method 0, zlib. The keyword is part of the chunk's name here, so that it is compared, too.
std::optional<std::string> unpacked_text(const Numbers& numbers, const Chunk& chunk, Analyzer& analyzer) {
    const std::string_view text = numbers.text(chunk.data);
    const std::size_t end = text.substr(0, keyword_limit + 1).find('\0');
    if (chunk.type != "zTXt" || end == text.npos || end + 2 > text.size() || text[end + 1] != '\0') return std::nullopt;
    return inflate_zlib(as_bytes(text.substr(end + 2)), analyzer);
}

void describe_chunk(const Numbers& numbers, const Chunk& chunk, Analyzer& analyzer, FieldLayout& layout) {
    const std::string name = name_of_chunk(numbers, chunk);
    const bool text = name.size() > chunk.type.size();
    const std::uint64_t start = chunk.data.offset - 8;
    layout.stretches.push_back({name + ": frame", {start, 8}});
    Field length;
    length.name = name + ": length";
    length.span = {start, 4};
    length.proof = Proof::follows;
    length.evidence = "the size of the chunk's data";
    layout.fields.push_back(std::move(length));
    Stretch data{name, chunk.data, text ? Inside::leaf : Inside::code, {}, {}, unpacked_text(numbers, chunk, analyzer)};
    layout.stretches.push_back(std::move(data));
    if (chunk.type == "tIME") {
        if (const auto seconds = time_of(numbers, chunk.data)) {
            layout.fields.push_back(time_field("tIME", chunk.data, *seconds));
        }
    }
    const Span checked{start + 4, chunk.data.size + 4};
    const Span crc{chunk.data.end(), 4};
    layout.stretches.push_back({name + ": CRC", crc});
    layout.fields.push_back(checksum_field(name + ": CRC", crc,
                                           crc32_of(numbers.view(checked)) == numbers.at(crc.offset, 4),
                                           "the CRC of the chunk, right on both sides"));
}

/// All IDAT chunks are one zlib stream; where that cannot be unpacked they are compared as any other.
bool describe_picture(const Numbers& numbers, const std::vector<Chunk>& chunks, Analyzer& analyzer,
                      FieldLayout& layout) {
    std::string packed;
    Span place;
    for (const Chunk& chunk : chunks) {
        if (chunk.type != "IDAT") continue;
        const Span whole{chunk.data.offset - 8, chunk.data.size + 12};
        if (place.size != 0 && place.end() != whole.offset) return false; // the format wants them side by side
        if (crc32_of(numbers.view({whole.offset + 4, chunk.data.size + 4})) != numbers.at(chunk.data.end(), 4)) {
            return false;
        }
        if (place.size == 0) place.offset = whole.offset;
        place.size = whole.end() - place.offset;
        packed += numbers.text(chunk.data);
    }
    Stretch picture{"picture", place, Inside::code, {}, {}, inflate_zlib(as_bytes(packed), analyzer)};
    if (place.size == 0 || !picture.unpacked) return false;
    layout.stretches.push_back(std::move(picture));
    return true;
}

} // namespace

bool recognizes_png(std::string_view, ByteView bytes) {
    return as_text(bytes).starts_with(magic);
}

bool analyze_png(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<FieldLayout, 2> layouts;
    for (std::size_t side : {0U, 1U}) {
        const Numbers numbers{subject.bytes.at(side), true};
        const auto chunks = read_chunks(numbers.bytes);
        if (!chunks) return false;
        FieldLayout& layout = layouts.at(side);
        layout.stretches.push_back({"signature", {0, magic.size()}});
        const bool picture = describe_picture(numbers, *chunks, analyzer, layout);
        for (const Chunk& chunk : *chunks) {
            if (picture && chunk.type == "IDAT") continue;
            describe_chunk(numbers, chunk, analyzer, layout);
        }
    }
    return compare_layouts(subject, analyzer, part, std::move(layouts));
}

} // namespace touchstone
