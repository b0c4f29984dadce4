// One X.509 certificate against another, field by field. read_certificate cuts both into fields without a gap, the same
// fields on both sides, and each that differs is a difference, so that every byte is accounted for. A cause is given in
// two cases only: nothing but a randomized signature differs; or both are self-signed by a check of their signatures,
// for the same name, and were made when their images were: then the build made them, which is suspicious enough.
#include "diff/explain/document_certificate.h"

#include "diff/explain/detect_subject.h"
#include "diff/explain/document_der.h"
#include "diff/explain/document_records.h"
#include "diff/explain/documents.h"

#include "base/digest.h"
#include "base/openssl.h"
#include "base/printable.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

namespace touchstone {

namespace {

constexpr std::size_t der_limit = std::size_t{1} << 20; ///< certificates have kilobytes; OpenSSL takes an int

using X509Pointer = std::unique_ptr<X509, Freed<X509_free>>;
using BioPointer = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

X509Pointer parse(ByteView der) {
    if (der.empty() || der.size() > der_limit) return nullptr;
    const unsigned char* at = der.data();
    X509Pointer certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    return at == der.data() + der.size() ? std::move(certificate) : nullptr;
}

std::string name_text(const X509_NAME* name) {
    const BioPointer out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return size > 0 ? printable_short(std::string_view(data, static_cast<std::size_t>(size)), 120) : std::string();
}

std::string date_text(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "?";
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

/// The one extension, by its identifier; nothing when it is there twice.
struct Extension {
    std::string_view id;
    ByteView whole;
    Span value; ///< inside the OCTET STRING
};

std::optional<std::vector<Extension>> read_extensions(ByteView der, const CertificateFields& fields) {
    constexpr std::size_t extension_limit = 64;
    std::vector<Extension> list;
    const auto* field = fields.find("extensions");
    if (field == nullptr) return list;
    const auto outer = read_der(der, field->span.offset, field->span.end());
    const auto sequence = outer ? read_der(der, outer->content.offset, outer->content.end()) : std::nullopt;
    if (!sequence || sequence->whole.end() != field->span.end()) return std::nullopt;
    const auto items = read_der_items(der, *sequence, extension_limit);
    if (!items) return std::nullopt;
    for (const DerValue& item : *items) {
        const auto parts = read_der_items(der, item, 3);
        if (!parts || parts->size() < 2 || parts->front().tag != der_oid || parts->back().tag != der_octet_string) {
            return std::nullopt;
        }
        list.push_back(
            {as_text(bytes_of(der, parts->front().content)), bytes_of(der, item.whole), parts->back().content});
    }
    return list;
}

/// Subject and authority key identifiers that are the SHA-1 of the certificate's own key (RFC 5280, 4.2.1.2 (1)).
bool is_own_key_id(ByteView der, const CertificateFields& fields, const Extension& extension) {
    constexpr std::string_view subject_key_id("\x55\x1d\x0e", 3);
    constexpr std::string_view authority_key_id("\x55\x1d\x23", 3);
    unsigned char hash[EVP_MAX_MD_SIZE]; // NOLINT(modernize-avoid-c-arrays): OpenSSL's interface
    std::size_t size = 0;
    const ByteView bits = bytes_of(der, fields.public_key_bits);
    if (EVP_Q_digest(nullptr, "SHA1", nullptr, bits.data(), bits.size(), hash, &size) != 1) return false;
    const std::string expected(as_text(ByteView(hash, size)));
    const std::string_view value = as_text(bytes_of(der, extension.value));
    if (extension.id == subject_key_id) return value == std::string("\x04\x14") + expected;
    return extension.id == authority_key_id && value == std::string("\x30\x16\x80\x14") + expected;
}

bool only_key_ids_differ(const BytePair& bytes, const CertificateFields& a, const CertificateFields& b) {
    const auto left = read_extensions(bytes[0], a);
    const auto right = read_extensions(bytes[1], b);
    if (!left || !right || left->size() != right->size()) return false;
    for (std::size_t i = 0; i < left->size(); ++i) {
        const Extension& one = left->at(i);
        const Extension& other = right->at(i);
        if (as_text(one.whole) == as_text(other.whole)) continue;
        if (one.id != other.id || !is_own_key_id(bytes[0], a, one) || !is_own_key_id(bytes[1], b, other)) return false;
    }
    return true;
}

/// The certificate's time is that of the build itself, not of anything older in the image.
bool is_made_by_build(const Clues& clues, const CertificateFields& a, const CertificateFields& b) {
    constexpr std::int64_t two_days = 172800;
    const std::array<std::int64_t, 2> made{a.validity.not_before, b.validity.not_before};
    for (std::size_t side : {0U, 1U}) {
        const std::int64_t clock = clues.side.at(side).clock();
        if (clock <= two_days || made.at(side) < clock - two_days) return false;
    }
    return clues.plausible_times(made[0], made[1]) &&
           a.validity.not_after - a.validity.not_before == b.validity.not_after - b.validity.not_before;
}

class CertificateComparer {
public:
    CertificateComparer(Splitter& out, const CertificateFields& a, const CertificateFields& b)
        : out_(out), a_(a), b_(b) {}

    void compare() {
        const bool random = only_signature_differs();
        const bool made = !random && is_made_anew();
        for (std::size_t i = 0; i < a_.fields.size(); ++i) {
            const auto& field = a_.fields[i];
            const SpanPair spans{field.span, b_.fields[i].span};
            if (random) {
                out_.differ(std::string(field.name), spans, CauseId::signature, "all that it signs is equal");
            } else if (made) {
                const bool key = field.name == "public key";
                out_.differ(std::string(field.name), spans, key ? CauseId::key_material : CauseId::expiry,
                            "self-signed, for the same name and as long, when the image was built");
            } else {
                out_.differ(std::string(field.name), spans);
            }
        }
    }

private:
    bool equal(std::string_view name) const {
        const auto* left = a_.find(name);
        const auto* right = b_.find(name);
        return left != nullptr && right != nullptr && out_.equal({left->span, right->span});
    }

    bool only_signature_differs() const {
        const auto is_equal = [&](const CertificateFields::Field& field) {
            return field.name == "signature" || field.name == "lengths" || equal(field.name);
        };
        return std::all_of(a_.fields.begin(), a_.fields.end(), is_equal) &&
               is_randomized_signature(bytes_of(out_.subject().bytes[0], a_.find("signature algorithm")->span));
    }

    bool is_made_anew() const {
        for (const std::string_view name :
             {"version", "issuer", "subject", "signature algorithm", "inner signature algorithm"}) {
            if (!equal(name)) return false;
        }
        const BytePair& bytes = out_.subject().bytes;
        return is_made_by_build(out_.clues(), a_, b_) && only_key_ids_differ(bytes, a_, b_) &&
               certificate_info(bytes[0], true).self_signed && certificate_info(bytes[1], true).self_signed;
    }

    Splitter& out_;
    const CertificateFields& a_;
    const CertificateFields& b_;
};

} // namespace

CertificateInfo certificate_info(ByteView der, bool verify) {
    const ClearedErrors cleared;
    CertificateInfo info;
    const X509Pointer certificate = parse(der);
    if (!certificate) return info;
    info.valid = true;
    info.subject = name_text(X509_get_subject_name(certificate.get()));
    info.self_issued =
        X509_NAME_cmp(X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())) == 0;
    info.description = fmt::format("{}, {} to {}", info.subject, date_text(X509_get0_notBefore(certificate.get())),
                                   date_text(X509_get0_notAfter(certificate.get())));
    if (verify && info.self_issued) {
        const KeyPointer key(X509_get_pubkey(certificate.get()));
        info.self_signed = key && X509_verify(certificate.get(), key.get()) == 1;
    }
    return info;
}

bool is_private_key(std::string_view label, ByteView der) {
    if (label == "OPENSSH PRIVATE KEY") return as_text(der).starts_with(std::string_view("openssh-key-v1\0", 15));
    if (!label.ends_with("PRIVATE KEY") || der.empty() || der.size() > der_limit) return false;
    const ClearedErrors cleared;
    const unsigned char* at = der.data();
    const auto size = static_cast<long>(der.size());
    if (label == "ENCRYPTED PRIVATE KEY") {
        const std::unique_ptr<X509_SIG, Freed<X509_SIG_free>> sealed(d2i_X509_SIG(nullptr, &at, size));
        return sealed != nullptr && at == der.data() + der.size();
    }
    const KeyPointer key(d2i_AutoPrivateKey(nullptr, &at, size));
    return key != nullptr && at == der.data() + der.size();
}

bool recognizes_certificate(std::string_view /*name*/, ByteView bytes) {
    return bytes.size() > 4 && bytes.size() <= der_limit && bytes[0] == der_sequence && bytes[1] == 0x82 &&
           read_certificate(bytes).has_value();
}

bool analyze_certificate(const Subject& subject, Analyzer& analyzer, Part& part) {
    const auto published = read_certificate(subject.bytes[0]);
    const auto rebuilt = read_certificate(subject.bytes[1]);
    if (!published || !rebuilt) return false;
    // Fields are compared one to one; another set of them is another kind of certificate.
    const bool same_fields =
        std::equal(published->fields.begin(), published->fields.end(), rebuilt->fields.begin(), rebuilt->fields.end(),
                   [](const auto& a, const auto& b) { return a.name == b.name; });
    if (!same_fields) return false;
    if (!certificate_info(subject.bytes[0], false).valid || !certificate_info(subject.bytes[1], false).valid)
        return false;
    Splitter out(subject, analyzer, part);
    CertificateComparer(out, *published, *rebuilt).compare();
    return true;
}

} // namespace touchstone
