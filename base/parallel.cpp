// Indices come from one counter, in order: when one fails, every lower one has been handed out already, so the lowest
// failure is known once all threads are done, whatever the scheduling was.
#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace touchstone {

namespace {

class Run {
public:
    Run(std::size_t count, const std::function<void(std::size_t)>& work) : failed_(count), work_(work) {}

    /// What each thread does: takes indices until they run out, or pass one that failed.
    void take_turns() {
        for (;;) {
            const std::size_t index = next_.fetch_add(1);
            if (index >= failed_.load()) return;
            try {
                work_(index);
            } catch (...) {
                note_failure(index, std::current_exception());
            }
        }
    }

    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    void note_failure(std::size_t index, std::exception_ptr error) {
        const std::lock_guard lock(mutex_);
        if (index >= failed_.load()) return;
        failed_.store(index);
        error_ = std::move(error);
    }

    std::atomic<std::size_t> next_{0};
    std::atomic<std::size_t> failed_; // the lowest index that failed; the count while there is none
    std::mutex mutex_;
    std::exception_ptr error_;
    const std::function<void(std::size_t)>& work_;
};

} // namespace

void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work) {
    Run run(count, work);
    const std::size_t helpers = std::min<std::size_t>(std::max(jobs, 1U), std::max<std::size_t>(count, 1)) - 1;
    {
        std::vector<std::jthread> threads; // joined at the end of the block
        threads.reserve(helpers);
        try {
            for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back([&run] { run.take_turns(); });
        } catch (const std::system_error&) {
            // The system gives no more threads (RLIMIT_NPROC, a container's pids limit): fewer do the same work.
        }
        run.take_turns();
    }
    run.rethrow();
}

unsigned default_jobs() {
    // The affinity mask rather than hardware_concurrency(): taskset and cpusets count. CPU_COUNT handles 1024
    // processors.
    cpu_set_t usable;
    CPU_ZERO(&usable);
    if (::sched_getaffinity(0, sizeof usable, &usable) == 0)
        return static_cast<unsigned>(std::max(CPU_COUNT(&usable), 1));
    return std::max(std::thread::hardware_concurrency(), 1U);
}

} // namespace touchstone
