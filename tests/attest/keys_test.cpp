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

// ssh-keygen -i -m PKCS8 of the key in DSSE's specification, and its fingerprint by ssh-keygen -lf.
constexpr std::string_view p256_pem = "-----BEGIN PUBLIC KEY-----\n"
                                      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805D3eqNZywjCI19lInBJOp7YMr\n"
                                      "CrzAH3CVTAOQ0jgMeCvVTiaRJaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"
                                      "-----END PUBLIC KEY-----\n";
constexpr std::string_view p256_compressed = "-----BEGIN PUBLIC KEY-----\n"
                                             "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACZ805D3eqNZywjCI19lInBJOp7YMr\n"
                                             "CrzAH3CVTAOQ0jg=\n"
                                             "-----END PUBLIC KEY-----\n";
constexpr std::string_view p256_explicit = "-----BEGIN PUBLIC KEY-----\n"
                                           "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n"
                                           "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n"
                                           "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n"
                                           "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n"
                                           "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n"
                                           "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABGfNOQ93qjWcsIwiNfZSJwST\n"
                                           "qe2DKwq8wB9wlUwDkNI4DHgr1U4mkSWkT0Qzr/FDLOlOErynOqZ6yAzqEmCN33Q=\n"
                                           "-----END PUBLIC KEY-----\n";
constexpr std::string_view p256_ssh = "ecdsa-sha2-nistp256 "
                                      "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGfNOQ93qjWcsIwiNfZSJwSTqe2D"
                                      "Kwq8wB9wlUwDkNI4DHgr1U4mkSWkT0Qzr/FDLOlOErynOqZ6yAzqEmCN33Q=\n";
constexpr std::string_view p256_ssh_fingerprint = "SHA256:f4AuBLdH4Lj/dIuwAUXXebzoI9B/cJ4iSQ3/qByIl4M";
constexpr std::string_view ed25519_ssh_fingerprint = "SHA256:F34nin7tcaYH6WR5LSWSfj6weFBPfBpuyUUoPFP9YjA";

/// RFC 4251 section 5.
std::string ssh_string(std::string_view bytes) {
    return std::string(3, '\0') + static_cast<char>(bytes.size()) + std::string(bytes);
}

std::string ssh_line(std::string_view type, std::string_view blob) {
    return std::string(type) + " " + base64(blob);
}

TEST_CASE("a key is one key, in PEM and in a line of OpenSSH's, its point compressed or not") {
    const PublicKey key = PublicKey::read(p256_pem, "k", nobody());
    CHECK(key.ssh_fingerprint() == p256_ssh_fingerprint);
    // openssl ec -pubin -conv_form compressed; -param_enc explicit
    for (const std::string_view other : {p256_ssh, p256_compressed, p256_explicit}) {
        CHECK(PublicKey::read(other, "k", nobody()).fingerprint() == key.fingerprint());
        CHECK(PublicKey::read(other, "k", nobody()).ssh_fingerprint() == p256_ssh_fingerprint);
    }
    const std::string ed25519 = pem_of("PUBLIC KEY", unhex(std::string(spki_start) + std::string(point)));
    // RFC 8709 section 4: the type and the point of the RFC 8032 vector above, each after its length.
    const std::string line = ssh_line("ssh-ed25519", ssh_string("ssh-ed25519") + ssh_string(unhex(point)));
    CHECK(PublicKey::read(line, "k", nobody()).fingerprint() == PublicKey::read(ed25519, "k", nobody()).fingerprint());
    CHECK(PublicKey::read(line, "k", nobody()).ssh_fingerprint() == ed25519_ssh_fingerprint);
    CHECK(PublicKey::read(line + " me@here (a comment) \n", "k", nobody()).type() == KeyType::ed25519);
    CHECK(PublicKey::read(line + "\r\n", "k", nobody()).type() == KeyType::ed25519);
}

