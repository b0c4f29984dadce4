// Numbers of either byte order in bytes that came from somewhere else, whatever the machine's own order is.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>

namespace touchstone {

/// The number that `size` bytes (0 to 8) from `offset` on are, the least significant one first. The caller has checked
/// that they are there.
inline std::uint64_t little_number(ByteView bytes, std::uint64_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes[offset + i]} << (8 * i);
    return value;
}

/// The same with the most significant byte first.
inline std::uint64_t big_number(ByteView bytes, std::uint64_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8U | bytes[offset + i];
    return value;
}

/// Of four bytes.
inline std::uint32_t little_word(ByteView bytes, std::uint64_t offset) {
    return static_cast<std::uint32_t>(little_number(bytes, offset, 4));
}
inline std::uint32_t big_word(ByteView bytes, std::uint64_t offset) {
    return static_cast<std::uint32_t>(big_number(bytes, offset, 4));
}

} // namespace touchstone
