// The other end of a ByteSource: something that takes bytes. A hash, a file, or both.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace touchstone {

class ByteSink {
public:
    virtual ~ByteSink() = default;
    /// Takes all of `bytes`, or throws Error. A sink belongs to one thread at a time.
    virtual void write(ByteView bytes) = 0;
    void write(std::string_view text) { write(as_bytes(text)); }
    /// Takes a block that its owner needs no more, and may keep its memory for other memory.
    virtual void take(std::string& block) { write(std::string_view(block)); }
};

/// Wants nothing.
class NullSink final : public ByteSink {
public:
    using ByteSink::write;
    void write(ByteView) override {}
};

/// Keeps what it is given.
class StringSink final : public ByteSink {
public:
    using ByteSink::write;
    void write(ByteView bytes) override { text_ += as_text(bytes); }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// Hashes and counts what passes to another sink, which must outlive it; with none, it only hashes.
class HashingSink final : public ByteSink {
public:
    explicit HashingSink(ByteSink* inner = nullptr) : inner_(inner) {}
    using ByteSink::write;
    void write(ByteView bytes) override {
        hasher_.update(bytes);
        size_ += bytes.size();
        if (inner_ != nullptr) inner_->write(bytes);
    }
    std::uint64_t size() const { return size_; }
    /// The sha256 of everything so far; ends the message.
    Digest finish() { return hasher_.finish(); }

private:
    ByteSink* inner_;
    Hasher hasher_;
    std::uint64_t size_ = 0;
};

} // namespace touchstone
