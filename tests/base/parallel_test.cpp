// Neither results nor errors may depend on scheduling; these tests make threads overtake each other on purpose.
#include "base/error.h"
#include "base/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace touchstone {

TEST_CASE("every index is worked on exactly once, with any number of jobs") {
    for (const unsigned jobs : {0U, 1U, 2U, 3U, 16U, 200U}) {
        for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{1000}}) {
            std::vector<std::atomic<int>> calls(count);
            parallel_for(count, jobs, [&](std::size_t i) { ++calls[i]; });
            for (const auto& n : calls) CHECK(n == 1);
        }
    }
}

TEST_CASE("with one job the calls come in order, on the calling thread") {
    std::vector<std::size_t> order;
    const auto caller = std::this_thread::get_id();
    parallel_for(5, 1, [&](std::size_t i) {
        CHECK(std::this_thread::get_id() == caller);
        order.push_back(i);
    });
    CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("the failure of the lowest index is the one that is thrown, also when a higher one fails first") {
    for (const unsigned jobs : {1U, 2U, 4U}) {
        for (int round = 0; round < 20; ++round) {
            std::vector<std::atomic<int>> ended(100);
            std::string message;
            try {
                parallel_for(ended.size(), jobs, [&](std::size_t i) {
                    if (i == 10) std::this_thread::sleep_for(std::chrono::milliseconds(1)); // the others get ahead
                    ++ended[i];
                    if (i >= 10 && i % 2 == 0) fail(ErrorKind::malformed, std::to_string(i));
                });
            } catch (const Error& error) {
                message = error.what();
            }
            CHECK(message == "10");
            for (std::size_t i = 0; i <= 10; ++i) CHECK(ended[i] == 1); // those below a failure are never skipped
        }
    }
}

TEST_CASE("after a failure no new work is begun, and what runs is waited for") {
    std::atomic<int> running{0};
    std::atomic<int> begun{0};
    CHECK_THROWS_AS(parallel_for(100000, 4,
                                 [&](std::size_t i) {
                                     ++running;
                                     ++begun;
                                     if (i == 0) {
                                         --running;
                                         throw std::runtime_error("not an Error");
                                     }
                                     std::this_thread::sleep_for(std::chrono::microseconds(200));
                                     --running;
                                 }),
                    std::runtime_error);
    CHECK(running == 0);
    CHECK(begun < 100000);
}

TEST_CASE("more threads than processors where some of those would wait for the last piece") {
    struct Row {
        const char* what;
        std::vector<std::uint64_t> costs;
        unsigned jobs;
        unsigned processors;
        unsigned threads;
    };
    const std::vector<Row> rows = {
        {"three alike on two: one would wait half of the time", {10, 10, 10}, 2, 2, 3},
        {"as before, one of the three small", {10, 10, 1}, 2, 2, 2},
        {"an even number of alike", {10, 10, 10, 10}, 2, 2, 2},
        {"nothing is ready sooner than the largest", {10, 3, 3, 3}, 2, 2, 2},
        {"as many as processors", {10, 10}, 2, 2, 2},
        {"five alike on four", {8, 8, 8, 8, 8}, 4, 4, 5},
        {"never more than twice as many", {9, 9, 9, 9, 9, 1, 1}, 2, 2, 4},
        {"one job is one thread", {10, 10, 10}, 1, 1, 1},
        {"fewer jobs than processors are a wish", {10, 10, 10}, 2, 8, 2},
        {"more jobs than processors stay, where they are even", {10, 10, 10, 10, 10, 10}, 3, 2, 3},
        {"costs whose sum passes 2^64",
         {std::uint64_t{1} << 63, std::uint64_t{1} << 63, std::uint64_t{1} << 63},
         2,
         2,
         3},
        {"nothing to do", {}, 2, 2, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(even_jobs(row.costs, row.jobs, row.processors) == row.threads);
    }
}

TEST_CASE("there is at least one usable processor") {
    CHECK(default_jobs() >= 1);
}

} // namespace touchstone
