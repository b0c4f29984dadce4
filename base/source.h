// One-call streams, composed: a ByteSource is read until it returns 0, and adapters of a few lines bound, hash or
// inflate what another one gives. A check that belongs to a stream (size, digest) is made by the stream, at its end.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"
#include "base/lane.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Writes up to buffer.size() bytes to `buffer`, returns how many; 0 means the end (and stays 0), or an empty
    /// buffer. Throws Error. Not thread-safe; a source belongs to one thread at a time.
    virtual std::size_t read(ByteSpan buffer) = 0;
    /// Passes over up to `count` bytes; returns how many there were, less only at the end. By default it reads them;
    /// sources that can seek do that.
    virtual std::uint64_t skip(std::uint64_t count);
    /// Called by whoever has read this source to its end and found that all of it has this digest, as was promised. For
    /// sources that keep what passes.
    virtual void accepted(const Digest& digest);
};

/// Reads until `buffer` is full or the source ends; returns how many bytes it holds.
std::size_t read_full(ByteSource& source, ByteSpan buffer);

/// Everything that is left, at most `limit` bytes; throws over_limit naming `what` (printable) when there is more.
std::string read_all(ByteSource& source, std::uint64_t limit, std::string_view what);

/// Reads and drops the rest; returns how many bytes that was.
std::uint64_t drain(ByteSource& source);

/// A source over bytes that outlive it.
class MemorySource final : public ByteSource {
public:
    explicit MemorySource(ByteView bytes) : rest_(bytes) {}
    explicit MemorySource(std::string_view text) : rest_(as_bytes(text)) {}
    std::size_t read(ByteSpan buffer) override;

private:
    ByteView rest_;
};

/// Gives a few bytes that were read ahead (sniffing), then the rest of the source. Owns both.
class PrefixedSource final : public ByteSource {
public:
    PrefixedSource(std::string prefix, std::unique_ptr<ByteSource> rest)
        : prefix_(std::move(prefix)), rest_(std::move(rest)) {}
    std::size_t read(ByteSpan buffer) override;
    std::uint64_t skip(std::uint64_t count) override;

private:
    std::string prefix_;
    std::size_t used_ = 0;
    std::unique_ptr<ByteSource> rest_;
};

/// What a blob must turn out to be. What is absent is not checked (a docker-archive gives neither for its layers).
struct Expected {
    std::optional<Digest> digest;
    std::optional<std::uint64_t> size;
};

/// Something that hashes bytes which another one passes on unchanged, so that they need not be hashed again.
class StreamHash {
public:
    virtual ~StreamHash() = default;
    virtual DigestAlgorithm algorithm() const = 0;
    /// The digest of the whole stream. Only at its end, where `bytes` have come out of it; nothing if those are not all
    /// that was hashed. Asked once.
    virtual std::optional<Digest> digest_of_all(std::uint64_t bytes) = 0;
};

/// Counts and hashes what passes through. At the end of the stream it compares with `expected` and throws unverified,
/// naming `what`, the expected and the found value; it refuses to read past the expected size. When no digest is
/// expected it computes sha256.
class VerifyingSource final : public ByteSource, public StreamHash {
public:
    /// `same_bytes`, where given, hashes what `inner` passes on unchanged: its digest is taken over instead of computed
    /// again, if it is of the wanted algorithm. It must outlive this source.
    VerifyingSource(std::unique_ptr<ByteSource> inner, Expected expected, std::string what,
                    StreamHash* same_bytes = nullptr);
    /// The inner source lives as long as this one, also after the end: those who hold it may go on asking it.
    std::size_t read(ByteSpan buffer) override;
    /// True once the end was reached and the checks held.
    bool verified() const { return verified_; }
    std::uint64_t bytes() const { return bytes_; }
    /// The digest of the whole stream; only after verified().
    const Digest& digest() const { return digest_; }
    /// What hashes the stream: others may be let to help with it.
    Lane& lane() { return lane_; }
    DigestAlgorithm algorithm() const override { return algorithm_of(expected_); }
    std::optional<Digest> digest_of_all(std::uint64_t bytes) override;
    /// Of the digest that is expected or computed.
    static DigestAlgorithm algorithm_of(const Expected& expected) {
        return expected.digest ? expected.digest->algorithm : DigestAlgorithm::sha256;
    }

private:
    std::unique_ptr<ByteSource> inner_;
    Expected expected_;
    std::string what_;
    StreamHash* same_bytes_;
    Hasher hasher_;
    Lane lane_; ///< feeds hasher_
    std::uint64_t bytes_ = 0;
    Digest digest_;
    bool verified_ = false;
    bool failed_ = false;
};

} // namespace touchstone
