// Where the parts of a gzip file lie (RFC 1952): headers with their fields, deflate streams, trailers, padding.
#pragma once

#include "diff/explain/unpack.h"

#include <string>
#include <vector>

namespace touchstone::archives {

struct GzipMember {
    Fields fields; ///< of header and trailer
    Span body;
};

struct GzipFile {
    std::vector<GzipMember> members;
    Span padding; ///< zeros behind the last one
    std::string content;
};

/// Reads all of `bytes`, checking header checksums, CRC-32 and ISIZE. `own_name` is what the file itself would be
/// called when unpacked.
UnpackStatus read_gzip(ByteView bytes, std::string_view own_name, Analyzer& analyzer, GzipFile& file);

} // namespace touchstone::archives
