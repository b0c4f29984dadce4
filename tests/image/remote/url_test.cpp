// URLs: what counts as the same place, and which addresses a stranger may not send us to (RFC 1918, 3927, 6598, 4193,
// 4291).
#include "image/remote/url.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace touchstone;
using namespace touchstone::test;

TEST_CASE("URLs are written in one way") {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"https://Host.Example", "https://host.example/"}, {"HTTPS://host:443/a", "https://host/a"},
        {"http://host:80/a?b=c", "http://host/a?b=c"},     {"https://host:8443/a/../b", "https://host:8443/b"},
        {"https://host/x#fragment", "https://host/x"},     {"https://0x7f.1/", "https://127.0.0.1/"},
        {"https://2130706433/", "https://127.0.0.1/"},     {"https://[::1]:5000/", "https://[::1]:5000/"},
    };
    for (const auto& [text, expected] : rows) {
        const auto& shown = text; // clang 14 captures no structured binding
        CAPTURE(shown);
        CHECK(parse_url(text).string() == expected);
    }
}

TEST_CASE("what is no plain URL of http or https is refused, and its secrets are not shown") {
    for (const std::string_view text :
         {"", "host", "/path", "ftp://host/", "file:///etc/passwd", "gopher://host/", "https://", "https://host./",
          "https://%30x7f.1/", "https://2130706433./", "https://host../", "https://./", "https://a..b/", "https://a b/",
          "https://host/\r\nX: y", "https://host/\x01", "https://h\xc3\xb6st/", "https://host:99999/"}) {
        CAPTURE(text);
        CHECK(refusal_of([&] { parse_url(text); }));
    }
    const auto with_user = refusal_of([] { parse_url("https://joe:secret@host/"); });
    CHECK_REFUSAL(with_user, ErrorKind::malformed, "user name");
    CHECK(with_user->message.find("secret") == std::string::npos);
    const auto signed_url = refusal_of([] { parse_url("ftp://host/a?signature=secret"); });
    CHECK(signed_url->message.find("secret") == std::string::npos);
    CHECK_REFUSAL(refusal_of([] { parse_url("https://h/" + std::string(url_limit, 'x')); }), ErrorKind::malformed,
                  "longer");
}

TEST_CASE("a Location is relative to where it came from") {
    const Url base = parse_url("https://host:5000/v2/a/blobs/x?y");
    CHECK(resolve_url(base, "/z").string() == "https://host:5000/z");
    CHECK(resolve_url(base, "z").string() == "https://host:5000/v2/a/blobs/z");
    CHECK(resolve_url(base, "//other/z").string() == "https://other/z");
    CHECK(resolve_url(base, "http://host:5000/z").scheme == "http");
    CHECK(refusal_of([&] { resolve_url(base, "ftp://host/"); }));
    CHECK(refusal_of([&] { resolve_url(base, "https://u:p@host/"); }));
}

TEST_CASE("an origin is scheme, host and port") {
    const Url url = parse_url("https://host/a");
    CHECK(same_origin(url, parse_url("https://HOST:443/b")));
    CHECK(!same_origin(url, parse_url("http://host:443/a")));
    CHECK(!same_origin(url, parse_url("https://host:444/a")));
    CHECK(!same_origin(url, parse_url("https://host.example/a")));
}

TEST_CASE("inner addresses are known in every dress, names are none") {
    for (const std::string_view host :
         {"127.0.0.1", "127.255.0.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
          "0.0.0.0", "100.64.0.1", "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]",
          "[fe80::1%25eth0]"}) {
        CAPTURE(host);
        CHECK(is_inner_address(host));
    }
    for (const std::string_view host : {"1.1.1.1", "172.32.0.1", "172.15.0.1", "11.0.0.1", "192.169.0.1", "100.128.0.1",
                                        "[2001:db8::1]", "[::ffff:8.8.8.8]", "localhost", "host.example", "10.host"}) {
        CAPTURE(host);
        CHECK(!is_inner_address(host));
    }
}

TEST_CASE("this machine is localhost and its addresses only") {
    for (const std::string_view host : {"localhost", "127.0.0.1", "127.9.9.9", "[::1]"}) CHECK(is_loopback_host(host));
    for (const std::string_view host : {"localhost.example", "128.0.0.1", "10.0.0.1", "[::2]", "127.0.0.1.example"}) {
        CAPTURE(host);
        CHECK(!is_loopback_host(host));
    }
}

TEST_CASE("forms escape everything that means something") {
    CHECK(url_escape("aZ09-._~") == "aZ09-._~");
    CHECK(url_escape("a b&c=d/e:f+\xff") == "a%20b%26c%3Dd%2Fe%3Af%2B%FF");
}
