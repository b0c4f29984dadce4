// What OpenSSL says about certificates and keys, for the PEM and X.509 handlers.
#pragma once

#include "base/bytes.h"

#include <string>

namespace touchstone {

struct CertificateInfo {
    bool valid = false;       ///< parsed by OpenSSL, every byte used
    std::string subject;      ///< RFC 2253, printable
    bool self_issued = false; ///< subject and issuer are the same name
    bool self_signed = false; ///< and the signature verifies with its own key
    std::string description;  ///< "CN=example, 2026-03-01 to 2036-02-27"; printable
};
/// Verifying costs a public key operation, so it is asked for.
CertificateInfo certificate_info(ByteView der, bool verify);

/// A private key in the DER of its PEM block (PKCS#1, SEC1, PKCS#8 plain or encrypted) or OpenSSH's own format.
bool is_private_key(std::string_view label, ByteView der);

} // namespace touchstone
