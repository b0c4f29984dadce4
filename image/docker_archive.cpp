// manifest.json, as moby (image/tarexport), containers/image (docker/internal/tarfile) and ggcr (pkg/v1/tarball) write
// and read it.
#include "image/docker_archive.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/assemble.h"
#include "image/document.h"
#include "image/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::string_view manifest_name = "manifest.json";
constexpr std::array<std::string_view, 5> entry_keys{"Config", "RepoTags", "Layers", "Parent", "LayerSources"};

DockerEntry parse_entry(const Json& json, std::string what) {
    const ObjectReader reader(json, std::move(what), entry_keys);
    DockerEntry entry{reader.required_text("Config"), reader.texts("RepoTags"), reader.texts("Layers")};
    if (entry.layers.size() > layer_count_limit) {
        fail(ErrorKind::over_limit,
             fmt::format("{}: {} layers, the limit is {}", reader.what(), entry.layers.size(), layer_count_limit));
    }
    return entry;
}

/// Every writer names the config after its SHA-256: <hex>.json (docker, podman), sha256:<hex> (kaniko, ggcr) or
/// blobs/sha256/<hex> (docker from 25 on). The image id is computed anyway; a wrong name is a finding.
void check_config_name(Image& image, std::string_view member) {
    std::string_view base = member.substr(member.rfind('/') + 1);
    if (base.ends_with(".json")) base.remove_suffix(5);
    if (base.starts_with("sha256:")) base.remove_prefix(7);
    if (base == image.config->hex()) return;
    image.oddities.push_back(
        {OddityCode::config_name_not_digest, "",
         fmt::format("the config is called `{}`, its digest is {}", printable_short(member), image.config->string())});
}

StoredBytes resolve_or_fail(const ArchiveIndex& archive, std::string_view member, std::string_view what) {
    std::optional<StoredBytes> stored = archive.resolve(member);
    if (!stored) {
        fail(ErrorKind::unreadable, fmt::format("{}: the archive has no member `{}`, which {} names", what,
                                                printable_short(member), manifest_name));
    }
    return *stored;
}

LayerRef layer_of_member(const ArchiveIndex& archive, const std::string& member, std::size_t number) {
    LayerRef layer;
    layer.name = fmt::format("layer {} ({})", number, printable_short(member));
    const StoredBytes stored = resolve_or_fail(archive, member, layer.name);
    layer.stored_size = stored.size;
    layer.open = stored.open;
    return layer;
}

} // namespace

std::vector<DockerEntry> parse_docker_manifest(const Json& document) {
    if (!document.is(Json::Kind::array)) {
        fail(ErrorKind::malformed, fmt::format("{}: expected an array of images", manifest_name));
    }
    const std::vector<Json>& items = document.items();
    if (items.size() > docker_entry_limit) {
        fail(ErrorKind::over_limit,
             fmt::format("{}: {} images, the limit is {}", manifest_name, items.size(), docker_entry_limit));
    }
    std::vector<DockerEntry> entries;
    for (std::size_t i = 0; i < items.size(); ++i) {
        entries.push_back(parse_entry(items[i], fmt::format("{}, image {}", manifest_name, i)));
    }
    return entries;
}

DockerArchive::DockerArchive(std::shared_ptr<const ArchiveIndex> archive) : archive_(std::move(archive)) {
    within(archive_->name(), [&] {
        const std::optional<StoredBytes> file = archive_->find(manifest_name);
        if (!file) fail(ErrorKind::unreadable, fmt::format("no docker archive: there is no {}", manifest_name));
        const std::string bytes = read_stored(*file, manifest_limit, manifest_name);
        entries_ = parse_docker_manifest(parse_document(bytes, manifest_name, manifest_limit));
    });
}

std::string DockerArchive::label_of(std::size_t index) const {
    std::string label;
    for (const std::string& tag : entries_[index].tags) label += ":" + printable_short(tag) + "  ";
    return label + fmt::format("@{}", index);
}

std::string DockerArchive::list_entries() const {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < entries_.size(); ++i) lines.push_back(label_of(i));
    return lines.empty() ? std::string(" nothing") : bullet_list(lines);
}

std::vector<std::size_t> DockerArchive::select(const Selector& selector) const {
    std::vector<std::size_t> which;
    if (selector.index) {
        if (*selector.index < entries_.size()) which.push_back(*selector.index);
    } else {
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            const std::vector<std::string>& tags = entries_[i].tags;
            const bool named =
                selector.name.empty() || std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
                    return full_name(tag) == full_name(selector.name);
                });
            if (named) which.push_back(i);
        }
    }
    if (which.empty() && !selector.empty()) {
        fail(ErrorKind::usage, fmt::format("{} has no such image; there are:{}", manifest_name, list_entries()));
    }
    if (which.size() > 1 && !selector.name.empty() && !selector.digest) {
        fail(ErrorKind::usage, fmt::format("the tag `{}` is there more than once; say which with @N:{}",
                                           printable_short(selector.name), list_entries()));
    }
    return which;
}

Image DockerArchive::open_entry(std::size_t index) const {
    const DockerEntry& entry = entries_[index];
    Image image;
    image.oddities = archive_->oddities();
    for (std::size_t i = 0; i < entry.layers.size(); ++i) {
        image.layers.push_back(layer_of_member(*archive_, entry.layers[i], i));
    }
    const std::string what = fmt::format("config `{}`", printable_short(entry.config));
    std::string bytes = read_stored(resolve_or_fail(*archive_, entry.config, what), config_limit, what);
    const Digest digest = digest_of(as_bytes(bytes));
    take_config(image, std::move(bytes), digest, what);
    check_config_name(image, entry.config);
    return image;
}

std::vector<Image> DockerArchive::open(const Selector& selector, const OpenOptions& options,
                                       std::vector<std::size_t>& which) const {
    std::vector<std::size_t> entries = select(selector);
    std::vector<Candidate> candidates;
    const bool one_is_enough = entries.size() == 1 && !options.platform && !selector.digest;
    std::vector<std::size_t> kept;
    for (const std::size_t index : entries) {
        Candidate candidate{std::nullopt, label_of(index)};
        if (!one_is_enough) {
            const Image image = open_entry(index);
            if (selector.digest &&
                digest_of(as_bytes(image.config_bytes), selector.digest->algorithm) != *selector.digest) {
                continue;
            }
            candidate.platform = image.platform;
        }
        kept.push_back(index);
        candidates.push_back(std::move(candidate));
    }
    if (candidates.empty() && selector.digest) {
        fail(ErrorKind::usage,
             fmt::format("no config has the digest {} (a docker-archive is pinned by its image id); there "
                         "are:{}",
                         selector.digest->string(), list_entries()));
    }
    std::vector<Image> images;
    for (const std::size_t choice : choose(candidates, options)) {
        which.push_back(kept[choice]);
        images.push_back(open_entry(kept[choice]));
    }
    return images;
}

} // namespace touchstone
