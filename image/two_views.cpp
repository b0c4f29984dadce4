// One archive, two images: an attacker may give a manifest.json to one reader and an index.json to another (spec
// section 1.2). graphdriver Docker and skopeo's docker-archive read the first, containerd, Docker with its image store
// and oci-archive the second. They must name the same config and the same layers.
#include "base/error.h"
#include "base/printable.h"
#include "image/docker_archive.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

[[noreturn]] void disagree(const std::string& how) {
    fail(ErrorKind::malformed, fmt::format("the two views of the archive disagree: {}", how));
}

bool maybe_same_platform(const std::optional<Platform>& first, const std::optional<Platform>& second) {
    return !first || !second || matches(*first, *second);
}

/// One member, or the same bytes: `member` is read and compared with the blob's digest when it is not the blob itself.
void check_layer(const ArchiveIndex& archive, const std::string& member, const LayerRef& blob, std::size_t number) {
    const std::optional<std::uint64_t> blob_offset = archive.offset_of(layout_path(*blob.digest));
    const std::optional<std::uint64_t> member_offset = archive.offset_of(member);
    if (blob_offset && member_offset && *blob_offset == *member_offset) return;
    const std::string how = fmt::format("layer {} is `{}` in manifest.json and {} in index.json", number,
                                        printable_short(member), blob.digest->string());
    const std::optional<StoredBytes> stored = archive.resolve(member);
    if (!stored || stored->size != blob.size) disagree(how);
    VerifyingSource source(stored->open(), {}, how);
    drain(source);
    const bool sha256 = blob.digest->algorithm == DigestAlgorithm::sha256;
    if (!sha256 || source.digest() != *blob.digest) disagree(how);
}

void check_layers(const DockerArchive& docker, std::size_t index, const Image& oci) {
    const std::vector<std::string>& members = docker.entries()[index].layers;
    if (members.size() != oci.layers.size()) {
        disagree(fmt::format("manifest.json has {} layers, index.json {}", members.size(), oci.layers.size()));
    }
    for (std::size_t i = 0; i < members.size(); ++i) check_layer(docker.archive(), members[i], oci.layers[i], i);
}

void note_agreement(Image& oci, const DockerArchive& docker) {
    const std::vector<Oddity>& outer = docker.archive().oddities();
    oci.oddities.insert(oci.oddities.begin(), outer.begin(), outer.end());
    oci.oddities.push_back({OddityCode::docker_archive_two_views, "", ""});
}

std::vector<std::string> full_names(const std::vector<std::string>& names) {
    std::vector<std::string> full;
    full.reserve(names.size());
    for (const std::string& name : names) full.push_back(full_name(name));
    return full;
}

bool share_a_name(const std::vector<std::string>& tags, const std::vector<std::string>& names) {
    const std::vector<std::string> full = full_names(names);
    return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
        return std::find(full.begin(), full.end(), full_name(tag)) != full.end();
    });
}

/// What manifest.json says of one image, without the documents.
struct DockerImage {
    std::size_t entry = 0;
    std::optional<Digest> config;
    std::optional<Platform> platform;
    std::vector<std::string> tags;
};

std::vector<DockerImage> summaries_of(const DockerArchive& docker) {
    std::vector<DockerImage> images;
    for (std::size_t i = 0; i < docker.entries().size(); ++i) {
        const Image image = docker.open_entry(i);
        images.push_back({i, image.config, image.platform, docker.entries()[i].tags});
    }
    return images;
}

} // namespace

Image oci_view_of(const Layout& layout, const DockerArchive& docker, std::size_t index, const Image& image) {
    bool named = false;
    const FoundManifests leaves = layout.select_named(full_names(docker.entries()[index].tags), named);
    const bool must_all_agree = named || docker.entries().size() == 1;
    std::optional<Image> agreed;
    std::string other;
    for (const FoundManifest& leaf : leaves.images) {
        if (!maybe_same_platform(leaf.descriptor.platform, image.platform)) continue;
        Image candidate = layout.open_leaf(leaf);
        if (candidate.is_artifact || !maybe_same_platform(candidate.platform, image.platform)) continue;
        if (candidate.config == image.config) {
            agreed = std::move(candidate);
        } else {
            other = candidate.config->string();
        }
    }
    if (!agreed || (must_all_agree && !other.empty())) {
        disagree(fmt::format("manifest.json has config {}, index.json {}", image.config->string(),
                             other.empty() ? "none for this platform" : other));
    }
    check_layers(docker, index, *agreed);
    note_agreement(*agreed, docker);
    for (const Oddity& oddity : image.oddities) {
        if (oddity.code == OddityCode::config_name_not_digest) agreed->oddities.push_back(oddity);
    }
    return std::move(*agreed);
}

void check_docker_view(const DockerArchive& docker, std::vector<OpenedLeaf>& leaves) {
    const std::vector<DockerImage> images = summaries_of(docker);
    for (OpenedLeaf& leaf : leaves) {
        const DockerImage* same = nullptr;
        const DockerImage* other = nullptr;
        for (const DockerImage& image : images) {
            if (!maybe_same_platform(image.platform, leaf.image.platform)) continue;
            if (image.config == leaf.image.config) {
                same = &image;
            } else if (other == nullptr || share_a_name(image.tags, leaf.names)) {
                other = &image;
            }
        }
        const bool name_taken = other != nullptr && share_a_name(other->tags, leaf.names);
        // A manifest.json without an image for this platform says nothing about it (bazel's rules_img names only one).
        if (other != nullptr && (same == nullptr || name_taken)) {
            disagree(fmt::format("index.json has config {}, manifest.json {}", leaf.image.config->string(),
                                 other->config->string()));
        }
        if (same != nullptr) check_layers(docker, same->entry, leaf.image);
        note_agreement(leaf.image, docker);
    }
}

} // namespace touchstone
