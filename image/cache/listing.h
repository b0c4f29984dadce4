// A layer's listing as a file: what the cache keeps so that a blob need not be read again. Everything is in it that
// read_layer finds in the blob itself, and nothing of what an image says about the blob.
#pragma once

#include "base/sink.h"
#include "image/layer.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace touchstone {

/// Which rules made a listing, "<version of the program>-<number>": a listing of other rules is never used. The number
/// (listing_rules_number) must be raised with every change of what read_layer finds in a layer, and of this format.
std::string_view listing_rules();

/// Listings that take more are not kept: the largest known images, of two million entries, need less.
inline constexpr std::uint64_t listing_limit = std::uint64_t{256} << 20;

/// How much of a listing is there.
enum class ListingDetail : std::uint8_t {
    stream, ///< digests, sizes and compression: the blob was verified down to its diffID, and not listed
    whole,  ///< all of it, with the digests of the contents
};

/// Magic, rules, body, and the SHA-256 of all before it. `listing` is as list_blob or verify_layer made it; for `whole`
/// with the digests of its contents.
void encode_listing(const LayerListing& listing, ListingDetail detail, ByteSink& out);

/// The listing, or null when the bytes are not what encode_listing wrote under the same rules, to the last bit. With
/// less than `whole`, LayerListing::listed is false. Throws nothing but bad_alloc.
std::unique_ptr<LayerListing> decode_listing(ByteView bytes);

} // namespace touchstone
