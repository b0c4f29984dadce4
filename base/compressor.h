// Deflating, so that the same bytes in give the same bytes out: gzip by zlib and zstd by libzstd, with fixed parameters
// and no clock, name, thread or processor in the result. Never by ISA-L, whose output depends on the type of processor.
// What is not fixed is the library, another version of which may compress otherwise: so each stream has a record of it.
#pragma once

#include "base/bytes.h"
#include "base/compression.h"
#include "base/sink.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace touchstone {

/// One compressed stream; the two libraries have one each (compressor.cpp).
class Encoder {
public:
    virtual ~Encoder() = default;
    /// Compresses `input`, and ends the stream when it is the last.
    virtual void encode(ByteView input, bool last, ByteSink& out) = 0;
};

/// Compresses what is written to it into another sink, which must outlive it. `none` passes everything through.
/// How the bytes are cut into calls of write() does not change the result: the libraries get them in pieces of a fixed
/// size. Memory: one such piece, the library's window and tables, and a block of output; below 8 MiB for both.
class CompressingSink final : public ByteSink {
public:
    CompressingSink(Compression kind, ByteSink& out);
    using ByteSink::write;
    /// Throws usage after finish(), and what the other sink throws; nothing may be written after that.
    void write(ByteView bytes) override;
    /// Writes what is held back and the end of the stream: without it the output is cut off. Once only.
    void finish();

private:
    void expect_open() const;

    ByteSink& out_;
    std::unique_ptr<Encoder> encoder_; // null for none
    std::vector<std::uint8_t> piece_;  // what is not compressed yet; less than one piece between calls
    bool finished_ = false;
};

/// All that decides the compressed bytes besides the content, as text: "gzip zlib-1.2.13 level=6 window=15 memory=8",
/// "zstd libzstd-1.5.4 level=3 window=21 checksum". Versions are those of the libraries that run. Empty for none.
std::string compression_record(Compression kind);

} // namespace touchstone
