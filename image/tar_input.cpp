// Filling and cutting the buffer of the tar reader.
#include "image/tar_input.h"

#include <algorithm>
#include <cstring>

namespace touchstone {

namespace {

// Larger buffers leave the second-level cache and gain nothing; smaller ones cost calls into the decoder.
constexpr std::size_t buffer_size = std::size_t{256} << 10;
static_assert(buffer_size % tar_block == 0);

} // namespace

TarInput::TarInput(ByteSource& source) : source_(source), buffer_(new std::uint8_t[buffer_size]) {}

void TarInput::fill() {
    const std::size_t left = end_ - at_;
    if (left != 0) std::memmove(buffer_.get(), buffer_.get() + at_, left);
    at_ = 0;
    end_ = left + read_full(source_, ByteSpan(buffer_.get() + left, buffer_size - left));
    ended_ = end_ != buffer_size;
}

ByteView TarInput::block() {
    if (end_ - at_ < tar_block && !ended_) fill();
    return {buffer_.get() + at_, std::min(tar_block, end_ - at_)};
}

void TarInput::consume(std::size_t count) {
    at_ += count;
    offset_ += count;
}

ByteView TarInput::take(std::uint64_t most) {
    if (at_ == end_ && !ended_) fill();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, end_ - at_));
    const ByteView bytes(buffer_.get() + at_, count);
    consume(count);
    return bytes;
}

std::uint64_t TarInput::skip(std::uint64_t count) {
    const auto buffered = static_cast<std::size_t>(std::min<std::uint64_t>(count, end_ - at_));
    consume(buffered);
    std::uint64_t skipped = buffered;
    // Listing an archive passes over whole layers: what would be several fills is left to the source, which may seek.
    if (count - skipped > buffer_size && !ended_) {
        const std::uint64_t passed = source_.skip(count - skipped);
        offset_ += passed;
        skipped += passed;
    }
    while (skipped < count) {
        const ByteView bytes = take(count - skipped);
        if (bytes.empty()) break;
        skipped += bytes.size();
    }
    return skipped;
}

bool all_zero(ByteView bytes) {
    // A block whose first byte is zero and which equals itself shifted by one is all zeros; memcmp does it in vectors.
    return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

} // namespace touchstone
