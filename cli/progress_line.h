// One line on a terminal that says how far the work is. It appears only when the work takes over a second, and is gone
// when the work is done; it touches nothing but standard error and the counters.
#pragma once

#include "base/progress.h"
#include "cli/streams.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace touchstone {

/// "12.4 MB of 300 MB, 50 MB/s, 2 of 7 layers". `elapsed` must not be zero.
std::string progress_text(const Progress& progress, std::chrono::milliseconds elapsed);

class ProgressLine {
public:
    /// Starts nothing unless standard error is a terminal and not `quiet`. All three arguments must outlive it.
    ProgressLine(const Progress& progress, Streams& streams, bool quiet);
    /// Erases the line.
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

private:
    void show_until_done();

    const Progress& progress_;
    Streams& streams_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool done_ = false;
    std::thread thread_; // the only thread outside base/parallel: it works on nothing, it only looks
};

} // namespace touchstone
