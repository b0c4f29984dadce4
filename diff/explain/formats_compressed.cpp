// Single compressed streams: what they unpack to is compared; if that is the same, only the compression differs. Both
// sides must unpack completely, with every checksum right and nothing behind them, else the bytes are compared as they
// are.
#include "diff/explain/archive_bytes.h"
#include "diff/explain/detect_subject.h"
#include "diff/explain/gzip_fields.h"
#include "diff/explain/stream_frames.h"
#include "diff/explain/unpack.h"

#include <fmt/format.h>

#include <array>

namespace touchstone::archives {

namespace {

bool starts(ByteView bytes, std::string_view mark) {
    return as_text(bytes).starts_with(mark);
}

/// "changelog.gz" holds "changelog", "a.tgz" holds "a.tar"; other names stay.
std::string unpacked_name(std::string_view name) {
    struct Ending {
        std::string_view packed;
        std::string_view unpacked;
    };
    constexpr std::array<Ending, 11> endings{{{".tgz", ".tar"},
                                              {".svgz", ".svg"},
                                              {".txz", ".tar"},
                                              {".tbz2", ".tar"},
                                              {".gz", ""},
                                              {".xz", ""},
                                              {".zst", ""},
                                              {".bz2", ""},
                                              {".lz4", ""},
                                              {".lzma", ""},
                                              {".zstd", ""}}};
    for (const Ending& ending : endings) {
        if (!name.ends_with(ending.packed) || name.size() == ending.packed.size()) continue;
        return std::string(name.substr(0, name.size() - ending.packed.size())) + std::string(ending.unpacked);
    }
    return std::string(name);
}

void cut_short(const Subject& subject, Part& part) {
    part.differing = {subject.bytes[0].size(), subject.bytes[1].size()};
    cut_part(part, "unpacks to more than the limit");
}

/// One difference for all that is packed differently.
void add_compression(Part& part, std::string where, const SpanPair& spans) {
    Difference difference;
    difference.where = std::move(where);
    difference.spans = spans;
    for (std::size_t side : {0U, 1U}) difference.values[side] = fmt::format("{} bytes", spans[side].size);
    difference.cause = CauseId::compression_only;
    difference.evidence = "the unpacked content is the same";
    part.add(std::move(difference));
}

class GzipPair {
public:
    GzipPair(const Subject& subject, const GzipFile& published, const GzipFile& rebuilt)
        : subject_(subject), files_{&published, &rebuilt} {}

    void compare(Analyzer& analyzer, Part& part) const {
        FieldComparer comparer(subject_.bytes, analyzer.clues(), part);
        const std::size_t count = std::max(files_[0]->members.size(), files_[1]->members.size());
        const bool same = files_[0]->content == files_[1]->content;
        for (std::size_t i = 0; i < count; ++i) {
            const GzipMember* a = member(0, i);
            const GzipMember* b = member(1, i);
            const std::string of = count == 1 ? std::string() : fmt::format("member {}", i + 1);
            comparer.compare(of, a == nullptr ? Fields() : a->fields, b == nullptr ? Fields() : b->fields);
            if (same) compare_bodies(a, b, of, part);
        }
        comparer.compare({}, padding(0), padding(1));
        if (!same) {
            const std::string name = unpacked_name(subject_.name);
            add_part(part,
                     analyzer.child(subject_, name, {as_bytes(files_[0]->content), as_bytes(files_[1]->content)}));
        }
        comparer.finish();
    }

private:
    const GzipMember* member(std::size_t side, std::size_t index) const {
        return index < files_.at(side)->members.size() ? &files_.at(side)->members[index] : nullptr;
    }

    Fields padding(std::size_t side) const {
        Fields fields;
        const Span span = files_.at(side)->padding;
        if (span.size != 0) FieldList(fields, span.offset).add(span.size, "zeros behind the last member");
        return fields;
    }

    void compare_bodies(const GzipMember* a, const GzipMember* b, const std::string& of, Part& part) const {
        const SpanPair spans{a == nullptr ? Span() : a->body, b == nullptr ? Span() : b->body};
        if (same_bytes(cut(subject_.bytes[0], spans[0]), cut(subject_.bytes[1], spans[1]))) return;
        add_compression(part, of.empty() ? "compressed content" : of + ": compressed content", spans);
    }

