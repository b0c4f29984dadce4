// DSSE's own vector, both alphabets, and every bit of an envelope.
#include "attest/envelope.h"
#include "tests/attest/support.h"

#include <doctest/doctest.h>

namespace touchstone::test {
namespace {

// github.com/secure-systems-lab/dsse, protocol.md: its test vector, signed with P-256 as r||s.
constexpr std::string_view hello_type = "http://example.com/HelloWorld";
constexpr std::string_view hello_key = "-----BEGIN PUBLIC KEY-----\n"
                                       "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805D3eqNZywjCI19lInBJOp7YMr\n"
                                       "CrzAH3CVTAOQ0jgMeCvVTiaRJaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"
                                       "-----END PUBLIC KEY-----\n";
constexpr std::string_view hello_signature =
    "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==";

TEST_CASE("what is signed is the pre-authentication encoding of DSSE's specification") {
    CHECK(pae(hello_type, "hello world") == "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    CHECK(pae("", "") == "DSSEv1 0  0 ");
    CHECK(pae("\xc3\xa9", std::string("\0 1", 3)) == std::string("DSSEv1 2 \xc3\xa9 3 \0 1", 17));
}

TEST_CASE("DSSE's own vector verifies, as r||s and as DER") {
    const PublicKey key = PublicKey::read(hello_key, "key", nobody());
    CHECK(key.type() == KeyType::ecdsa_p256);
    const std::string raw = unbase64(hello_signature);
    CHECK(key.verifies(pae(hello_type, "hello world"), raw));
    CHECK_FALSE(key.verifies(pae(hello_type, "hello worle"), raw));
    // Both halves are positive: their first bits are zero.
    const std::string der = unhex("30440220") + raw.substr(0, 32) + unhex("0220") + raw.substr(32);
    CHECK(key.verifies(pae(hello_type, "hello world"), der));
}

const PrivateKey& key() {
    static const PrivateKey made = PrivateKey::generate(KeyType::ed25519);
    return made;
}

TEST_CASE("an envelope comes back, as itself and in a bundle, and says which key to ask for") {
    const std::string payload = R"({"a":"+/+/"})";
    for (const EnvelopeForm form : {EnvelopeForm::dsse, EnvelopeForm::bundle}) {
        const std::string text = render_envelope(sign_payload(payload, key()), form, key().public_key().hint());
        const Envelope back = parse_envelope(text, "file");
        CHECK(back.payload == payload);
        CHECK(back.payload_type == "application/vnd.in-toto+json");
        CHECK(back.bundled == (form == EnvelopeForm::bundle));
        CHECK(verify_envelope(back, {key().public_key()}, "file") == std::vector<std::size_t>{0});
        CHECK_FALSE(has(text, "keyid"));
        CHECK(has(text, key().public_key().hint()) == back.bundled);
        // Ed25519 has no randomness: the same bytes again.
        CHECK(text == render_envelope(sign_payload(payload, key()), form, key().public_key().hint()));
    }
}

TEST_CASE("base64 of either alphabet, unknown fields and key ids change nothing") {
    const Envelope made = sign_payload("\xfb\xff\xfe!", key());
    const auto with = [&](std::string payload, std::string_view more) {
        return R"({"payloadType":"application/vnd.in-toto+json","payload":")" + payload +
               R"(","signatures":[{"sig":")" + base64(made.signatures.front().bytes) + "\"" + std::string(more) +
               R"(}],"unknown":[1]})";
    };
    for (const std::string payload : {"+//+IQ==", "-__-IQ==", "-__-IQ"}) {
        // The OpenSSH fingerprint is the one keyid that verifiers in Go believe.
        const std::string ssh = R"(,"keyid":")" + key().public_key().ssh_fingerprint() + "\"";
        for (const std::string& more :
             {std::string(), std::string(R"(,"keyid":"mine")"), ssh, std::string(R"(,"keyid":null,"cert":"x")")}) {
            const Envelope back = parse_envelope(with(payload, more), "file");
            CHECK(back.payload == made.payload);
            CHECK_NOTHROW(verify_envelope(back, {key().public_key()}, "file"));
        }
    }
    CHECK(has(refusal_of([&] { parse_envelope(with("-//-IQ==", ""), "file"); }), "two alphabets"));
}

TEST_CASE("no change of one bit of an envelope verifies") {
    for (const EnvelopeForm form : {EnvelopeForm::dsse, EnvelopeForm::bundle}) {
        const std::string text = render_envelope(sign_payload(R"({"k":1})", key()), form, "h");
        std::size_t tried = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            // What a bundle says around its envelope is a hint, and proves nothing.
            if (form == EnvelopeForm::bundle && at < text.find("dsseEnvelope")) continue;
            for (unsigned bit = 0; bit < 8; ++bit) {
                std::string changed = text;
                changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ 1U << bit);
                ++tried;
                const std::string refusal =
                    refusal_of([&] { verify_envelope(parse_envelope(changed, "file"), {key().public_key()}, "file"); });
                CHECK_MESSAGE(refusal.starts_with("file: "), at << " bit " << bit << ": " << changed);
            }
        }
        CHECK(tried > 1000);
    }
}

TEST_CASE("what is no envelope, or proves nothing, is refused with its reason") {
    struct Row {
        std::string text;
        std::string_view message;
    };
    const std::string other =
        render_envelope(sign_payload("x", PrivateKey::generate(KeyType::ed25519)), EnvelopeForm::dsse, "");
    const std::string signature = R"({"sig":"QQ=="})";
    const auto envelope = [](std::string_view type, std::string_view signatures) {
        return R"({"payload":"eA==","payloadType":")" + std::string(type) + R"(","signatures":[)" +
               std::string(signatures) + "]}";
    };
    std::string many = signature;
    for (std::size_t i = 0; i < most_signatures; ++i) many += "," + signature;
    const std::vector<Row> rows{
        {"", "envelope"},
        {"[]", "\"payloadType\" is missing"},
        {R"({"_type":"https://in-toto.io/Statement/v1"})", "nobody signed it"},
        {R"({"payload":"eA==","payloadType":"x"})", "\"signatures\" is missing"},
        {R"({"payload":"e","payloadType":"x","signatures":[]})", "base64"},
        {R"({"payload":"eB==","payloadType":"x","signatures":[]})", "unused bits"},
        {R"({"payload":1,"payloadType":"x","signatures":[]})", "a string"},
        {R"({"payload":"eA==","Payload":"eQ==","payloadType":"x","signatures":[]})", "ayload"},
        {envelope("application/vnd.in-toto+json", ""), "the envelope has no signatures"},
        {envelope("text/plain", signature), "payloadType is \"text/plain\""},
        {envelope("application/vnd.in-toto+json", "1"), "\"sig\" is missing"},
        {envelope("application/vnd.in-toto+json", signature), "the signature does not match"},
        {envelope("application/vnd.in-toto+json", many), "65 signatures, the limit is 64"},
        {other, "the signature does not match"},
        {R"({"mediaType":"application/json"})", "not that of a Sigstore bundle"},
        {R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","messageSignature":{}})",
         "without dsseEnvelope"},
        {R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":)" +
             envelope("application/vnd.in-toto+json", signature + "," + signature) + "}",
         "exactly one signature"},
    };
    for (const Row& row : rows) {
        const std::string refusal =
            refusal_of([&] { verify_envelope(parse_envelope(row.text, "file"), {key().public_key()}, "file"); });
        CHECK_MESSAGE(has(refusal, row.message), refusal);
        CHECK(refusal.starts_with("file: "));
    }
}

} // namespace
} // namespace touchstone::test
