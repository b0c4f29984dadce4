// `docker save` archives in all their forms: manifest.json names configs and layers by member. When the archive holds
// an OCI layout too (Docker 25 and later), the two views must be one image: some readers look at one, some at the
// other.
#pragma once

#include "base/json.h"
#include "image/archive_index.h"
#include "image/image.h"
#include "image/layout.h"
#include "image/select.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// One image of manifest.json. Member names and tags are raw bytes.
struct DockerEntry {
    std::string config;
    std::vector<std::string> tags;
    std::vector<std::string> layers;
};

/// Real archives hold a handful.
inline constexpr std::size_t docker_entry_limit = 200;

/// Strict: one array of objects, nothing after it (docker load itself would ignore trailing bytes).
std::vector<DockerEntry> parse_docker_manifest(const Json& document);

class DockerArchive {
public:
    explicit DockerArchive(std::shared_ptr<const ArchiveIndex> archive);

    const std::vector<DockerEntry>& entries() const { return entries_; }
    /// The images that `selector` and `options` mean, as manifest.json has them. `which` gets their entries' numbers.
    std::vector<Image> open(const Selector& selector, const OpenOptions& options,
                            std::vector<std::size_t>& which) const;
    Image open_entry(std::size_t index) const;
    const ArchiveIndex& archive() const { return *archive_; }

private:
    std::vector<std::size_t> select(const Selector& selector) const;
    std::string label_of(std::size_t index) const;
    std::string list_entries() const;

    std::shared_ptr<const ArchiveIndex> archive_;
    std::vector<DockerEntry> entries_;
};

/// The OCI layout's view of the image that entry `index` of manifest.json names: the same config and the same layers,
/// or malformed, "the two views disagree". `image` is the docker view.
Image oci_view_of(const Layout& layout, const DockerArchive& docker, std::size_t index, const Image& image);

/// The other way round: manifest.json must not hold another image for the platform or the name of one of `leaves`.
void check_docker_view(const DockerArchive& docker, std::vector<OpenedLeaf>& leaves);

} // namespace touchstone
