// Loading: everything is verified, equal work is done once, and one failure anywhere means no verdict.
#include "base/error.h"
#include "diff/compare.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <atomic>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string one_file(const char* name) {
    return TarBuilder().file(name, "x").finish();
}

} // namespace

TEST_CASE("a blob that both sides share is listed once and read on both") {
    Image a = make_image({.layers = {one_file("a")}});
    Image b = make_image({.layers = {one_file("a")}});
    std::atomic<int> opened = 0;
    for (Image* image : {&a, &b}) {
        image->layers[0].open = [&opened, open = image->layers[0].open] {
            ++opened;
            return open();
        };
    }
    const std::vector<Stack> stacks = load_stacks({&a, &b}, {.jobs = 2});
    CHECK(stacks[0].layers[0].listing == stacks[1].layers[0].listing);
    CHECK(opened == 2);
}

TEST_CASE("a corrupt copy of a shared blob is found, though the other copy is good") {
    Image a = make_image({.layers = {one_file("a")}});
    Image b = make_image({.layers = {one_file("a")}});
    const Image other = make_image({.layers = {one_file("b")}});
    b.layers[0].open = other.layers[0].open;
    CHECK_THROWS_WITH_AS(load_stacks({&a, &b}, {}), doctest::Contains("layer 0"), Error);
}

TEST_CASE("a wrong diffID is found though the blob's digest is right") {
    Image a = make_image({.layers = {one_file("a")}});
    Image b = make_image({.layers = {one_file("a")}});
    b.layers[0].diff_id = digest_of(as_bytes("something else"));
    try {
        load_stacks({&a, &b}, {});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unverified);
    }
}

TEST_CASE("the error does not depend on the number of jobs") {
    std::string first;
    for (const unsigned jobs : {1U, 2U, 8U}) {
        Image a = make_image({.layers = {one_file("a"), one_file("b"), one_file("c")}});
        a.layers[1].digest = digest_of(as_bytes("wrong"));
        a.layers[2].digest = digest_of(as_bytes("wrong too"));
        std::string message;
        try {
            load_stacks({&a}, {.jobs = jobs});
        } catch (const Error& error) {
            message = error.what();
        }
        CHECK_FALSE(message.empty());
        if (first.empty()) first = message;
        CHECK(message == first);
    }
}
