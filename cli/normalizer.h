// From an image to what `normalize` writes: the layers in canonical form, compressed where that was asked for, and the
// documents that name them. Nothing is written to where the user said here.
#pragma once

#include "base/compression.h"
#include "base/file.h"
#include "diff/canonical.h"
#include "image/image.h"
#include "normalize/canonical_image.h"

#include <memory>
#include <string>
#include <vector>

namespace touchstone {

struct NormalizerOptions {
    Profile profile;
    Compression compression = Compression::none;
    bool merge = false;        ///< one layer with the whole root file system
    std::size_t untouched = 0; ///< layers from the bottom that are carried over as they are
    bool log = false;          ///< NormalizedLayers::log is wanted
    bool keeps_files = false;  ///< NormalizedLayers::files are to be the output itself, where they are not compressed
    std::string directory;     ///< where temporary files are made; empty = wherever such files go
    LoadOptions load;
};

/// Layers ready to be written: the blobs and the unnamed files that hold their bytes.
struct NormalizedLayers {
    std::vector<CanonicalBlob> blobs;
    std::vector<std::shared_ptr<const File>> files;
    ChangeCounts changes;
    std::string log; ///< JSON Lines
};

/// How many layers of `image`, from the bottom, are those of `base` (by diffID, which is verified when the layers are
/// read). Throws usage when there is none.
std::size_t shared_layers(const Image& image, const Image& base);

class Normalizer {
public:
    /// Reads and verifies the image, which must outlive this, and makes its canonical form.
    Normalizer(const Image& image, NormalizerOptions options);

    const NormalizedLayers& layers() const { return layers_; }
    /// The documents. Only for an image with a config.
    CanonicalImage documents() const;
    /// Reads what was written, and throws unverified unless it holds what the image holds. `kept_files` when the files
    /// of layers() are what was written: those that were read when they were made are not read again.
    void prove(const Image& written, bool kept_files) const;
    /// Constructs that known runtimes read in different ways; the canonical form has settled them.
    std::size_t ambiguities() const;

private:
    void keep_layers();
    void merge_layers();
    void add_changes(std::size_t index);
    std::shared_ptr<const LayerListing> read_before(const LayerRef& layer) const;
    CanonicalBlob store(const CanonicalResult& canonical, std::shared_ptr<const File> stream,
                        std::shared_ptr<const File>& stored) const;
    CanonicalBlob carry_over(std::size_t index, std::shared_ptr<const File>& stored) const;

    const Image& image_;
    NormalizerOptions options_;
    CanonicalStacks stacks_;
    NormalizedLayers layers_;
};

} // namespace touchstone
