// OpenSSL's EVP behind the Hasher. An algorithm is fetched once per process (a provider lookup takes longer than
// hashing a small file), and a context is initialised anew without naming the algorithm again, which reuses its state.
#include "base/digest.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <utility>

namespace touchstone {

namespace {

const EVP_MD* fetch(const char* name) {
    const EVP_MD* const fetched = EVP_MD_fetch(nullptr, name, nullptr);
    if (fetched == nullptr) fail(ErrorKind::unsupported, fmt::format("OpenSSL has no {} here", name));
    return fetched; // kept for the life of the process
}

const EVP_MD* method_of(DigestAlgorithm algorithm) {
    if (algorithm == DigestAlgorithm::sha512) {
        static const EVP_MD* const sha512 = fetch("SHA2-512");
        return sha512;
    }
    static const EVP_MD* const sha256 = fetch("SHA2-256");
    return sha256;
}

EVP_MD_CTX* as_context(void* context) {
    return static_cast<EVP_MD_CTX*>(context);
}

void check(int result, const char* call) {
    if (result != 1) fail(ErrorKind::unsupported, fmt::format("OpenSSL's {} failed", call));
}

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// algorithm ::= component (separator component)*; component ::= [a-z0-9]+; separator ::= [+._-]
bool is_algorithm(std::string_view text) {
    bool component_open = false;
    for (const char c : text) {
        if (is_lower_or_digit(c)) {
            component_open = true;
        } else if (component_open && std::string_view("+._-").find(c) != std::string_view::npos) {
            component_open = false;
        } else {
            return false;
        }
    }
    return component_open;
}

/// encoded ::= [a-zA-Z0-9=_-]+
bool is_encoded(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '=' || c == '_' || c == '-';
    });
}

/// 0..15, or 16 for what is not a lower-case hexadecimal digit.
unsigned lower_hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    return 16;
}

[[noreturn]] void fail_digest(std::string_view text, std::string_view rule) {
    fail(ErrorKind::malformed, fmt::format("digest \"{}\": {}", printable_short(text), rule));
}

} // namespace

std::string_view name_of(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::sha512 ? "sha512" : "sha256";
}

std::size_t size_of(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::sha512 ? 64 : 32;
}

std::string Digest::hex() const {
    return touchstone::hex(as_text(view()));
}

std::string Digest::string() const {
    return fmt::format("{}:{}", name_of(algorithm), hex());
}

Digest parse_digest(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) fail_digest(text, "expected \"algorithm:encoded\", found no ':'");
    const std::string_view algorithm = text.substr(0, colon);
    const std::string_view encoded = text.substr(colon + 1);
    if (!is_algorithm(algorithm)) fail_digest(text, "the algorithm must be [a-z0-9]+ parts joined by one of + . _ -");
    if (!is_encoded(encoded)) fail_digest(text, "the part after ':' must be one or more of [a-zA-Z0-9=_-]");

    Digest digest;
    if (algorithm == name_of(DigestAlgorithm::sha512)) {
        digest.algorithm = DigestAlgorithm::sha512;
    } else if (algorithm != name_of(DigestAlgorithm::sha256)) {
        fail(ErrorKind::unsupported, fmt::format("digest \"{}\": {} cannot be verified; sha256 and sha512 can",
                                                 printable_short(text), printable_short(algorithm)));
    }
    const std::size_t size = size_of(digest.algorithm);
    if (encoded.size() != 2 * size) {
        fail_digest(text, fmt::format("{} takes {} hexadecimal digits, found {}", algorithm, 2 * size, encoded.size()));
    }
    for (std::size_t i = 0; i < size; ++i) {
        const unsigned high = lower_hex_value(encoded[2 * i]);
        const unsigned low = lower_hex_value(encoded[2 * i + 1]);
        if (high > 15 || low > 15) fail_digest(text, "only the lower-case hexadecimal digits 0-9 and a-f are allowed");
        digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return digest;
}

Digest to_digest(const Sha256& hash) {
    Digest digest;
    std::copy(hash.begin(), hash.end(), digest.bytes.begin());
    return digest;
}

Hasher::Hasher(DigestAlgorithm algorithm) : algorithm_(algorithm), context_(nullptr) {
    const EVP_MD* const method = method_of(algorithm);
    context_ = EVP_MD_CTX_new();
    if (context_ == nullptr) throw std::bad_alloc();
    if (EVP_DigestInit_ex2(as_context(context_), method, nullptr) != 1) {
        EVP_MD_CTX_free(as_context(context_));
        check(0, "EVP_DigestInit_ex2");
    }
}

Hasher::~Hasher() {
    EVP_MD_CTX_free(as_context(context_));
}

Hasher::Hasher(Hasher&& other) noexcept
    : algorithm_(other.algorithm_), context_(std::exchange(other.context_, nullptr)) {}

Hasher& Hasher::operator=(Hasher&& other) noexcept {
    std::swap(algorithm_, other.algorithm_);
    std::swap(context_, other.context_);
    return *this;
}

void Hasher::start() {
    check(EVP_DigestInit_ex2(as_context(context_), nullptr, nullptr), "EVP_DigestInit_ex2");
}

void Hasher::update(ByteView bytes) {
    if (bytes.empty()) return;
    check(EVP_DigestUpdate(as_context(context_), bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

Digest Hasher::finish() {
    Digest digest;
    digest.algorithm = algorithm_;
    check(EVP_DigestFinal_ex(as_context(context_), digest.bytes.data(), nullptr), "EVP_DigestFinal_ex");
    start();
    return digest;
}

Sha256 Hasher::finish_sha256() {
    if (algorithm_ != DigestAlgorithm::sha256) fail(ErrorKind::usage, "finish_sha256() of a hasher that is not sha256");
    Sha256 hash;
    check(EVP_DigestFinal_ex(as_context(context_), hash.data(), nullptr), "EVP_DigestFinal_ex");
    start();
    return hash;
}

Digest digest_of(ByteView bytes, DigestAlgorithm algorithm) {
    Hasher hasher(algorithm);
    hasher.update(bytes);
    return hasher.finish();
}

} // namespace touchstone
