// GNU sparse maps in their three encodings (old GNU headers, pax 0.0/0.1, pax 1.0), read and checked as Go does,
// bounded where Go before 1.24.8 was not (CVE-2025-58183).
#pragma once

#include "image/tar_header.h"
#include "image/tar_input.h"
#include "image/tar_pax.h"

#include <cstdint>
#include <vector>

namespace touchstone {

/// A stretch of data in the expanded file; what lies between is holes.
struct SparseRegion {
    std::int64_t offset = 0;
    std::int64_t length = 0;
};

enum class SparseFormat : std::uint8_t { none, old_gnu, pax_0, pax_1 };

/// Which sparse format a member has, from its records alone (old_gnu comes from the typeflag).
SparseFormat sparse_format_of(const PaxRecords& records);

struct SparseMap {
    std::vector<SparseRegion> regions; ///< reused from member to member
    std::int64_t size = 0;             ///< of the expanded file

    /// From the header block and the extension blocks that follow it in `input`, which are mixed into `hash`.
    void read_old_gnu(ByteView block, TarInput& input, const TarPlace& place, std::uint64_t limit, std::uint64_t& hash);
    void read_pax_0(const PaxRecords& records, const TarPlace& place, std::uint64_t limit);
    /// From the front of the member's content; returns how many bytes of it the map took.
    std::uint64_t read_pax_1(TarInput& input, std::uint64_t content, const TarPlace& place, std::uint64_t limit);

    /// Go's validateSparseEntries, and that `content` bytes are exactly what the regions need. Throws malformed.
    void check(std::uint64_t content, const TarPlace& place) const;

private:
    void add(std::int64_t offset, std::int64_t length, const TarPlace& place, std::uint64_t limit);
};

} // namespace touchstone
