// Whoever hashes, and whenever: the digest is that of the bytes in order.
#include "base/ahead.h"
#include "base/error.h"
#include "base/hash_lane.h"
#include "base/parallel.h"
#include "base/source.h"

#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>

using namespace touchstone;

namespace {

std::string random_bytes(std::size_t length, unsigned seed) {
    std::minstd_rand random(seed);
    std::string bytes(length, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    return bytes;
}

/// Gives `bytes` to the lane in stretches of random length.
void feed(HashLane& lane, std::string_view bytes, unsigned seed) {
    std::minstd_rand random(seed);
    while (!bytes.empty()) {
        const std::size_t count = std::min<std::size_t>(bytes.size(), random() % 5000);
        lane.update(as_bytes(bytes.substr(0, count)));
        bytes.remove_prefix(count);
    }
}

} // namespace

TEST_CASE("a lane gives the digest of its bytes, lent or not, with help or without") {
    const std::string bytes = random_bytes(3'000'000, 1);
    const Digest expected = digest_of(as_bytes(bytes));
    for (const int helpers : {-1, 0, 1, 3}) { // -1: not lent
        CAPTURE(helpers);
        HashLane lane(DigestAlgorithm::sha256);
        std::atomic<int> kept{0};
        std::atomic<bool> done{false};
        if (helpers >= 0) lane.lend([&] { ++kept; });
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < helpers; ++i) {
                threads.emplace_back([&] {
                    while (!done) lane.help();
                });
            }
            feed(lane, bytes, 2);
            done = true;
        }
        CHECK(lane.finish() == expected);
        CHECK((kept > 0) == (helpers >= 0));
    }
}

TEST_CASE("what is kept when a lane is taken back is hashed before what comes next") {
    const std::string bytes = random_bytes(100'000, 3);
    HashLane lane(DigestAlgorithm::sha512);
    lane.lend([] {});
    lane.update(as_bytes(bytes).first(1000));
    lane.update(as_bytes(bytes).subspan(1000, 10));
    lane.take_back();
    lane.update(as_bytes(bytes).subspan(1010));
    CHECK(lane.finish() == digest_of(as_bytes(bytes), DigestAlgorithm::sha512));
    CHECK(lane.finish() == digest_of({}, DigestAlgorithm::sha512));
}

TEST_CASE("there is nothing to help with when nothing is kept") {
    HashLane lane(DigestAlgorithm::sha256);
    CHECK_FALSE(lane.help());
    lane.lend([] {});
    CHECK_FALSE(lane.help());
    lane.update(as_bytes(std::string_view("x")));
    CHECK(lane.help());
    CHECK_FALSE(lane.help());
}

TEST_CASE("the reader helps the thread that reads ahead, and the stream is verified all the same") {
    const std::string bytes = random_bytes(6'000'000, 4);
    const Digest right = digest_of(as_bytes(bytes));
    for (const bool broken : {false, true}) {
        CAPTURE(broken);
        const Expected expected{.digest = broken ? digest_of({}) : right, .size = bytes.size()};
        bool verified = false;
        std::string error;
        const auto read = [&](std::size_t) {
            auto inner = std::make_unique<VerifyingSource>(std::make_unique<MemorySource>(std::string_view(bytes)),
                                                           expected, "b");
            const VerifyingSource& source = *inner;
            HashLane& lane = inner->lane();
            AheadSource ahead(std::move(inner), &lane);
            while (!help_is_there()) std::this_thread::yield();
            try {
                const std::uint64_t count = drain(ahead);
                CHECK(count == bytes.size());
            } catch (const Error& e) {
                error = e.what();
            }
            verified = source.verified();
        };
        parallel_for(1, 2, read, Threads::to_help);
        CHECK(verified == !broken);
        CHECK(error.starts_with(broken ? "b: expected sha256:" : ""));
    }
}
