// Keys by OpenSSL 3. PEM blocks are told apart by their labels before anything is decoded, so that a file of another
// program (cosign's own, OpenSSH's) gets a sentence that helps.
#include "attest/keys.h"

#include "attest/ssh_key.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/openssl.h"
#include "base/printable.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <array>
#include <limits>

namespace touchstone {

namespace {

using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Context = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

EVP_PKEY* as_key(const std::shared_ptr<void>& key) {
    return static_cast<EVP_PKEY*>(key.get());
}

std::shared_ptr<void> owned(EVP_PKEY* key) {
    return {key, [](void* value) { EVP_PKEY_free(static_cast<EVP_PKEY*>(value)); }};
}

void check(bool done, std::string_view step) {
    if (!done) fail(ErrorKind::unreadable, fmt::format("OpenSSL: {} failed", step));
}

const unsigned char* as_unsigned(std::string_view text) {
    return as_bytes(text).data();
}

KeyType type_of(const EVP_PKEY* key, std::string_view what) {
    if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyType::ed25519;
    std::array<char, 64> group{}; // names of curves are shorter
    std::size_t length = 0;
    if (EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1) {
        const std::string_view name(group.data(), length);
        if (name == "prime256v1") return KeyType::ecdsa_p256;
        fail(ErrorKind::unsupported,
             fmt::format("{}: a key on the curve {}; the types are ECDSA P-256 and Ed25519", what, printable(name)));
    }
    const char* const name = EVP_PKEY_get0_type_name(key);
    fail(ErrorKind::unsupported, fmt::format("{}: a key of type {}; the types are ECDSA P-256 and Ed25519", what,
                                             printable(name == nullptr ? "unknown" : name)));
}

/// One PEM block: its label, its header (of old encrypted keys), and its bytes, wiped in the end.
struct Block {
    std::string label;
    bool old_encryption = false;
    std::string bytes;

    Block() = default;
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() { wipe(bytes); }
};

void read_block(std::string_view pem, std::string_view what, Block& block) {
    if (pem.size() > longest_key_file) fail(ErrorKind::over_limit, fmt::format("{}: too long for a key", what));
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    check(bio != nullptr, "BIO_new_mem_buf");
    // Parameters of a curve stand before keys that `openssl ecparam -genkey` wrote.
    do {
        char* name = nullptr;
        char* header = nullptr;
        unsigned char* data = nullptr;
        long length = 0;
        if (PEM_read_bio(bio.get(), &name, &header, &data, &length) != 1) {
            fail(ErrorKind::malformed, fmt::format("{}: no PEM key (-----BEGIN ...-----)", what));
        }
        block.label = name;
        block.old_encryption = header != nullptr && *header != '\0';
        wipe(block.bytes);
        block.bytes = as_text({data, static_cast<std::size_t>(length)});
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<std::size_t>(length));
    } while (block.label == "EC PARAMETERS");
}

std::shared_ptr<void> of_pkcs8(PKCS8_PRIV_KEY_INFO* info, std::string_view what) {
    EVP_PKEY* const key = info == nullptr ? nullptr : EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (key == nullptr) fail(ErrorKind::malformed, fmt::format("{}: not a private key that OpenSSL can read", what));
    return owned(key);
}

std::shared_ptr<void> decrypted(const Block& block, std::string_view what, const AskPassphrase& ask) {
    const unsigned char* at = as_unsigned(block.bytes);
    const std::unique_ptr<X509_SIG, Freed<X509_SIG_free>> sealed(
        d2i_X509_SIG(nullptr, &at, static_cast<long>(block.bytes.size())));
    if (sealed == nullptr) fail(ErrorKind::malformed, fmt::format("{}: a damaged encrypted key", what));
    std::string passphrase = ask();
    PKCS8_PRIV_KEY_INFO* const info =
        PKCS8_decrypt(sealed.get(), passphrase.data(), static_cast<int>(passphrase.size()));
    wipe(passphrase);
    if (info == nullptr) {
        fail(ErrorKind::unverified, fmt::format("{}: wrong passphrase (or the encrypted key is damaged)", what));
    }
    return of_pkcs8(info, what);
}

bool is_private(std::string_view label) {
    return label.ends_with("PRIVATE KEY");
}

std::shared_ptr<void> private_key_of(const Block& block, std::string_view what, const AskPassphrase& ask) {
    if (block.label == "ENCRYPTED PRIVATE KEY") return decrypted(block, what, ask);
    if (block.label == "PRIVATE KEY") {
        const unsigned char* at = as_unsigned(block.bytes);
        return of_pkcs8(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(block.bytes.size())), what);
    }
    if (block.label.find("COSIGN") != std::string::npos || block.label.find("SIGSTORE") != std::string::npos) {
        fail(ErrorKind::unsupported,
             fmt::format("{}: a key encrypted by cosign, which only cosign reads; make one with `touchstone attest key "
                         "new` or openssl, and give it to cosign with `cosign import-key-pair`",
                         what));
    }
    if (is_private(block.label)) {
        fail(ErrorKind::unsupported,
             fmt::format("{}: {}{}; `openssl pkcs8 -topk8` makes PKCS#8 of what OpenSSL reads", what,
                         block.label == "OPENSSH PRIVATE KEY" ? "" : "an old ", printable_short(block.label)));
    }
    fail(ErrorKind::malformed, fmt::format("{}: {} is no private key", what, printable_short(block.label)));
}

