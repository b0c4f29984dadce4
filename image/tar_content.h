// The content of one member as it streams by: plain bytes, or the data regions of a sparse file with zeros in between.
#pragma once

#include "image/tar_input.h"
#include "image/tar_sparse.h"

#include <cstdint>

namespace touchstone {

class TarContent {
public:
    explicit TarContent(TarInput& input) : input_(input) {}

    /// `place` must outlive the content: its name lies in the arena.
    void start(std::uint64_t size, const TarPlace& place);
    /// `map` was checked against `size` bytes of data; it must stay as it is until the content is finished.
    /// `padding_base` is the member's size in the archive, map included.
    void start_sparse(const SparseMap& map, std::uint64_t data, std::uint64_t padding_base, const TarPlace& place);

    /// The next stretch; empty at the end. Throws malformed when the archive ends first.
    ByteView next();
    /// Drops what was not read.
    void skip();
    /// How many bytes of padding follow in the archive.
    std::size_t padding() const { return padding_of(stored_); }

private:
    ByteView data(std::uint64_t most);
    ByteView next_sparse();

    TarInput& input_;
    TarPlace place_;
    std::uint64_t left_ = 0;   // bytes of data still in the archive
    std::uint64_t stored_ = 0; // bytes of the member in the archive
    const SparseMap* map_ = nullptr;
    std::size_t region_ = 0;
    std::int64_t at_ = 0; // in the expanded file
};

} // namespace touchstone
