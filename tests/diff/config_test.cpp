// The whole config is compared; a table of pointers says what is noise, and everything else is real.
#include "diff/compare.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

struct ConfigCase {
    const char* published;
    const char* rebuilt;
    std::vector<std::string> expected;
};

} // namespace

TEST_CASE("config fields") {
    const std::vector<ConfigCase> cases{
        {R"("config":{"User":"app"})",
         R"("config":{"User":"root"})",
         {R"(config /config/User value real: "app" -> "root")"}},
        {R"("config":{"Cmd":["a"]})",
         R"("config":{"Cmd":["a","b"]})",
         {R"(config /config/Cmd value real: ["a"] -> ["a","b"])"}},
        {R"("config":{"Env":["A=1","B=2"]})",
         R"("config":{"Env":["A=1","B=3"]})",
         {R"(config /config/Env/1 value real: "B=2" -> "B=3")"}},
        {R"("config":{"Labels":{"x":"1","y":"2"}})",
         R"("config":{"Labels":{"x":"2","z":"3"}})",
         {R"(config /config/Labels/x value real: "1" -> "2")", R"(config /config/Labels/y value real: "2" -> -)",
          R"(config /config/Labels/z value real: - -> "3")"}},
        {R"("config":{})", R"("config":{"Labels":{"x":"1"}})", {R"(config /config/Labels/x value real: - -> "1")"}},
        {R"("variant":"v8")", R"("variant":"v7")", {R"(config /variant value real: "v8" -> "v7")"}},
        {R"("some.unknown.field":1)", R"("some.unknown.field":2)", {"config /some.unknown.field value real: 1 -> 2"}},
        {R"("a/b~c":1)", R"("a/b~c":2)", {"config /a~1b~0c value real: 1 -> 2"}},
        {R"("docker_version":"20")", R"("docker_version":"25")", {}},
        {R"("container":"abc")", R"("x":null,"container":"def")", {}},
        {R"("container_config":{"Hostname":"a"})", R"("container_config":{"Hostname":"b"})", {}},
        {R"("moby.buildkit.buildinfo.v1":"a")", R"("author":"")", {}},
        {R"("author":"me")", R"("author":"you")", {R"(config /author value real: "me" -> "you")"}},
        {R"("config":{"Volumes":null})", R"("config":{})", {}}, // image-spec: null is absent
    };
    const std::string layer = TarBuilder().file("a", "").finish();
    for (const ConfigCase& c : cases) {
        CAPTURE(c.published);
        CAPTURE(c.rebuilt);
        const Comparison result =
            compare({.layers = {layer}, .config_extra = c.published}, {.layers = {layer}, .config_extra = c.rebuilt});
        CHECK(lines_of(result) == c.expected);
        CHECK(result.verdict == (c.expected.empty() ? Verdict::equivalent : Verdict::divergent));
    }
}

TEST_CASE("times in the config are noise, unless the rule is taken away") {
    const std::string layer = TarBuilder().file("a", "").finish();
    const MemoryImage a{.layers = {layer}, .created_by = {"RUN x"}};
    const MemoryImage b{.layers = {layer}, .created_by = {"RUN x"}, .created = "2026-05-05T05:05:05Z"};
    const Comparison result = compare(a, b);
    CHECK(result.verdict == Verdict::equivalent);
    CHECK(result.findings.noise_counts().at("config-times") == 2);
    CHECK(compare(a, b, {.rules = parse_rules("-config-times")}).verdict == Verdict::divergent);
}

TEST_CASE("an object on one side and null on the other ends") {
    const std::string layer = TarBuilder().file("a", "").finish();
    const Comparison result = compare({.layers = {layer}, .config_extra = R"("config":{"Labels":null})"},
                                      {.layers = {layer}, .config_extra = R"("config":{"Labels":{}})"});
    CHECK(result.verdict == Verdict::divergent);
}
