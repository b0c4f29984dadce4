// Work on a stream that can be put off: blocks that somebody must take in order, while the thread that makes them goes
// on. Whoever waits for something else meanwhile may take them.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace touchstone {

/// One stream of blocks, taken in order by whoever has time. All functions but help() belong to one thread at a time.
class Lane {
public:
    /// `work` gets each block, one call at a time, on any thread; what it throws comes out of update(), take() or
    /// finish(), and from then on it is not called any more. At most `most_kept` blocks wait, at least 1.
    Lane(std::function<void(ByteView)> work, std::size_t most_kept) : work_(std::move(work)), blocks_(most_kept) {}

    /// Works on `bytes`, or, while the lane is lent, keeps a copy. Where too many are kept already it does one itself.
    void update(ByteView bytes);
    /// The same with a block that need not be copied: it comes back empty, with other memory.
    void take(std::string& block);
    /// From now on others may help(). `kept` is called when there is enough for them to do to be worth waking up.
    void lend(std::function<void()> kept);
    /// Nobody else may help() any more, and nobody does.
    void take_back();
    /// From any thread, while the lane is lent: does the oldest block that is kept; false when there are none, or
    /// somebody is at it. Does not throw.
    bool help();
    /// Does what is still kept.
    void finish();

private:
    /// With order_ held.
    bool do_oldest();
    bool is_full();
    std::string& free_block();
    void keep_block();
    void rethrow() const;

    std::function<void(ByteView)> work_; ///< guarded by order_ while lent
    bool lent_ = false;
    std::function<void()> kept_;
    std::mutex order_;         ///< held by the one who works
    std::exception_ptr error_; ///< guarded by order_
    std::mutex mutex_;         ///< guards the counts below; never held for long
    std::size_t filled_ = 0;
    std::size_t used_ = 0;
    std::vector<std::string> blocks_; ///< [used_, filled_) are full, modulo their number
};

} // namespace touchstone
