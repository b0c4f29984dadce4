// Where credentials are found: containers-auth.json(5), docker's config.json, containers/image pkg/docker/config, and
// docker-credential-helpers' protocol.
#include "image/remote/credentials.h"
#include "tests/support/refusal.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// base64 of "NAME:secret", made with coreutils' base64.
const std::string auth_u1 = R"({"auth":"dTE6c2VjcmV0"})";
const std::string auth_u2 = R"({"auth":"dTI6c2VjcmV0"})";
const std::string auth_u3 = R"({"auth":"dTM6c2VjcmV0"})";

struct Home {
    TempDir dir;
    CredentialPlaces places;
    Home() {
        places.runtime_dir = dir / "run";
        places.runtime_is_xdg = true;
        places.config_home = dir / "config";
        places.docker_config = dir / "docker";
        places.home = dir.path();
        places.search_path = "relative:" + (dir / "bin");
    }
    void write(const std::string& path, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path(dir / path).parent_path());
        dir.write(path, text);
    }
    void helper(const std::string& suffix, const std::string& script) {
        const std::string path = "bin/docker-credential-" + suffix;
        write(path, "#!/bin/sh\n" + script);
        std::filesystem::permissions(dir / path, std::filesystem::perms::owner_all);
    }
    /// "user", "token:TOKEN" or "none".
    std::string find(const std::string& host, const std::string& repository = "a/b") const {
        const std::optional<Credential> found = find_credential(places, host, repository);
        if (!found) return "none";
        return found->identity_token.empty() ? found->user : "token:" + found->identity_token;
    }
};

std::string auths(const std::vector<std::pair<std::string, std::string>>& entries) {
    std::string text = "{\"auths\":{";
    for (const auto& [key, value] : entries) text += (text.back() == '{' ? "\"" : ",\"") + key + "\":" + value;
    return text + "}}";
}

} // namespace

TEST_CASE("files are asked in their order") {
    Home home;
    CHECK(home.find("r.example") == "none");
    home.write(".dockercfg", "{\"https://r.example/v1/\":" + auth_u3 + "}");
    CHECK(home.find("r.example") == "u3");
    home.write("docker/config.json", auths({{"r.example", auth_u2}}));
    CHECK(home.find("r.example") == "u2");
    home.write("config/containers/auth.json", auths({{"r.example", auth_u1}}));
    CHECK(home.find("r.example") == "u1");
    home.write("run/containers/auth.json", auths({{"r.example", auth_u3}}));
    CHECK(home.find("r.example") == "u3");
    home.write("only.json", auths({{"other.example", auth_u1}}));
    home.places.only = home.dir / "only.json";
    CHECK(home.find("r.example") == "none");
    CHECK(home.find("other.example") == "u1");
    home.places.only = home.dir / "missing.json";
    CHECK_REFUSAL(refusal_of([&] { home.find("r.example"); }), ErrorKind::unreadable, "missing.json");
}

TEST_CASE("the most specific key of a containers' file decides, and paths mean nothing in docker's") {
    Home home;
    home.write("config/containers/auth.json",
               auths({{"r.example", auth_u1}, {"r.example/a", auth_u2}, {"r.example/a/b", auth_u3}}));
    CHECK(home.find("r.example", "a/b") == "u3");
    CHECK(home.find("r.example", "a/c") == "u2");
    CHECK(home.find("r.example", "a/b/c") == "u3");
    CHECK(home.find("r.example", "ab") == "u1");
    CHECK(home.find("other.example", "a/b") == "none");
    Home docker;
    docker.write("docker/config.json", auths({{"r.example/a/b", auth_u1}}));
    CHECK(docker.find("r.example", "z") == "u1"); // docker cuts its keys at the slash
}

TEST_CASE("Docker Hub is found under all its names") {
    for (const char* const key :
         {"docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"}) {
        CAPTURE(key);
        Home home;
        home.write("docker/config.json", auths({{key, auth_u1}}));
        CHECK(home.find("docker.io") == "u1");
    }
}

