// open_images: from a reference to its transport. Each transport is a few lines over the stores and the resolver.
#include "image/image.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/archive_index.h"
#include "image/assemble.h"
#include "image/blob_store.h"
#include "image/cache/store.h"
#include "image/docker_archive.h"
#include "image/document.h"
#include "image/layout.h"
#include "image/manifest.h"
#include "image/remote/engine.h"
#include "image/remote/engine_program.h"
#include "image/remote/registry_store.h"
#include "image/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unistd.h>

namespace touchstone {

namespace {

std::vector<Image> images_of(std::vector<OpenedLeaf> leaves) {
    std::vector<Image> images;
    images.reserve(leaves.size());
    for (OpenedLeaf& leaf : leaves) {
        if (!leaf.names.empty()) leaf.image.ref_name = leaf.names.front();
        images.push_back(std::move(leaf.image));
    }
    return images;
}

std::vector<Image> open_oci(const Reference& reference, const OpenOptions& options) {
    const Layout layout(open_layout_directory(std::make_shared<const Directory>(reference.path)),
                        printable(reference.path));
    return images_of(layout.open(parse_selector(reference.selector), options));
}

std::vector<Image> images_of_oci_archive(const std::shared_ptr<const ArchiveIndex>& archive, std::string_view selector,
                                         const OpenOptions& options) {
    if (!archive->find("index.json") && archive->find("manifest.json")) {
        fail(ErrorKind::usage, fmt::format("{} is no oci-archive (it has no index.json); it has a manifest.json: use "
                                           "docker-archive:",
                                           archive->name()));
    }
    const Layout layout(open_layout_archive(archive), archive->name());
    std::vector<OpenedLeaf> leaves = layout.open(parse_selector(selector), options);
    if (!archive->find("manifest.json")) {
        for (OpenedLeaf& leaf : leaves) {
            leaf.image.oddities.insert(leaf.image.oddities.begin(), archive->oddities().begin(),
                                       archive->oddities().end());
        }
        return images_of(std::move(leaves));
    }
    return within(archive->name(), [&] {
        const DockerArchive docker(archive);
        check_docker_view(docker, leaves);
        return images_of(std::move(leaves));
    });
}

std::vector<Image> images_of_docker_archive(const std::shared_ptr<const ArchiveIndex>& archive,
                                            std::string_view selector, const OpenOptions& options) {
    const bool has_layout = archive->find("index.json").has_value();
    if (has_layout && !archive->find("manifest.json")) {
        fail(ErrorKind::usage,
             fmt::format("{} is no docker-archive (it has no manifest.json); it has an index.json: use "
                         "oci-archive:",
                         archive->name()));
    }
    const DockerArchive docker(archive);
    return within(archive->name(), [&] {
        std::vector<std::size_t> which;
        std::vector<Image> images = docker.open(parse_selector(selector), options, which);
        if (has_layout) {
            const Layout layout(open_layout_archive(archive), "its OCI layout");
            for (std::size_t i = 0; i < images.size(); ++i)
                images[i] = oci_view_of(layout, docker, which[i], images[i]);
        }
        for (std::size_t i = 0; i < images.size(); ++i) {
            const std::vector<std::string>& tags = docker.entries()[which[i]].tags;
            if (!tags.empty()) images[i].ref_name = tags.front();
        }
        return images;
    });
}

std::vector<Image> open_oci_archive(const Reference& reference, const OpenOptions& options) {
    return images_of_oci_archive(ArchiveIndex::open(reference.path), reference.selector, options);
}

std::vector<Image> open_docker_archive(const Reference& reference, const OpenOptions& options) {
    return images_of_docker_archive(ArchiveIndex::open(reference.path), reference.selector, options);
}

/// What the engine's `save` would have written: one image, whatever other tags it has.
std::vector<Image> open_docker_daemon(const Reference& reference, const OpenOptions& options) {
    const auto file = fetch_from_engine(Engine::docker, reference.path, options.remote);
    return images_of_docker_archive(std::make_shared<ArchiveIndex>(file), "", options);
}

std::vector<Image> open_podman(const Reference& reference, const OpenOptions& options) {
    const auto file = fetch_from_engine(Engine::podman, reference.path, options.remote);
    return images_of_oci_archive(std::make_shared<ArchiveIndex>(file), "", options);
}

std::vector<Image> open_containerd(const Reference& reference, const OpenOptions& options) {
    const auto file = export_from_containerd(reference.path, options.platform, options.all_platforms);
    return images_of_oci_archive(std::make_shared<ArchiveIndex>(file), "", options);
}

/// skopeo's `dir:`: manifest.json is the manifest itself, or an index (skopeo copy --all).
std::vector<Image> open_skopeo_dir(const Reference& reference, const OpenOptions& options) {
    const std::shared_ptr<const BlobStore> store =
        open_skopeo_directory(std::make_shared<const Directory>(reference.path));
    const std::string name = printable(reference.path);
    const Selector selector = parse_selector(reference.selector);
    const std::string bytes = within(name, [&] {
        const std::optional<StoredBytes> file = store->find_file("manifest.json");
        if (!file) fail(ErrorKind::unreadable, "no `dir:` image: there is no manifest.json");
        return read_stored(*file, manifest_limit, "manifest.json");
    });
    const std::string type = within(name, [&] {
        return document_media_type(parse_document(bytes, "manifest.json", manifest_limit), "manifest.json", "");
    });
    if (media_type_of(type).kind == MediaKind::index) {
        std::vector<Image> images = images_of(Layout(store, name, bytes).open(selector, options));
        for (Image& image : images) image.index = digest_of(as_bytes(bytes));
        return images;
    }
    return within(name, [&] {
        const Digest digest =
            digest_of(as_bytes(bytes), selector.digest ? selector.digest->algorithm : DigestAlgorithm::sha256);
        if (selector.digest && digest != *selector.digest) {
            fail(ErrorKind::unverified, fmt::format("manifest.json is not what was asked for: expected {}, found {}",
                                                    selector.digest->string(), digest.string()));
        }
        std::vector<Image> images;
        images.push_back(assemble_manifest(store, bytes, digest, type));
        choose({{images.front().platform, digest.string()}},
               options); // refuses another platform than the one asked for
        return images;
    });
}

/// What an error calls the image: who wrote a bare word may have meant a path.
std::string place_of(const Reference& reference) {
    std::string name = reference.registry->full_name();
    if (reference.text.starts_with("docker:")) return name;
    return fmt::format("{} (`{}` is no path here)", name, printable_short(reference.text));
}

/// What kind of manifest a document is without anybody's word for it; empty when it is none (but a layer, say).
std::string own_type_of(const std::string& bytes) {
    try {
        return document_media_type(parse_document(bytes, "", manifest_limit), "", "");
    } catch (const Error&) {
        return {};
    }
}

/// A digest that is kept costs no request; a tag always does, because tags move.
FetchedManifest manifest_of(Registry& registry, const Cache* cache) {
    if (const auto& digest = registry.name().digest; digest && cache != nullptr) {
        std::optional<std::string> bytes = cached_document(*cache, *digest, manifest_limit);
        if (bytes && !own_type_of(*bytes).empty()) {
            return {.bytes = std::move(*bytes), .digest = *digest, .media_type = {}, .oddities = {}};
        }
    }
    return registry.manifest();
}

/// Layers find what is known of them; and the manifest is kept, unless its registry had something to say of it: that is
/// asked for again, because a report must not depend on what is kept.
void keep(const std::shared_ptr<const Cache>& cache, const FetchedManifest& fetched, bool nothing_said,
          std::vector<Image>& images) {
    if (cache == nullptr) return;
    if (nothing_said && !cache->seems_to_have(fetched.digest, fetched.bytes.size())) {
        cache->keep(fetched.digest, fetched.bytes);
    }
    for (Image& image : images) {
        for (LayerRef& layer : image.layers) layer.cache = cache;
    }
}

/// The manifest or index of the name; all below it is asked for by digest only.
std::vector<Image> open_docker(const Reference& reference, const OpenOptions& options) {
    return within(place_of(reference), [&] {
        const auto registry = std::make_shared<Registry>(*reference.registry, options.remote);
        const std::shared_ptr<const Cache> cache = Cache::open(options.cache);
        const std::shared_ptr<const BlobStore> store = cached_store(open_registry_store(registry), cache);
        const FetchedManifest fetched = manifest_of(*registry, cache.get());
        const std::string what = fmt::format("manifest {}", fetched.digest.string());
        const std::string type =
            document_media_type(parse_document(fetched.bytes, what, manifest_limit), what, fetched.media_type);
        std::vector<Image> images;
        if (media_type_of(type).kind == MediaKind::index) {
            images = images_of(Layout(store, what, fetched.bytes).open({}, options));
            for (Image& image : images) image.index = fetched.digest;
        } else {
            images.push_back(assemble_manifest(store, fetched.bytes, fetched.digest, type));
            choose({{images.front().platform, fetched.digest.string()}}, options);
        }
        std::vector<Oddity> oddities = fetched.oddities;
        for (const std::string& text : registry->warnings()) {
            oddities.push_back({OddityCode::registry_warning, "", text});
        }
        for (Image& image : images) image.oddities.insert(image.oddities.begin(), oddities.begin(), oddities.end());
        keep(cache, fetched, oddities.empty() && own_type_of(fetched.bytes) == type, images);
        return images;
    });
}

/// A root file system as one layer. Its compression is the layer's own, so that nothing is spooled but standard input.
std::vector<Image> open_tar(const Reference& reference, const OpenOptions& options) {
    if (options.platform) {
        fail(ErrorKind::usage,
             fmt::format("{}: a root file system has no platform to choose", printable(reference.path)));
    }
    constexpr std::uint64_t limit = archive_spool_limit;
    std::shared_ptr<const File> file;
    if (reference.path == "-") {
        DescriptorSource input(STDIN_FILENO);
        file = spool(input, limit, "standard input");
    } else {
        file = open_file(reference.path);
    }
    LayerRef layer;
    layer.name = fmt::format("layer 0 ({})", file->name());
    layer.stored_size = file->size();
    layer.open = [file]() -> std::unique_ptr<ByteSource> { return std::make_unique<FileRange>(file, 0, file->size()); };
    std::vector<Image> images(1);
    images.front().layers.push_back(std::move(layer));
    return images;
}

using Opener = std::vector<Image> (*)(const Reference&, const OpenOptions&);
struct OpenerRow {
    Transport transport;
    Opener open;
};
constexpr std::array openers{
    OpenerRow{Transport::docker, open_docker},
    OpenerRow{Transport::docker_daemon, open_docker_daemon},
    OpenerRow{Transport::podman, open_podman},
    OpenerRow{Transport::containerd, open_containerd},
    OpenerRow{Transport::oci, open_oci},
    OpenerRow{Transport::oci_archive, open_oci_archive},
    OpenerRow{Transport::docker_archive, open_docker_archive},
    OpenerRow{Transport::dir, open_skopeo_dir},
    OpenerRow{Transport::tar, open_tar},
};

} // namespace

std::vector<Image> open_images(const Reference& reference, const OpenOptions& options) {
    const auto* const row = std::find_if(openers.begin(), openers.end(), [&](const OpenerRow& candidate) {
        return candidate.transport == reference.transport;
    });
    std::vector<Image> images = row->open(reference, options);
    for (Image& image : images) image.reference = reference;
    return images;
}

} // namespace touchstone