    const Subject& subject_;
    std::array<const GzipFile*, 2> files_;
};

bool explain_gzip(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<GzipFile, 2> files;
    const std::string name = unpacked_name(last_component(subject.name));
    for (std::size_t side : {0U, 1U}) {
        const UnpackStatus status = read_gzip(subject.bytes[side], name, analyzer, files[side]);
        if (status == UnpackStatus::broken) return false;
        if (status == UnpackStatus::too_large) {
            cut_short(subject, part);
            return true;
        }
    }
    GzipPair(subject, files[0], files[1]).compare(analyzer, part);
    return true;
}

using Unpack = UnpackStatus (*)(ByteView input, Analyzer& analyzer, std::string& output);
using FindFrames = std::optional<Fields> (*)(ByteView bytes);

/// Formats whose decoders check the whole file: all of it is how the content is packed.
std::optional<Fields> one_stream(ByteView bytes) {
    Fields fields;
    FieldList(fields, 0).add(bytes.size(), "compressed content", FieldKind::encoding).value =
        fmt::format("{} bytes", bytes.size());
    return fields;
}

template <StreamFilter filter>
UnpackStatus unpack_with(ByteView input, Analyzer& analyzer, std::string& output) {
    return unpack_stream(filter, input, analyzer, output);
}

template <Unpack unpack, FindFrames find_frames>
bool explain_stream(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<std::string, 2> contents;
    std::array<Fields, 2> frames;
    for (std::size_t side : {0U, 1U}) {
        auto found = find_frames(subject.bytes[side]);
        if (!found) return false;
        frames[side] = std::move(*found);
        const UnpackStatus status = unpack(subject.bytes[side], analyzer, contents[side]);
        if (status == UnpackStatus::broken) return false;
        if (status == UnpackStatus::too_large) {
            cut_short(subject, part);
            return true;
        }
    }
    if (contents[0] != contents[1]) { // what is packed is accounted for by the content
        for (Fields& side : frames) {
            std::erase_if(side, [](const Field& field) { return field.kind == FieldKind::encoding; });
        }
        add_part(part,
                 analyzer.child(subject, unpacked_name(subject.name), {as_bytes(contents[0]), as_bytes(contents[1])}));
    }
    FieldComparer(subject.bytes, analyzer.clues(), part).compare({}, frames[0], frames[1]);
    return true;
}

bool is_gzip(std::string_view, ByteView bytes) {
    return starts(bytes, "\x1f\x8b\x08");
}
bool is_xz(std::string_view, ByteView bytes) {
    return starts(bytes, std::string_view("\xfd"
                                          "7zXZ\0",
                                          6));
}
bool is_zstd(std::string_view, ByteView bytes) {
    const bool skippable = bytes.size() >= 8 && (bytes[0] & 0xF0U) == 0x50 && starts(bytes.subspan(1), "\x2a\x4d\x18");
    return skippable || starts(bytes, "\x28\xb5\x2f\xfd");
}
bool is_bzip2(std::string_view, ByteView bytes) {
    return bytes.size() > 4 && starts(bytes, "BZh") && bytes[3] >= '1' && bytes[3] <= '9';
}
bool is_lz4(std::string_view, ByteView bytes) {
    return starts(bytes, "\x04\x22\x4d\x18");
}
/// The format has no magic number: 0x5d stands for the properties that everyone uses.
bool is_lzma(std::string_view name, ByteView bytes) {
    return name.ends_with(".lzma") && bytes.size() > 13 && bytes[0] == 0x5d;
}

constexpr std::array<FormatRow, 6> rows{{
    {"gzip", is_gzip, explain_gzip},
    {"xz", is_xz, explain_stream<unpack_with<StreamFilter::xz>, one_stream>},
    {"zstd", is_zstd, explain_stream<unpack_zstd, zstd_frames>},
    {"bzip2", is_bzip2, explain_stream<unpack_with<StreamFilter::bzip2>, one_stream>},
    {"lz4", is_lz4, explain_stream<unpack_with<StreamFilter::lz4>, lz4_frames>},
    {"lzma", is_lzma, explain_stream<unpack_with<StreamFilter::lzma>, one_stream>},
}};

} // namespace

} // namespace touchstone::archives

namespace touchstone {

std::span<const FormatRow> compressed_formats() {
    return archives::rows;
}

} // namespace touchstone
