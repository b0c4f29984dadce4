// How often something is tried again. The counts are those that README.md and retry.h promise.
#include "image/remote/retry.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace touchstone;
using namespace touchstone::test;

namespace {

using std::chrono::milliseconds;

/// How often `work`, which gets the number of the try, is done before it is given up or succeeds.
struct Tries {
    unsigned count = 0;
    std::string message;
};

Tries tries_of(const std::function<void(unsigned)>& work) {
    Tries tries;
    const auto refusal = refusal_of([&] { patiently(milliseconds(1), [&] { work(++tries.count); }); });
    if (refusal) tries.message = refusal->message;
    return tries;
}

} // namespace

TEST_CASE("a name that is not resolved is tried once more, other troubles of networks four times") {
    const Tries unresolved = tries_of([](unsigned) { throw Unresolved("no such host"); });
    CHECK(unresolved.count == 2);
    CHECK(unresolved.message == "no such host (given up after 2 tries)");
    CHECK(tries_of([](unsigned) { fail(ErrorKind::transient, "broken"); }).count == 5);
    CHECK(tries_of([](unsigned) { throw Busy("later", std::chrono::seconds(0)); }).count == 5);
    CHECK(tries_of([](unsigned) { fail(ErrorKind::unreadable, "no"); }).count == 1);
}

TEST_CASE("a resolver may stumble once among other troubles") {
    const Tries tries = tries_of([](unsigned number) {
        if (number == 3) throw Unresolved("no such host");
        if (number < 5) fail(ErrorKind::transient, "broken");
    });
    CHECK(tries.count == 5);
    CHECK(tries.message.empty());
}

TEST_CASE("enough progress makes earlier failures forgotten") {
    Patience patience(milliseconds(1));
    for (int round = 0; round < 4; ++round) {
        patience.wait_after(Unresolved("no such host"));
        patience.progress(progress_of_note);
    }
    patience.wait_after(Unresolved("no such host"));
    CHECK(refusal_of([&] { patience.wait_after(Unresolved("no such host")); }));
}
