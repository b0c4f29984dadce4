// Statements in registries: attached to the image that they are about as a referrer of the OCI 1.1 specifications, in
// the way that cosign does (spec: sigstore's cosign, BUNDLE_SPEC), or under the tag of its older way (the same,
// specs/ATTESTATION_SPEC and specs/SIGNATURE_SPEC), and found there again.
#pragma once

#include "attest/check.h"
#include "attest/envelope.h"
#include "base/digest.h"
#include "image/remote/attach.h"
#include "image/remote/options.h"
#include "image/remote/registry_name.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

enum class StatementPlace : std::uint8_t {
    referrer,   ///< an artifact that names the image as its subject
    cosign_tag, ///< a layer of the manifest under the tag "sha256-<hex>.att"; the envelope is a bare one
};

struct StatementToAttach {
    std::string text; ///< of render_envelope
    EnvelopeForm form = EnvelopeForm::bundle;
    StatementPlace place = StatementPlace::referrer;
    std::string predicate_type;
    std::int64_t time = 0; ///< unix seconds
};

struct AttachedStatement {
    std::string name; ///< "docker://REPOSITORY@DIGEST", or with the tag
    ReferrerSource listed = ReferrerSource::api;
};

/// Attaches it to the manifest `subject`, which must lie in the repository: else nobody would look for it there. Throws
/// unreadable where it does not, and what attach() and attach_by_tag() throw.
AttachedStatement attach_statement(const RegistryName& repository, const RemoteOptions& remote, const Digest& subject,
                                   const StatementToAttach& statement);

/// Throws, before there is a statement, where attaching one to each of these manifests would fail: a manifest is not
/// there, or we may not push.
void check_attachable(const RegistryName& repository, const RemoteOptions& remote, const std::vector<Digest>& subjects);

/// What the repository holds beside the manifests `subjects` that looks like a signed statement: referrers with DSSE
/// envelopes or bundles, and cosign's tags `.att`. Whoever may push can have put it there, so nothing is known of it,
/// not even that it can be read (see is_usable). At most most_statements; `left_out` counts the rest. The names are
/// "docker://REPOSITORY@DIGEST" of the referrer.
struct FoundStatements {
    std::vector<SignedFile> files;
    std::size_t left_out = 0;
};
FoundStatements find_statements(const RegistryName& repository, const RemoteOptions& remote,
                                const std::vector<Digest>& subjects);

} // namespace touchstone
