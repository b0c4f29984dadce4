// Whoever works, and whenever: it is done to all bytes, in order.
#include "base/ahead.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/lane.h"
#include "base/parallel.h"
#include "base/source.h"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
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

/// A lane whose work is a digest.
struct HashedLane {
    explicit HashedLane(DigestAlgorithm algorithm = DigestAlgorithm::sha256) : hasher(algorithm) {}
    Digest finish() {
        lane.finish();
        return hasher.finish();
    }
    Hasher hasher;
    Lane lane{[this](ByteView bytes) { hasher.update(bytes); }, 8};
};

/// Gives `bytes` to the lane in stretches of random length, some of them as blocks to keep.
void feed(Lane& lane, std::string_view bytes, unsigned seed) {
    std::minstd_rand random(seed);
    while (!bytes.empty()) {
        const std::string_view stretch = bytes.substr(0, random() % 5000);
        if (random() % 2 == 0) {
            lane.update(as_bytes(stretch));
        } else {
            std::string block(stretch);
            lane.take(block);
            CHECK(block.empty());
        }
        bytes.remove_prefix(stretch.size());
    }
}

} // namespace

TEST_CASE("a lane gives the digest of its bytes, lent or not, with help or without") {
    const std::string bytes = random_bytes(3'000'000, 1);
    const Digest expected = digest_of(as_bytes(bytes));
    for (const int helpers : {-1, 0, 1, 3}) { // -1: not lent
        CAPTURE(helpers);
        HashedLane hashed;
        Lane& lane = hashed.lane;
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
        CHECK(hashed.finish() == expected);
        if (helpers < 1) CHECK((kept > 0) == (helpers == 0)); // helpers may be so quick that nobody need be woken
    }
}

TEST_CASE("what is kept when a lane is taken back is hashed before what comes next") {
    const std::string bytes = random_bytes(100'000, 3);
    HashedLane hashed(DigestAlgorithm::sha512);
    Lane& lane = hashed.lane;
    lane.lend([] {});
    lane.update(as_bytes(bytes).first(1000));
    lane.update(as_bytes(bytes).subspan(1000, 10));
    lane.take_back();
    lane.update(as_bytes(bytes).subspan(1010));
    CHECK(hashed.finish() == digest_of(as_bytes(bytes), DigestAlgorithm::sha512));
    CHECK(hashed.finish() == digest_of({}, DigestAlgorithm::sha512));
}

TEST_CASE("there is nothing to help with when nothing is kept") {
    HashedLane hashed;
    Lane& lane = hashed.lane;
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
            Lane& lane = inner->lane();
            AheadSource ahead(std::move(inner), {.input = &lane, .output = nullptr, .hash = std::nullopt});
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

TEST_CASE("what the work throws comes out where the blocks are given, whoever did it, and ends the work") {
    for (const bool helped : {false, true}) {
        CAPTURE(helped);
        int calls = 0;
        Lane lane(
            [&](ByteView) {
                if (++calls == 3) fail(ErrorKind::unreadable, "disk full");
            },
            4);
        lane.lend([] {});
        std::string error;
        try {
            for (int i = 0; i < 10; ++i) {
                lane.update(as_bytes(std::string_view("x")));
                if (helped) CHECK(lane.help());
            }
            lane.finish();
        } catch (const Error& e) {
            error = e.what();
        }
        CHECK(error == "disk full");
        CHECK(calls == 3);
        CHECK_THROWS_AS(lane.finish(), Error); // nobody takes what is missing for done
    }
}

TEST_CASE("somebody is woken only when half of the room is taken") {
    int woken = 0;
    Lane lane([](ByteView) {}, 8);
    lane.lend([&] { ++woken; });
    for (int i = 1; i <= 8; ++i) {
        lane.update(as_bytes(std::string_view("x")));
        CHECK(woken == std::max(0, i - 3));
    }
    lane.finish();
}

TEST_CASE("a stream that is read ahead is hashed by either thread, and what is made of it written by either") {
    const std::string bytes = random_bytes(20'000'000, 5);
    for (const unsigned jobs : {1U, 2U, 4U}) {
        CAPTURE(jobs);
        std::string written;
        std::optional<Digest> digest;
        const auto read = [&](std::size_t) {
            Lane output([&](ByteView block) { written += as_text(block); }, 4);
            {
                AheadSource ahead(std::make_unique<MemorySource>(std::string_view(bytes)),
                                  {.input = nullptr, .output = &output, .hash = DigestAlgorithm::sha256});
                while (jobs > 1 && !help_is_there()) std::this_thread::yield();
                std::vector<std::uint8_t> buffer(100'000);
                std::uint64_t count = 0;
                while (const std::size_t got = ahead.read(buffer)) {
                    output.update(ByteView(buffer).first(got));
                    count += got;
                }
                CHECK_FALSE(ahead.digest_of_all(count - 1));
                digest = ahead.digest_of_all(count);
            }
            output.finish();
        };
        parallel_for(1, jobs, read, Threads::to_help);
        CHECK(written == bytes);
        CHECK(digest == digest_of(as_bytes(bytes)));
    }
}
