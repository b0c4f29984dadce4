// Two locks: one orders the hashing, the other only guards two counters, so that the thread that reads on never waits
// for a block to be hashed unless all are full.
#include "base/hash_lane.h"

#include <utility>

namespace touchstone {

void HashLane::update(ByteView bytes) {
    if (bytes.empty()) return;
    if (!lent_) {
        hash_kept();
        hasher_.update(bytes);
        return;
    }
    const auto full = [this] {
        const std::lock_guard lock(mutex_);
        return filled_ - used_ == most_kept;
    };
    while (full()) {
        const std::lock_guard order(order_);
        hash_oldest();
    }
    blocks_[filled_ % most_kept].assign(bytes.begin(), bytes.end());
    {
        const std::lock_guard lock(mutex_);
        ++filled_;
    }
    kept_();
}

void HashLane::lend(std::function<void()> kept) {
    kept_ = std::move(kept);
    lent_ = true;
}

void HashLane::take_back() {
    const std::lock_guard order(order_);
    lent_ = false;
}

bool HashLane::help() {
    const std::unique_lock order(order_, std::try_to_lock);
    return order.owns_lock() && hash_oldest();
}

bool HashLane::hash_oldest() {
    {
        const std::lock_guard lock(mutex_);
        if (filled_ == used_) return false;
    }
    hasher_.update(blocks_[used_ % most_kept]);
    const std::lock_guard lock(mutex_);
    ++used_;
    return true;
}

void HashLane::hash_kept() {
    const std::lock_guard order(order_);
    while (hash_oldest()) {
    }
}

Digest HashLane::finish() {
    hash_kept();
    return hasher_.finish();
}

} // namespace touchstone
