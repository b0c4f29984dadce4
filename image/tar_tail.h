// What follows the end marker: zero blocks as a rule, the eStargz table of contents sometimes, anything in a hostile
// layer.
#pragma once

#include "image/oddity_log.h"
#include "image/tar_input.h"
#include "image/tar_reader.h"

namespace touchstone {

/// Reads the rest of the stream, fills `tail` and reports what is odd about it.
void read_tar_tail(TarInput& input, TarTail& tail, OddityLog& log);

} // namespace touchstone
