// The client against servers that do as they like: redirects and credentials, framing, limits, broken connections.
#include "image/remote/http.h"
#include "image/remote/transfer.h"
#include "tests/image/remote/toy_server.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

namespace {

RemoteOptions quick() {
    RemoteOptions options;
    options.stall_timeout = std::chrono::seconds(2);
    return options;
}

std::string get(const HttpClient& client, const std::string& url, const std::string& authorization = "") {
    const auto response = client.follow({parse_url(url), {}, authorization, {}, false, true}, [](const Url&) {});
    return read_all(*response, 1 << 20, "body");
}

bool has_secret(const std::string& head) {
    return head.find("Bearer hush") != std::string::npos;
}

bool names(const std::string& head, const std::string& path) {
    return head.find(" " + path + " HTTP/") != std::string::npos;
}

} // namespace

TEST_CASE("a redirect within the origin keeps the authorization, one to elsewhere loses it for good") {
    ToyServer other([](const std::string&) { return answer(200, {}, "other"); });
    std::string back;
    ToyServer bouncer([&](const std::string&) { return answer(307, {"Location: " + back}); });
    ToyServer origin([&](const std::string& head) {
        if (names(head, "/here")) return answer(302, {"Location: /there"});
        if (names(head, "/away")) return answer(307, {"Location: " + other.url()});
        if (names(head, "/round")) return answer(307, {"Location: " + bouncer.url()});
        return answer(200, {}, "origin");
    });
    back = origin.url("/there");
    const HttpClient client(quick());
    CHECK(get(client, origin.url("/here"), "Bearer hush") == "origin");
    CHECK(has_secret(origin.heads().back()));
    CHECK(get(client, origin.url("/away"), "Bearer hush") == "other");
    CHECK(!has_secret(other.heads().back()));
    CHECK(get(client, origin.url("/round"), "Bearer hush") == "origin");
    CHECK(!has_secret(bouncer.heads().back()));
    CHECK(!has_secret(origin.heads().back())); // it has been away
    // Another port of the same host, and the same place by another name, are other origins.
    CHECK(get(client, "http://localhost:" + origin.port() + "/there", "Bearer hush") == "origin");
}

TEST_CASE("redirects end: loops, missing places, other schemes, refused hosts") {
    ToyServer server([&](const std::string& head) {
        if (names(head, "/loop")) return answer(302, {"Location: /loop"});
        if (names(head, "/none")) return answer(302, {});
        if (names(head, "/file")) return answer(302, {"Location: file:///etc/passwd"});
        return answer(302, {"Location: http://user:hush@host.example/"});
    });
    const HttpClient client(quick());
    CHECK_REFUSAL(refusal_of([&] { get(client, server.url("/loop")); }), ErrorKind::over_limit,
                  "more than 10 redirects");
    CHECK(server.heads().size() == 11);
    CHECK_REFUSAL(refusal_of([&] { get(client, server.url("/none")); }), ErrorKind::malformed, "without a Location");
    CHECK_REFUSAL(refusal_of([&] { get(client, server.url("/file")); }), ErrorKind::malformed, "only http and https");
    const auto user = refusal_of([&] { get(client, server.url("/user")); });
    CHECK_REFUSAL(user, ErrorKind::malformed, "user name");
    CHECK(user->message.find("hush") == std::string::npos);
    const auto refused = refusal_of([&] {
        client.follow({parse_url(server.url("/loop"))}, [](const Url&) { fail(ErrorKind::unsupported, "not there"); });
    });
    CHECK_REFUSAL(refused, ErrorKind::unsupported, "not there");
    const auto form = refusal_of([&] {
        client.follow({parse_url(server.url("/loop")), {}, {}, "refresh_token=hush"}, [](const Url&) {});
    });
    CHECK_REFUSAL(form, ErrorKind::unsupported, "carries a credential");
}

TEST_CASE("answers whose bytes are in doubt are refused") {
    struct Row {
        std::string answer;
        ErrorKind kind;
        std::string part;
    };
    const Row rows[] = {
        {answer(200, {"Content-Encoding: gzip"}, "x"), ErrorKind::malformed, "Content-Encoding gzip"},
        {answer(200, {"Content-Encoding: identity", "content-encoding: zstd"}, "x"), ErrorKind::malformed, "zstd"},
        {answer(200, {"Transfer-Encoding: chunked"}, "0\r\n\r\n"), ErrorKind::malformed, "both"},
        {"HTTP/1.1 200 X\r\nTransfer-Encoding: gzip\r\n\r\n", ErrorKind::malformed, "Transfer-Encoding gzip"},
        {"HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", ErrorKind::malformed, ""},
        {answer(200, {"X: " + std::string(header_limit, 'x')}), ErrorKind::over_limit, "header fields"},
        {"garbage\r\n\r\n", ErrorKind::malformed, ""},
        {"", ErrorKind::transient, ""},
        {"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nshort", ErrorKind::transient, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.answer.substr(0, 100));
        ToyServer server([&](const std::string&) { return row.answer; });
        const HttpClient client(quick());
        CHECK_REFUSAL(refusal_of([&] { get(client, server.url()); }), row.kind, row.part);
    }
}

TEST_CASE("interim answers are passed over, and identity is no encoding") {
    ToyServer server([&](const std::string&) {
        return "HTTP/1.1 103 Early Hints\r\nContent-Encoding: gzip\r\n\r\n" +
               answer(200, {"Content-Encoding: identity"}, "body");
    });
    const HttpClient client(quick());
    CHECK(get(client, server.url()) == "body");
}

TEST_CASE("a request says who asks, and asks for the bytes as they are") {
    ToyServer server([&](const std::string&) { return answer(200, {}); });
    const HttpClient client(quick());
    get(client, server.url("/a?b"));
    const std::string head = server.heads().front();
    CHECK(head.find("GET /a?b HTTP/1.1\r\n") == 0);
    CHECK(head.find("\r\nUser-Agent: touchstone/") != std::string::npos);
    CHECK(head.find("\r\nAccept-Encoding: identity\r\n") != std::string::npos);
    CHECK(head.find("Authorization") == std::string::npos);
    CHECK(head.find("Cookie") == std::string::npos);
    CHECK_REFUSAL(refusal_of([&] { get(client, server.url(), "x\r\nY: z"); }), ErrorKind::malformed, "line break");
}

TEST_CASE("a body larger than every buffer comes whole, however it is read") {
    std::string body(5 << 20, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761U >> 24U);
    ToyServer server([&](const std::string&) { return answer(200, {}, body); });
    const HttpClient client(quick());
    for (const std::size_t step : {std::size_t{1} << 22, std::size_t{10007}}) {
        const auto response = client.send({parse_url(server.url())});
        std::string found;
        std::vector<std::uint8_t> buffer(step);
        while (const std::size_t count = response->read(buffer)) found.append(as_text({buffer.data(), count}));
        CHECK((found == body));
        CHECK(response->read(buffer) == 0);
    }
    client.send({parse_url(server.url())}); // dropped unread
}

TEST_CASE("a server that does not answer is given up") {
    ToyServer server([&](const std::string&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3000));
        return std::string();
    });
    RemoteOptions options;
    options.stall_timeout = std::chrono::seconds(1);
    const HttpClient client(options);
    CHECK_REFUSAL(refusal_of([&] { get(client, server.url()); }), ErrorKind::transient, "127.0.0.1");
}
