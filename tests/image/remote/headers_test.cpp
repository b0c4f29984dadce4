// Header fields of registries: RFC 9110 (challenges 11.6.1, Content-Range 14.4, Retry-After 10.2.3), RFC 7234
// (Warning).
#include "image/remote/headers.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace touchstone;

namespace {

/// "scheme{name=value,…}" for each challenge.
std::string shown(const std::vector<std::string_view>& fields) {
    std::string text;
    for (const Challenge& challenge : parse_challenges(fields)) {
        text += challenge.scheme + "{";
        for (const auto& [name, value] : challenge.parameters) text += name + "=" + value + ";";
        text += "}";
    }
    return text;
}

} // namespace

TEST_CASE("challenges are found, several to a field and in several fields") {
    struct Row {
        std::vector<std::string_view> fields;
        std::string expected;
    };
    const Row rows[] = {
        {{}, ""},
        {{""}, ""},
        {{"Basic"}, "basic{}"},
        {{"Basic realm=\"x\""}, "basic{realm=x;}"},
        {{"BEARER Realm=\"https://a/t\",Service=\"s\" , scope=\"repository:a:pull,push\""},
         "bearer{realm=https://a/t;service=s;scope=repository:a:pull,push;}"},
        {{"Bearer realm=\"a\\\"b\\\\c\""}, "bearer{realm=a\"b\\c;}"},
        {{"Bearer realm=\"a, Basic realm=b\""}, "bearer{realm=a, Basic realm=b;}"},
        {{"Basic realm=\"x\", Bearer realm=\"y\",service=\"z\""}, "basic{realm=x;}bearer{realm=y;service=z;}"},
        {{"Basic realm=\"x\"", "Bearer realm=y"}, "basic{realm=x;}bearer{realm=y;}"},
        {{"Negotiate, Basic realm=x"}, "negotiate{}basic{realm=x;}"},
        {{"Negotiate YWJj==, Basic realm=x"}, "negotiate{}basic{realm=x;}"},
        {{"Basic, Bearer realm=x"}, "basic{}bearer{realm=x;}"},
        {{" , ,Bearer realm = \"x\" ,, scope=y"}, "bearer{realm=x;scope=y;}"},
        {{"Bearer realm=\"unfinished"}, "bearer{}"},
        {{"Bearer realm="}, "bearer{}"},
        {{"=x", "Basic realm=x"}, "basic{realm=x;}"},
        {{"Basic\x01realm=x"}, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expected);
        CHECK(shown(row.fields) == row.expected);
    }
}

TEST_CASE("a flood of challenges is cut") {
    std::string field;
    for (int i = 0; i < 10000; ++i) field += "A" + std::to_string(i) + " x=y,";
    CHECK(parse_challenges({field}).size() == challenge_limit);
}

TEST_CASE("a Content-Range is read exactly or not at all") {
    const auto range = parse_content_range("bytes 10-99/100");
    REQUIRE(range);
    CHECK(range->first == 10);
    CHECK(range->last == 99);
    CHECK(range->total == 100);
    CHECK(parse_content_range("Bytes 0-0/*")->total == std::nullopt);
    for (const std::string_view text :
         {"", "bytes", "bytes ", "bytes 10-99", "bytes 99-10/100", "bytes 10-99/99", "bytes 10-99/x", "bytes */100",
          "bytes -99/100", "bytes 10-/100", "bytes +1-2/3", "bytes 1 -2/3", "chars 1-2/3", "bytes 1-2/3 ",
          "bytes 1-18446744073709551616/18446744073709551617", "bytes=1-2/3", "1-2/3"}) {
        CAPTURE(text);
        CHECK(!parse_content_range(text));
    }
}

TEST_CASE("Retry-After is seconds or a date") {
    constexpr std::time_t now = 784111777; // Sun, 06 Nov 1994 08:49:37 GMT: RFC 9110's own example
    using std::chrono::seconds;
    CHECK(parse_retry_after("120", now) == seconds(120));
    CHECK(parse_retry_after("0", now) == seconds(0));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == seconds(0));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now) == seconds(60));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now) == seconds(0)); // past
    CHECK(parse_retry_after("Thu, 29 Feb 2024 00:00:00 GMT", 1709164800 - 5) == seconds(5));
    CHECK(parse_retry_after("99999999999999999", now) == seconds(2147483648));
    for (const std::string_view text :
         {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Foo 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
        CAPTURE(text);
        CHECK(!parse_retry_after(text, now));
    }
}

TEST_CASE("warnings of code 299 are for people, others are not") {
    CHECK(parse_warning("299 - \"Your auth token will expire in 30 seconds.\"") ==
          "Your auth token will expire in 30 seconds.");
    CHECK(parse_warning("299 - \"a \\\"b\\\"\"") == "a \"b\"");
    for (const std::string_view text : {"", "199 - \"x\"", "299 host \"x\"", "299 - x", "299 - \"x"}) {
        CAPTURE(text);
        CHECK(!parse_warning(text));
    }
}

TEST_CASE("fields are found by name in any case, and what is no field is dropped") {
    HttpHeaders headers;
    headers.add_line("Content-Type:  text/plain \r");
    headers.add_line("X-A: 1");
    headers.add_line("x-a:2");
    headers.add_line(" folded: 3");
    headers.add_line(": 4");
    headers.add_line("no colon");
    CHECK(headers.get("content-type") == "text/plain");
    CHECK(headers.all("x-a") == std::vector<std::string_view>{"1", "2"});
    CHECK(headers.get("folded").empty());
    CHECK(headers.get("").empty());
}

TEST_CASE("the next page: RFC 8288") {
    struct Row {
        std::vector<std::string_view> fields;
        std::optional<std::string> target;
    };
    const Row rows[] = {
        {{}, std::nullopt},
        {{"</v2/a/referrers/b?n=1>; rel=\"next\""}, "/v2/a/referrers/b?n=1"},
        {{"<a>;rel=next"}, "a"},
        {{"<a>; REL=Next"}, "a"},
        {{"<a>; rel=\"last next\""}, "a"},
        {{"<a>; rel=prev, <b>; rel=next"}, "b"},
        {{"<a>; rel=prev", "<b>; rel=next"}, "b"},
        {{"<a,b>; title=\"x; rel=next\"; rel=prev"}, std::nullopt},
        {{"<a>; title; rel=next"}, "a"},
        {{"<a>; rel=prev; rel=next"}, std::nullopt}, // the first counts
        {{"<a>; rel=nextly"}, std::nullopt},
        {{"<a>"}, std::nullopt},
        {{"a; rel=next"}, std::nullopt},
        {{"<a; rel=next"}, std::nullopt},
        {{"<>; rel=next"}, ""},
        {{"<a> x, <b>; rel=next"}, std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.fields.size());
        if (!row.fields.empty()) CAPTURE(row.fields.front());
        CHECK(parse_next_link(row.fields) == row.target);
    }
}

TEST_CASE("how much of an upload there is") {
    CHECK(parse_upload_range("0-99") == 100);
    CHECK(parse_upload_range("bytes=0-99") == 100);
    CHECK(parse_upload_range("0-0") == 0);
    for (const char* const text : {"", "0-", "-5", "1-5", "0-x", "0-5/10", "0--5", "0-18446744073709551615",
                                   "0-99999999999999999999", "bytes 0-5"}) {
        CAPTURE(text);
        CHECK(!parse_upload_range(text));
    }
}
