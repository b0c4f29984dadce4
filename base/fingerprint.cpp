// See fingerprint.h. The key is used for many messages, which Poly1305 as a signature forbids: that rule is about those
// who see the values. Nobody does here.
#include "base/fingerprint.h"

#include "base/error.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace touchstone {

namespace {

using Key = std::array<std::uint8_t, 32>;

void demand(int result, const char* call) {
    if (result != 1) fail(ErrorKind::unsupported, fmt::format("OpenSSL's {} failed", call));
}

const Key& process_key() {
    static const Key key = [] {
        Key drawn;
        demand(RAND_bytes(drawn.data(), static_cast<int>(drawn.size())), "RAND_bytes");
        return drawn;
    }();
    return key;
}

EVP_MAC* method() {
    static EVP_MAC* const fetched = [] {
        EVP_MAC* const found = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_POLY1305, nullptr);
        if (found == nullptr) fail(ErrorKind::unsupported, "OpenSSL has no Poly1305 here");
        return found; // kept for the life of the process
    }();
    return fetched;
}

EVP_MAC_CTX* mac_context(void* context) {
    return static_cast<EVP_MAC_CTX*>(context);
}

} // namespace

Fingerprinter::Fingerprinter() : context_(EVP_MAC_CTX_new(method())) {
    if (context_ == nullptr) throw std::bad_alloc();
    start();
}

Fingerprinter::~Fingerprinter() {
    EVP_MAC_CTX_free(mac_context(context_));
}

void Fingerprinter::start() {
    const Key& key = process_key();
    demand(EVP_MAC_init(mac_context(context_), key.data(), key.size(), nullptr), "EVP_MAC_init");
}

void Fingerprinter::update(ByteView bytes) {
    demand(EVP_MAC_update(mac_context(context_), bytes.data(), bytes.size()), "EVP_MAC_update");
}

Fingerprint Fingerprinter::finish() {
    Fingerprint value;
    std::size_t length = 0;
    demand(EVP_MAC_final(mac_context(context_), value.data(), &length, value.size()), "EVP_MAC_final");
    start();
    return value;
}

} // namespace touchstone
