// What several references to one registry share, and what they do not.
#include "image/remote/pool.h"
#include "tests/image/remote/fake_registry.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

TEST_CASE("one session for one registry, another for other trust") {
    RegistryPool pool;
    RemoteOptions options;
    const auto session = [&](const char* name) { return pool.session(parse_registry_name(name), options); };
    const auto first = session("localhost:1/a");
    CHECK(first == session("localhost:1/b:tag"));
    CHECK(first != session("localhost:2/a"));
    options.verify_tls = false;
    CHECK(first != session("localhost:1/a"));
    options.verify_tls = true;
    CHECK(first == session("localhost:1/a"));
    options.pool = std::make_shared<RegistryPool>(); // not what is trusted
    CHECK(first == session("localhost:1/a"));
    CHECK(session_of(parse_registry_name("localhost:1/a"), {}) != first);
}

TEST_CASE("one authorizer for each repository and right") {
    RegistryPool pool;
    const RegistryName a = parse_registry_name("localhost:1/a");
    const RegistryName b = parse_registry_name("localhost:1/b");
    const auto session = pool.session(a, {});
    CHECK(session->authorizer(a, {}) == session->authorizer(a, {}));
    CHECK(session->authorizer(a, {}) != session->authorizer(b, {}));
    CHECK(session->authorizer(a, {}) != session->authorizer(a, {"repository:a:pull,push"}));
}

TEST_CASE("no more places than there are, as long as their holders read") {
    DownloadSlots slots(2);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const DownloadSlot slot(slots);
            const int now = ++inside;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
            }
            for (int step = 0; step < 5; ++step) {
                slots.note_bytes();
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            --inside;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(most == 2);
}

TEST_CASE("a holder that reads nothing keeps nobody waiting for ever") {
    DownloadSlots slots(1);
    const DownloadSlot held(slots);
    const auto begun = std::chrono::steady_clock::now();
    const DownloadSlot second(slots); // if it kept us, this test would not end
    CHECK(std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(100)); // but not without waiting first
}
