// BuildKit puts the eStargz table of contents after the end-of-archive marker, as a second tar with one member; exactly
// that is harmless. Everything else there is data that runtimes never see.
#include "image/tar_tail.h"

#include "image/tar_hash.h"
#include "image/tar_header.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view toc_name = "stargz.index.json";

class Tail {
public:
    Tail(TarInput& input, TarTail& facts) : input_(input), facts_(facts) {}

    /// Reads on to the end; true when all of it was the table of contents.
    bool read_data() {
        const std::uint64_t toc = toc_extent(input_.block());
        if (toc != 0 && read(toc) == toc) {
            const std::uint64_t data_until_now = nonzero_;
            read(~std::uint64_t{0});
            return nonzero_ == data_until_now;
        }
        read(~std::uint64_t{0});
        return false;
    }

private:
    // How many bytes the table's member takes when `block` is its header; else 0.
    static std::uint64_t toc_extent(ByteView block) {
        if (block.size() < tar_block) return 0;
        try {
            std::vector<TarNote> notes;
            const TarHeader header = parse_tar_header(block, 0, notes);
            const bool regular = header.type == '0' || header.type == '\0';
            constexpr std::int64_t largest = std::int64_t{1} << 40; // keeps the sum below from overflowing
            if (!regular || header.name != toc_name || !header.prefix.empty()) return 0;
            if (!notes.empty() || header.size < 0 || header.size > largest) return 0;
            const auto size = static_cast<std::uint64_t>(header.size);
            return tar_block + size + padding_of(size);
        } catch (const Error&) {
            return 0; // no header: some other data
        }
    }

    std::uint64_t read(std::uint64_t most) {
        std::uint64_t count = 0;
        while (count < most) {
            ByteView bytes = input_.take(most - count);
            if (bytes.empty()) break;
            count += bytes.size();
            if (!all_zero(bytes)) nonzero_ += bytes.size();
            if (!started_) {
                const auto* const first = std::find_if(bytes.data(), bytes.data() + bytes.size(),
                                                       [](std::uint8_t byte) { return byte != 0; });
                bytes = bytes.subspan(static_cast<std::size_t>(first - bytes.data()));
                started_ = true; // the first stretch starts in the block that holds data
            }
            facts_.bytes_after_end += bytes.size();
            facts_.padding_hash = mix_stream(facts_.padding_hash, bytes);
        }
        return count;
    }

    TarInput& input_;
    TarTail& facts_;
    std::uint64_t nonzero_ = 0; // grows when a stretch held data
    bool started_ = false;
};

} // namespace

void read_tar_tail(TarInput& input, TarTail& tail, OddityLog& log) {
    for (;;) {
        const ByteView block = input.block();
        if (!all_zero(block)) break;
        input.consume(block.size());
        if (block.empty()) return;
        ++tail.zero_blocks; // a part of one at the very end counts, too
    }
    const bool is_toc = Tail(input, tail).read_data();
    log.add(is_toc ? OddityCode::estargz_toc_after_end : OddityCode::data_after_end, {},
            fmt::format("{} bytes from offset {} on", tail.bytes_after_end, input.offset() - tail.bytes_after_end));
}

} // namespace touchstone
