// The small streams. Blocks are 256 KiB, the size at which reading, hashing and inflating stopped getting faster.
#include "base/source.h"

#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace touchstone {

namespace {

constexpr std::size_t block_size = std::size_t{256} << 10;
/// Blocks of the reader's that wait to be hashed: evens out some that inflate quickly.
constexpr std::size_t most_kept = 8;

/// Moves what fits from `from` to `buffer`.
std::size_t take(ByteView from, ByteSpan buffer) {
    const std::size_t count = std::min(from.size(), buffer.size());
    std::copy_n(from.begin(), count, buffer.begin());
    return count;
}

} // namespace

std::size_t read_full(ByteSource& source, ByteSpan buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const std::size_t count = source.read(buffer.subspan(filled));
        if (count == 0) break;
        filled += count;
    }
    return filled;
}

std::string read_all(ByteSource& source, std::uint64_t limit, std::string_view what) {
    std::string all;
    std::vector<std::uint8_t> block(std::min<std::uint64_t>(block_size, limit) + 1);
    while (const std::size_t count = source.read(block)) {
        if (count > limit - all.size()) {
            fail(ErrorKind::over_limit, fmt::format("{}: longer than the limit of {} bytes", what, limit));
        }
        all += as_text(ByteView(block).first(count));
    }
    return all;
}

std::uint64_t drain(ByteSource& source) {
    const auto block = std::make_unique_for_overwrite<std::uint8_t[]>(block_size); // often for nothing: not cleared
    std::uint64_t total = 0;
    while (const std::size_t count = source.read({block.get(), block_size})) total += count;
    return total;
}

void ByteSource::accepted(const Digest&) {}

std::uint64_t ByteSource::skip(std::uint64_t count) {
    std::vector<std::uint8_t> block(std::min<std::uint64_t>(block_size, count));
    std::uint64_t skipped = 0;
    while (skipped < count) {
        const std::size_t got = read(ByteSpan(block).first(std::min<std::uint64_t>(block.size(), count - skipped)));
        if (got == 0) break;
        skipped += got;
    }
    return skipped;
}

std::size_t MemorySource::read(ByteSpan buffer) {
    const std::size_t count = take(rest_, buffer);
    rest_ = rest_.subspan(count);
    return count;
}

std::size_t PrefixedSource::read(ByteSpan buffer) {
    if (used_ == prefix_.size()) return rest_->read(buffer);
    const std::size_t count = take(as_bytes(prefix_).subspan(used_), buffer);
    used_ += count;
    return count;
}

std::uint64_t PrefixedSource::skip(std::uint64_t count) {
    const std::uint64_t from_prefix = std::min<std::uint64_t>(count, prefix_.size() - used_);
    used_ += static_cast<std::size_t>(from_prefix);
    return from_prefix + (count > from_prefix ? rest_->skip(count - from_prefix) : 0);
}

VerifyingSource::VerifyingSource(std::unique_ptr<ByteSource> inner, Expected expected, std::string what,
                                 StreamHash* same_bytes)
    : inner_(std::move(inner)), expected_(expected), what_(std::move(what)),
      same_bytes_(same_bytes != nullptr && same_bytes->algorithm() == algorithm() ? same_bytes : nullptr),
      hasher_(algorithm()), lane_([this](ByteView bytes) { hasher_.update(bytes); }, most_kept) {}

std::optional<Digest> VerifyingSource::digest_of_all(std::uint64_t bytes) {
    return verified_ && bytes_ == bytes ? std::optional(digest_) : std::nullopt;
}

std::size_t VerifyingSource::read(ByteSpan buffer) {
    if (buffer.empty() || verified_) return 0;
    if (failed_) fail(ErrorKind::unverified, fmt::format("{}: was not what it should be", what_));

    // One byte more than is promised is asked for: enough to notice that there is more, without reading it.
    std::size_t wanted = buffer.size();
    if (expected_.size && *expected_.size - bytes_ < wanted) {
        wanted = static_cast<std::size_t>(*expected_.size - bytes_) + 1;
    }
    const std::size_t count = inner_->read(buffer.first(wanted));
    bytes_ += count;
    if (expected_.size && bytes_ > *expected_.size) {
        failed_ = true;
        fail(ErrorKind::unverified, fmt::format("{}: expected {} bytes, found more", what_, *expected_.size));
    }
    if (same_bytes_ == nullptr) lane_.update(buffer.first(count));
    if (count != 0) return count;

    failed_ = true; // until the checks have held; there is no second try
    lane_.finish();
    const std::optional<Digest> digest = same_bytes_ != nullptr ? same_bytes_->digest_of_all(bytes_) : hasher_.finish();
    if (!digest) fail(ErrorKind::unverified, what_ + ": ended before what it was read from did");
    digest_ = *digest;
    if (expected_.size && bytes_ != *expected_.size) {
        fail(ErrorKind::unverified, fmt::format("{}: expected {} bytes, found {}", what_, *expected_.size, bytes_));
    }
    if (expected_.digest && digest_ != *expected_.digest) {
        fail(ErrorKind::unverified,
             fmt::format("{}: expected {}, found {}", what_, expected_.digest->string(), digest_.string()));
    }
    failed_ = false;
    verified_ = true;
    if (expected_.digest) inner_->accepted(digest_);
    return 0;
}

} // namespace touchstone
