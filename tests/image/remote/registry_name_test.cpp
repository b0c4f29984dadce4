// The grammar of registry references: distribution spec ("Pulling manifests") and distribution/reference's regexp.go.
#include "image/remote/registry_name.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <string>

using namespace touchstone;
using namespace touchstone::test;

namespace {

const std::string pin = "sha256:" + std::string(64, 'a');

} // namespace

TEST_CASE("names get Docker Hub's defaults where they leave something out") {
    struct Row {
        std::string text;
        std::string host;
        std::string repository;
        std::string tag;
        std::string server;
    };
    const Row rows[] = {
        {"alpine", "docker.io", "library/alpine", "latest", "registry-1.docker.io"},
        {"alpine:3.19", "docker.io", "library/alpine", "3.19", "registry-1.docker.io"},
        {"user/app:v1", "docker.io", "user/app", "v1", "registry-1.docker.io"},
        {"docker.io/alpine", "docker.io", "library/alpine", "latest", "registry-1.docker.io"},
        {"index.docker.io/user/app", "docker.io", "user/app", "latest", "registry-1.docker.io"},
        {"localhost/app", "localhost", "app", "latest", "localhost"},
        {"localhost:5000", "docker.io", "library/localhost", "5000", "registry-1.docker.io"}, // no slash: a tag
        {"localhost:5000/app:1", "localhost:5000", "app", "1", "localhost:5000"},
        {"host/app", "docker.io", "host/app", "latest", "registry-1.docker.io"},
        {"host:5000/app", "host:5000", "app", "latest", "host:5000"},
        {"Registry.Example/a/b/c", "registry.example", "a/b/c", "latest", "registry.example"},
        {"127.0.0.1:5000/a", "127.0.0.1:5000", "a", "latest", "127.0.0.1:5000"},
        {"[::1]:5000/a:t", "[::1]:5000", "a", "t", "[::1]:5000"},
        {"[2001:db8::1]/a", "[2001:db8::1]", "a", "latest", "[2001:db8::1]"},
        {"gcr.io/a.b_c__d---e/0:_T.-", "gcr.io", "a.b_c__d---e/0", "_T.-", "gcr.io"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const RegistryName name = parse_registry_name(row.text);
        CHECK(name.host == row.host);
        CHECK(name.repository == row.repository);
        CHECK(name.tag == row.tag);
        CHECK(name.server() == row.server);
        CHECK(!name.digest);
    }
}

TEST_CASE("a digest stands for itself, with and without a tag before it") {
    const RegistryName pinned = parse_registry_name("alpine@" + pin);
    CHECK(pinned.digest->string() == pin);
    CHECK(pinned.tag.empty());
    CHECK(pinned.full_name() == "docker.io/library/alpine@" + pin);
    const RegistryName both = parse_registry_name("ghcr.io/a/b:1@" + pin);
    CHECK(both.digest->string() == pin);
    CHECK(both.full_name() == "ghcr.io/a/b:1@" + pin);
}

TEST_CASE("what breaks the grammar is refused by the rule") {
    struct Row {
        std::string text;
        std::string part;
    };
    const Row rows[] = {
        {"", "no name of an image"},
        {"/a", "no name of an image"},
        {"a//b", "no name of an image"},
        {"a/", "no name of an image"},
        {"Alpine", "no name of an image"},
        {"a..b", "no name of an image"},
        {"a___b", "no name of an image"},
        {"a._b", "no name of an image"},
        {"-a", "no name of an image"},
        {"a-", "no name of an image"},
        {"a b", "no name of an image"},
        {"../../etc/passwd", "no host"},
        {"evil\x1b[2J", "evil\\x1b[2J"},
        {"a:", "no tag"},
        {"a:.x", "no tag"},
        {"a:-x", "no tag"},
        {"a:x/y:z:", "no tag"},
        {"a:" + std::string(129, 'x'), "no tag"},
        {"host:0/a", "no host"},
        {"host:65536/a", "no host"},
        {"host:x/a", "no host"},
        {"ho_st.example/a", "no host"},
        {"user@host.example/a", "host.example/a"},
        {"[::1/a", "no host"},
        {"[::1%25eth0]/a", "no host"},
        {".example/a", "no host"},
        {"a@", ""},
        {"a@sha256:abc", "sha256"},
        {"a@md5:" + std::string(32, 'a'), "md5"},
        {"a@sha256:" + std::string(64, 'A'), ""},
        {"a@" + pin + "@" + pin, ""},
        {std::string(300, 'a'), "too long"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK_REFUSAL(refusal_of([&] { parse_registry_name(row.text); }), ErrorKind::usage, row.part);
    }
    CHECK(parse_registry_name("a:" + std::string(128, 'x')).tag.size() == 128);
}
