// Adding up what a part and the parts inside it have to say.
#include "diff/explain/part.h"

#include <doctest/doctest.h>

using namespace touchstone;

namespace {

Difference difference(std::uint64_t published, std::uint64_t rebuilt, std::optional<CauseId> cause = std::nullopt) {
    Difference one;
    one.spans = {Span{0, published}, Span{0, rebuilt}};
    one.cause = cause;
    return one;
}

using Bytes = std::array<std::uint64_t, 2>;

} // namespace

TEST_CASE("a difference counts its bytes on each side, and at least one") {
    Part part;
    part.add(difference(4, 0));
    CHECK(part.differing == Bytes{4, 1});
    CHECK(part.covered == Bytes{0, 0});
}

TEST_CASE("a difference with a cause covers its bytes") {
    Part part;
    part.add(difference(4, 6, CauseId::text_date));
    CHECK(part.covered == Bytes{4, 6});
    CHECK(part.causes == std::map<CauseId, std::uint64_t>{{CauseId::text_date, 1}});
}

TEST_CASE("differences beyond the limit are counted, not kept") {
    Part part;
    for (std::size_t i = 0; i < difference_limit + 3; ++i) part.add(difference(1, 1, CauseId::text_date));
    CHECK(part.differences.size() == difference_limit);
    CHECK(part.more == 3);
    CHECK(part.causes[CauseId::text_date] == difference_limit + 3);
    CHECK(part.differing == Bytes{difference_limit + 3, difference_limit + 3});
}

TEST_CASE("a part is explained when every byte of it and of its parts is covered") {
    Part part;
    part.parts.emplace_back();
    part.add(difference(2, 2, CauseId::derived));
    part.parts[0].add(difference(8, 8, CauseId::build_path));
    CHECK(part.explained());
    SUBCASE("not with a byte of its own without a cause") {
        part.add(difference(1, 1));
        CHECK_FALSE(part.explained());
    }
    SUBCASE("not with a byte inside without a cause") {
        part.parts[0].add(difference(1, 0));
        CHECK_FALSE(part.explained());
    }
    SUBCASE("not when a limit kept us from looking") {
        part.parts[0].complete = false;
        CHECK_FALSE(part.explained());
    }
}

TEST_CASE("sums go through all levels") {
    Part part;
    part.add(difference(1, 2, CauseId::text_date));
    part.parts.emplace_back();
    part.parts[0].parts.emplace_back();
    part.parts[0].parts[0].add(difference(10, 20, CauseId::text_date));
    part.parts[0].parts[0].add(difference(100, 200));
    CHECK(part.all_differing() == Bytes{111, 222});
    CHECK(part.all_covered() == Bytes{11, 22});
    CHECK(part.all_causes() == std::map<CauseId, std::uint64_t>{{CauseId::text_date, 2}});
}

TEST_CASE("values are cut to their limit") {
    CHECK(short_bytes(std::string(value_limit + 1, 'x')) == std::string(value_limit, 'x'));
    CHECK(short_bytes("whole") == "whole");
}
