// Reading DER with offsets. Nothing recurses: a certificate is four levels deep, and each level is read by name.
#include "diff/explain/document_der.h"

#include "base/endian.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace touchstone {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t certificate_items = 16; ///< a TBSCertificate has ten at most

std::optional<std::int64_t> number(std::string_view digits) {
    std::int64_t value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// `year`: 1950 to 9999.
std::optional<std::int64_t> seconds_of(std::int64_t year, std::string_view rest) {
    if (rest.size() != 11 || rest.back() != 'Z') return std::nullopt; // MMDDHHMMSSZ
    std::array<std::int64_t, 5> part{};
    for (std::size_t i = 0; i < part.size(); ++i) {
        const auto value = number(rest.substr(2 * i, 2));
        if (!value) return std::nullopt;
        part[i] = *value;
    }
    const auto [month, day, hour, minute, second] = part;
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

std::optional<std::int64_t> der_time(ByteView bytes, const DerValue& value) {
    const std::string_view text = as_text(bytes_of(bytes, value.content));
    const std::size_t digits = value.tag == der_utc_time ? 2 : 4;
    if (value.tag != der_utc_time && value.tag != der_generalized_time) return std::nullopt;
    if (text.size() < digits) return std::nullopt;
    auto year = number(text.substr(0, digits));
    if (!year) return std::nullopt;
    if (value.tag == der_utc_time) *year += *year < 50 ? 2000 : 1900; // RFC 5280, 4.1.2.5.1
    if (*year < 1950) return std::nullopt;
    return seconds_of(*year, text.substr(digits));
}

/// What a TBSCertificate holds, in order (RFC 5280, 4.1).
struct Expected {
    std::string_view name;
    std::uint8_t tag;
    bool optional;
};
constexpr std::array<Expected, 10> tbs_fields{{{"version", der_context_0, true},
                                               {"serial number", der_integer, false},
                                               {"inner signature algorithm", der_sequence, false},
                                               {"issuer", der_sequence, false},
                                               {"validity", der_sequence, false},
                                               {"subject", der_sequence, false},
                                               {"public key", der_sequence, false},
                                               {"issuer's unique id", 0x81, true},
                                               {"subject's unique id", 0x82, true},
                                               {"extensions", 0xA3, true}}};

bool name_fields(const std::vector<DerValue>& values, CertificateFields& out) {
    std::size_t next = 0;
    for (const Expected& expected : tbs_fields) {
        if (next < values.size() && values[next].tag == expected.tag) {
            out.fields.push_back({expected.name, values[next++].whole});
        } else if (!expected.optional) {
            return false;
        }
    }
    return next == values.size();
}

} // namespace

std::optional<DerValue> read_der(ByteView bytes, std::uint64_t offset, std::uint64_t end) {
    end = std::min<std::uint64_t>(end, bytes.size());
    if (offset >= end || end - offset < 2) return std::nullopt;
    DerValue value;
    value.tag = bytes[offset];
    if ((value.tag & 0x1FU) == 0x1FU) return std::nullopt;
    std::uint64_t length = bytes[offset + 1];
    std::uint64_t head = 2;
    if (length >= 0x80) {
        const std::uint64_t octets = length & 0x7FU;
        if (octets == 0 || octets > 4 || end - offset < 2 + octets) return std::nullopt;
        length = big_number(bytes, offset + 2, octets);
        head += octets;
        const bool shortest = length >= 0x80 && length >> (8 * (octets - 1)) != 0;
        if (!shortest) return std::nullopt;
    }
    if (length > end - offset - head) return std::nullopt;
    value.content = {offset + head, length};
    value.whole = {offset, head + length};
    return value;
}

std::optional<std::vector<DerValue>> read_der_items(ByteView bytes, const DerValue& outer, std::size_t limit) {
    std::vector<DerValue> items;
    for (std::uint64_t at = outer.content.offset; at < outer.content.end();) {
        const auto item = read_der(bytes, at, outer.content.end());
        if (!item || items.size() == limit) return std::nullopt;
        items.push_back(*item);
        at = item->whole.end();
    }
    return items;
}

std::optional<DerValidity> read_validity(ByteView bytes, std::uint64_t offset, std::uint64_t end) {
    const auto outer = read_der(bytes, offset, end);
    if (!outer || outer->tag != der_sequence) return std::nullopt;
    const auto times = read_der_items(bytes, *outer, 2);
    if (!times || times->size() != 2) return std::nullopt;
    const auto not_before = der_time(bytes, times->front());
    const auto not_after = der_time(bytes, times->back());
    if (!not_before || !not_after) return std::nullopt;
    return DerValidity{outer->whole, *not_before, *not_after};
}

const CertificateFields::Field* CertificateFields::find(std::string_view name) const {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

std::optional<CertificateFields> read_certificate(ByteView bytes) {
    const auto outer = read_der(bytes, 0, bytes.size());
    if (!outer || outer->tag != der_sequence || outer->whole.size != bytes.size()) return std::nullopt;
    const auto parts = read_der_items(bytes, *outer, 3);
    if (!parts || parts->size() != 3) return std::nullopt;
    const DerValue& tbs = parts->at(0);
    const DerValue& algorithm = parts->at(1);
    const DerValue& signature = parts->at(2);
    if (tbs.tag != der_sequence || algorithm.tag != der_sequence || signature.tag != der_bit_string) {
        return std::nullopt;
    }
    const auto values = read_der_items(bytes, tbs, certificate_items);
    CertificateFields result;
    result.fields.push_back({"lengths", {0, tbs.content.offset}}); // the heads of the two outer sequences
    if (!values || !name_fields(*values, result)) return std::nullopt;
    result.fields.push_back({"signature algorithm", algorithm.whole});
    result.fields.push_back({"signature", signature.whole});

    const auto validity = read_validity(bytes, result.find("validity")->span.offset, bytes.size());
    const auto key = read_der(bytes, result.find("public key")->span.offset, bytes.size());
    const auto key_parts = key ? read_der_items(bytes, *key, 2) : std::nullopt;
    if (!validity || !key_parts || key_parts->size() != 2 || key_parts->back().tag != der_bit_string ||
        key_parts->back().content.size < 1) {
        return std::nullopt;
    }
    result.validity = *validity;
    const Span bits = key_parts->back().content;
    result.public_key_bits = {bits.offset + 1, bits.size - 1}; // the first octet counts unused bits
    return result;
}

bool is_randomized_signature(ByteView algorithm) {
    constexpr std::array prefixes{
        "\x2a\x86\x48\xce\x3d\x04"sv,             // 1.2.840.10045.4: ECDSA with any digest
        "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv, // 1.2.840.113549.1.1.10: RSASSA-PSS
        "\x2a\x86\x48\xce\x38\x04\x03"sv,         // 1.2.840.10040.4.3: DSA with SHA-1
        "\x60\x86\x48\x01\x65\x03\x04\x03\x01"sv, // 2.16.840.1.101.3.4.3.1: DSA with SHA-224
        "\x60\x86\x48\x01\x65\x03\x04\x03\x02"sv, // …, with SHA-256
    };
    const auto outer = read_der(algorithm, 0, algorithm.size());
    if (!outer || outer->tag != der_sequence) return false;
    const auto oid = read_der(algorithm, outer->content.offset, outer->content.end());
    if (!oid || oid->tag != der_oid) return false;
    const std::string_view name = as_text(bytes_of(algorithm, oid->content));
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return name.starts_with(p); });
}

} // namespace touchstone
