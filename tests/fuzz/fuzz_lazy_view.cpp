// Tables of contents for lazy pulling. The first byte chooses: the rest is a table, or the end of a blob with a footer
// in it. A table is refused with an Error, or read into entries that make sense; and in a layer it is an oddity at
// worst.
#include "base/compression.h"
#include "base/error.h"
#include "image/layer.h"
#include "image/lazy_compare.h"
#include "image/lazy_toc.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

using namespace touchstone;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const LazyEntry& entry) {
    std::uint64_t start = 0;
    for (const LazyChunk& chunk : entry.chunks) {
        if (entry.chunks_fit) require(chunk.end > start && chunk.end <= entry.size);
        start = chunk.end;
    }
    if (entry.chunks_fit && !entry.chunks.empty()) require(start == entry.size);
    if (entry.type != EntryType::file) require(entry.chunks.empty());
}

/// A tar of one block of zeros: nothing is in it, and so every path of the table is a difference.
void compare_with_nothing(const LazyToc& toc) {
    LayerListing listing;
    compare_lazy_view(toc, LayerRef{}, {}, Contents::digests, listing);
    require(listing.oddities.size() <= lazy_differences_listed + 1);
    require(listing.oddities.empty() == toc.entries.empty());
}

void read_blob(std::string_view end) {
    LayerRef layer;
    layer.name = "layer";
    const std::string blob = std::string(1024, '\0') + std::string(end);
    layer.stored_size = blob.size();
    layer.open = [&blob] { return std::make_unique<MemorySource>(std::string_view(blob)); };
    const std::unique_ptr<LayerListing> listing = read_layer(layer, {}, nullptr);
    const TocFooter& footer = listing->compression.toc;
    require(footer == read_toc_footer(as_bytes(blob).last(toc_footer_size), blob.size()));
    if (footer.format == TocFormat::none) require(!listing->lazy);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rest = as_text({data + 1, size - 1});
    try {
        if (data[0] % 2 != 0) {
            read_blob(rest);
            return 0;
        }
        const LazyToc toc = parse_lazy_toc(rest);
        for (const LazyEntry& entry : toc.entries) check(entry);
        compare_with_nothing(toc);
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
