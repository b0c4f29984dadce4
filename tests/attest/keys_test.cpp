// Keys against the vectors of their specifications, and files that are not what they should be.
#include "attest/keys.h"
#include "tests/attest/support.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

// RFC 8032 section 7.1, TEST 2.
constexpr std::string_view seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr std::string_view point = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr std::string_view ed25519_signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                               "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
// RFC 8410: what stands before the bytes of the key in PKCS#8 and SubjectPublicKeyInfo.
constexpr std::string_view pkcs8_start = "302e020100300506032b657004220420";
constexpr std::string_view spki_start = "302a300506032b6570032100";

TEST_CASE("Ed25519 signs and verifies the vector of RFC 8032") {
    const std::string private_pem = pem_of("PRIVATE KEY", unhex(std::string(pkcs8_start) + std::string(seed)));
    const std::string public_pem = pem_of("PUBLIC KEY", unhex(std::string(spki_start) + std::string(point)));
    const PrivateKey key = PrivateKey::read(private_pem, "k", nobody());
    const std::string message = "\x72";
    CHECK(hex(key.sign(message)) == ed25519_signature);
    const PublicKey other = PublicKey::read(public_pem, "p", nobody());
    CHECK(other.type() == KeyType::ed25519);
    CHECK(other.verifies(message, unhex(ed25519_signature)));
    CHECK_FALSE(other.verifies("\x73", unhex(ed25519_signature)));
    CHECK(key.public_key().fingerprint() == other.fingerprint());
    CHECK(key.public_key().pem() == public_pem);
}

TEST_CASE("a key comes back from its file, with its passphrase only") {
    for (const KeyType type : {KeyType::ecdsa_p256, KeyType::ed25519}) {
        const PrivateKey key = PrivateKey::generate(type);
        const std::string sealed = key.private_pem("right");
        CHECK(has(sealed, "ENCRYPTED PRIVATE KEY"));
        const PrivateKey again = PrivateKey::read(sealed, "k", [] { return std::string("right"); });
        CHECK(key.public_key().verifies("message", again.sign("message")));
        const std::string refusal =
            refusal_of([&] { PrivateKey::read(sealed, "k", [] { return std::string("wrong"); }); });
        CHECK(has(refusal, "k: wrong passphrase"));
        CHECK_FALSE(has(refusal, "wrong\""));
        CHECK(PrivateKey::read(key.private_pem({}), "k", nobody()).public_key().fingerprint() ==
              key.public_key().fingerprint());
        CHECK(PublicKey::read(key.private_pem({}), "k", nobody()).fingerprint() == key.public_key().fingerprint());
    }
}

TEST_CASE("a signature of another message, of another key or of other bytes does not verify") {
    for (const KeyType type : {KeyType::ecdsa_p256, KeyType::ed25519}) {
        const PrivateKey key = PrivateKey::generate(type);
        const std::string signature = key.sign("message");
        CHECK(key.public_key().verifies("message", signature));
        CHECK_FALSE(key.public_key().verifies("messagf", signature));
        CHECK_FALSE(PrivateKey::generate(type).public_key().verifies("message", signature));
        CHECK_FALSE(key.public_key().verifies("message", ""));
        CHECK_FALSE(key.public_key().verifies("message", signature + '\0'));
        CHECK_FALSE(key.public_key().verifies("message", std::string(64, '\0')));
        CHECK_FALSE(key.public_key().verifies("message", std::string(64, '\xff')));
    }
}

TEST_CASE("files that hold no such key are refused, each with its reason") {
    struct Row {
        std::string pem;
        std::string_view as_private;
        std::string_view as_public;
    };
    const std::string rsa_public = // openssl genrsa 512 | openssl rsa -pubout
        "-----BEGIN PUBLIC KEY-----\n"
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf\n"
        "9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n"
        "-----END PUBLIC KEY-----\n";
    const std::vector<Row> rows{
        {"", "no PEM key", "no PEM key"},
        {"not a key", "no PEM key", "no PEM key"},
        {rsa_public, "PUBLIC KEY is no private key", "a key of type RSA"},
        {pem_of("PUBLIC KEY", "junk"), "is no private key", "not a public key that OpenSSL can read"},
        {pem_of("PRIVATE KEY", "junk"), "not a private key", "not a private key"},
        {pem_of("ENCRYPTED PRIVATE KEY", "junk"), "damaged encrypted key", "damaged encrypted key"},
        {pem_of("CERTIFICATE", "junk"), "CERTIFICATE is no private key", "not a certificate with a key"},
        {pem_of("ENCRYPTED SIGSTORE PRIVATE KEY", "junk"), "only cosign reads", "only cosign reads"},
        {pem_of("ENCRYPTED COSIGN PRIVATE KEY", "junk"), "only cosign reads", "only cosign reads"},
        {pem_of("EC PRIVATE KEY", "junk"), "openssl pkcs8 -topk8", "openssl pkcs8 -topk8"},
        {pem_of("OPENSSH PRIVATE KEY", "junk"), "openssl pkcs8 -topk8", "openssl pkcs8 -topk8"},
        {std::string(longest_key_file + 1, 'x'), "too long", "too long"},
    };
    for (const Row& row : rows) {
        const std::string as_private = refusal_of([&] { PrivateKey::read(row.pem, "key.pem", nobody()); });
        const std::string as_public = refusal_of([&] { PublicKey::read(row.pem, "key.pem", nobody()); });
        CHECK_MESSAGE(has(as_private, row.as_private), as_private);
        CHECK_MESSAGE(has(as_public, row.as_public), as_public);
        CHECK(as_private.starts_with("key.pem: "));
    }
}

} // namespace
} // namespace touchstone::test
