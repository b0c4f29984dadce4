// See envelope.h. A bundle is read leniently where it speaks of transparency logs, which need a network's trust root;
// its signature is held against the user's keys and nothing else.
#include "attest/envelope.h"

#include "attest/fields.h"
#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view bundle_media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
constexpr std::string_view bundle_prefix = "application/vnd.dev.sigstore.bundle"; // also ";version=0.1", ";version=0.2"

/// RFC 4648 sections 4 and 5, one alphabet at a time: DSSE lets writers choose, and may leave the padding out in
/// neither case, but protobuf's JSON may.
std::string decode_either(const std::string& text) {
    const bool url = text.find_first_of("-_") != std::string::npos;
    if (url && text.find_first_of("+/") != std::string::npos) {
        fail(ErrorKind::malformed, "base64 of two alphabets at once");
    }
    std::string standard = text;
    std::replace(standard.begin(), standard.end(), '-', '+');
    std::replace(standard.begin(), standard.end(), '_', '/');
    if (url && standard.back() != '=') standard.append((4 - standard.size() % 4) % 4, '=');
    return unbase64(standard);
}

std::string decoded(const Json& object, std::string_view name) {
    return within(name, [&] { return decode_either(required_member(object, name).as_string()); });
}

EnvelopeSignature read_signature(const Json& json) {
    EnvelopeSignature signature;
    signature.bytes = decoded(json, "sig");
    const Json* const keyid = json.find("keyid");
    if (keyid != nullptr && !keyid->is_null()) signature.keyid = keyid->as_string();
    return signature;
}

Envelope read_dsse(const Json& json) {
    Envelope envelope;
    envelope.payload_type = required_member(json, "payloadType").as_string();
    envelope.payload = decoded(json, "payload");
    const std::vector<Json>& signatures = required_member(json, "signatures").items();
    if (signatures.size() > most_signatures) {
        fail(ErrorKind::over_limit, fmt::format("{} signatures, the limit is {}", signatures.size(), most_signatures));
    }
    for (const Json& signature : signatures) envelope.signatures.push_back(read_signature(signature));
    return envelope;
}

Envelope read_bundle(const Json& json) {
    const std::string& type = required_member(json, "mediaType").as_string();
    if (!type.starts_with(bundle_prefix)) {
        fail(ErrorKind::unsupported,
             fmt::format("media type \"{}\" is not that of a Sigstore bundle", printable_short(type)));
    }
    const Json* const inner = json.find("dsseEnvelope");
    if (inner == nullptr) {
        fail(ErrorKind::unsupported, "a Sigstore bundle without dsseEnvelope: it signs a file, and holds no statement");
    }
    Envelope envelope = read_dsse(*inner);
    envelope.bundled = true;
    if (envelope.signatures.size() > 1) {
        fail(ErrorKind::malformed, "a Sigstore bundle has exactly one signature, this one has more");
    }
    return envelope;
}

Json dsse_json(const Envelope& envelope) {
    Json json = Json::object();
    json.set("payload", Json::string(base64(envelope.payload)));
    json.set("payloadType", Json::string(envelope.payload_type));
    Json signatures = Json::array();
    for (const EnvelopeSignature& signature : envelope.signatures) {
        Json item = Json::object();
        item.set("sig", Json::string(base64(signature.bytes)));
        if (!signature.keyid.empty()) item.set("keyid", Json::string(signature.keyid));
        signatures.push_back(std::move(item));
    }
    json.set("signatures", std::move(signatures));
    return json;
}

Json bundle_json(const Envelope& envelope, std::string_view hint) {
    Json key = Json::object();
    key.set("hint", Json::string(std::string(hint)));
    Json material = Json::object();
    material.set("publicKey", std::move(key));
    Json json = Json::object();
    json.set("mediaType", Json::string(std::string(bundle_media_type)));
    json.set("verificationMaterial", std::move(material));
    json.set("dsseEnvelope", dsse_json(envelope));
    return json;
}

} // namespace

std::string pae(std::string_view type, std::string_view body) {
    return fmt::format("DSSEv1 {} {} {} {}", type.size(), type, body.size(), body);
}

Envelope parse_envelope(std::string_view text, std::string_view what) {
    return within(what, [&] {
        const Json json = parse_json(text, "envelope", {.bytes = longest_envelope});
        if (json.find("_type") != nullptr) {
            fail(ErrorKind::unverified, "a statement without an envelope: nobody signed it");
        }
        const bool bundle = json.find("mediaType") != nullptr && json.find("payload") == nullptr;
        return bundle ? read_bundle(json) : read_dsse(json);
    });
}

Envelope sign_payload(std::string_view payload, const PrivateKey& key) {
    Envelope envelope;
    envelope.payload_type = statement_payload_type;
    envelope.payload = payload;
    envelope.signatures.push_back({.keyid = {}, .bytes = key.sign(pae(envelope.payload_type, payload))});
    return envelope;
}

std::string render_envelope(const Envelope& envelope, EnvelopeForm form, std::string_view hint) {
    return (form == EnvelopeForm::bundle ? bundle_json(envelope, hint) : dsse_json(envelope)).dump() + "\n";
}

std::vector<std::size_t> verify_envelope(const Envelope& envelope, const std::vector<PublicKey>& keys,
                                         std::string_view what) {
    if (envelope.signatures.empty()) {
        fail(ErrorKind::unverified, fmt::format("{}: the envelope has no signatures", what));
    }
    if (envelope.payload_type != statement_payload_type) {
        fail(ErrorKind::unverified, fmt::format("{}: payloadType is \"{}\", not \"{}\"", what,
                                                printable_short(envelope.payload_type), statement_payload_type));
    }
    const std::string message = pae(envelope.payload_type, envelope.payload);
    std::vector<std::size_t> signers;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool signed_by = std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                                           [&](const auto& s) { return keys[i].verifies(message, s.bytes); });
        if (signed_by) signers.push_back(i);
    }
    if (signers.empty()) {
        fail(ErrorKind::unverified,
             fmt::format("{}: the signature does not match: {}", what,
                         keys.size() == 1 ? "the key did not sign this" : "none of the keys signed this"));
    }
    return signers;
}

} // namespace touchstone
