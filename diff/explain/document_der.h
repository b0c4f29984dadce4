// Just enough of DER (ITU-T X.690) to say which field of a certificate a byte belongs to. OpenSSL parses certificates
// for their meaning, but does not tell where a field stands; an explanation needs every byte accounted for.
#pragma once

#include "base/bytes.h"
#include "diff/explain/part.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace touchstone {

/// One value: tag, length, content.
struct DerValue {
    std::uint8_t tag = 0;
    Span whole;
    Span content;
};

enum DerTag : std::uint8_t {
    der_integer = 0x02,
    der_bit_string = 0x03,
    der_octet_string = 0x04,
    der_oid = 0x06,
    der_utc_time = 0x17,
    der_generalized_time = 0x18,
    der_sequence = 0x30,
    der_context_0 = 0xA0,
};

/// The value that starts at `offset` and ends before `end`; nothing when it is not DER (lengths must be definite and
/// as short as can be; tags of one byte).
std::optional<DerValue> read_der(ByteView bytes, std::uint64_t offset, std::uint64_t end);
/// The values inside `outer`, at most `limit`; nothing when they do not fill it exactly.
std::optional<std::vector<DerValue>> read_der_items(ByteView bytes, const DerValue& outer, std::size_t limit);
inline ByteView bytes_of(ByteView bytes, const Span& span) {
    return bytes.subspan(span.offset, span.size);
}

/// notBefore and notAfter: a SEQUENCE of two times, each UTCTime or GeneralizedTime in the form of RFC 5280.
struct DerValidity {
    Span span;
    std::int64_t not_before = 0;
    std::int64_t not_after = 0;
};
std::optional<DerValidity> read_validity(ByteView bytes, std::uint64_t offset, std::uint64_t end);

/// A certificate cut into fields that follow each other without a gap from its first byte to its last.
struct CertificateFields {
    struct Field {
        std::string_view name; ///< "serial number", …; for people
        Span span;
    };
    std::vector<Field> fields;
    DerValidity validity;
    Span public_key_bits; ///< of the key itself, what key identifiers are the SHA-1 of (RFC 5280, 4.2.1.2)
    const Field* find(std::string_view name) const;
};
std::optional<CertificateFields> read_certificate(ByteView bytes);

/// Signing the same content twice gives two signatures: ECDSA, DSA and RSASSA-PSS, by the AlgorithmIdentifier's bytes.
bool is_randomized_signature(ByteView algorithm);

} // namespace touchstone
