// The one place that makes threads for work. Work is given out by index and writes into slots, so that neither results
// nor errors depend on scheduling.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace touchstone {

/// How many threads there are: one for each piece of work, or also those that can only help with pieces (hand_over).
enum class Threads : std::uint8_t { for_each, to_help };

/// Calls work(i) for each i < count on up to `jobs` threads (the calling one among them); returns when all are done.
/// Indices are handed out in order. When calls throw, the exception of the lowest index is rethrown, after every call
/// that was started has ended; indices above a failed one may be skipped, those below it never are.
void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work,
                  Threads threads = Threads::for_each);

/// Inside work of parallel_for: runs `part` on one of its threads that has nothing left to do, if there is one, and
/// returns true at once. `part` must not throw, and work(i) must not return before it has ended. Few large pieces of
/// work keep all processors busy to the end that way. False outside of parallel_for.
bool hand_over(std::function<void()> part);

/// True while hand_over() would find a thread: cheap enough to be asked for every block of a file.
bool help_is_there();

/// The number of usable processors, at least 1.
unsigned default_jobs();

/// How many threads end pieces of work of these costs (any one unit; in the order in which they are handed out)
/// soonest: `jobs`, or up to twice as many where some processors would be idle while others work off the last pieces.
/// Threads that share processors come to their ends together. Where `jobs` leaves processors free, that is what
/// somebody wants, and it stays `jobs`.
unsigned even_jobs(std::span<const std::uint64_t> costs, unsigned jobs, unsigned processors = default_jobs());

} // namespace touchstone
