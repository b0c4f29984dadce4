// How zstd and lz4 files divide into frames. Decoders pass over skippable frames, so these can hold anything: they are
// fields of their own, and no two of them are equal because the content is.
#pragma once

#include "base/bytes.h"
#include "diff/explain/fields.h"

#include <optional>

namespace touchstone::archives {

/// Frames that tile the file: data frames of kind encoding, skippable ones plain. Empty where they do not.
std::optional<Fields> zstd_frames(ByteView bytes);
std::optional<Fields> lz4_frames(ByteView bytes);

} // namespace touchstone::archives
