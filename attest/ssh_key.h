// Public keys as OpenSSH writes them, one on a line (sshd(8), "AUTHORIZED_KEYS FILE FORMAT", without options; RFC 4253
// section 6.6, RFC 5656 section 3.1, RFC 8709 section 4), to and from what other programs read. Pure text and bytes.
#pragma once

#include "attest/keys.h"

#include <string>
#include <string_view>

namespace touchstone {

/// Whether the text begins with the name of a type of OpenSSH's keys, known here or not.
bool is_ssh_key(std::string_view text);

/// The DER SubjectPublicKeyInfo of the one key in `text`; whether its point lies on the curve was not looked at. Throws
/// unsupported for another type, by its name, and malformed; `what` is printable.
std::string spki_of_ssh(std::string_view text, std::string_view what);

/// The bytes that OpenSSH writes in base64 and takes fingerprints of. `spki` is DER, of a point that is not compressed.
std::string ssh_blob(KeyType type, std::string_view spki);

/// What stands before the point of a P-256 key in its DER SubjectPublicKeyInfo (RFC 5480).
std::string_view p256_spki_start();

} // namespace touchstone
