// Certificates and keys: stores in another order, what the build made for itself, and what was replaced.
#include "tests/diff/explain/document_samples.h"
#include "tests/diff/explain/support.h"

#include "base/printable.h"
#include "diff/explain/document_der.h"

#include <doctest/doctest.h>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// Two sides that were built a minute before and after the certificates of document_samples.h were made.
Clues around_certificates() {
    Clues clues = two_builds();
    for (std::size_t side : {0U, 1U}) clues.side[side].created = certificates_made + 60;
    return clues;
}

std::string der_of(std::string_view pem) {
    std::string text;
    const std::size_t start = pem.find('\n') + 1;
    for (const char c : pem.substr(start, pem.find("-----END") - start)) {
        if (c != '\n') text += c;
    }
    return unbase64(text);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("a store of roots in another order is record order") {
    const std::string published = std::string(root_one_1) + std::string(root_two);
    const std::string rebuilt = std::string(root_two) + std::string(root_one_1);
    const Part part = explain("etc/ssl/certs/ca-certificates.crt", published, rebuilt);
    CHECK(part.kind == "pem");
    CHECK(causes_of(part) == "O4");
    CHECK(part.explained());
}

TEST_CASE("a certificate that was added or removed is named and never explained") {
    const std::string published = std::string(root_one_1);
    const std::string rebuilt = std::string(root_two) + std::string(root_one_1);
    const Part part = explain("etc/ssl/certs/ca-certificates.crt", published, rebuilt);
    CHECK_FALSE(part.explained());
    REQUIRE(part.differences.size() == 1);
    CHECK(part.differences[0].values[1] == "certificate CN=Root Two, 2026-11-21 to 2036-11-18");
    CHECK_FALSE(part.differences[0].cause.has_value());
}

TEST_CASE("a certificate that the build made for itself is expiry and key material") {
    const Part part = explain("etc/ssl/certs/ssl-cert-snakeoil.pem", snakeoil_1, snakeoil_2, around_certificates());
    CHECK(causes_of(part) == "T8 R2");
    CHECK(part.explained());
}

TEST_CASE("the same two certificates in older images are a replaced certificate") {
    CHECK_FALSE(explain("etc/ssl/certs/ca.pem", snakeoil_1, snakeoil_2, two_builds()).explained());
}

TEST_CASE("a certificate whose signature does not fit its key is not explained") {
    std::string der = der_of(snakeoil_2);
    der.back() = static_cast<char>(der.back() ^ 1);
    const std::string published = der_of(snakeoil_1);
    CHECK_FALSE(explain("etc/ssl/x.der", published, der, around_certificates()).explained());
}

TEST_CASE("a certificate signed twice differs in its signature only") {
    const Part part = explain("etc/ssl/root.pem", root_one_1, root_one_2);
    CHECK(causes_of(part) == "R3");
    CHECK(part.explained());
}

TEST_CASE("two private keys are key material") {
    CHECK(causes_of(explain("etc/ssl/private/x.key", private_key_1, private_key_2)) == "R2");
    const std::string broken = replaced(std::string(private_key_2), "MIGH", "MIGG");
    CHECK_FALSE(explain("etc/ssl/private/x.key", private_key_1, broken).explained());
}

TEST_CASE("DER lengths that are not as short as can be are refused") {
    const auto reads = [](std::string_view bytes) { return read_der(as_bytes(bytes), 0, bytes.size()).has_value(); };
    using namespace std::string_view_literals;
    CHECK(reads("\x02\x01\x05"sv));
    CHECK_FALSE(reads("\x02\x81\x01\x05"sv));
    CHECK_FALSE(reads("\x30\x80\x00\x00"sv));
    CHECK_FALSE(reads("\x02\x84\xff\xff\xff\xff"sv));
    CHECK_FALSE(reads("\x02\x02\x05"sv));
}
