// The content of a few small layers in memory, by entry: what canonical forms are written from in tests, so that these
// depend on no spool.
#pragma once

#include "image/layer.h"
#include "normalize/canonical_layer.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace touchstone::test {

class ContentMap final : public ContentStore {
public:
    /// Reads and verifies a layer, keeping its files' content.
    std::shared_ptr<const LayerListing> read(const LayerRef& layer, const LayerLimits& limits = {}) {
        Keeper keeper;
        std::shared_ptr<const LayerListing> listing = read_layer(layer, limits, nullptr, &keeper);
        for (auto& [index, bytes] : keeper.kept) contents_[&listing->entries[index]] = std::move(bytes);
        keep_.push_back(listing);
        return listing;
    }
    void copy(const Entry& entry, ByteSink& out) override { out.write(std::string_view(contents_[&entry])); }

private:
    struct Keeper final : ContentVisitor {
        std::map<std::size_t, std::string> kept;
        bool wants(std::size_t, const Entry&) override { return true; }
        void bytes(std::size_t index, ByteView stretch) override { kept[index] += as_text(stretch); }
        void end(std::size_t) override {}
    };
    std::map<const Entry*, std::string, std::less<>> contents_;
    std::vector<std::shared_ptr<const LayerListing>> keep_; ///< entries are told apart by their addresses
};

} // namespace touchstone::test
