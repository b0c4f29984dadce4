// `touchstone verify --checksums`: are the files of this image those of the lists that somebody published?
#pragma once

#include "attest/checksum_check.h"
#include "cli/command_line.h"
#include "cli/streams.h"
#include "image/image.h"

#include <string>
#include <vector>

namespace touchstone {

struct ChecksumsOptions {
    std::vector<std::string> lists; ///< files; empty: nothing is to be compared
    std::string key;                ///< a PEM file, or env:NAME; empty: nobody vouches
    std::string signature;          ///< of the only list; empty: the list's name with .sig
    bool ignore_missing = false;
    bool complete = false;
    bool wanted() const { return !lists.empty(); }
};

/// How the answer is shown.
struct ChecksumsShown {
    bool json = false;
    bool all = false;
    bool color = false;
    bool quiet = false;
};

void add_checksums_options(CommandLine& line, ChecksumsOptions& options);

/// Throws usage where the options contradict each other. `recognition`: a record or a ledger was given, too.
void check_checksums(const ChecksumsOptions& options, bool recognition, const OpenOptions& open);

/// Reads the lists and verifies their signatures, then the image, and prints what was found. True when all of it holds.
bool compare_checksums(const std::string& reference, const ChecksumsOptions& options, const OpenOptions& open,
                       LoadOptions load, const ChecksumsShown& shown, Streams& streams);

} // namespace touchstone
