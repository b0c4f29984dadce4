// An OCI layout, resolved: index.json, nested indexes, platforms, attestations. Works over any BlobStore.
#pragma once

#include "image/blob_store.h"
#include "image/image.h"
#include "image/select.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Indexes in indexes: BuildKit and imagetools make two or three levels. Manifests: of the whole tree.
inline constexpr unsigned index_depth_limit = 8;
inline constexpr std::size_t index_manifest_limit = 1000;

/// One image manifest of a layout, or something beside the images.
struct FoundManifest {
    Descriptor descriptor;
    std::vector<std::string> names; ///< of the index.json entries that lead here; raw bytes
    std::optional<Digest> index;    ///< the outermost index below index.json that it was found in
};

/// What a selection of index.json entries leads to.
struct FoundManifests {
    std::vector<FoundManifest> images;
    std::vector<FoundManifest> companions;
};

struct OpenedLeaf {
    Image image;
    std::vector<std::string> names; ///< as in FoundManifest
};

class Layout {
public:
    /// Reads `oci-layout` and `index.json`. `name` (printable) is the container's name in messages.
    Layout(std::shared_ptr<const BlobStore> store, std::string name);
    /// Over an index that is not index.json (skopeo's `dir:`): no `oci-layout` is asked for.
    Layout(std::shared_ptr<const BlobStore> store, std::string name, std::string_view index_bytes);

    std::vector<OpenedLeaf> open(const Selector& selector, const OpenOptions& options) const;

    /// The leaves below the entries of index.json that `selector` means. Throws usage when there are none or too many.
    FoundManifests select(const Selector& selector) const;
    /// The leaves below the entries that bear one of `names` (in full_name form), or all when none does.
    FoundManifests select_named(const std::vector<std::string>& names, bool& named) const;
    Image open_leaf(const FoundManifest& leaf) const;

private:
    struct Walk;
    void read_index(std::string_view bytes, std::string_view what);
    FoundManifests walk(const std::vector<const Descriptor*>& entries) const;
    std::vector<const Descriptor*> entries_named(const std::string& name) const;
    std::vector<const Descriptor*> all_entries() const;
    FoundManifests pick_digest(const std::vector<const Descriptor*>& entries, const Digest& digest) const;
    void place_unplaced(FoundManifests& leaves) const;
    Image with_companions(Image image, const std::vector<FoundManifest>& companions, bool provenance) const;
    std::string list_entries(const std::vector<const Descriptor*>& entries) const;

    std::shared_ptr<const BlobStore> store_;
    std::string name_;
    std::vector<Descriptor> entries_;
    std::vector<Oddity> oddities_;
};

/// The names that an index.json entry bears: org.opencontainers.image.ref.name and io.containerd.image.name.
std::vector<std::string> names_of(const Descriptor& descriptor);

} // namespace touchstone
