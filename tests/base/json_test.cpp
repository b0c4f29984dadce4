// Strict JSON: RFC 8259 and RFC 7493 (I-JSON), and the guards of spec/formats-and-hostile-input.md section 3.3.
#include "base/json.h"
#include "tests/base/helpers.h"

#include <doctest/doctest.h>

#include <vector>

namespace touchstone::test {

namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("values are read as they are written") {
    const Json json = parse_json(
        R"({"s":"a\u0000\ud83d\ude00\n","i":-12,"z":-0,"f":1.50e3,"t":true,"n":null,"a":[1,[],{}],"":false})", "doc");
    CHECK(json.find("s")->as_string() == std::string("a\0\xf0\x9f\x98\x80\n", 7));
    CHECK(json.find("i")->as_integer() == -12);
    CHECK(json.find("z")->number_text() == "-0");
    CHECK(json.find("z")->as_integer() == 0);
    CHECK(json.find("f")->number_text() == "1.50e3");
    CHECK(json.find("t")->as_boolean());
    CHECK(json.find("n")->is_null());
    CHECK(json.find("a")->items().size() == 3);
    CHECK(json.find("a")->items()[1].items().empty());
    CHECK_FALSE(json.find("")->as_boolean());
    CHECK(json.find("missing") == nullptr);
    CHECK(json.find("a")->find("s") == nullptr); // not an object
    CHECK(parse_json(" \t\r\n\"text\" \n", "doc").as_string() == "text");
}

TEST_CASE("members keep the document's order") {
    const Json json = parse_json(R"({"z":1,"a":2,"m":3})", "doc");
    REQUIRE(json.members().size() == 3);
    CHECK(json.members()[0].first == "z");
    CHECK(json.members()[1].first == "a");
    CHECK(json.members()[2].first == "m");
}

TEST_CASE("what is not strict JSON is refused, with the place") {
    struct Row {
        std::string name;
        std::string text;
        const char* says;
    };
    const std::vector<Row> rows{
        {"nothing", "", "the document"},
        {"blanks only", "  ", "the document"},
        {"a duplicate key", R"({"a":{"b":1,"c":2,"b":3}})", "/a/b: duplicate key \"b\""},
        {"a duplicate key, spelled with an escape", R"({"b":1,"\u0062":3})", "duplicate key \"b\""},
        {"keys that differ in case", R"({"layers":1,"Layers":3})",
         "keys \"layers\" and \"Layers\" differ only in case"},
        {"keys that differ in a long s", "{\"layers\":1,\"layer\xc5\xbf\":3}", "differ only in case"},
        {"keys that differ in a Kelvin sign", R"({"key":1,"\u212aey":3})", "differ only in case"},
        {"colliding keys deep down", R"([0,{"x":[{"k":0,"K":0}]}])", "/1/x/0/K"},
        {"a value after the document", "{}{}", "expected end of input"},
        {"text after the document", "{} x", "invalid literal"},
        {"a NUL after the document", std::string("{}\0", 3), "NUL"},
        {"a NUL and another document", std::string("{}\0{}", 5), "at byte 2: a NUL"},
        {"a NUL in a string", std::string("\"\0\"", 3), "NUL"},
        {"a byte order mark", "\xef\xbb\xbf{}", "byte order mark"},
        {"invalid UTF-8", "\"\xff\"", "UTF-8"},
        {"invalid UTF-8 in a key", "{\"\xc3\":1}", "UTF-8"},
        {"an overlong form", "\"\xc0\xaf\"", "UTF-8"},
        {"a surrogate in UTF-8", "\"\xed\xa0\x80\"", "UTF-8"},
        {"a lone high surrogate", R"("\ud800")", "surrogate"},
        {"a lone low surrogate", R"("\udc00")", "surrogate"},
        {"a high surrogate and a letter", R"("\ud800x")", "surrogate"},
        {"two high surrogates", R"("\ud800\ud800")", "surrogate"},
        {"a raw newline in a string", "\"a\nb\"", "control character"},
        {"an unknown escape", R"("\x41")", "invalid string"},
        {"an unfinished string", "\"abc", "missing closing quote"},
        {"an unfinished array", "[1,2", "/2"},
        {"a trailing comma in an array", "[1,]", "/1"},
        {"a trailing comma in an object", R"({"a":1,})", "object key"},
        {"a comment", "{} // x", "invalid literal"},
        {"a block comment", "/* x */ {}", "invalid literal"},
        {"single quotes", "{'a':1}", "invalid literal"},
        {"NaN", "NaN", "invalid literal"},
        {"a leading zero", "01", "expected end of input"},
        {"a plus sign", "+1", "invalid literal"},
        {"a bare point", ".5", "invalid literal"},
        {"nothing after the point", "1.", "invalid number"},
        {"nothing after the exponent", "1e", "invalid number"},
        {"a number past every double", "1e999", "1e999"},
        {"a terminal escape in the wrong place", "\x1b[31m", "<U+001B>"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto refusal = refusal_of([&] { parse_json(row.text, "the config"); });
        REQUIRE(refusal);
        CAPTURE(refusal->message);
        CHECK(refusal->kind == ErrorKind::malformed);
        CHECK(refusal->says("the config"));
        CHECK(refusal->says(row.says));
        CHECK(refusal->message.find('\x1b') == std::string::npos);
        CHECK(refusal->message.size() < 500);
    }
}

TEST_CASE("messages name the byte offset") {
    const auto duplicate = refusal_of([] { parse_json(R"({"a":1,"a":2})", "doc"); });
    REQUIRE(duplicate);
    CHECK(duplicate->says("at byte 10")); // just past the second key's closing quote
    const auto syntax = refusal_of([] { parse_json("[1,2,x]", "doc"); });
    REQUIRE(syntax);
    CHECK(syntax->says("at byte 6, in /2"));
}

TEST_CASE("a pointer in a message escapes '~' and '/', and is cut when a key is long") {
    const auto refusal = refusal_of([] { parse_json(R"({"a/b~c":{"k":1,"k":2}})", "doc"); });
    REQUIRE(refusal);
    CHECK(refusal->says("/a~1b~0c/k"));
    const auto longer = refusal_of([] { parse_json("{\"" + std::string(100'000, 'k') + "\":x}", "doc"); });
    REQUIRE(longer);
    CHECK(longer->message.size() < 500);
}

TEST_CASE("depth and size are limited, and the limits themselves are fine") {
    CHECK(parse_json(nested(64), "doc").is(Json::Kind::array));
    CHECK(parse_json("[1,2,3]", "doc", {.bytes = 7}).items().size() == 3);
    struct Row {
        std::string name;
        std::string text;
        JsonLimits limits;
        const char* says;
    };
    const std::vector<Row> rows{
        {"65 arrays", nested(65), {}, "64 levels"},
        {"a million arrays", std::string(1'000'000, '['), {}, "64 levels"},
        {"objects", R"({"a":{"b":{}}})", {.depth = 2}, "2 levels"},
        {"a byte too many", "[1,2,3]", {.bytes = 6}, "limit of 6"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto refusal = refusal_of([&] { parse_json(row.text, "doc", row.limits); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::over_limit);
        CHECK(refusal->says(row.says));
    }
}

TEST_CASE("same keys on different levels and in different objects are fine") {
    CHECK_NOTHROW(parse_json(R"([{"a":1},{"a":2},{"A":{"a":{"a":1}}}])", "doc"));
    CHECK_NOTHROW(
        parse_json("{\"\xc3\x84\":1,\"\xc3\xa4\":2}", "doc")); // an umlaut's case is not one that Go's keys here fold
}

TEST_CASE("integers: integer syntax and 64 bits") {
    struct Row {
        const char* text;
        std::int64_t value;
    };
    for (const Row& row :
         {Row{"0", 0}, Row{"-0", 0}, Row{"9223372036854775807", INT64_MAX}, Row{"-9223372036854775808", INT64_MIN}}) {
        CHECK(parse_json(row.text, "doc").as_integer() == row.value);
        CHECK(parse_json(row.text, "doc").number_text() == row.text);
    }
    for (const std::string text : {"1e3", "1000.0", "1E0", "0.0", "9223372036854775808", "-9223372036854775809",
                                   "18446744073709551616", "123456789012345678901234567890"}) {
        CAPTURE(text);
        const Json number = parse_json(text, "doc");
        CHECK(number.number_text() == text); // kept as written
        const auto refusal = refusal_of([&] { (void)number.as_integer(); });
        REQUIRE(refusal);
        CHECK(refusal->kind == ErrorKind::malformed);
        CHECK(refusal->says(text));
    }
}

TEST_CASE("typed access names what was expected and what was found") {
    const auto refusal = refusal_of([] { (void)parse_json("[]", "doc").as_string(); });
    REQUIRE(refusal);
    CHECK(refusal->kind == ErrorKind::malformed);
    CHECK(refusal->message == "expected a string, found an array");
    CHECK(refusal_of([] { (void)Json().members(); })->message == "expected an object, found null");
    CHECK(refusal_of([] { (void)Json::string("5").as_integer(); })->message == "expected a number, found a string");
    CHECK(refusal_of([] { (void)Json::number(5).as_boolean(); })->message == "expected a boolean, found a number");
    CHECK(refusal_of([] { (void)Json::object().items(); })->message == "expected an array, found an object");
}

TEST_CASE("equality ignores the order of keys, and nothing else") {
    struct Row {
        std::string left;
        std::string right;
        bool equal;
    };
    const std::vector<Row> rows{
        {R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"d":3,"c":2},"a":1})", true},
        {R"({"a":1})", R"({"a":1,"b":2})", false},
        {R"({"a":1,"c":2})", R"({"a":1,"b":2})", false},
        {R"([1,2])", R"([2,1])", false},
        {"1.0", "1", false},
        {"1", "\"1\"", false},
        {"true", "false", false},
        {"null", "null", true},
        {"[]", "{}", false},
        {"null", "false", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.left);
        CAPTURE(row.right);
        CHECK((parse_json(row.left, "l") == parse_json(row.right, "r")) == row.equal);
    }
}

TEST_CASE("keys fold as Go's encoding/json folds them against ASCII names") {
    CHECK(fold_case("MediaType-09_") == "mediatype-09_");
    CHECK(fold_case("layer\xc5\xbf") == "layers");
    CHECK(fold_case("\xe2\x84\xaa"
                    "ey") == "key");
    CHECK(fold_case("\xc3\x84\xff") == "\xc3\x84\xff");
}

} // namespace touchstone::test
