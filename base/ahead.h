// Reading ahead on another thread: when a thread has nothing left to do, it takes over the inner source, and the two
// halves of the work on one stream (inflating it, and hashing what comes out) run on two processors.
#pragma once

#include "base/hash_lane.h"
#include "base/source.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace touchstone {

/// Gives the same bytes and the same errors as `inner`, which is always read in whole blocks of ahead_block bytes, so
/// that what an error leaves unread does not depend on who reads. While no other thread is idle (parallel.h) a read of
/// a whole block goes straight through; from the first one on that finds one, blocks are made there, some in advance.
/// The inner source must be safe to be used by one thread after another, and nothing else may touch it meanwhile.
inline constexpr std::size_t ahead_block = std::size_t{256} << 10; ///< stays in the second-level cache

class AheadSource final : public ByteSource {
public:
    /// `lane`, where given, belongs to a source that `inner` reads from and lives as long as that: while the other
    /// thread makes blocks, this one helps with the hashing there, instead of waiting for a block.
    explicit AheadSource(std::unique_ptr<ByteSource> inner, HashLane* lane = nullptr);
    /// Waits until the other thread has let go of the inner source.
    ~AheadSource() override;
    AheadSource(const AheadSource&) = delete;
    AheadSource& operator=(const AheadSource&) = delete;
    std::size_t read(ByteSpan buffer) override;
    /// Takes the inner source back, so that others may use it; what was read ahead is given all the same.
    void stop();

private:
    struct Ring;
    std::size_t read_here(ByteSpan buffer);
    std::size_t take(ByteSpan buffer);
    void drop_ring();

    std::unique_ptr<ByteSource> inner_;
    HashLane* lane_;
    std::unique_ptr<Ring> ring_;      ///< null until another thread took over
    std::vector<std::uint8_t> block_; ///< for readers that want less than a block
    std::size_t at_ = 0;              ///< read of block_, or of the ring's oldest block
};

} // namespace touchstone
