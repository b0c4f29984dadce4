// DSSE envelopes (github.com/secure-systems-lab/dsse, protocol 1.0.2) and the Sigstore bundle v0.3 around one: who
// signed which bytes. What the bytes mean is attest/statement's; they are handed on as they were signed, never parsed
// before.
#pragma once

#include "attest/keys.h"
#include "base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// A statement with the largest accepted list of files has a megabyte; base64 and a bundle add a half.
constexpr std::size_t longest_envelope = std::size_t{8} << 20; // bytes
/// Signatures of one envelope, and keys of one command: what is tried is their product.
constexpr std::size_t most_signatures = 64;

/// The only payload type that is accepted here, and by cosign and slsa-verifier.
constexpr std::string_view statement_payload_type = "application/vnd.in-toto+json";

struct EnvelopeSignature {
    std::string keyid; ///< a hint of the signer's; never trusted; raw
    std::string bytes;
};

struct Envelope {
    std::string payload_type; ///< raw
    std::string payload;      ///< the bytes that were signed
    std::vector<EnvelopeSignature> signatures;
    bool bundled = false; ///< it came in a Sigstore bundle
};

/// Pre-authentication encoding: what is signed in place of the payload.
std::string pae(std::string_view type, std::string_view body);

/// Reads a DSSE envelope, or a bundle of media type v0.1 to v0.3 with one. Base64 may be of either alphabet; unknown
/// fields are ignored. Throws malformed, over_limit, and unsupported for a bundle of another kind. `what` is printable.
Envelope parse_envelope(std::string_view text, std::string_view what);

/// One signature, without a keyid: verifiers in Go take any that is not theirs for a signature of another key.
Envelope sign_payload(std::string_view payload, const PrivateKey& key);

enum class EnvelopeForm : std::uint8_t { dsse, bundle };
/// One JSON document on one line, with an LF. A bundle says `hint` (PublicKey::hint) about the key.
std::string render_envelope(const Envelope& envelope, EnvelopeForm form, std::string_view hint);

/// The keys, by their places in `keys`, each at most once, that signed the payload. Throws unverified where there are
/// no signatures, where none matches a key, and where the payload is of another type than a statement.
std::vector<std::size_t> verify_envelope(const Envelope& envelope, const std::vector<PublicKey>& keys,
                                         std::string_view what);

} // namespace touchstone
