// Reading ahead on another thread: when a thread has nothing left to do, it takes over the inner source, and the two
// halves of the work on one stream (inflating it, and hashing what comes out) run on two processors.
#pragma once

#include "base/lane.h"
#include "base/source.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace touchstone {

/// Gives the same bytes and the same errors as `inner`, which is always read in whole blocks of ahead_block bytes, so
/// that what an error leaves unread does not depend on who reads. While no other thread is idle (parallel.h) a read of
/// a whole block goes straight through; from the first one on that finds one, blocks are made there, some in advance.
/// The inner source must be safe to be used by one thread after another, and nothing else may touch it meanwhile.
inline constexpr std::size_t ahead_block = std::size_t{256} << 10; ///< stays in the second-level cache

/// Hashes a stream, and knows how much of it.
struct StreamHasher {
    std::optional<Hasher> hasher; ///< nothing: nobody wants the digest
    std::uint64_t bytes = 0;
    void update(ByteView block);
};

/// What either thread does instead of waiting for the other.
struct AheadWork {
    /// Belongs to a source that `inner` reads from, and lives as long as that: the reader helps with the hashing there.
    Lane* input = nullptr;
    /// Fed by the reader with what it makes of the blocks, and outlives the source: the other thread helps with it.
    Lane* output = nullptr;
    /// The blocks are hashed by whoever has time, where they lie (StreamHash).
    std::optional<DigestAlgorithm> hash;
};

class AheadSource final : public ByteSource, public StreamHash {
public:
    explicit AheadSource(std::unique_ptr<ByteSource> inner, const AheadWork& work = {});
    /// Waits until the other thread has let go of the inner source.
    ~AheadSource() override;
    AheadSource(const AheadSource&) = delete;
    AheadSource& operator=(const AheadSource&) = delete;
    std::size_t read(ByteSpan buffer) override;
    /// Takes the inner source back, so that others may use it; what was read ahead is given all the same.
    void stop();
    DigestAlgorithm algorithm() const override { return work_.hash.value_or(DigestAlgorithm::sha256); }
    std::optional<Digest> digest_of_all(std::uint64_t bytes) override;

private:
    struct Ring;
    std::size_t read_here(ByteSpan buffer);
    std::size_t fill_here(ByteSpan buffer);
    std::size_t take(ByteSpan buffer);
    void lend_lanes();
    void take_lanes_back();
    void drop_ring();

    std::unique_ptr<ByteSource> inner_;
    AheadWork work_;
    StreamHasher hasher_;
    std::unique_ptr<Ring> ring_;      ///< null until another thread took over
    std::vector<std::uint8_t> block_; ///< for readers that want less than a block
    std::size_t at_ = 0;              ///< read of block_, or of the ring's oldest block
};

} // namespace touchstone
