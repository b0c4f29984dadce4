// Kept listings: the input is what stands between the opening and the sum, so that forged fields are reached. What is
// read can be written, and then means the same; with a wrong sum nothing is read. Seeds are made, and held against the
// format, by tests/image/cache/cache_seeds_test.cpp.
#include "base/bytes.h"
#include "base/sink.h"
#include "image/cache/listing.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace touchstone;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

std::string encoded(const LayerListing& listing) {
    StringSink sink;
    encode_listing(listing, listing.listed ? ListingDetail::whole : ListingDetail::stream, sink);
    return sink.text();
}

/// All before the body: a listing's file without its body and its sum.
std::string opening() {
    LayerListing none;
    none.listed = false;
    const std::string file = encoded(none);
    return file.substr(0, file.find('\n', file.find(listing_rules())) + 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::string start = opening();
    std::string file = start + std::string(as_text({data, size}));
    file += as_text(digest_of(as_bytes(file)).view());
    const std::unique_ptr<LayerListing> listing = decode_listing(as_bytes(file));
    file.back() = static_cast<char>(file.back() ^ 1);
    require(decode_listing(as_bytes(file)) == nullptr);
    if (listing == nullptr) return 0;
    const std::string again = encoded(*listing);
    const std::unique_ptr<LayerListing> back = decode_listing(as_bytes(again));
    require(back != nullptr && back->entries.size() == listing->entries.size());
    require(encoded(*back) == again);
    return 0;
}
