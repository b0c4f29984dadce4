// Who vouches for a list: a detached signature over its bytes, as `openssl dgst -sha256 -sign`, `openssl pkeyutl -sign
// -rawin` and `cosign sign-blob` write it.
#pragma once

#include "attest/keys.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace touchstone {

/// A signature is 64 to 72 bytes, and base64 of that; a file that is longer is something else.
constexpr std::size_t checksum_signature_limit = std::size_t{4} << 10;

/// Throws unverified unless `signature` (raw, or base64 with white space) of `list` was made with `key`, and
/// unsupported for another kind of signature. `name` (printable) is the signature's, `key_name` the key's.
void check_list_signature(std::string_view list, std::string_view signature, const PublicKey& key,
                          std::string_view name, std::string_view key_name);

} // namespace touchstone
