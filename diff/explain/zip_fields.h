// The fields of a zip member's two headers, with what kind each is.
#pragma once

#include "base/bytes.h"
#include "diff/explain/fields.h"

#include <cstdint>

namespace touchstone::archives {

/// `readable`: the content is compared unpacked, so that its checksum and packing say nothing more. The headers at
/// these offsets parse.
void add_local_fields(ByteView bytes, std::uint64_t offset, bool readable, Fields& fields);
void add_directory_fields(ByteView bytes, std::uint64_t offset, bool readable, Fields& fields);

} // namespace touchstone::archives
