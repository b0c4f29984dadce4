// `touchstone diff --attest`: the verdict as a signed statement, in a file or beside the image in its registry.
#pragma once

#include "attest/envelope.h"
#include "attest/predicate.h"
#include "attest/registry_statements.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/streams.h"
#include "image/image.h"

#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// How a statement is written down. A table has the names.
struct AttestForm {
    EnvelopeForm envelope = EnvelopeForm::dsse;
    StatementPlace place = StatementPlace::referrer; ///< in a registry
};

struct AttestOptions {
    std::string file; ///< or docker://NAME; empty: no statement is wanted
    std::string key;
    std::string passphrase;
    std::optional<AttestForm> form; ///< by default an envelope in a file, a bundle in a registry
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

/// What can be known of the published images before their layers are read: that there are any, and where statements go
/// to a registry, that it has their manifests and lets us push. Nothing without --attest.
void check_attestation(const AttestOptions& options, const std::vector<const Image*>& published,
                       const RemoteOptions& remote);

/// Writes a statement about each comparison: the file, a line each, appears whole; or attaches each to its published
/// image. Returns what is to be said on standard error, whole lines; may be empty.
std::string write_attestation(const AttestOptions& options, const PrivateKey& key, const AttestedRun& run,
                              const RemoteOptions& remote, bool force);

} // namespace touchstone
