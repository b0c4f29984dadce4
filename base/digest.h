// Digests and the hashers that compute them. A digest string from an image is parsed into {algorithm, bytes} at once;
// paths and URLs are built only from the parsed form (CVE-2024-3727). Algorithms are fetched from OpenSSL once per
// process and contexts are reused, because EVP_MD_fetch per small file costs more than hashing it.
#pragma once

#include "base/bytes.h"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace touchstone {

/// The algorithms that can be verified (OCI image-spec descriptor.md, "Registered algorithms"; blake3 is not in
/// OpenSSL 3.0).
enum class DigestAlgorithm : std::uint8_t { sha256, sha512 };

std::string_view name_of(DigestAlgorithm algorithm); ///< "sha256", "sha512"
std::size_t size_of(DigestAlgorithm algorithm);      ///< 32 or 64 bytes

/// A value type; bytes past size_of(algorithm) are zero, so that defaulted comparison is right.
struct Digest {
    DigestAlgorithm algorithm = DigestAlgorithm::sha256;
    std::array<std::uint8_t, 64> bytes{};

    auto operator<=>(const Digest&) const = default;

    ByteView view() const { return ByteView(bytes).first(size_of(algorithm)); }
    std::string hex() const;    ///< lower-case hex of the bytes
    std::string string() const; ///< "sha256:<hex>"
};

/// Parses "algorithm:encoded" by the grammar of descriptor.md. Throws malformed on bad grammar, wrong length or
/// upper-case hex, and unsupported (by name) for an algorithm that cannot be verified here.
Digest parse_digest(std::string_view text);

/// The 32 raw bytes of a SHA-256: file contents are kept in this form, one per node.
using Sha256 = std::array<std::uint8_t, 32>;

Digest to_digest(const Sha256& hash);

/// Incremental hashing with a context that is made once and reused. One Hasher belongs to one thread at a time.
class Hasher {
public:
    explicit Hasher(DigestAlgorithm algorithm = DigestAlgorithm::sha256);
    ~Hasher();
    Hasher(Hasher&& other) noexcept;
    Hasher& operator=(Hasher&& other) noexcept;
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;

    void update(ByteView bytes);
    /// The digest of everything since construction or the last finish(); the hasher is then ready for the next message.
    Digest finish();
    /// The same for a sha256 hasher, without the wrapping.
    Sha256 finish_sha256();

private:
    void start();
    DigestAlgorithm algorithm_;
    void* context_; // EVP_MD_CTX; OpenSSL's headers stay in digest.cpp
};

/// One-call forms.
Digest digest_of(ByteView bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256);

} // namespace touchstone
