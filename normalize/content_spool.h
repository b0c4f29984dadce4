// Content of layers at hand in any order: what streams by while a layer is read and verified is kept in an unnamed
// temporary file, because a canonical form needs it in another order than the layer has it.
#pragma once

#include "base/file.h"
#include "image/layer.h"
#include "normalize/canonical_layer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace touchstone {

/// Holds the content of any number of layers. Fill it, then read it; one thread at a time.
class ContentSpool final : public ContentStore {
public:
    /// Reads and verifies a layer, keeping its files' content.
    std::shared_ptr<const LayerListing> read(const LayerRef& layer, const LayerLimits& limits, Progress* progress);
    /// `entry` must be of a listing that read() returned and that is still alive.
    void copy(const Entry& entry, ByteSink& out) override;

private:
    struct Spooled {
        std::shared_ptr<const LayerListing> listing;
        std::shared_ptr<const File> file;
        std::vector<std::uint64_t> offsets; ///< of each entry's content in the file
    };
    std::map<const Entry*, Spooled, std::less<>> layers_; ///< by the address of the first entry
};

} // namespace touchstone
