// What follows for one file once all its causes are known: how much they cover, the class that counts, the one remedy.
#pragma once

#include "diff/explain/explanation.h"

namespace touchstone {

/// Sets coverage, worst, remedy (where none is set) and derived_of from `causes`, `part` and `explained`. `whole`: a
/// cause explains the file as a whole, whatever its bytes are.
void conclude_file(FileExplanation& file, bool whole);

} // namespace touchstone
