// Where a registry may send its users: spec page section 1.5, "Realm is attacker-controlled".
#include "image/remote/token.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

TEST_CASE("a registry may send its users to https, and not to inner addresses") {
    struct Row {
        std::string registry;
        std::string target;
        bool allowed;
    };
    const Row rows[] = {
        {"https://r.example/", "https://auth.example/token", true},
        {"https://r.example/", "https://r.example/token", true},
        {"https://r.example/", "http://r.example/token", false},
        {"https://r.example/", "https://169.254.169.254/latest", false},
        {"https://r.example/", "https://10.0.0.1/", false},
        {"https://r.example/", "https://[::1]/", false},
        {"https://r.example/", "https://0x7f000001/", false},
        {"https://r.example/", "https://8.8.8.8/", true},
        {"http://r.example/", "http://auth.example/", true},
        {"http://127.0.0.1:5000/", "http://127.0.0.1:5000/token", true},
        {"http://127.0.0.1:5000/", "http://127.0.0.1:5001/token", false},
        {"https://10.0.0.1/", "https://10.0.0.1/token", true},
        {"https://10.0.0.1/", "https://10.0.0.2/token", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.registry);
        CAPTURE(row.target);
        const auto refusal = refusal_of([&] { check_target(parse_url(row.registry), parse_url(row.target)); });
        CHECK(!refusal == row.allowed);
    }
}

TEST_CASE("a password is shown to the registry's own token server, and to others by leave") {
    struct Row {
        std::string host;
        std::string realm;
        std::vector<std::string> allowed;
        bool expected;
    };
    const Row rows[] = {
        {"docker.io", "https://auth.docker.io/token", {}, true},
        {"docker.io", "https://auth.docker.io.evil.example/token", {}, false},
        {"r.example", "https://auth.docker.io/token", {}, false},
        {"r.example", "https://r.example/token", {}, true},
        {"r.example", "https://r.example:8443/token", {}, true},
        {"r.example", "https://auth.r.example/token", {}, false},
        {"r.example", "https://auth.r.example/token", {"auth.r.example"}, true},
        {"r.example", "https://auth.r.example/token", {"AUTH.r.example:443"}, true},
        {"r.example", "https://auth.r.example:1/token", {"auth.r.example:443"}, false},
        {"registry.gitlab.com", "https://gitlab.com/jwt/auth", {}, true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.host);
        CAPTURE(row.realm);
        RemoteOptions options;
        options.token_hosts = row.allowed;
        const Url registry =
            parse_url("https://" + (row.host == "docker.io" ? "registry-1.docker.io" : row.host) + "/");
        CHECK(may_see_password(options, row.host, registry, parse_url(row.realm)) == row.expected);
    }
}
