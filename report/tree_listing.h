// `touchstone ls`: the merged tree of an image, or one layer as it is stored. As text it looks like `ls -l`; as JSON
// Lines it has one object per node, with what does not apply left out. Millions of nodes are common, so a listing goes
// to a sink piece by piece.
#pragma once

#include "diff/tree.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace touchstone {

enum class ListingFormat : std::uint8_t { text, json_lines };

/// A piece of output ends with the line that passes this: names and attributes of hostile images are long, and escaped
/// they are longer. Some three times what usual lines need.
inline constexpr std::size_t listing_piece_limit = std::size_t{4} << 20;

/// Takes the next piece of output.
using TextSink = std::function<void(std::string_view)>;

struct ListingOutput {
    ListingFormat format = ListingFormat::text;
    TextSink sink;     ///< called by the calling thread only
    unsigned jobs = 1; ///< threads that write lines; the text does not depend on it
};

/// Every path of the merged tree, in path order. Paths that share an inode are files (or whatever they are) with
/// "hardlink", the first path of their group.
void list_tree(const Tree& tree, const ListingOutput& out);

/// The entries of one layer, as stored and in their order: whiteouts, hard links and duplicates are shown as such.
void list_layer(const LayerListing& listing, std::uint32_t layer, const ListingOutput& out);

} // namespace touchstone
