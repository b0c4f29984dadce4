// Reading ahead changes nothing but who does the work.
#include "base/ahead.h"
#include "base/error.h"
#include "base/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

using namespace touchstone;

namespace {

/// `length` bytes that tell their place, in reads of random size; then the end, or an error. Notes who reads.
class NumberedSource final : public ByteSource {
public:
    NumberedSource(std::uint64_t length, bool fails, std::atomic<int>& readers)
        : length_(length), fails_(fails), readers_(readers) {}
    std::size_t read(ByteSpan buffer) override {
        if (std::this_thread::get_id() != reader_) {
            reader_ = std::this_thread::get_id();
            ++readers_;
        }
        if (at_ == length_ && fails_) fail(ErrorKind::malformed, "broken here");
        const std::size_t most = std::min<std::uint64_t>(buffer.size(), length_ - at_);
        const std::size_t count = most == 0 ? 0 : 1 + random_() % most;
        for (std::size_t i = 0; i < count; ++i) buffer[i] = static_cast<std::uint8_t>((at_ + i) % 251);
        at_ += count;
        return count;
    }

private:
    std::uint64_t length_;
    bool fails_;
    std::atomic<int>& readers_;
    std::thread::id reader_;
    std::uint64_t at_ = 0;
    std::minstd_rand random_;
};

struct Outcome {
    std::uint64_t bytes = 0;
    bool in_order = true;
    std::string error;
    int readers = 0;
};

/// Reads the source in one task of parallel_for. The other threads have work of their own until `before` bytes are
/// read.
Outcome read_through(std::uint64_t length, bool fails, unsigned jobs, std::uint64_t before = 0,
                     std::uint64_t stop_at = ~std::uint64_t{0}) {
    Outcome outcome;
    std::atomic<int> readers{0};
    std::atomic<bool> busy{true};
    const auto nap = [] { std::this_thread::sleep_for(std::chrono::microseconds(100)); };
    const auto read_all = [&] {
        AheadSource source(std::make_unique<NumberedSource>(length, fails, readers));
        std::vector<std::uint8_t> buffer(70'000);
        try {
            for (;;) {
                if (outcome.bytes >= before && busy.exchange(false)) {
                    while (jobs > 1 && !help_is_there()) nap();
                }
                if (outcome.bytes >= stop_at) source.stop(); // more than once does no harm
                const std::size_t count = source.read(buffer);
                if (count == 0) break;
                for (std::size_t i = 0; i < count; ++i)
                    outcome.in_order = outcome.in_order && buffer[i] == (outcome.bytes + i) % 251;
                outcome.bytes += count;
            }
        } catch (const Error& error) {
            outcome.error = error.what();
        }
    };
    const auto work = [&](std::size_t i) {
        if (i == 0) return read_all();
        while (busy) nap();
    };
    parallel_for(jobs, jobs, work, Threads::to_help);
    outcome.readers = readers;
    return outcome;
}

} // namespace

TEST_CASE("the bytes are the same, whether another thread reads ahead or none is there") {
    for (const std::uint64_t length : {0U, 1U, 262'144U, 262'145U, 5'000'000U}) {
        for (const unsigned jobs : {1U, 2U, 4U}) {
            CAPTURE(length);
            CAPTURE(jobs);
            const Outcome outcome = read_through(length, false, jobs);
            CHECK(outcome.bytes == length);
            CHECK(outcome.in_order);
            CHECK(outcome.error.empty());
            CHECK(outcome.readers == 1);
        }
    }
}

TEST_CASE("another thread takes over in the middle, and gives the source back when it is asked to") {
    const Outcome taken = read_through(4'000'000, false, 2, 1'000'000);
    CHECK(taken.bytes == 4'000'000);
    CHECK(taken.in_order);
    CHECK(taken.readers == 2);
    const Outcome given_back = read_through(40'000'000, false, 2, 1'000'000, 2'000'000);
    CHECK(given_back.bytes == 40'000'000);
    CHECK(given_back.in_order);
    CHECK(given_back.readers >= 3);
}

TEST_CASE("an error comes after the bytes before it") {
    for (const unsigned jobs : {1U, 3U}) {
        const Outcome outcome = read_through(3'000'000, true, jobs);
        CHECK(outcome.error == "broken here");
        CHECK(outcome.in_order);
        // What was read together with the error is lost: nobody may use the bytes of a stream that is broken.
        CHECK(outcome.bytes <= 3'000'000);
    }
}

TEST_CASE("whoever loses interest does not wait for the end") {
    std::atomic<int> readers{0};
    parallel_for(
        1, 2,
        [&](std::size_t) {
            AheadSource source(std::make_unique<NumberedSource>(std::uint64_t{1} << 50, false, readers));
            std::vector<std::uint8_t> buffer(1000);
            while (!help_is_there()) std::this_thread::yield();
            CHECK(source.read(buffer) == 1000);
        },
        Threads::to_help);
    CHECK(readers == 1);
}

TEST_CASE("nobody helps outside of parallel_for, or where all threads have work") {
    CHECK_FALSE(help_is_there());
    CHECK_FALSE(hand_over([] {}));
    std::atomic<int> done{0};
    parallel_for(
        3, 1, [&](std::size_t) { done += hand_over([] {}) ? 100 : 1; }, Threads::to_help);
    CHECK(done == 3);
}
