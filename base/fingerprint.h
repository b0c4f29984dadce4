// Fingerprints: they tell within one process whether two contents are equal, at four times the speed of SHA-256, and
// mean nothing anywhere else.
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstdint>

namespace touchstone {

/// Poly1305 (RFC 8439, section 2.5) under a key that is drawn once per process and never shown, nor is any value made
/// with it: a keyed universal hash. Whoever prepares two different contents of up to n bytes, not knowing the key,
/// makes them collide with a chance of at most n / 2^103: one in 2^69 for 16 GiB.
using Fingerprint = std::array<std::uint8_t, 16>;

/// Belongs to one thread at a time. All of one process share the key. Throws unsupported where OpenSSL has no Poly1305.
class Fingerprinter {
public:
    Fingerprinter();
    ~Fingerprinter();
    Fingerprinter(const Fingerprinter&) = delete;
    Fingerprinter& operator=(const Fingerprinter&) = delete;

    void update(ByteView bytes);
    /// Of everything since construction or the last finish(); then ready for the next message.
    Fingerprint finish();

private:
    void start();
    void* context_; // EVP_MAC_CTX; OpenSSL's headers stay in fingerprint.cpp
};

} // namespace touchstone