TEST_CASE("lines of OpenSSH that are not exactly one key are refused, other types by name") {
    const std::string ed25519 = ssh_string("ssh-ed25519");
    const std::string p256 = ssh_string("ecdsa-sha2-nistp256") + ssh_string("nistp256");
    const std::string good = ssh_line("ssh-ed25519", ed25519 + ssh_string(unhex(point)));
    const std::string flat = "\x04" + std::string(64, '\1'); // not on the curve
    struct Row {
        std::string text;
        std::string_view message;
    };
    for (const Row& row : std::vector<Row>{
             {"ssh-rsa AAAA", "an OpenSSH key of type ssh-rsa; the types are"},
             {"ssh-dss AAAA", "of type ssh-dss;"},
             {"ecdsa-sha2-nistp384 AAAA", "of type ecdsa-sha2-nistp384;"},
             {"sk-ssh-ed25519@openssh.com AAAA", "of type sk-ssh-ed25519@openssh.com;"},
             {"ssh-ed25519-cert-v01@openssh.com AAAA", "of type ssh-ed25519-cert-v01@openssh.com;"},
             {"ssh-\x1b[2J AAAA", "of type ssh-\\x1b[2J;"},
             {"ssh-ed25519", "a blank and the key in base64"},
             {"ssh-ed25519\tAAAA", "a blank and the key in base64"},
             {"ssh-ed25519  AAAA", "that its line begins with"},
             {"ssh-ed25519 A", "base64"},
             {good + "\n" + good, "more than one line"},
             {good + "\n\n", "more than one line"},
             {ssh_line("ssh-ed25519", ""), "that its line begins with"},
             {ssh_line("ssh-ed25519", "\xff\xff\xff\xff"), "that its line begins with"},
             {ssh_line("ssh-ed25519", p256 + ssh_string(flat)), "that its line begins with"},
             {ssh_line("ssh-ed25519", ed25519), "another size or form"},
             {ssh_line("ssh-ed25519", ed25519 + ssh_string(std::string(31, 'x'))), "another size or form"},
             {ssh_line("ssh-ed25519", ed25519 + ssh_string(std::string(33, 'x'))), "another size or form"},
             {ssh_line("ssh-ed25519", ed25519 + ssh_string(unhex(point)) + "x"), "another size or form"},
             {ssh_line("ecdsa-sha2-nistp256", ssh_string("ecdsa-sha2-nistp256") + ssh_string("nistp384")),
              "its curve is not"},
             {ssh_line("ecdsa-sha2-nistp256", p256 + ssh_string("\x02" + std::string(32, '\1'))),
              "another size or form"},
             {ssh_line("ecdsa-sha2-nistp256", p256 + ssh_string("\x06" + flat.substr(1))), "another size or form"},
             {ssh_line("ecdsa-sha2-nistp256", p256 + ssh_string(flat)), "not a public key that OpenSSL can read"},
             {"command=\"x\" " + good, "no PEM key"},
         }) {
        const std::string refusal = refusal_of([&] { PublicKey::read(row.text, "key", nobody()); });
        CHECK_MESSAGE(has(refusal, row.message), refusal);
        CHECK(refusal.starts_with("key: "));
    }
    CHECK(has(refusal_of([&] { PrivateKey::read(good, "key", nobody()); }),
              "key: a public key of OpenSSH is no private"));
}

TEST_CASE("no change of one bit of an OpenSSH line gives another key of the same name") {
    const std::string line = ssh_line("ssh-ed25519", ssh_string("ssh-ed25519") + ssh_string(unhex(point)));
    const std::string fingerprint = PublicKey::read(line, "k", nobody()).fingerprint();
    for (std::size_t at = 0; at < line.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string changed = line;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ 1U << bit);
            std::string found;
            const std::string refusal =
                refusal_of([&] { found = PublicKey::read(changed, "k", nobody()).fingerprint(); });
            CHECK_MESSAGE((refusal != "no error" || found != fingerprint), changed);
        }
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