std::shared_ptr<void> public_key_of(const Block& block, std::string_view what, const AskPassphrase& ask) {
    const unsigned char* at = as_unsigned(block.bytes);
    const long size = static_cast<long>(block.bytes.size());
    EVP_PKEY* key = nullptr;
    if (block.label == "PUBLIC KEY") {
        key = d2i_PUBKEY(nullptr, &at, size);
    } else if (block.label == "CERTIFICATE") {
        const std::unique_ptr<X509, Freed<X509_free>> certificate(d2i_X509(nullptr, &at, size));
        if (certificate != nullptr) key = X509_get_pubkey(certificate.get());
    } else if (is_private(block.label)) {
        return private_key_of(block, what, ask);
    } else {
        fail(ErrorKind::unsupported,
             fmt::format("{}: {} is no public key (PUBLIC KEY)", what, printable_short(block.label)));
    }
    if (key == nullptr) {
        fail(ErrorKind::malformed, fmt::format("{}: not a {} that OpenSSL can read", what,
                                               block.label == "CERTIFICATE" ? "certificate with a key" : "public key"));
    }
    return owned(key);
}

std::shared_ptr<void> key_of_ssh(std::string_view text, std::string_view what) {
    const std::string spki = spki_of_ssh(text, what);
    const unsigned char* at = as_unsigned(spki);
    EVP_PKEY* const key = d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size()));
    if (key == nullptr) fail(ErrorKind::malformed, fmt::format("{}: not a public key that OpenSSL can read", what));
    return owned(key);
}

/// A coordinate of a point of P-256, in 32 bytes.
std::string coordinate(const EVP_PKEY* key, const char* name) {
    constexpr int size = 32;
    BIGNUM* value = nullptr;
    const bool there = EVP_PKEY_get_bn_param(key, name, &value) == 1;
    const std::unique_ptr<BIGNUM, Freed<BN_free>> freed(value);
    std::string bytes(size, '\0');
    check(there && BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), size) == size,
          "EVP_PKEY_get_bn_param");
    return bytes;
}

/// SubjectPublicKeyInfo in the one form that every key has: OpenSSL keeps compressed points and spelt-out curves as
/// they came, and one key would count as two.
std::string der_of_public(EVP_PKEY* key, KeyType type) {
    if (type == KeyType::ecdsa_p256) {
        constexpr char uncompressed = 4; // SEC 1 section 2.3.3
        return std::string(p256_spki_start()) + uncompressed + coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X) +
               coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y);
    }
    unsigned char* data = nullptr;
    const int length = i2d_PUBKEY(key, &data);
    check(length > 0, "i2d_PUBKEY");
    std::string der(as_text({data, static_cast<std::size_t>(length)}));
    OPENSSL_free(data);
    return der;
}

const EVP_MD* hash_of(KeyType type) {
    return type == KeyType::ecdsa_p256 ? EVP_sha256() : nullptr; // Ed25519 hashes by itself (RFC 8032)
}

bool verify_once(EVP_PKEY* key, KeyType type, std::string_view message, std::string_view signature) {
    const Context context(EVP_MD_CTX_new());
    check(context && EVP_DigestVerifyInit(context.get(), nullptr, hash_of(type), nullptr, key) == 1,
          "EVP_DigestVerifyInit");
    return EVP_DigestVerify(context.get(), as_unsigned(signature), signature.size(), as_unsigned(message),
                            message.size()) == 1;
}

