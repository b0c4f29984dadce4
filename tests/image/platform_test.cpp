// Platforms and selectors: their syntax and when two mean the same (containerd's platforms.Normalize).
#include "image/descriptor.h"
#include "image/select.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace touchstone;
using namespace touchstone::test;

TEST_CASE("a platform is two or three words") {
    CHECK(parse_platform("linux/amd64") == Platform{"linux", "amd64", ""});
    CHECK(parse_platform("Linux/ARM/v6") == Platform{"linux", "arm", "v6"});
    CHECK(parse_platform("linux/arm64/v8").string() == "linux/arm64/v8");
    for (const std::string_view text : {"", "linux", "linux/", "/amd64", "linux/amd64/", "a/b/c/d", "linux/amd 64"}) {
        CAPTURE(text);
        CHECK_REFUSAL(refusal_of([&] { parse_platform(text); }), ErrorKind::usage, "is no platform");
    }
}

TEST_CASE("platforms match when containerd would say so") {
    struct Row {
        Platform wanted;
        Platform image;
        bool same;
    };
    const Row rows[] = {
        {{"linux", "amd64", ""}, {"linux", "amd64", ""}, true},
        {{"linux", "amd64", ""}, {"linux", "amd64", "v1"}, true},
        {{"linux", "amd64", ""}, {"linux", "amd64", "v2"}, false},
        {{"linux", "x86_64", ""}, {"linux", "amd64", ""}, true},
        {{"linux", "arm64", ""}, {"linux", "arm64", "v8"}, true},
        {{"linux", "aarch64", ""}, {"linux", "arm64", "8"}, true},
        {{"linux", "arm", ""}, {"linux", "arm", "v7"}, true},
        {{"linux", "arm", ""}, {"linux", "arm", "v6"}, false},
        {{"linux", "armhf", ""}, {"linux", "arm", "7"}, true},
        {{"linux", "amd64", ""}, {"windows", "amd64", ""}, false},
        {{"linux", "386", ""}, {"linux", "i386", ""}, true},
        {{"linux", "s390x", ""}, {"linux", "ppc64le", ""}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.wanted.string());
        CAPTURE(row.image.string());
        CHECK(matches(row.wanted, row.image) == row.same);
        CHECK(matches(row.image, row.wanted) == row.same);
    }
}

TEST_CASE("the host's platform, else the only one, else a list") {
    const Candidate mine{host_platform(), "@mine"};
    const Candidate other{Platform{"plan9", "vax", ""}, "@other"};
    const Candidate third{Platform{"plan9", "alpha", ""}, "@third"};
    const auto which = [](std::vector<Candidate> candidates, OpenOptions options = {}) {
        return choose(candidates, options);
    };
    CHECK(which({other, mine}) == std::vector<std::size_t>{1});
    CHECK(which({other}) == std::vector<std::size_t>{0});
    CHECK(which({mine, other}, {.platform = other.platform}) == std::vector<std::size_t>{1});
    CHECK(which({other, third}, {.all_platforms = true}) == std::vector<std::size_t>{1, 0}); // alpha before vax
    CHECK_REFUSAL(refusal_of([&] {
                      which({other, third});
                  }),
                  ErrorKind::usage, "plan9/vax  @other\n  plan9/alpha  @third");
    CHECK_REFUSAL(refusal_of([&] { which({mine, mine}); }), ErrorKind::usage, "several images for");
    CHECK_REFUSAL(refusal_of([&] { which({mine}, {.platform = other.platform}); }), ErrorKind::usage,
                  "no image for plan9/vax");
    CHECK_REFUSAL(refusal_of([&] {
                      which({other, other}, {.all_platforms = true});
                  }),
                  ErrorKind::usage, "several images for one platform");
    CHECK_REFUSAL(refusal_of([&] { which({}); }), ErrorKind::usage, "no image");
    CHECK_REFUSAL(refusal_of([&] { choose(std::vector<Candidate>(101, other), {.all_platforms = true}); }),
                  ErrorKind::over_limit, "101");
}

TEST_CASE("a long list of choices is cut") {
    std::vector<Candidate> many;
    for (int i = 0; i < 60; ++i) many.push_back({Platform{"os", "a" + std::to_string(i), ""}, "@x"});
    CHECK_REFUSAL(refusal_of([&] { choose(many, {}); }), ErrorKind::usage, "and 10 more");
}

TEST_CASE("selectors are names, numbers and digests") {
    const std::string digest = "sha256:" + std::string(64, 'a');
    CHECK(parse_selector("").empty());
    CHECK(parse_selector("v1.2").name == "v1.2");
    CHECK(parse_selector("user@host").name == "user@host"); // neither a number nor a digest: a name
    CHECK(parse_selector("@12").index == 12U);
    CHECK(parse_selector("@" + digest).digest->string() == digest);
    const Selector both = parse_selector("x:1@" + digest);
    CHECK(both.name == "x:1");
    CHECK(both.digest->string() == digest);
    for (const std::string_view bad :
         {"@99999999999999999999999", "tag@3", "@sha256:abc", "@md5:d41d8cd98f00b204e9800998ecf8427e"}) {
        CAPTURE(bad);
        CHECK_REFUSAL(refusal_of([&] { parse_selector(bad); }), ErrorKind::usage, "");
    }
}

TEST_CASE("names are completed as Docker completes them") {
    CHECK(full_name("alpine") == "docker.io/library/alpine:latest");
    CHECK(full_name("alpine:3.19") == "docker.io/library/alpine:3.19");
    CHECK(full_name("me/app") == "docker.io/me/app:latest");
    CHECK(full_name("docker.io/library/alpine:3.19") == "docker.io/library/alpine:3.19");
    CHECK(full_name("index.docker.io/library/alpine") == "docker.io/library/alpine:latest");
    CHECK(full_name("localhost/app:1") == "localhost/app:1");
    CHECK(full_name("host:5000/app") == "host:5000/app:latest");
    CHECK(full_name("quay.io/a/b:c") == "quay.io/a/b:c");
}
