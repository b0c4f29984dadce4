// Hashing that can be put off: a thread that inflates is slower than one that hashes what comes out, so it may leave
// the hashing of what goes in to the other, for whenever that has nothing to do.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace touchstone {

/// One digest, computed in order by whoever has time. All functions but help() belong to one thread at a time.
class HashLane {
public:
    explicit HashLane(DigestAlgorithm algorithm) : hasher_(algorithm) {}

    /// Hashes `bytes`, or, while the lane is lent, keeps a copy. Where too many are kept already it hashes one itself.
    void update(ByteView bytes);
    /// From now on others may help(). `kept` is called in update() each time that there is something to do for them.
    void lend(std::function<void()> kept);
    /// Nobody else may help() any more, and nobody does.
    void take_back();
    /// From any thread, while the lane is lent: hashes the oldest bytes that are kept; false when there are none, or
    /// somebody is at it.
    bool help();
    /// Hashes what is still kept, returns the digest and starts anew.
    Digest finish();

private:
    static constexpr std::size_t most_kept = 8; ///< of the reader's blocks: evens out some that inflate quickly

    /// With order_ held.
    bool hash_oldest();
    void hash_kept();

    Hasher hasher_; ///< guarded by order_ while lent
    bool lent_ = false;
    std::function<void()> kept_;
    std::mutex order_; ///< held by the one who hashes
    std::mutex mutex_; ///< guards the counts below; never held for long
    std::size_t filled_ = 0;
    std::size_t used_ = 0;
    std::array<std::vector<std::uint8_t>, most_kept> blocks_; ///< [used_, filled_) are full, modulo their number
};

} // namespace touchstone
