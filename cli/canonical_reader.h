// An image read for its canonical forms: every layer verified, its content at hand. What `digest` and `normalize`
// share.
#pragma once

#include "cli/command_line.h"
#include "cli/streams.h"
#include "image/image.h"
#include "image/layer.h"
#include "normalize/canonical_image.h"
#include "normalize/canonical_layer.h"
#include "normalize/content_spool.h"
#include "normalize/profile.h"

#include <memory>
#include <string>
#include <vector>

namespace touchstone {

/// --mtime and --owner. SOURCE_DATE_EPOCH (reproducible-builds.org) is what a bare `clamp` means.
void add_profile_options(CommandLine& line, Profile& profile, const Streams& streams);

class CanonicalReader {
public:
    /// Reads and verifies all layers of `image`, which must outlive the reader; a blob that is there twice is read
    /// once. Throws unsupported for an artifact.
    CanonicalReader(const Image& image, const LayerLimits& limits);

    std::size_t layers() const { return listings_.size(); }
    /// CLF-1 of one layer. `out` and `log` may be null.
    CanonicalResult write_layer(std::size_t index, const Profile& profile, ByteSink* out, std::vector<Change>* log);
    /// CRF-1 of the merged tree.
    CanonicalResult tree(const Profile& profile);

private:
    const Image& image_;
    ContentSpool content_;
    std::vector<std::shared_ptr<const LayerListing>> listings_; ///< one per layer
};

/// The host-independent names of an image under one profile.
struct CanonicalDigests {
    std::vector<std::string> layers; ///< "clf1:sha256:…"
    std::string tree;                ///< "crf1:sha256:…"
    std::string image;               ///< "sha256:…"; empty for a layer tar, which has no config
};

/// Opens, reads and verifies the image that `reference` names.
CanonicalDigests canonical_digests(const std::string& reference, const OpenOptions& open, const LayerLimits& limits,
                                   const Profile& profile);

} // namespace touchstone
