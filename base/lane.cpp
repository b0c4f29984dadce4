// Two locks: one orders the work, the other only guards two counters, so that the thread that goes on never waits for a
// block to be done unless all are full.
#include "base/lane.h"

namespace touchstone {

void Lane::update(ByteView bytes) {
    if (bytes.empty()) return;
    if (!lent_) {
        finish();
        return work_(bytes);
    }
    free_block().assign(as_text(bytes));
    keep_block();
}

void Lane::take(std::string& block) {
    if (block.empty()) return;
    if (lent_) {
        free_block().swap(block);
        keep_block();
    } else {
        finish();
        work_(as_bytes(block));
    }
    block.clear();
}

std::string& Lane::free_block() {
    while (is_full()) {
        const std::lock_guard order(order_);
        if (is_full()) do_oldest(); // else somebody helped meanwhile
        rethrow();
    }
    return blocks_[filled_ % blocks_.size()];
}

void Lane::keep_block() {
    bool many = false;
    {
        const std::lock_guard lock(mutex_);
        ++filled_;
        many = 2 * (filled_ - used_) >= blocks_.size();
    }
    if (many) kept_();
}

bool Lane::is_full() {
    const std::lock_guard lock(mutex_);
    return filled_ - used_ == blocks_.size();
}

void Lane::lend(std::function<void()> kept) {
    kept_ = std::move(kept);
    lent_ = true;
}

void Lane::take_back() {
    const std::lock_guard order(order_);
    lent_ = false;
}

bool Lane::help() {
    const std::unique_lock order(order_, std::try_to_lock);
    return order.owns_lock() && do_oldest();
}

bool Lane::do_oldest() {
    {
        const std::lock_guard lock(mutex_);
        if (filled_ == used_) return false;
    }
    try {
        if (!error_) work_(as_bytes(blocks_[used_ % blocks_.size()]));
    } catch (...) {
        error_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    ++used_;
    return true;
}

void Lane::rethrow() const {
    if (error_) std::rethrow_exception(error_);
}

void Lane::finish() {
    const std::lock_guard order(order_);
    while (do_oldest()) {
    }
    rethrow();
}

} // namespace touchstone
