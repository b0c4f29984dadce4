// JSON output: plain RFC 8259 that is safe on a terminal.
#include "base/json.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace touchstone::test {

TEST_CASE("strings are escaped so that nothing in them can steer a terminal") {
    struct Row {
        std::string name;
        std::string value;
        std::string text;
    };
    const std::vector<Row> rows{
        {"plain", "a/b ~", R"("a/b ~")"},
        {"quote and backslash", "\"\\", R"("\"\\")"},
        {"short escapes", "\b\f\n\r\t", R"("\b\f\n\r\t")"},
        {"NUL and escape", std::string("\0\x1b", 2), R"("\u0000\u001b")"},
        {"DEL", "\x7f", R"("\u007f")"},
        {"C1", "\xc2\x9b", R"("\u009b")"},
        {"right-to-left override", "\xe2\x80\xae", R"("\u202e")"},
        {"line separator", "\xe2\x80\xa8", R"("\u2028")"},
        {"a format character above U+FFFF is a surrogate pair", "\xf0\x91\x82\xbd", R"("\ud804\udcbd")"},
        {"a tag character", "\xf3\xa0\x80\x81", R"("\udb40\udc01")"},
        {"other UTF-8 stays", "\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80", "\"\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80\""},
        {"what is not UTF-8 becomes replacement characters", "a\xff\xc3", "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(Json::string(row.value).dump() == row.text);
    }
}

TEST_CASE("compact and pretty text, keys in stored order") {
    Json json = Json::object();
    json.set("z", Json::number(-1));
    json.set("a\n", Json::array());
    Json list = Json::array();
    list.push_back(Json());
    list.push_back(Json::boolean(true));
    list.push_back(Json::number_text("1.50"));
    Json inner = Json::object();
    inner.set("k", Json::string("v"));
    list.push_back(std::move(inner));
    json.set("list", std::move(list));
    json.set("empty", Json::object());
    CHECK(json.dump() == R"({"z":-1,"a\n":[],"list":[null,true,1.50,{"k":"v"}],"empty":{}})");
    CHECK(json.dump_pretty() == R"({
  "z": -1,
  "a\n": [],
  "list": [
    null,
    true,
    1.50,
    {
      "k": "v"
    }
  ],
  "empty": {}
})");
}

TEST_CASE("what is dumped is parsed back to an equal value") {
    const std::string text =
        R"({"s":"\u0000\u202e\ud804\udcbd\"","n":[0,-0,1e5,123456789012345678901],"o":{"":{"x":[]}},"b":false})";
    const Json json = parse_json(text, "doc");
    CHECK(parse_json(json.dump(), "dump") == json);
    CHECK(parse_json(json.dump_pretty(), "dump") == json);
    CHECK(json.dump() == text);
}

} // namespace touchstone::test
