// Options about registries: which values are taken, and that every command that opens an image has them.
#include "cli/registry_options.h"

#include "base/error.h"
#include "tests/cli/harness.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace touchstone::test {
namespace {

RemoteOptions options_of(const std::vector<std::string>& args) {
    RemoteOptions options;
    CommandLine line({.name = "test"});
    add_registry_options(line, options);
    line.parse(args);
    return options;
}

TEST_CASE("registry options are taken as they are written") {
    const RemoteOptions usual = options_of({});
    CHECK(usual.verify_tls);
    CHECK(usual.retry_delay == std::chrono::seconds(1));
    CHECK(usual.stall_timeout == std::chrono::seconds(30));
    CHECK(usual.downloads == 4);
    CHECK(usual.pool);
    CHECK(usual.plain_http.empty());
    CHECK(!options_of({"--tls-verify=false"}).verify_tls);
    CHECK(options_of({"--tls-verify", "true"}).verify_tls);
    CHECK(options_of({"--retry-delay", "0.25"}).retry_delay == std::chrono::milliseconds(250));
    CHECK(options_of({"--retry-delay", "0"}).retry_delay == std::chrono::milliseconds(0));
    CHECK(options_of({"--downloads", "64"}).downloads == 64);
    CHECK(options_of({"--stall-timeout", "5"}).stall_timeout == std::chrono::seconds(5));
    CHECK(options_of({"--plain-http", "a", "--plain-http", "b:1"}).plain_http == std::vector<std::string>{"a", "b:1"});
    const RemoteOptions files =
        options_of({"--authfile", "a", "--ca-file", "b", "--cert", "c", "--key", "d", "--token-host", "e"});
    CHECK(files.auth_file == "a");
    CHECK(files.ca_file == "b");
    CHECK(files.certificate == "c");
    CHECK(files.key == "d");
    CHECK(files.token_hosts == std::vector<std::string>{"e"});
}

TEST_CASE("values that mean nothing are refused") {
    const std::vector<std::string> rows[] = {
        {"--tls-verify=no"},          {"--tls-verify="},
        {"--retry-delay", "-1"},      {"--retry-delay", "1s"},
        {"--retry-delay", "nan"},     {"--retry-delay", "inf"},
        {"--retry-delay", "1e3"},     {"--retry-delay", "3601"},
        {"--stall-timeout", "0"},     {"--stall-timeout", "0.5"},
        {"--downloads", "0"},         {"--downloads", "65"},
        {"--downloads", "four"},      {"--retry-delay", ""},
        {"--stall-timeout", "86401"}, {"--authfile", "a", "--authfile", "b"},
    };
    for (const std::vector<std::string>& args : rows) {
        CAPTURE(args.front());
        CAPTURE(args.back());
        CHECK_THROWS_AS(options_of(args), Error);
    }
}

TEST_CASE("every command that opens an image has them") {
    for (const char* const command : {"diff", "verify", "ls", "inspect", "digest", "normalize"}) {
        CAPTURE(command);
        const Ran ran = touchstone({command, "--help"});
        for (const char* const option : {"--authfile", "--tls-verify", "--ca-file", "--cert", "--key", "--plain-http",
                                         "--token-host", "--downloads", "--retry-delay", "--stall-timeout"}) {
            CAPTURE(option);
            CHECK(contains(ran.out, option));
        }
    }
}

} // namespace
} // namespace touchstone::test
