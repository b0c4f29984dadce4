// Sniffing, the parts that all decoders share, and plain input. Magics are looked up in a table; what containerd would
// take for a plain tar, although it is another compression, is refused by its name instead of as a broken tar.
#include "base/compression.h"

#include "base/decoders.h"
#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t block_size = std::size_t{256} << 10; // spec/performance.md: larger blocks gain nothing

struct Magic {
    std::string_view bytes;
    std::string_view name;
};

constexpr std::string_view gzip_magic = "\x1f\x8b\x08";
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";
constexpr std::string_view skippable_magic = "\x2a\x4d\x18"; // after a first byte 0x50..0x5f
constexpr std::size_t skippable_header = 8;

constexpr std::array foreign_magics{
    Magic{std::string_view("\xfd"
                           "7zXZ\0",
                           6),
          "xz"},
    Magic{std::string_view("BZh"), "bzip2"},
    Magic{std::string_view("\x04\x22\x4d\x18"), "lz4"},
    Magic{std::string_view("7z\xbc\xaf\x27\x1c"), "7z"},
};

bool is_foreign(std::string_view head, const Magic& magic) {
    if (!head.starts_with(magic.bytes)) return false;
    if (magic.name != "bzip2") return true;
    return head.size() > 3 && head[3] >= '1' && head[3] <= '9'; // "BZh" and the block size
}

bool is_tar_header(std::string_view head) {
    constexpr std::size_t magic_offset = 257; // POSIX pax interchange format, ustar header block
    return head.size() > magic_offset && head.substr(magic_offset).starts_with("ustar");
}

/// Plain input: counted, and from the second block on read straight into the caller's buffer.
class PlainSource final : public ByteSource {
public:
    PlainSource(CompressedInput input, const InflateLimits& limits, CompressionFacts& facts)
        : input_(std::move(input)), limits_(limits), facts_(facts) {}

    std::size_t read(ByteSpan buffer) override {
        const std::size_t count = read_some(buffer);
        facts_.compressed += count;
        facts_.uncompressed += count;
        check_output(limits_, facts_.compressed, facts_.uncompressed);
        if (count == 0 && !buffer.empty()) {
            facts_.toc = read_toc_footer(as_bytes(last_), facts_.compressed);
        } else {
            keep_last(buffer.first(count));
        }
        return count;
    }

private:
    std::size_t read_some(ByteSpan buffer) {
        const ByteView ahead = input_.available();
        if (ahead.empty()) return input_.source().read(buffer);
        const std::size_t count = std::min(ahead.size(), buffer.size());
        std::copy_n(ahead.begin(), count, buffer.begin());
        input_.advance(static_cast<std::ptrdiff_t>(count));
        return count;
    }

    /// Blocks are large: this is a copy of a few bytes each.
    void keep_last(ByteView block) {
        last_ += as_text(block.last(std::min(block.size(), toc_footer_size)));
        if (last_.size() > toc_footer_size) last_.erase(0, last_.size() - toc_footer_size);
    }

    CompressedInput input_;
    InflateLimits limits_;
    CompressionFacts& facts_;
    std::string last_; // at most toc_footer_size bytes
};

} // namespace

std::string_view name_of(Compression compression) {
    switch (compression) {
    case Compression::none:
        return "none";
    case Compression::gzip:
        return "gzip";
    case Compression::zstd:
        return "zstd";
    }
    return "unknown";
}

Compression sniff_compression(ByteView head) {
    const std::string_view text = as_text(head);
    if (text.starts_with(gzip_magic)) return Compression::gzip;
    if (text.starts_with(zstd_magic)) return Compression::zstd;
    const bool skippable = text.size() >= skippable_header && (head[0] & 0xF0U) == 0x50;
    if (skippable && text.substr(1).starts_with(skippable_magic)) return Compression::zstd;
    if (is_tar_header(text)) return Compression::none;
    for (const Magic& magic : foreign_magics) {
        if (is_foreign(text, magic)) {
            fail(ErrorKind::unsupported,
                 fmt::format("compressed with {}, which no runtime reads; gzip, zstd and plain tar are read",
                             magic.name));
        }
    }
    return Compression::none;
}

std::unique_ptr<ByteSource> inflate(std::unique_ptr<ByteSource> input, const InflateLimits& limits,
                                    CompressionFacts& facts) {
    facts = {};
    CompressedInput compressed(std::move(input));
    facts.kind = sniff_compression(compressed.peek(sniff_length));
    switch (facts.kind) {
    case Compression::gzip:
        return make_gzip_source(std::move(compressed), limits, facts, make_fast_decoder());
    case Compression::zstd:
        return make_zstd_source(std::move(compressed), limits, facts);
    case Compression::none:
        break;
    }
    return std::make_unique<PlainSource>(std::move(compressed), limits, facts);
}

CompressedInput::CompressedInput(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(step_back + block_size) {}

bool CompressedInput::fill() {
    if (begin_ != end_) return true;
    make_room();
    const std::size_t count = source_->read(ByteSpan(buffer_).subspan(end_));
    end_ += count;
    return count != 0;
}

ByteView CompressedInput::peek(std::size_t count) {
    if (end_ - begin_ < count && buffer_.size() - begin_ < count) make_room();
    while (end_ - begin_ < count) {
        const std::size_t more = source_->read(ByteSpan(buffer_).subspan(end_));
        if (more == 0) break;
        end_ += more;
    }
    return available().first(std::min(count, end_ - begin_));
}

void CompressedInput::advance(std::ptrdiff_t count) {
    begin_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(begin_) + count);
    consumed_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(consumed_) + count);
}

/// Moves what is available, and the step_back bytes before it, to the buffer's start.
void CompressedInput::make_room() {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_ - step_back);
    std::copy(from, buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_ - step_back;
    begin_ = step_back;
}

void check_output(const InflateLimits& limits, std::uint64_t compressed, std::uint64_t uncompressed) {
    if (uncompressed > limits.output) {
        fail(ErrorKind::over_limit, fmt::format("inflates to more than the limit of {} bytes", limits.output));
    }
    // Divided, not multiplied: the limits are the user's numbers and may be anything.
    const std::uint64_t ratio = std::max<std::uint64_t>(limits.ratio, 1);
    if (uncompressed > limits.ratio_floor && uncompressed / ratio > compressed) {
        fail(ErrorKind::over_limit,
             fmt::format("inflates {} bytes to {} or more, past the limits of {} bytes and {} : 1", compressed,
                         uncompressed, limits.ratio_floor, ratio));
    }
}

} // namespace touchstone
