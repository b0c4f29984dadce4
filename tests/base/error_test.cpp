// Errors keep their kind on the way up and gain context; the kind decides the exit status, so it must not change.
#include "base/error.h"
#include "tests/base/helpers.h"

#include <doctest/doctest.h>

#include <cerrno>

namespace touchstone::test {

TEST_CASE("within() puts its context in front and keeps the kind") {
    const auto refusal = refusal_of(
        [] { within("layer 3", [] { within("member \"a\"", [] { fail(ErrorKind::over_limit, "too long"); }); }); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::over_limit);
    CHECK(refusal->message == "layer 3: member \"a\": too long");
    CHECK(within("unused", [] { return 7; }) == 7);
}

TEST_CASE("a system error is unreadable, with the C locale's text") {
    const auto refusal = refusal_of([] { fail_errno(EACCES, "/x"); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::unreadable);
    CHECK(refusal->message == "/x: Permission denied");
}

TEST_CASE("each error kind has its name") {
    CHECK(name_of(ErrorKind::usage) == "usage");
    CHECK(name_of(ErrorKind::unreadable) == "unreadable");
    CHECK(name_of(ErrorKind::malformed) == "malformed");
    CHECK(name_of(ErrorKind::unverified) == "unverified");
    CHECK(name_of(ErrorKind::unsupported) == "unsupported");
    CHECK(name_of(ErrorKind::over_limit) == "over-limit");
    CHECK(name_of(ErrorKind::transient) == "transient");
}

} // namespace touchstone::test
