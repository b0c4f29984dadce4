// Views of raw bytes, and the two casts between bytes and text that the rest of the code needs. Everything that comes
// out of an image is bytes first; it becomes text only in base/printable.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace touchstone {

using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

/// The bytes of `text`, without a copy; lives as long as `text` does.
inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The same bytes as a string_view (any byte value; nothing is validated).
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace touchstone
