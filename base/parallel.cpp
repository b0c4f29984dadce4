// Indices come from one counter, in order: when one fails, every lower one has been handed out already, so the lowest
// failure is known once all threads are done, whatever the scheduling was.
#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace touchstone {

namespace {

class Run {
public:
    Run(std::size_t count, const std::function<void(std::size_t)>& work) : failed_(count), work_(work) {}

    /// Before a thread takes turns, so that no other thinks that it is the last; and when there is no such thread.
    void expect_thread() { add_working(1); }
    void expect_no_thread() { add_working(-1); }
    /// What each thread does: takes indices until they run out, or pass one that failed; then helps the others.
    void take_turns();

    bool help_is_there() const { return idle_.load(std::memory_order_relaxed) > 0; }
    bool hand_over(std::function<void()>&& part) {
        const std::lock_guard lock(mutex_);
        if (parts_.size() >= static_cast<std::size_t>(idle_.load())) return false;
        parts_.push_back(std::move(part));
        changed_.notify_one();
        return true;
    }

    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    void add_working(int count) {
        const std::lock_guard lock(mutex_);
        working_ += count;
        if (working_ == 0) changed_.notify_all();
    }

    void note_failure(std::size_t index, std::exception_ptr error) {
        const std::lock_guard lock(mutex_);
        if (index >= failed_.load()) return;
        failed_.store(index);
        error_ = std::move(error);
    }

    /// Until no thread works any more; as long as one does, it may ask.
    void help() {
        std::unique_lock lock(mutex_);
        for (;;) {
            ++idle_;
            changed_.wait(lock, [this] { return working_ == 0 || !parts_.empty(); });
            --idle_;
            if (parts_.empty()) return; // those who asked have waited for their parts
            const std::function<void()> part = std::move(parts_.back());
            parts_.pop_back();
            lock.unlock();
            part();
            lock.lock();
        }
    }

    std::atomic<std::size_t> next_{0};
    std::atomic<std::size_t> failed_; // the lowest index that failed; the count while there is none
    const std::function<void(std::size_t)>& work_;
    std::atomic<int> idle_{0}; // threads that wait in help()
    std::mutex mutex_;         // guards what follows
    std::condition_variable changed_;
    std::exception_ptr error_;
    std::vector<std::function<void()>> parts_; // handed over, not taken yet
    int working_ = 0;                          // threads that have not run out of indices
};

thread_local Run* current = nullptr; // the innermost run that this thread works for

void Run::take_turns() {
    Run* const outer = std::exchange(current, this);
    for (;;) {
        const std::size_t index = next_.fetch_add(1);
        if (index >= failed_.load()) break;
        try {
            work_(index);
        } catch (...) {
            note_failure(index, std::current_exception());
        }
    }
    expect_no_thread();
    help();
    current = outer;
}

} // namespace

void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work, Threads threads_for) {
    Run run(count, work);
    const std::size_t useful = threads_for == Threads::to_help ? jobs : std::min<std::size_t>(jobs, count);
    const std::size_t helpers = std::max<std::size_t>(useful, 1) - 1;
    {
        std::vector<std::jthread> threads; // joined at the end of the block
        threads.reserve(helpers);
        run.expect_thread(); // this one
        try {
            for (std::size_t i = 0; i < helpers; ++i) {
                run.expect_thread();
                threads.emplace_back([&run] { run.take_turns(); });
            }
        } catch (const std::system_error&) {
            // The system gives no more threads (RLIMIT_NPROC, a container's pids limit): fewer do the same work.
            run.expect_no_thread();
        }
        run.take_turns();
    }
    run.rethrow();
}

bool hand_over(std::function<void()> part) {
    return current != nullptr && current->hand_over(std::move(part));
}

bool help_is_there() {
    return current != nullptr && current->help_is_there();
}

unsigned even_jobs(std::span<const std::uint64_t> costs, unsigned jobs, unsigned processors) {
    constexpr double worth_more = 1.1; // threads beyond the processors cost memory, and some of the caches
    if (jobs < 2 || jobs < processors || costs.size() <= jobs) return jobs;
    // What parallel_for does: whoever is through first takes the next one.
    std::vector<double> ends(jobs);
    double total = 0;
    double largest = 0;
    for (const std::uint64_t cost : costs) {
        *std::min_element(ends.begin(), ends.end()) += static_cast<double>(cost);
        total += static_cast<double>(cost);
        largest = std::max(largest, static_cast<double>(cost));
    }
    const double at_best = std::max(total / jobs, largest);
    if (*std::max_element(ends.begin(), ends.end()) <= at_best * worth_more) return jobs;
    return static_cast<unsigned>(std::min<std::size_t>(costs.size(), std::size_t{2} * jobs));
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
