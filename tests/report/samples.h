// Comparisons made by hand, one per thing that a report must be able to say. They are values, so that the renderers are
// tested without an image in sight; tests/diff and tests/cli show that real images give such values.
#pragma once

#include "report/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace touchstone::test {

struct Sample {
    std::string_view name; ///< of its golden files
    Report report;
    TextOptions text;
};

std::vector<Sample> samples();

/// The history is word for word the same, and three files are not: one with other bytes, one with other permissions,
/// one that only the rebuilt side has.
Comparison forged_history();
Comparison identical_images();
/// Differs in encoding only; `keep_noise` keeps each difference.
Comparison equivalent_images(bool keep_noise);
/// One layer was split in two.
Comparison split_layer();
/// Files that differ above a layer that both images share, which was not listed.
Comparison shared_bottom();
/// Names and values that try to steer a terminal, or are not UTF-8.
Comparison hostile_names();
/// More files than fit a screen, in three directories.
Comparison many_files();
/// A construct that runtimes read differently, an unusual one, and many ordinary ones.
Comparison odd_images();

/// The same comparison with the sides exchanged.
Comparison mirrored(const Comparison& comparison);

} // namespace touchstone::test
