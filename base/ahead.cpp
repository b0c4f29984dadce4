// A ring of blocks, one thread at each end. An error travels through it like a block: it is thrown where the bytes
// before it have been read.
#include "base/ahead.h"

#include "base/parallel.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <vector>

namespace touchstone {

namespace {

constexpr std::size_t block_count = 8; // evens out blocks that inflate more slowly than others

} // namespace

struct AheadSource::Ring {
    struct Block {
        std::vector<std::uint8_t> bytes;
        std::size_t size = 0; ///< 0 = the end, or an error
        std::exception_ptr error;
    };

    /// The other thread: until the end, an error, or nobody wants more.
    void produce(ByteSource& inner) {
        for (bool more = true; more;) {
            Block* const block = free_block();
            if (block == nullptr) break;
            try {
                block->bytes.resize(ahead_block);
                block->size = read_full(inner, block->bytes);
            } catch (...) {
                block->size = 0;
                block->error = std::current_exception();
            }
            more = block->size != 0;
            const std::lock_guard lock(mutex);
            ++filled;
            changed.notify_all();
        }
        const std::lock_guard lock(mutex);
        producing = false;
        changed.notify_all();
    }

    Block* free_block() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return unwanted || filled - used < block_count; });
        return unwanted ? nullptr : &blocks[filled % block_count];
    }

    /// The oldest block that is filled; null when there is none and will be none. Helps with the lane meanwhile.
    Block* next_block(HashLane* lane) {
        std::unique_lock lock(mutex);
        const auto ready = [this] { return filled > used || !producing; };
        while (!ready()) {
            const std::size_t seen = to_hash;
            lock.unlock();
            const bool helped = lane != nullptr && lane->help();
            lock.lock();
            if (!helped) changed.wait(lock, [&] { return ready() || to_hash != seen; });
        }
        return filled > used ? &blocks[used % block_count] : nullptr;
    }

    void note_kept() {
        const std::lock_guard lock(mutex);
        ++to_hash;
        changed.notify_all();
    }

    void release_block() {
        const std::lock_guard lock(mutex);
        ++used;
        changed.notify_all();
    }

    void stop() {
        std::unique_lock lock(mutex);
        unwanted = true;
        changed.notify_all();
        changed.wait(lock, [this] { return !producing; });
    }

    std::array<Block, block_count> blocks;
    std::mutex mutex; ///< guards what follows
    std::condition_variable changed;
    std::size_t filled = 0; ///< blocks since the beginning
    std::size_t used = 0;
    std::size_t to_hash = 0; ///< how often the lane has kept something
    bool producing = true;
    bool unwanted = false;
};

AheadSource::AheadSource(std::unique_ptr<ByteSource> inner, HashLane* lane) : inner_(std::move(inner)), lane_(lane) {}

AheadSource::~AheadSource() {
    stop();
}

void AheadSource::stop() {
    if (ring_) ring_->stop();
}

std::size_t AheadSource::read(ByteSpan buffer) {
    if (buffer.empty()) return 0;
    if (ring_) return take(buffer);
    if (at_ == block_.size() && help_is_there()) {
        ring_ = std::make_unique<Ring>();
        at_ = 0;
        if (lane_ != nullptr) lane_->lend([ring = ring_.get()] { ring->note_kept(); });
        if (hand_over([ring = ring_.get(), inner = inner_.get()] { ring->produce(*inner); })) return take(buffer);
        drop_ring(); // somebody else was faster
    }
    return read_here(buffer);
}

std::size_t AheadSource::read_here(ByteSpan buffer) {
    if (at_ == block_.size()) {
        if (buffer.size() >= ahead_block) return read_full(*inner_, buffer.first(ahead_block));
        block_.resize(ahead_block);
        at_ = ahead_block; // nothing is there if this throws
        block_.resize(read_full(*inner_, block_));
        at_ = 0;
    }
    const std::size_t count = std::min(buffer.size(), block_.size() - at_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(at_), count, buffer.begin());
    at_ += count;
    return count;
}

void AheadSource::drop_ring() {
    if (lane_ != nullptr) lane_->take_back();
    ring_.reset();
    block_.clear();
    at_ = 0;
}

std::size_t AheadSource::take(ByteSpan buffer) {
    Ring::Block* const block = ring_->next_block(lane_);
    if (block == nullptr) { // after stop()
        drop_ring();
        return read_here(buffer);
    }
    if (block->error) std::rethrow_exception(block->error);
    const std::size_t count = std::min(buffer.size(), block->size - at_);
    if (count == 0) return 0; // the end stays in its place
    std::memcpy(buffer.data(), block->bytes.data() + at_, count);
    at_ += count;
    if (at_ == block->size) {
        at_ = 0;
        ring_->release_block();
    }
    return count;
}

} // namespace touchstone
