// `touchstone diff --attest`: the verdict as a signed statement, in a file or beside the image in its registry.
#pragma once

#include "attest/envelope.h"
#include "attest/predicate.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/streams.h"
#include "image/remote/options.h"

#include <optional>
#include <string>
#include <vector>

namespace touchstone {

struct AttestOptions {
    std::string file; ///< or docker://NAME; empty: no statement is wanted
    std::string key;
    std::string passphrase;
    std::optional<EnvelopeForm> form; ///< by default an envelope in a file, a bundle in a registry
    PredicateKind kind = PredicateKind::touchstone;
    bool shaped = false; ///< form or kind were given
};

/// --attest, --attest-key, --attest-passphrase, --attest-format and --attest-as. (--key is the key of a registry's
/// client certificate.)
void add_attest_options(CommandLine& line, AttestOptions& options);

/// Throws usage for what cannot work, and reads the key, so that all that can be wrong with it is known before the
/// images are read. Nothing without --attest.
std::optional<PrivateKey> prepare_attestation(const AttestOptions& options, const std::vector<Output>& outputs,
                                              bool force, const Streams& streams);

/// Writes the statement: the file appears whole; or attaches it to the published image. Returns what is to be said on
/// standard error, whole lines; may be empty.
std::string write_attestation(const AttestOptions& options, const PrivateKey& key, const AttestedRun& run,
                              const RemoteOptions& remote, bool force);

} // namespace touchstone
