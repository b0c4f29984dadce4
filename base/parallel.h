// The one place that makes threads for work. Work is given out by index and writes into slots, so that neither results
// nor errors depend on scheduling.
#pragma once

#include <cstddef>
#include <functional>

namespace touchstone {

/// Calls work(i) for each i < count on up to `jobs` threads (the calling one among them); returns when all are done.
/// Indices are handed out in order. When calls throw, the exception of the lowest index is rethrown, after every call
/// that was started has ended; indices above a failed one may be skipped, those below it never are.
void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work);

/// The number of usable processors, at least 1.
unsigned default_jobs();

} // namespace touchstone
