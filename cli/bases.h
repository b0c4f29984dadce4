// What the sides of a comparison stand on, by the user's ledger of images.
#pragma once

#include "attest/base_search.h"
#include "report/report.h"

#include <span>

namespace touchstone {

/// Fills Report::bases from what the comparisons know of the layers: diffIDs, and canonical digests where they were
/// computed. Nothing is read.
void find_recorded_bases(std::span<const KnownImage> known, Report& report);

} // namespace touchstone
