// Docker's contexts as docker(1) writes them. The folder's name in "seen" is what sha256sum makes of it.
#include "image/remote/docker_context.h"
#include "tests/support/refusal.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <string>

using namespace touchstone;
using namespace touchstone::test;

namespace {

// printf builder | sha256sum
const std::string builder = "df6b07176a9b17cc4c9afc257bd404732e7d09b76436c7890f7b7be14e579794";

struct Folder {
    TempDir dir;
    DockerContextPlaces places{"", dir.path()};

    void current(const std::string& name) const {
        dir.write("config.json", R"({"auths":{},"currentContext":")" + name + "\"}");
    }
    void meta(const std::string& text) const { dir.write("contexts/meta/" + builder + "/meta.json", text); }
    void tls(const std::string& name) const { dir.write("contexts/tls/" + builder + "/docker/" + name, "PEM"); }
};

std::string endpoint(const std::string& docker) {
    return R"({"Name":"builder","Metadata":{},"Endpoints":{"docker":)" + docker + "}}";
}

} // namespace

TEST_CASE("DOCKER_CONTEXT goes before the current one, and `default` is none") {
    Folder folder;
    CHECK(!find_docker_context(folder.places)); // no file at all
    folder.dir.write("config.json", "{}");
    CHECK(!find_docker_context(folder.places));
    folder.current("");
    CHECK(!find_docker_context(folder.places));
    folder.current("default");
    CHECK(!find_docker_context(folder.places));
    folder.meta(endpoint(R"({"Host":"unix:///run/d.sock"})"));
    folder.current("builder");
    CHECK(find_docker_context(folder.places)->host == "unix:///run/d.sock");
    folder.current("other");
    folder.places.named = "builder";
    CHECK(find_docker_context(folder.places)->host == "unix:///run/d.sock");
    folder.places.named = "default";
    CHECK(!find_docker_context(folder.places));
    CHECK(!find_docker_context({"", ""}));
    CHECK(!find_docker_context({"default", ""}));
}

TEST_CASE("a context's TLS material is what lies in its folder") {
    Folder folder;
    folder.places.named = "builder";
    folder.meta(endpoint(R"({"Host":"tcp://build.example:2376","SkipTLSVerify":false})"));
    CHECK(!find_docker_context(folder.places)->has_tls());
    folder.tls("ca.pem");
    CHECK(find_docker_context(folder.places)->has_tls());
    CHECK(find_docker_context(folder.places)->certificate.empty());
    folder.tls("cert.pem");
    folder.tls("key.pem");
    const auto context = find_docker_context(folder.places);
    const std::string tls = folder.dir / ("contexts/tls/" + builder + "/docker/");
    CHECK(context->ca_file == tls + "ca.pem");
    CHECK(context->certificate == tls + "cert.pem");
    CHECK(context->key == tls + "key.pem");
    CHECK(!context->skips_verification);
    folder.meta(endpoint(R"({"Host":"tcp://build.example:2376","SkipTLSVerify":true})"));
    CHECK(find_docker_context(folder.places)->skips_verification);
}

TEST_CASE("a context that cannot be used is an error that quotes no file") {
    struct Row {
        std::string text; ///< of meta.json
        ErrorKind kind;
        std::string part;
    };
    const Row rows[] = {
        {"", ErrorKind::malformed, "not valid JSON"},
        {"{\"hush\":", ErrorKind::malformed, "not valid JSON"},
        {"{}", ErrorKind::malformed, "no endpoint `docker`"},
        {R"({"Endpoints":{"kubernetes":{}}})", ErrorKind::malformed, "no endpoint `docker`"},
        {R"({"Endpoints":["hush"]})", ErrorKind::malformed, "Endpoints is an array, expected an object"},
        {endpoint("\"hush\""), ErrorKind::malformed, "docker is a string, expected an object"},
        {endpoint(R"({"Host":["hush"]})"), ErrorKind::malformed, "Host is an array, expected a string"},
        {endpoint(R"({"SkipTLSVerify":"hush"})"), ErrorKind::malformed, "SkipTLSVerify is a string"},
        {endpoint(R"({"Host":"a","Host":"b"})"), ErrorKind::malformed, "a key is in it twice"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        Folder folder;
        folder.current("builder");
        folder.meta(row.text);
        const auto refusal = refusal_of([&] { find_docker_context(folder.places); });
        CHECK_REFUSAL(refusal, row.kind, row.part);
        CHECK(refusal->message.find("hush") == std::string::npos);
    }
    Folder folder;
    folder.places.named = "nowhere\x1b";
    CHECK_REFUSAL(refusal_of([&] { find_docker_context(folder.places); }), ErrorKind::unreadable,
                  "no docker context `nowhere\\x1b` (it is named in DOCKER_CONTEXT");
    folder.places.named.clear();
    folder.current("nowhere");
    CHECK_REFUSAL(refusal_of([&] { find_docker_context(folder.places); }), ErrorKind::unreadable, "config.json");
    folder.dir.write("config.json", "{\"auths\":\"hush\"");
    CHECK_REFUSAL(refusal_of([&] { find_docker_context(folder.places); }), ErrorKind::malformed, "config.json");
    folder.dir.write("config.json", R"({"currentContext":{}})");
    CHECK_REFUSAL(refusal_of([&] { find_docker_context(folder.places); }), ErrorKind::malformed,
                  "currentContext is an object");
}

TEST_CASE("a context with any one byte changed is read or refused") {
    Folder folder;
    folder.places.named = "builder";
    const std::string text = endpoint(R"({"Host":"tcp://h:1","SkipTLSVerify":true})");
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char other : {'\0', '"', '{', '\xff', '9'}) {
            std::string changed = text;
            changed[at] = other;
            folder.meta(changed);
            const auto refusal = refusal_of([&] { find_docker_context(folder.places); });
            CHECK((!refusal || refusal->kind == ErrorKind::malformed));
        }
    }
}
