// Fast non-cryptographic hashes of header bytes. They only tell encodings apart ("the same members, written
// differently"), never contents, and never leave the process.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <cstring>

namespace touchstone {

/// Folds a 64x64 bit product: the mixing step of wyhash and its family, about one nanosecond for 16 bytes.
inline std::uint64_t fold_multiply(std::uint64_t left, std::uint64_t right) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Mixes one whole extent (a header block, an extension's body) into `hash`.
inline std::uint64_t mix_extent(std::uint64_t hash, ByteView bytes) {
    // Two odd constants with balanced bits (from the digits of pi and e); any such would do.
    constexpr std::uint64_t first = 0x243f6a8885a308d3U;
    constexpr std::uint64_t second = 0xb7e151628aed2a6bU;
    hash = fold_multiply(hash ^ first, bytes.size() ^ second);
    std::size_t at = 0;
    if (bytes.size() >= 32) { // two chains of multiplications at once: one would wait for itself
        std::uint64_t other = hash;
        for (; at + 32 <= bytes.size(); at += 32) {
            std::uint64_t words[4];
            std::memcpy(words, bytes.data() + at, sizeof words);
            hash = fold_multiply(words[0] ^ first, words[1] ^ hash);
            other = fold_multiply(words[2] ^ second, words[3] ^ other);
        }
        hash = fold_multiply(hash ^ first, other ^ second);
    }
    for (; at + 16 <= bytes.size(); at += 16) {
        std::uint64_t words[2];
        std::memcpy(words, bytes.data() + at, sizeof words);
        hash = fold_multiply(words[0] ^ first, words[1] ^ hash);
    }
    if (at < bytes.size()) {
        std::uint64_t words[2] = {0, 0};
        std::memcpy(words, bytes.data() + at, bytes.size() - at);
        hash = fold_multiply(words[0] ^ second, words[1] ^ hash);
    }
    return hash;
}

/// Mixes a stream byte by byte (FNV-1a), so that the result does not depend on where the stretches were cut.
inline std::uint64_t mix_stream(std::uint64_t hash, ByteView bytes) {
    if (hash == 0) hash = 0xcbf29ce484222325U;
    for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3U;
    return hash;
}

} // namespace touchstone
