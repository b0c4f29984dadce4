// See checksum_signature.h.
#include "attest/checksum_signature.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace touchstone {

namespace {

std::optional<std::string> from_base64(std::string_view text) {
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
                 [](char c) { return c != '\n' && c != '\r' && c != ' ' && c != '\t'; });
    try {
        return unbase64(digits);
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// What other programs write under such a name.
std::string_view foreign_kind(std::string_view signature) {
    if (signature.starts_with("-----BEGIN PGP")) return "a PGP signature, which gpgv checks";
    if (signature.starts_with("untrusted comment:")) return "a signature of signify or minisign";
    if (signature.starts_with("-----BEGIN SSH"))
        return "a signature of ssh-keygen, which `ssh-keygen -Y verify` checks";
    if (signature.starts_with("{")) return "a document (a bundle?); of cosign the file that --output-signature writes";
    return {};
}

} // namespace

void check_list_signature(std::string_view list, std::string_view signature, const PublicKey& key,
                          std::string_view name, std::string_view key_name) {
    const std::string_view foreign = foreign_kind(signature);
    if (!foreign.empty()) {
        fail(ErrorKind::unsupported,
             fmt::format("{}: {}; a detached signature by ECDSA P-256 or Ed25519 is expected, raw or in base64", name,
                         foreign));
    }
    if (key.verifies(list, signature)) return;
    const std::optional<std::string> decoded = from_base64(signature);
    if (decoded && key.verifies(list, *decoded)) return;
    fail(ErrorKind::unverified,
         fmt::format("{}: no signature of this list by the key {} ({}, {}): the list was changed, or another key or "
                     "another list was signed",
                     name, key_name, name_of(key.type()), key.fingerprint()));
}

} // namespace touchstone
