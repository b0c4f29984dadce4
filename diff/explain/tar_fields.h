// Where the fields of a tar member lie: its extension headers with their records, its own header block, sparse blocks.
#pragma once

#include "base/bytes.h"
#include "diff/explain/fields.h"

#include <cstdint>
#include <optional>

namespace touchstone::archives {

/// One member with everything in front of it that belongs to it.
struct TarExtent {
    std::uint64_t own = 0; ///< its own header block
    Span data;             ///< as stored: of a sparse file the stretches that are not holes
    std::uint64_t end = 0; ///< with padding
};
/// The member whose first block is at `start`; empty where the blocks do not hold one whole.
std::optional<TarExtent> find_tar_extent(ByteView bytes, std::uint64_t start);

/// The fields of the blocks in `header`, which find_tar_extent has measured.
void add_tar_fields(ByteView bytes, const Span& header, Fields& fields);

} // namespace touchstone::archives
