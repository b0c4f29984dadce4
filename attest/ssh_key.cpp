// See ssh_key.h. Both encodings of a key end with the same point, after bytes that are the same for all keys of a type:
// those are a table.
#include "attest/ssh_key.h"

#include "base/bytes.h"
#include "base/endian.h"
#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace touchstone {

namespace {

using std::string_view_literals::operator""sv;

struct TypeRow {
    KeyType type;
    std::string_view name;
    std::string_view curve;      ///< a field between name and point, where there is one
    std::size_t point;           ///< its size
    std::string_view spki_start; ///< RFC 5480 and RFC 8410: SubjectPublicKeyInfo up to the point
};

constexpr std::array<TypeRow, 2> types{{
    {KeyType::ecdsa_p256, "ecdsa-sha2-nistp256", "nistp256", 65,
     "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"sv},
    {KeyType::ed25519, "ssh-ed25519", "", 32, "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"sv},
}};

/// How the names of all types of OpenSSH's keys and certificates begin (ssh-keygen(1), -t; sk: on a security key).
constexpr std::array<std::string_view, 4> starts{"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"};

const TypeRow& row_of(KeyType type) {
    return *std::find_if(types.begin(), types.end(), [&](const TypeRow& row) { return row.type == type; });
}

/// RFC 4251 section 5: a length of four bytes, big-endian, and so many bytes. Nothing where there are not so many.
std::optional<std::string_view> take_string(std::string_view& bytes) {
    constexpr std::size_t prefix = 4;
    if (bytes.size() < prefix) return std::nullopt;
    const std::uint32_t length = big_word(as_bytes(bytes), 0);
    bytes.remove_prefix(prefix);
    if (length > bytes.size()) return std::nullopt;
    const std::string_view value = bytes.substr(0, length);
    bytes.remove_prefix(length);
    return value;
}

void put_string(std::string& bytes, std::string_view value) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(value.size() >> shift & 255U);
    bytes += value;
}

/// Without what ends the line; throws where there is more than one.
std::string_view only_line(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.find('\n') != std::string_view::npos) {
        fail(ErrorKind::malformed, "more than one line; a file of OpenSSH's has one key here");
    }
    return text;
}

std::string_view point_of(const TypeRow& row, std::string_view blob) {
    if (take_string(blob) != row.name) fail(ErrorKind::malformed, "its type is not the one that its line begins with");
    if (!row.curve.empty() && take_string(blob) != row.curve) {
        fail(ErrorKind::malformed, fmt::format("its curve is not {}", row.curve));
    }
    const std::optional<std::string_view> point = take_string(blob);
    constexpr char uncompressed = 4; // SEC 1 section 2.3.3; OpenSSH reads no other form
    const bool right = point && point->size() == row.point && (row.curve.empty() || point->front() == uncompressed);
    if (!right || !blob.empty()) fail(ErrorKind::malformed, "it has another size or form than keys of its type have");
    return *point;
}

} // namespace

bool is_ssh_key(std::string_view text) {
    return std::any_of(starts.begin(), starts.end(), [&](std::string_view start) { return text.starts_with(start); });
}

std::string spki_of_ssh(std::string_view text, std::string_view what) {
    const std::string_view name = text.substr(0, text.find_first_of(" \t\r\n"));
    const auto* const row = std::find_if(types.begin(), types.end(), [&](const TypeRow& r) { return r.name == name; });
    if (row == types.end()) {
        fail(ErrorKind::unsupported, fmt::format("{}: an OpenSSH key of type {}; the types are ecdsa-sha2-nistp256 and "
                                                 "ssh-ed25519",
                                                 what, printable_short(name)));
    }
    return within(fmt::format("{}: OpenSSH key", what), [&] {
        std::string_view rest = only_line(text).substr(name.size());
        if (!rest.starts_with(' ')) fail(ErrorKind::malformed, "a blank and the key in base64 are expected");
        rest.remove_prefix(1);
        const std::string blob = unbase64(rest.substr(0, rest.find(' '))); // then a comment, which says nothing
        return std::string(row->spki_start).append(point_of(*row, blob));
    });
}

std::string ssh_blob(KeyType type, std::string_view spki) {
    const TypeRow& row = row_of(type);
    std::string blob;
    put_string(blob, row.name);
    if (!row.curve.empty()) put_string(blob, row.curve);
    put_string(blob, spki.substr(row.spki_start.size()));
    return blob;
}

std::string_view p256_spki_start() {
    return row_of(KeyType::ecdsa_p256).spki_start;
}

} // namespace touchstone
