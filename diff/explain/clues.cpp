// What divergent files hash and count to, and which seconds may be times of two builds. A file is hashed by every
// algorithm that tools write into other files; a digest is then found by one look-up, whatever its algorithm was.
#include "diff/explain/clues.h"

#include "base/content_hash.h"
#include "base/error.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace touchstone {

namespace {

constexpr std::int64_t seconds_a_day = 86400;
constexpr std::int64_t seconds_an_hour = 3600;

/// Each that tools write into other files.
constexpr const auto& algorithms = usual_content_hashes;
constexpr std::size_t sha1_index = 1;
static_assert(algorithms[sha1_index] == ContentHash::sha1);

/// nullptr where OpenSSL has none (MD5 in a FIPS configuration): then nothing is traced by it, which is safe.
const EVP_MD* method(std::size_t index) {
    static const std::array<const EVP_MD*, algorithms.size()> methods = [] {
        std::array<const EVP_MD*, algorithms.size()> fetched{};
        for (std::size_t i = 0; i < fetched.size(); ++i) {
            // Kept for the life of the process.
            fetched[i] = EVP_MD_fetch(nullptr, row_of(algorithms[i]).openssl, nullptr);
        }
        return fetched;
    }();
    return methods.at(index);
}

class DigestContext {
public:
    DigestContext() : context_(EVP_MD_CTX_new()) {
        if (context_ == nullptr) throw std::bad_alloc();
    }
    ~DigestContext() { EVP_MD_CTX_free(context_); }
    DigestContext(const DigestContext&) = delete;
    DigestContext& operator=(const DigestContext&) = delete;

    /// The raw bytes of the digest of `head` followed by `content`; empty where there is no such method.
    std::string digest(const EVP_MD* md, std::string_view head, ByteView content) {
        if (md == nullptr) return {};
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned size = 0;
        if (EVP_DigestInit_ex2(context_, md, nullptr) != 1 ||
            EVP_DigestUpdate(context_, head.data(), head.size()) != 1 ||
            EVP_DigestUpdate(context_, content.data(), content.size()) != 1 ||
            EVP_DigestFinal_ex(context_, bytes.data(), &size) != 1) {
            fail(ErrorKind::unsupported, "OpenSSL failed to compute a digest");
        }
        return std::string(as_text(ByteView(bytes).first(size)));
    }

private:
    EVP_MD_CTX* context_;
};

std::uint32_t crc32_of(ByteView content) {
    return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), content.data(), content.size()));
}

/// a - b, or the nearest number that fits: times come from images and may be any 64 bits.
std::int64_t minus(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (!__builtin_sub_overflow(a, b, &result)) return result;
    return b < 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (!__builtin_add_overflow(a, b, &result)) return result;
    return b > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

std::int64_t magnitude(std::int64_t value) {
    return value < 0 ? minus(0, value) : value;
}

} // namespace

void DerivedTable::add(std::string_view path, ByteView content) {
    DigestContext context;
    // The first file keeps a digest: callers add files in the order of their paths, so the answer is always the same.
    const auto keep = [&](std::string digest, std::string_view what) {
        if (!digest.empty()) digests_.try_emplace(std::move(digest), Source{std::string(path), std::string(what)});
    };
    for (std::size_t i = 0; i < algorithms.size(); ++i) {
        keep(context.digest(method(i), {}, content), row_of(algorithms[i]).name);
    }
    std::string blob_head = fmt::format("blob {}", content.size());
    blob_head += '\0';
    keep(context.digest(method(sha1_index), blob_head, content), "git blob id");
    crcs_.try_emplace(crc32_of(content), Source{std::string(path), "crc32"});
    sizes_.try_emplace(content.size(), Source{std::string(path), "size"});
}

const DerivedTable::Source* DerivedTable::find_digest(ByteView digest) const {
    if (std::find(digest_sizes.begin(), digest_sizes.end(), digest.size()) == digest_sizes.end()) return nullptr;
    const auto found = digests_.find(std::string(as_text(digest)));
    return found == digests_.end() ? nullptr : &found->second;
}

const DerivedTable::Source* DerivedTable::find_crc32(std::uint32_t crc) const {
    const auto found = crcs_.find(crc);
    return found == crcs_.end() ? nullptr : &found->second;
}

const DerivedTable::Source* DerivedTable::find_size(std::uint64_t size) const {
    const auto found = sizes_.find(size);
    return found == sizes_.end() ? nullptr : &found->second;
}

std::int64_t SideClues::clock() const {
    return created.value_or(newest_mtime);
}

bool SideClues::in_window(std::int64_t seconds) const {
    if (oldest_mtime <= 0 || clock() <= 0) return false;
    return seconds >= minus(oldest_mtime, seconds_a_day) && seconds <= plus(clock(), seconds_a_day);
}

bool Clues::plausible_times(std::int64_t published, std::int64_t rebuilt) const {
    if (side[0].mtimes.contains(published) && side[1].mtimes.contains(rebuilt)) return true;
    if (side[0].source_date_epoch == published && side[1].source_date_epoch == rebuilt) return true;
    if (!side[0].in_window(published) || !side[1].in_window(rebuilt)) return false;
    const std::int64_t builds = minus(side[1].clock(), side[0].clock());
    const std::int64_t slack = std::max(magnitude(builds) / 10, seconds_an_hour);
    return magnitude(minus(minus(rebuilt, published), builds)) <= slack;
}

} // namespace touchstone
