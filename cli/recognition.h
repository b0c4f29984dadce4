// `touchstone verify` with a record or a ledger: is this image the one that was recorded?
#pragma once

#include "cli/streams.h"
#include "diff/comparison.h"
#include "diff/stack.h"
#include "image/image.h"

#include <string>

namespace touchstone {

struct RecognitionOptions {
    std::string record; ///< a file, or
    std::string ledger; ///< a folder; both empty: nothing is to be recognized
    Verdict required = Verdict::same_files;
    bool require_given = false;
    bool wanted() const { return !record.empty() || !ledger.empty(); }
};

/// Throws usage where the options contradict each other.
void check_recognition(const RecognitionOptions& options, const OpenOptions& open);

/// Reads and verifies the image, and prints the verdict unless `quiet`. True when it is good enough.
bool recognize_image(const std::string& reference, const RecognitionOptions& options, const OpenOptions& open,
                     LoadOptions load, bool json, bool color, bool quiet, Streams& streams);

} // namespace touchstone