/// r||s of P-256 as DER (ECDSA-Sig-Value, RFC 3279); empty where that cannot be.
std::string der_of_raw(std::string_view raw) {
    constexpr std::size_t half = 32;
    const std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>> value(ECDSA_SIG_new());
    BIGNUM* const r = BN_bin2bn(as_unsigned(raw), half, nullptr);
    BIGNUM* const s = BN_bin2bn(as_unsigned(raw.substr(half)), half, nullptr);
    if (!value || ECDSA_SIG_set0(value.get(), r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return {};
    }
    unsigned char* data = nullptr;
    const int length = i2d_ECDSA_SIG(value.get(), &data);
    if (length <= 0) return {};
    std::string der(as_text({data, static_cast<std::size_t>(length)}));
    OPENSSL_free(data);
    return der;
}

std::string text_in(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data); // NOLINT: OpenSSL's macro
    check(length > 0, "BIO_get_mem_data");
    return {data, static_cast<std::size_t>(length)};
}

} // namespace

void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

std::string_view name_of(KeyType type) {
    return type == KeyType::ecdsa_p256 ? "ECDSA P-256" : "Ed25519";
}

PublicKey::PublicKey(std::shared_ptr<void> key, std::string_view what)
    : key_(std::move(key)), type_(type_of(as_key(key_), what)),
      fingerprint_(digest_of(as_bytes(der_of_public(as_key(key_), type_))).string()) {}

PublicKey PublicKey::read(std::string_view pem, std::string_view what, const AskPassphrase& ask) {
    const ClearedErrors cleared;
    if (is_ssh_key(pem)) return {key_of_ssh(pem, what), what};
    Block block;
    read_block(pem, what, block);
    return {public_key_of(block, what, ask), what};
}

std::string PublicKey::hint() const {
    return base64(as_text(digest_of(as_bytes(der_of_public(as_key(key_), type_))).view()));
}

std::string PublicKey::ssh_fingerprint() const {
    const std::string blob = ssh_blob(type_, der_of_public(as_key(key_), type_));
    std::string text = base64(as_text(digest_of(as_bytes(blob)).view()));
    text.erase(text.find_last_not_of('=') + 1);
    return "SHA256:" + text;
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
    const ClearedErrors cleared;
    if (verify_once(as_key(key_), type_, message, signature)) return true;
    constexpr std::size_t raw_size = 64;
    if (type_ != KeyType::ecdsa_p256 || signature.size() != raw_size) return false;
    const std::string der = der_of_raw(signature);
    return !der.empty() && verify_once(as_key(key_), type_, message, der);
}

std::string PublicKey::pem() const {
    const Bio bio(BIO_new(BIO_s_mem()));
    check(bio && PEM_write_bio_PUBKEY(bio.get(), as_key(key_)) == 1, "PEM_write_bio_PUBKEY");
    return text_in(bio.get());
}

PrivateKey PrivateKey::read(std::string_view pem, std::string_view what, const AskPassphrase& ask) {
    const ClearedErrors cleared;
    if (is_ssh_key(pem)) fail(ErrorKind::malformed, fmt::format("{}: a public key of OpenSSH is no private key", what));
    Block block;
    read_block(pem, what, block);
    return PrivateKey(PublicKey(private_key_of(block, what, ask), what));
}

PrivateKey PrivateKey::generate(KeyType type) {
    const ClearedErrors cleared;
    EVP_PKEY* const key = type == KeyType::ecdsa_p256 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1")
                                                      : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    check(key != nullptr, "generating a key");
    return PrivateKey(PublicKey(owned(key), "a new key"));
}

std::string PrivateKey::sign(std::string_view message) const {
    const ClearedErrors cleared;
    const Context context(EVP_MD_CTX_new());
    EVP_PKEY* const key = as_key(public_.key_);
    check(context && EVP_DigestSignInit(context.get(), nullptr, hash_of(public_.type_), nullptr, key) == 1,
          "EVP_DigestSignInit");
    std::size_t length = 0;
    check(EVP_DigestSign(context.get(), nullptr, &length, as_unsigned(message), message.size()) == 1, "EVP_DigestSign");
    std::string signature(length, '\0');
    check(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                         as_unsigned(message), message.size()) == 1,
          "EVP_DigestSign");
    signature.resize(length);
    return signature;
}

std::string PrivateKey::private_pem(std::string_view passphrase) const {
    const ClearedErrors cleared;
    const Bio bio(BIO_new(BIO_s_secmem()));
    const bool sealed = !passphrase.empty();
    check(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), as_key(public_.key_), sealed ? EVP_aes_256_cbc() : nullptr,
                                               sealed ? passphrase.data() : nullptr,
                                               static_cast<int>(passphrase.size()), nullptr, nullptr) == 1,
          "PEM_write_bio_PKCS8PrivateKey");
    return text_in(bio.get());
}

} // namespace touchstone
