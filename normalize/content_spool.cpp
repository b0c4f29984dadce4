// One spool file a layer; entries are found by their address in the listing.
#include "normalize/content_spool.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <array>

namespace touchstone {

namespace {

class SpoolVisitor final : public ContentVisitor {
public:
    explicit SpoolVisitor(const std::string& name) : file_("content of " + name) {}

    bool wants(std::size_t index, const Entry&) override {
        offsets_.resize(index + 1);
        offsets_[index] = file_.size();
        return true;
    }
    void bytes(std::size_t, ByteView stretch) override { file_.append(stretch); }
    void end(std::size_t) override {}

    std::shared_ptr<const File> finish() { return file_.finish(); }
    std::vector<std::uint64_t> take_offsets() { return std::move(offsets_); }

private:
    SpoolFile file_;
    std::vector<std::uint64_t> offsets_;
};

/// The block of one copy: what the tar reader gives at most, and what stays in cache between reading and hashing.
constexpr std::size_t copy_block = std::size_t{64} << 10;

} // namespace

std::shared_ptr<const LayerListing> ContentSpool::read(const LayerRef& layer, const LayerLimits& limits,
                                                       Progress* progress) {
    SpoolVisitor visitor(layer.name);
    Spooled spooled;
    spooled.listing = read_layer(layer, limits, progress, &visitor);
    spooled.file = visitor.finish();
    spooled.offsets = visitor.take_offsets();
    const std::shared_ptr<const LayerListing> listing = spooled.listing;
    if (!listing->entries.empty()) layers_.emplace(listing->entries.data(), std::move(spooled));
    return listing;
}

void ContentSpool::copy(const Entry& entry, ByteSink& out) {
    auto layer = layers_.upper_bound(&entry);
    if (layer == layers_.begin()) fail(ErrorKind::unreadable, printable(entry.path) + ": its content was not kept");
    --layer;
    const Spooled& spooled = layer->second;
    const auto index = static_cast<std::size_t>(&entry - spooled.listing->entries.data());
    if (index >= spooled.offsets.size())
        fail(ErrorKind::unreadable, printable(entry.path) + ": its content was not kept");
    std::array<std::uint8_t, copy_block> block;
    std::uint64_t offset = spooled.offsets[index];
    for (std::uint64_t left = entry.size; left > 0;) {
        const std::size_t count =
            spooled.file->read_at(offset, ByteSpan(block).first(std::min<std::uint64_t>(left, block.size())));
        if (count == 0)
            fail(ErrorKind::unreadable, printable(entry.path) + ": the temporary file is shorter than it was");
        out.write(ByteView(block).first(count));
        offset += count;
        left -= count;
    }
}

} // namespace touchstone
