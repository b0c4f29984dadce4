// Envelopes, bundles, statements, predicates, files of several, keys and lists of what was revoked. Nobody's signature
// is forged by chance: what is read can be written, and then means the same.
#include "attest/check_listing.h"
#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace touchstone;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

template <class Work>
void allow_errors(Work&& work) {
    try {
        work();
    } catch (const Error&) {
        return; // a refusal is a good answer
    }
}

const PublicKey& some_key() {
    static const PublicKey key = PrivateKey::generate(KeyType::ed25519).public_key();
    return key;
}

void read_envelope(std::string_view text) {
    const Envelope envelope = parse_envelope(text, "file");
    for (const EnvelopeForm form : {EnvelopeForm::dsse, EnvelopeForm::bundle}) {
        const Envelope back = parse_envelope(render_envelope(envelope, form, "hint"), "file");
        require(back.payload == envelope.payload && back.signatures.size() == envelope.signatures.size());
        if (envelope.signatures.size() > 1) break; // a bundle has one
    }
    bool verified = false;
    allow_errors([&] { verified = !verify_envelope(envelope, {some_key()}, "file").empty(); });
    require(!verified);
    require(render_envelope_text(envelope, "file").starts_with("NOT VERIFIED"));
}

void read_statement(std::string_view text) {
    const Statement statement = parse_statement(text, "file");
    const std::string written = render_statement(statement);
    require(render_statement(parse_statement(written, "file")) == written);
    const Claim claim = read_claim(statement, "file");
    Asked asked;
    asked.max_age = 1;
    static_cast<void>(shortfalls(claim, asked));
}

/// Lines are pieces of the file, and no more than are read.
void read_lines(std::string_view text) {
    const std::vector<SignedFile> files = statements_in("file", std::string(text));
    require(!files.empty() && files.size() <= most_statements);
    for (const SignedFile& file : files) require(text.find(file.content) != std::string_view::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text({data, size});
    allow_errors([&] { read_envelope(text); });
    allow_errors([&] { read_statement(text); });
    allow_errors([&] { read_lines(text); });
    allow_errors([&] { static_cast<void>(parse_revoked(text, "file")); });
    allow_errors([&] { static_cast<void>(PublicKey::read(text, "file", [] { return std::string("x"); })); });
    return 0;
}
