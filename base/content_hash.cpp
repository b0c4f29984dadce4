// A table, and one OpenSSL context for each digest that was ever asked for.
#include "base/content_hash.h"

#include "base/error.h"
#include "base/openssl.h"
#include "base/printable.h"
#include "base/text.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::array rows{
    ContentHashRow{ContentHash::md5, "md5", "MD5", 16, true},
    ContentHashRow{ContentHash::sha1, "sha1", "SHA1", 20, true},
    ContentHashRow{ContentHash::sha256_160, "sha256-160", "SHA256", 20, false},
    ContentHashRow{ContentHash::sha224, "sha224", "SHA224", 28, false},
    ContentHashRow{ContentHash::sha3_224, "sha3-224", "SHA3-224", 28, false},
    ContentHashRow{ContentHash::sha512_256, "sha512-256", "SHA512-256", 32, false},
    ContentHashRow{ContentHash::sha256, "sha256", "SHA256", 32, false},
    ContentHashRow{ContentHash::sha3_256, "sha3-256", "SHA3-256", 32, false},
    ContentHashRow{ContentHash::sha384, "sha384", "SHA384", 48, false},
    ContentHashRow{ContentHash::sha3_384, "sha3-384", "SHA3-384", 48, false},
    ContentHashRow{ContentHash::blake2b_512, "blake2b-512", "BLAKE2B512", 64, false},
    ContentHashRow{ContentHash::sha512, "sha512", "SHA512", 64, false},
    ContentHashRow{ContentHash::sha3_512, "sha3-512", "SHA3-512", 64, false},
};

struct Alias {
    std::string_view name;
    ContentHash hash;
};
constexpr std::array aliases{
    Alias{"blake2b", ContentHash::blake2b_512}, // b2sum --tag without a length
    Alias{"sha2224", ContentHash::sha224},      // openssl dgst, of OpenSSL 3
    Alias{"sha2256", ContentHash::sha256},      Alias{"sha2384", ContentHash::sha384},
    Alias{"sha2512", ContentHash::sha512},      Alias{"sha2512256", ContentHash::sha512_256},
};

/// Lower case, and without what the spellings differ in: SHA-256, SHA512/256, sha3_256.
std::string plain(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c == '-' || c == '_' || c == '/') continue;
        text += ascii_lower(c);
    }
    return text;
}

} // namespace

std::span<const ContentHashRow> content_hashes() {
    return rows;
}

const ContentHashRow& row_of(ContentHash hash) {
    return rows.at(static_cast<std::size_t>(hash));
}

std::optional<ContentHash> find_content_hash(std::string_view name) {
    constexpr std::size_t longest = 32; // of any name that somebody gives to a digest
    if (name.size() > longest) return std::nullopt;
    std::string wanted = plain(name);
    constexpr std::string_view of_mtree = "digest";
    if (wanted.ends_with(of_mtree)) wanted.resize(wanted.size() - of_mtree.size());
    const auto* const row =
        std::find_if(rows.begin(), rows.end(), [&](const ContentHashRow& one) { return plain(one.name) == wanted; });
    if (row != rows.end()) return row->hash;
    const auto* const alias =
        std::find_if(aliases.begin(), aliases.end(), [&](const Alias& one) { return one.name == wanted; });
    return alias == aliases.end() ? std::nullopt : std::optional(alias->hash);
}

std::optional<ContentHash> content_hash_of_length(std::size_t digits) {
    for (const ContentHash hash : usual_content_hashes) {
        if (row_of(hash).size * 2 == digits) return hash;
    }
    return std::nullopt;
}

std::string text_of(const ContentDigest& digest) {
    return fmt::format("{}:{}", row_of(digest.hash).name, hex(digest.bytes));
}

std::optional<ContentDigest> read_content_digest(ContentHash hash, std::string_view digits) {
    if (digits.size() != row_of(hash).size * 2) return std::nullopt;
    std::optional<std::string> bytes = bytes_of_hex(digits);
    if (!bytes) return std::nullopt;
    return ContentDigest{hash, std::move(*bytes)};
}

struct ContentHasher::State {
    struct One {
        std::unique_ptr<EVP_MD, Freed<EVP_MD_free>> md; ///< fetched once: fetching costs more than hashing a small file
        std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context;
    };
    std::array<One, rows.size()> all;
    ContentHashes wanted = 0;
};

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) {}
ContentHasher::~ContentHasher() = default;
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;

void ContentHasher::start(ContentHashes wanted) {
    state_->wanted = wanted;
    for (const ContentHashRow& row : rows) {
        if ((wanted & bit_of(row.hash)) == 0) continue;
        State::One& one = state_->all.at(static_cast<std::size_t>(row.hash));
        if (!one.md) {
            one.md.reset(EVP_MD_fetch(nullptr, row.openssl, nullptr));
            one.context.reset(EVP_MD_CTX_new());
        }
        if (!one.md || !one.context || EVP_DigestInit_ex2(one.context.get(), one.md.get(), nullptr) != 1) {
            fail(ErrorKind::unsupported, fmt::format("OpenSSL does not compute {} on this system", row.name));
        }
    }
}

void ContentHasher::update(ByteView bytes) {
    for (const ContentHashRow& row : rows) {
        if ((state_->wanted & bit_of(row.hash)) == 0) continue;
        const State::One& one = state_->all.at(static_cast<std::size_t>(row.hash));
        if (EVP_DigestUpdate(one.context.get(), bytes.data(), bytes.size()) != 1) {
            fail(ErrorKind::unreadable, fmt::format("OpenSSL: hashing by {} failed", row.name));
        }
    }
}

std::vector<ContentDigest> ContentHasher::finish() {
    std::vector<ContentDigest> digests;
    for (const ContentHashRow& row : rows) {
        if ((state_->wanted & bit_of(row.hash)) == 0) continue;
        const State::One& one = state_->all.at(static_cast<std::size_t>(row.hash));
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        if (EVP_DigestFinal_ex(one.context.get(), digest.data(), &size) != 1 || size < row.size) {
            fail(ErrorKind::unreadable, fmt::format("OpenSSL: hashing by {} failed", row.name));
        }
        digests.push_back({row.hash, std::string(as_text(ByteView(digest).first(row.size)))});
    }
    state_->wanted = 0;
    return digests;
}

} // namespace touchstone
