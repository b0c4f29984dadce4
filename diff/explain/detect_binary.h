// Detectors for binary leaves that live in files of their own; the table is in detect_binary.cpp.
#pragma once

#include "diff/explain/analyzer.h"

namespace touchstone {

/// C2: the raw bytes or the hexadecimal text of a digest of another divergent file; detect_binary_digest.cpp.
void find_binary_digests(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                         std::vector<Difference>& found);
/// R3: the same signed content with two random signatures; detect_binary_der.cpp.
void find_signatures(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                     std::vector<Difference>& found);
/// T8: notBefore and notAfter moved together; detect_binary_der.cpp.
void find_expiries(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                   std::vector<Difference>& found);

} // namespace touchstone
