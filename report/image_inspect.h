// `touchstone inspect` and `touchstone verify`: one image by itself, as text and as JSON. Inspecting shows what the
// documents claim; a verification shows what was read and found to be so.
#pragma once

#include "diff/comparison.h"
#include "image/image.h"
#include "report/referrers.h"

#include <string>
#include <vector>

namespace touchstone {

/// An opened image and, per layer, the compression that its first bytes show; and what a registry has about it.
struct Inspection {
    const Image* image = nullptr;
    std::vector<std::string> compression;
    std::vector<SubjectReferrers> referrers; ///< of its manifest and of the index behind its name; only of a registry
};

std::string render_inspection_text(const std::vector<Inspection>& images);
/// touchstone.inspection/1 (docs/outputs.schema.json), with an LF at the end.
std::string render_inspection_json(const std::vector<Inspection>& images);

struct VerificationOptions {
    bool color = false;
    bool all = false; ///< list every oddity, notes too
};

/// What was verified, per platform; every layer has been read.
std::string render_verification_text(const std::vector<SideSummary>& images, const VerificationOptions& options);
/// touchstone.verification/1 (docs/outputs.schema.json), with an LF at the end.
std::string render_verification_json(const std::vector<SideSummary>& images, bool all);

} // namespace touchstone
