// Keys that sign and verify: ECDSA P-256 with SHA-256, and Ed25519, from PEM files as OpenSSL 3 writes them, and public
// ones also from OpenSSH's lines. Nothing
// here prints or returns key material but private_pem(), which exists to write a new key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace touchstone {

/// A PEM file of one key or certificate is far smaller than this.
constexpr std::size_t longest_key_file = std::size_t{64} << 10; // bytes

enum class KeyType : std::uint8_t { ecdsa_p256, ed25519 };
std::string_view name_of(KeyType type); ///< "ECDSA P-256", "Ed25519"

/// Asked once, and only for a key that is encrypted. Throws where there is nobody to ask.
using AskPassphrase = std::function<std::string()>;

class PublicKey {
public:
    /// The first key in `pem`: PUBLIC KEY (RFC 7468), CERTIFICATE (its key only; nothing else in it is looked at), or a
    /// private key; or the one line of OpenSSH that it is. Throws malformed, unsupported for another type of key;
    /// `what` (printable) names the file.
    static PublicKey read(std::string_view pem, std::string_view what, const AskPassphrase& ask);

    KeyType type() const { return type_; }
    /// "sha256:<hex>" of the DER SubjectPublicKeyInfo: one key has one, whatever file it came from.
    const std::string& fingerprint() const { return fingerprint_; }
    /// The same hash in base64: how cosign fills publicKey.hint.
    std::string hint() const;
    /// "SHA256:<base64>", as `ssh-keygen -l` prints it.
    std::string ssh_fingerprint() const;
    /// Whether `signature` of `message` was made with this key. For ECDSA both DER and r||s (IEEE P1363) are read.
    bool verifies(std::string_view message, std::string_view signature) const;
    std::string pem() const; ///< SubjectPublicKeyInfo

private:
    friend class PrivateKey;
    PublicKey(std::shared_ptr<void> key, std::string_view what);
    std::shared_ptr<void> key_; // EVP_PKEY; OpenSSL's headers stay in keys.cpp
    KeyType type_;
    std::string fingerprint_;
};

class PrivateKey {
public:
    /// PKCS#8, also encrypted (RFC 5958, PRIVATE KEY and ENCRYPTED PRIVATE KEY). Throws unverified for a wrong
    /// passphrase, unsupported for another type of key or file, malformed.
    static PrivateKey read(std::string_view pem, std::string_view what, const AskPassphrase& ask);
    static PrivateKey generate(KeyType type);

    /// DER for ECDSA, 64 bytes for Ed25519.
    std::string sign(std::string_view message) const;
    const PublicKey& public_key() const { return public_; }
    /// PKCS#8; encrypted (PBKDF2, AES-256) when `passphrase` is not empty.
    std::string private_pem(std::string_view passphrase) const;

private:
    explicit PrivateKey(PublicKey key) : public_(std::move(key)) {}
    PublicKey public_; // of the same EVP_PKEY, which holds both halves
};

/// Overwrites a secret before its memory is given back.
void wipe(std::string& secret);

} // namespace touchstone
