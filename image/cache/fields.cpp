// See fields.h.
#include "image/cache/fields.h"

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t written_at_once = std::size_t{64} << 10;
constexpr unsigned group_bits = 7;
constexpr std::uint64_t group_mask = 0x7f;
constexpr std::uint8_t more_follow = 0x80;

} // namespace

void FieldWriter::put_number(std::uint64_t value) {
    for (; value > group_mask; value >>= group_bits) {
        buffer_ += static_cast<char>((value & group_mask) | more_follow);
    }
    buffer_ += static_cast<char>(value);
    if (buffer_.size() >= written_at_once) flush();
}

void FieldWriter::put(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() >= written_at_once) flush();
}

void FieldWriter::flush() {
    out_.write(buffer_);
    buffer_.clear();
}

std::uint64_t FieldReader::take_number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest_.empty(); shift += group_bits) {
        const std::uint8_t byte = rest_.front();
        rest_ = rest_.subspan(1);
        const std::uint64_t group = byte & group_mask;
        constexpr unsigned last_shift = 63; // of which one bit fits
        if (shift > last_shift || (shift == last_shift && group > 1)) break;
        value |= group << shift;
        if ((byte & more_follow) == 0) return value;
    }
    fail();
    return 0;
}

ByteView FieldReader::take(std::uint64_t count) {
    const auto length = static_cast<std::size_t>(bounded(count, rest_.size()));
    const ByteView bytes = rest_.first(good_ ? length : 0);
    rest_ = rest_.subspan(bytes.size());
    return bytes;
}

} // namespace touchstone
