// The rows of a SQLite database as text, read from memory by a SQLite that may do nothing else: no functions, no
// virtual tables, no triggers or views, no writing, bounded work.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <optional>
#include <string>

namespace touchstone {

/// One line for each object of the schema and each row, in the order of the tables. Nothing where the database is
/// damaged (an index that disagrees with its table is damage, too), has virtual tables in the way, or is too large:
/// more than `limit` bytes of text or `lines` lines.
std::optional<std::string> dump_sqlite(ByteView bytes, std::uint64_t limit, std::uint64_t lines);

} // namespace touchstone
