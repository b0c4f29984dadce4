// The buffered stream under the tar reader. The buffer is a multiple of the block size and is always filled completely,
// so a 512-byte record never straddles two fills and is parsed in place.
#pragma once

#include "base/bytes.h"
#include "base/source.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace touchstone {

inline constexpr std::size_t tar_block = 512;

class TarInput {
public:
    explicit TarInput(ByteSource& source);

    /// How many bytes of the stream were consumed.
    std::uint64_t offset() const { return offset_; }
    /// The next block without consuming it; shorter at the end of the stream, empty at the very end.
    ByteView block();
    /// Consumes what block() showed.
    void consume(std::size_t count);
    /// Consumes and returns at most `most` bytes, as a view that lives until the next call; empty only at the end.
    ByteView take(std::uint64_t most);
    /// Consumes `count` bytes; returns how many there were.
    std::uint64_t skip(std::uint64_t count);

private:
    void fill();

    ByteSource& source_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    std::uint64_t offset_ = 0;
    bool ended_ = false;
};

/// How many bytes lie between `size` and the next block edge.
inline std::size_t padding_of(std::uint64_t size) {
    return static_cast<std::size_t>((tar_block - size % tar_block) % tar_block);
}

/// True when every byte is zero.
bool all_zero(ByteView bytes);

} // namespace touchstone
