// Gathers small writes to blocks: a layer of small files would otherwise cost a hash update and a system call for each
// header and each file.
#pragma once

#include "base/sink.h"

#include <cstdint>
#include <string>

namespace touchstone {

class BlockSink final : public ByteSink {
public:
    /// `inner` must outlive the sink, and gets everything only after flush().
    explicit BlockSink(ByteSink& inner) : inner_(inner) { block_.reserve(capacity); }
    using ByteSink::write;
    void write(ByteView bytes) override {
        if (block_.size() + bytes.size() > capacity) flush();
        block_ += as_text(bytes);
        size_ += bytes.size();
        if (block_.size() >= capacity) flush();
    }
    void flush() {
        if (block_.empty()) return;
        inner_.take(block_);
        block_.clear();
        block_.reserve(capacity);
    }
    /// Bytes written so far.
    std::uint64_t size() const { return size_; }

private:
    static constexpr std::size_t capacity = std::size_t{256}
                                            << 10; // what the tar reader gives at most, so it is passed on
    ByteSink& inner_;
    std::string block_;
    std::uint64_t size_ = 0;
};

} // namespace touchstone
