// The parts of the text report. Each draws what it has to say and nothing, not even a heading, where it has nothing to
// say. text_report.cpp puts them in the order in which an auditor reads.
#pragma once

#include "diff/comparison.h"
#include "report/canvas.h"
#include "report/items.h"
#include "report/report.h"

#include <string>
#include <vector>

namespace touchstone {

/// Both sides: reference, platform, digests, layers, files; and how many paths are equal.
void draw_sides(Canvas& canvas, const Comparison& comparison);
/// What both stand on; nothing for null.
void draw_bases(Canvas& canvas, const RecordedBases* bases);
/// One side by itself.
void draw_side(Canvas& canvas, const SideSummary& side);

/// Security findings, then real ones: image, files, config, layers.
void draw_findings(Canvas& canvas, const Comparison& comparison, const TextOptions& options);

/// Why one file differs: causes, cover, owner, remedy, and what differs inside it, in at most `view_lines` lines of a
/// view. Nothing without an explanation.
void draw_explanation(Canvas& canvas, const Item& item, std::size_t view_lines);
/// "  T2 text-date", "  not explained": the same in a crowd; empty without an explanation.
std::string explanation_in_short(const Item& item);
/// At the end: what was accepted, what has one source, and the changes that would settle most.
void draw_settlement(Canvas& canvas, const Comparison& comparison, const TextOptions& options);

/// Ambiguous oddities, then unusual ones, then notes as counts. What both sides share is said once.
void draw_oddities(Canvas& canvas, const std::vector<const SideSummary*>& sides, const TextOptions& options);

/// Noise as counts; one by one with `all`.
void draw_noise(Canvas& canvas, const Comparison& comparison, const TextOptions& options);

/// "layer 2 <- RUN make install; provenance claims Dockerfile:4: RUN make install", or without a claim that is not
/// there.
std::string layer_text(const SideSummary& side, int layer, std::size_t width);

/// How many paths have a finding that is not noise.
std::uint64_t differing_paths(const Summary& summary);

} // namespace touchstone
