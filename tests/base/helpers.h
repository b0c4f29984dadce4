// What several tests of base/ need: a source that gives its bytes in awkward pieces, and the content of a stream.
#pragma once

#include "base/source.h"
#include "tests/support/refusal.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

namespace touchstone::test {

/// Gives at most `piece` bytes a call, as a socket might. Owns its bytes.
class PiecewiseSource final : public ByteSource {
public:
    explicit PiecewiseSource(std::string bytes, std::size_t piece = SIZE_MAX)
        : bytes_(std::move(bytes)), piece_(piece) {}
    std::size_t read(ByteSpan buffer) override {
        const std::size_t count = std::min({buffer.size(), piece_, bytes_.size() - used_});
        std::copy_n(as_bytes(bytes_).begin() + static_cast<std::ptrdiff_t>(used_), count, buffer.begin());
        used_ += count;
        return count;
    }

private:
    std::string bytes_;
    std::size_t piece_;
    std::size_t used_ = 0;
};

/// Everything a source gives, read `step` bytes at a time.
inline std::string content_of(ByteSource& source, std::size_t step = std::size_t{256} << 10) {
    std::string all;
    std::string block(step, '\0');
    const ByteSpan span(reinterpret_cast<std::uint8_t*>(block.data()), block.size());
    while (const std::size_t count = source.read(span)) all.append(block, 0, count);
    return all;
}

/// Deterministic bytes: the same on every machine, unlike the standard distributions.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
    std::uint32_t next() { // a linear congruential generator with Knuth's MMIX constants; the upper half is good enough
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>(state_ >> 32U);
    }
    std::uint32_t below(std::uint32_t bound) { return next() % bound; }
    std::string bytes(std::size_t count, std::uint32_t alphabet = 256) {
        std::string text(count, '\0');
        for (char& c : text) c = static_cast<char>(below(alphabet));
        return text;
    }

private:
    std::uint64_t state_;
};

} // namespace touchstone::test
