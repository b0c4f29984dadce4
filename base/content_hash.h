// The digests that lists of checksums and package databases are written in, strongest last, and hashing a content by
// several of them in one pass. Layers and documents are verified by base/digest.h; what is weak is known here only to
// be compared.
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// In the order of their strength: of several digests of one file the last one says most.
enum class ContentHash : std::uint8_t {
    md5,
    sha1,
    sha256_160, ///< a SHA-256 cut to 160 bits (apk 3)
    sha224,
    sha3_224,
    sha512_256,
    sha256,
    sha3_256,
    sha384,
    sha3_384,
    blake2b_512,
    sha512,
    sha3_512,
};

struct ContentHashRow {
    ContentHash hash;
    std::string_view name; ///< "md5", "sha512-256", …: how reports have it, and without '-' how lists are matched
    const char* openssl;
    std::size_t size; ///< bytes that are listed; fewer than OpenSSL's where it is cut
    /// Collisions can be made (RFC 6151, RFC 6194): equal digests show that nothing was mixed up, not that nobody
    /// prepared two files.
    bool weak;
};
std::span<const ContentHashRow> content_hashes(); ///< a row for each, in order
const ContentHashRow& row_of(ContentHash hash);

/// By any of the names that lists have, whatever the case: "SHA256", "SHA-256", "sha256digest", "SHA2-256", "BLAKE2b".
std::optional<ContentHash> find_content_hash(std::string_view name);
/// One for each length, the shortest first: what md5sum, sha1sum, … write.
inline constexpr std::array usual_content_hashes{ContentHash::md5,    ContentHash::sha1,   ContentHash::sha224,
                                                 ContentHash::sha256, ContentHash::sha384, ContentHash::sha512};
/// The one of these that has so many hex digits; nothing for other numbers.
std::optional<ContentHash> content_hash_of_length(std::size_t digits);

struct ContentDigest {
    ContentHash hash = ContentHash::sha256;
    std::string bytes; ///< raw, row_of(hash).size of them
    bool operator==(const ContentDigest&) const = default;
};
/// "sha1:…", in hex.
std::string text_of(const ContentDigest& digest);
/// Reads hex digits of either case; nothing where they are not exactly as many as the digest has.
std::optional<ContentDigest> read_content_digest(ContentHash hash, std::string_view digits);

/// A set of them, a bit each.
using ContentHashes = std::uint32_t;
constexpr ContentHashes bit_of(ContentHash hash) {
    return ContentHashes{1} << static_cast<unsigned>(hash);
}

/// Hashes one content after the other. Belongs to one thread at a time.
class ContentHasher {
public:
    ContentHasher();
    ~ContentHasher();
    ContentHasher(ContentHasher&&) noexcept;
    ContentHasher& operator=(ContentHasher&&) noexcept;
    ContentHasher(const ContentHasher&) = delete;
    ContentHasher& operator=(const ContentHasher&) = delete;

    /// Throws unsupported where this OpenSSL lacks one (MD5 in FIPS mode).
    void start(ContentHashes wanted);
    void update(ByteView bytes);
    /// In the order of their strength, weakest first.
    std::vector<ContentDigest> finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace touchstone
