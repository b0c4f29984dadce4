// Times against date(1): its `-u -d TEXT +%s` gave the seconds.
#include "base/rfc3339.h"

#include <doctest/doctest.h>

using namespace touchstone;

TEST_CASE("times are read as RFC 3339 has them") {
    CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == 0);
    CHECK(parse_rfc3339("2026-03-01T10:00:00Z") == 1772359200);
    CHECK(parse_rfc3339("2026-03-01t10:00:00z") == 1772359200);
    CHECK(parse_rfc3339("2026-03-01T10:00:00.123456789Z") == 1772359200);
    CHECK(parse_rfc3339("2026-03-01T11:00:00+01:00") == 1772359200);
    CHECK(parse_rfc3339("2024-02-29T23:59:59-05:30") == 1709270999);
    CHECK(parse_rfc3339("1969-12-31T23:59:59Z") == -1);
    CHECK(parse_rfc3339("0001-01-01T00:00:00Z") == -62135596800);
    CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == 1483228800); // a leap second
}

TEST_CASE("what is no time of RFC 3339, or of no day, is none") {
    for (const char* text : {"",
                             "2026-03-01",
                             "2026-03-01T10:00:00",
                             "2026-03-01 10:00:00Z",
                             "2026-13-01T10:00:00Z",
                             "2026-00-01T10:00:00Z",
                             "2026-02-29T10:00:00Z",
                             "2026-04-31T10:00:00Z",
                             "2026-03-01T24:00:00Z",
                             "2026-03-01T10:60:00Z",
                             "2026-03-01T10:00:61Z",
                             "2026-03-01T10:00:00+1:00",
                             "2026-03-01T10:00:00+24:00",
                             "2026-03-01T10:00:00.Z",
                             "2026-03-01T10:00:00.Zx",
                             "2026-03-01T10:00:00.1",
                             "2026/03/01T10:00:00Z",
                             "2026-03-01T10.00.00Z",
                             "+026-03-01T10:00:00Z",
                             "yesterday"}) {
        CHECK_MESSAGE(!parse_rfc3339(text), text);
    }
}

TEST_CASE("times are written in one form, of the Gregorian calendar") {
    CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
    CHECK(rfc3339(-1) == "1969-12-31T23:59:59Z");
    CHECK(rfc3339(951782400) == "2000-02-29T00:00:00Z");
    CHECK(rfc3339(1772359200) == "2026-03-01T10:00:00Z");
    CHECK(rfc3339(-62135596800) == "0001-01-01T00:00:00Z");
}
