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
// Who had to wait goes on only when there is more to do than a block: waking a thread costs as much as hashing one.
constexpr std::size_t refill_below = block_count / 2;
constexpr std::size_t enough = 2;

} // namespace

void StreamHasher::update(ByteView block) {
    if (!hasher) return;
    hasher->update(block);
    bytes += block.size();
}

struct AheadSource::Ring {
    explicit Ring(StreamHasher& stream_hasher) : hasher(stream_hasher) {}

    struct Block {
        std::vector<std::uint8_t> bytes;
        std::size_t size = 0; ///< 0 = the end, or an error
        std::exception_ptr error;
    };

    /// The other thread: until the end, an error, or nobody wants more.
    void produce(ByteSource& inner, Lane* output) {
        for (bool more = true; more;) {
            Block* const block = free_block(output);
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

    /// Waits for `ready`, which is asked with the lock held, and meanwhile lets `help` do what a lane has kept.
    /// Where it had to sleep, it goes on when `plenty` holds.
    template <class Ready, class Plenty, class Help>
    void wait(std::unique_lock<std::mutex>& lock, Ready&& ready, Plenty&& plenty, Help&& help) {
        while (!ready()) {
            const std::size_t seen = kept;
            lock.unlock();
            const bool helped = help();
            lock.lock();
            if (helped || ready()) continue;
            changed.wait(lock, [&] { return plenty() || kept != seen; });
        }
    }

    /// Hashes, or helps with the reader's output, while there is no room.
    Block* free_block(Lane* output) {
        std::unique_lock lock(mutex);
        wait(
            lock, [this] { return unwanted || filled - used < block_count; },
            [this] { return unwanted || filled - used <= refill_below; },
            [this, output] { return hash_oldest() || (output != nullptr && output->help()); });
        return unwanted ? nullptr : &blocks[filled % block_count];
    }

    /// The oldest block that is filled, hashed; null when there is none and will be none. Helps with the lanes
    /// meanwhile.
    Block* next_block(const AheadWork& work) {
        std::unique_lock lock(mutex);
        wait(
            lock, [this] { return filled > used || !producing; },
            [this] { return filled >= used + enough || !producing; },
            [&work] {
                return (work.input != nullptr && work.input->help()) || (work.output != nullptr && work.output->help());
            });
        while (filled > used && hashed == used) {
            if (!hash_oldest(lock)) changed.wait(lock, [this] { return !hashing; });
        }
        return filled > used ? &blocks[used % block_count] : nullptr;
    }

    /// Hashes the oldest block that is not hashed yet; false where there is none, or somebody is at it.
    bool hash_oldest() {
        std::unique_lock lock(mutex);
        return hash_oldest(lock);
    }
    bool hash_oldest(std::unique_lock<std::mutex>& lock) {
        if (hashing || hashed == filled) return false;
        const Block& block = blocks[hashed % block_count];
        hashing = true;
        lock.unlock();
        hasher.update(ByteView(block.bytes).first(block.size));
        lock.lock();
        ++hashed;
        hashing = false;
        changed.notify_all();
        return true;
    }

    void note_kept() {
        const std::lock_guard lock(mutex);
        ++kept;
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

    StreamHasher& hasher;
    std::array<Block, block_count> blocks;
    std::mutex mutex; ///< guards what follows
    std::condition_variable changed;
    std::size_t filled = 0; ///< blocks since the beginning
    std::size_t hashed = 0; ///< used <= hashed <= filled
    std::size_t used = 0;
    bool hashing = false; ///< somebody is at the oldest block that is not hashed
    std::size_t kept = 0; ///< how often a lane has kept something
    bool producing = true;
    bool unwanted = false;
};

AheadSource::AheadSource(std::unique_ptr<ByteSource> inner, const AheadWork& work)
    : inner_(std::move(inner)), work_(work) {
    if (work.hash) hasher_.hasher.emplace(*work.hash);
}

std::optional<Digest> AheadSource::digest_of_all(std::uint64_t bytes) {
    return hasher_.hasher && hasher_.bytes == bytes ? std::optional(hasher_.hasher->finish()) : std::nullopt;
}

AheadSource::~AheadSource() {
    stop();
    if (ring_) take_lanes_back();
}

void AheadSource::lend_lanes() {
    const auto kept = [ring = ring_.get()] { ring->note_kept(); };
    if (work_.input != nullptr) work_.input->lend(kept);
    if (work_.output != nullptr) work_.output->lend(kept);
}

void AheadSource::take_lanes_back() {
    if (work_.input != nullptr) work_.input->take_back();
    if (work_.output != nullptr) work_.output->take_back();
}

void AheadSource::stop() {
    if (ring_) ring_->stop();
}

std::size_t AheadSource::read(ByteSpan buffer) {
    if (buffer.empty()) return 0;
    if (ring_) return take(buffer);
    if (at_ == block_.size() && help_is_there()) {
        ring_ = std::make_unique<Ring>(hasher_);
        at_ = 0;
        lend_lanes();
        if (hand_over(
                [ring = ring_.get(), inner = inner_.get(), output = work_.output] { ring->produce(*inner, output); }))
            return take(buffer);
        drop_ring(); // somebody else was faster
    }
    return read_here(buffer);
}

std::size_t AheadSource::fill_here(ByteSpan buffer) {
    const std::size_t count = read_full(*inner_, buffer);
    hasher_.update(buffer.first(count));
    return count;
}

std::size_t AheadSource::read_here(ByteSpan buffer) {
    if (at_ == block_.size()) {
        if (buffer.size() >= ahead_block) return fill_here(buffer.first(ahead_block));
        block_.resize(ahead_block);
        at_ = ahead_block; // nothing is there if this throws
        block_.resize(fill_here(block_));
        at_ = 0;
    }
    const std::size_t count = std::min(buffer.size(), block_.size() - at_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(at_), count, buffer.begin());
    at_ += count;
    return count;
}

void AheadSource::drop_ring() {
    take_lanes_back();
    ring_.reset();
    block_.clear();
    at_ = 0;
}

std::size_t AheadSource::take(ByteSpan buffer) {
    Ring::Block* const block = ring_->next_block(work_);
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
