// Comparisons with explanations, made by hand: one as an audit of a real image gives it, one whose every text tries to
// break out of a page, and one with as many files as are wanted. The renderers are tested with them before and apart
// from the engine that fills such values.
#pragma once

#include "report/report.h"

#include <cstddef>

namespace touchstone::test {

/// A web server of Debian packages, some Python and a jar: every standing, every section of a report.
Comparison explained_images();

/// Names and contents that are markup, quotes, fences, mentions, control and bidi characters, or no UTF-8 at all; in
/// every field of an explanation and of the findings.
Comparison hostile_explanation();

/// `files` divergent files in `files / 40` directories. The first `examined` are explained with a view each.
Comparison crowd_of_files(std::size_t files, std::size_t examined);

/// One comparison as a report that requires same-files.
Report report_on(Comparison comparison);

} // namespace touchstone::test
