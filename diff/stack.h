// A stack: an image whose layers have all been read and verified. Equal work is done once: a blob that both sides share
// is listed once, and so is a stream that they hold in different compressions.
#pragma once

#include "base/progress.h"
#include "image/image.h"
#include "image/layer.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace touchstone {

struct StackLayer {
    const LayerRef* ref = nullptr;               ///< lives in the Image
    std::shared_ptr<const LayerListing> listing; ///< entries; shared by every layer of the same uncompressed stream
    std::shared_ptr<const LayerListing>
        stream; ///< blob digest, size, compression of *this* blob; often the same object
};

struct Stack {
    const Image* image = nullptr;   ///< must outlive the stack
    std::vector<StackLayer> layers; ///< bottom first; empty for an artifact, whose blobs are verified only
    std::size_t unlisted = 0;       ///< so many from the bottom are the other image's, too, and were not listed
};

/// What is done with the layers at the bottom that two images share (diff/shared_bottom.h).
enum class SharedBottom : std::uint8_t {
    list,   ///< they are read whole, like all others
    verify, ///< where their content decides nothing, only their blobs are verified: Stack::unlisted counts them
};

/// Reads, verifies and lists one layer; called from several threads at once.
using ListLayer = std::function<std::shared_ptr<const LayerListing>(const LayerRef&, const LayerLimits&, Progress*)>;

struct LoadOptions {
    unsigned jobs = 1;
    LayerLimits limits;
    Progress* progress = nullptr; ///< may be null
    ListLayer list;               ///< in place of read_layer, for those who want more of the layer than its listing
    SharedBottom shared = SharedBottom::list;
    Contents contents = Contents::digests;
    bool kept = true; ///< listings that are kept in the layers' cache will do, where there is one; else all is read
};

/// Reads and verifies every layer of the images, in parallel, largest first; shared blobs and streams once.
/// Throws the error of the first image's first bad layer.
std::vector<Stack> load_stacks(const std::vector<const Image*>& images, const LoadOptions& options);

/// Reads what load_stacks left unlisted; afterwards Stack::unlisted is 0.
void list_bottom(std::vector<Stack>& stacks, const LoadOptions& options);

} // namespace touchstone