TEST_CASE("an entry may be a pair, a token, or empty") {
    struct Row {
        std::string entry;
        std::string expected;
    };
    const Row rows[] = {
        {R"({"auth":"dTE6YTpi"})", "u1"},         // u1:a:b
        {R"({"auth":"dTE6c2VjcmV0AAA="})", "u1"}, // u1:secret and two NULs
        {R"({"identitytoken":"T"})", "token:T"},
        {R"({"auth":"dTE6c2VjcmV0","identitytoken":"T"})", "token:T"},
        {R"({"username":"u4","password":"p"})", "u4"},
        {"{}", "none"},
        {R"({"auth":""})", "none"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.entry);
        Home home;
        home.write("docker/config.json", auths({{"r.example", row.entry}}));
        CHECK(home.find("r.example") == row.expected);
    }
    Home home;
    home.write("docker/config.json", auths({{"r.example", R"({"auth":"dTE6YTpi"})"}}));
    CHECK(find_credential(home.places, "r.example", "x")->password == "a:b");
}

TEST_CASE("a file that cannot be used is an error that does not quote it") {
    for (const std::string& text :
         {std::string("hush"), auths({{"r.example", R"({"auth":"hush"})"}}),
          auths({{"r.example", R"({"auth":"!hush!"})"}}), auths({{"r.example", R"({"auth":["hush"]})"}}),
          "{\"auths\":{\"r.example\":" + auth_u1 + "},\"hush\":1,\"hush\":2}",
          std::string(R"({"credHelpers":{"r.example":["hush"]}})")}) {
        CAPTURE(text);
        Home home;
        home.write("docker/config.json", text);
        const auto refusal = refusal_of([&] { home.find("r.example"); });
        CHECK_REFUSAL(refusal, ErrorKind::malformed, "config.json");
        CHECK(refusal->message.find("hush") == std::string::npos);
    }
}

TEST_CASE("helpers are asked for the server that docker login would have named") {
    Home home;
    home.helper("echo",
                "[ \"$1\" = get ] && read -r s; printf '{\"ServerURL\":\"%s\",\"Username\":\"%s\",\"Secret\":\"x\"}' "
                "\"$s\" \"$s\"\n");
    home.write("docker/config.json", R"({"credHelpers":{"r.example":"echo","docker.io":"echo"}})");
    CHECK(home.find("r.example") == "r.example");
    CHECK(home.find("docker.io") == "https://index.docker.io/v1/");
    CHECK(home.find("other.example") == "none");
    home.write("docker/config.json", R"({"credsStore":"echo","auths":{"r.example":{}}})");
    CHECK(home.find("r.example:5000") == "r.example:5000");
}

TEST_CASE("a store without the credential leaves it to the rest") {
    Home home;
    home.helper("empty", "echo credentials not found in native keychain; exit 1\n");
    home.write("docker/config.json", R"({"credsStore":"empty","auths":{"r.example":)" + auth_u1 + "}}");
    CHECK(home.find("r.example") == "u1");
}

TEST_CASE("a helper's token is an identity token") {
    Home home;
    home.helper("t", "echo '{\"Username\":\"<token>\",\"Secret\":\"T\"}'\n");
    home.write("docker/config.json", R"({"credHelpers":{"r.example":"t"}})");
    CHECK(home.find("r.example") == "token:T");
}

TEST_CASE("helpers that misbehave are named, and what they print is not") {
    struct Row {
        std::string suffix;
        std::string script;
        std::string part;
    };
    const Row rows[] = {
        {"missing", "", "no such program in PATH"},
        {"fails", "echo hush; echo hush >&2; exit 3\n", "exit status 3"},
        {"talks", "echo hush\n", "no JSON object"},
        {"floods", "while :; do echo hush; done\n", "prints more than"},
        {"hangs", "sleep 60\n", "too long"},
        {"../evil", "", "no name of a helper"},
        {"a;b", "", "no name of a helper"},
        {"a b", "", "no name of a helper"},
        {"", "", "no name of a helper"},
    };
    Home home;
    for (const Row& row : rows) {
        CAPTURE(row.suffix);
        if (!row.script.empty()) home.helper(row.suffix, row.script);
        const auto refusal = refusal_of(
            [&] { ask_helper(row.suffix, "r.example", home.places.search_path, std::chrono::milliseconds(500)); });
        REQUIRE(refusal);
        INFO(refusal->message);
        CHECK(refusal->message.find(row.part) != std::string::npos);
        CHECK(refusal->message.find("hush") == std::string::npos);
    }
}
