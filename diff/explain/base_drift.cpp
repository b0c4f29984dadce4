// See base_drift.h. Two kinds of evidence: both images claim the same base by name with different digests, or their
// lowest layers differ and hold different releases of one distribution.
#include "diff/explain/base_drift.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::string_view name_key = "org.opencontainers.image.base.name";
constexpr std::string_view digest_key = "org.opencontainers.image.base.digest";
/// An os-release has some 400 bytes; what is larger is not one.
constexpr std::uint64_t release_limit = std::uint64_t{16} << 10;
constexpr std::array<std::string_view, 2> os_release_paths{"usr/lib/os-release", "etc/os-release"};
constexpr std::array<std::string_view, 2> version_paths{"etc/debian_version", "etc/alpine-release"};

std::string annotation(const Image& image, std::string_view key) {
    const Json* const annotations = image.manifest_json.find("annotations");
    const Json* const value = annotations == nullptr ? nullptr : annotations->find(key);
    return value != nullptr && value->is(Json::Kind::string) ? value->as_string() : std::string();
}

bool is_digest_text(const std::string& text) {
    try {
        static_cast<void>(parse_digest(text));
        return true;
    } catch (const Error&) {
        return false;
    }
}

/// The value of a line KEY=VALUE, without its quotes.
std::string_view value_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != '=') continue;
        line.remove_prefix(key.size() + 1);
        const bool quoted =
            line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front();
        return quoted ? line.substr(1, line.size() - 2) : line;
    }
    return {};
}

} // namespace

std::optional<BaseClaim> base_of(const Image& image) {
    if (image.provenance && image.provenance->base) {
        const BaseImage& base = *image.provenance->base;
        return BaseClaim{.name = base.name, .digest = base.digest, .layers = base.layers};
    }
    BaseClaim claim{.name = annotation(image, name_key), .digest = annotation(image, digest_key), .layers = 1};
    if (claim.name.empty() || claim.name == "scratch" || !is_digest_text(claim.digest)) return std::nullopt;
    return claim;
}

BaseRelease release_of(std::string_view os_release, std::string_view version_file) {
    BaseRelease release;
    release.id = value_of(os_release, "ID");
    for (const std::string_view key : {"VERSION_ID", "BUILD_ID", "VERSION", "IMAGE_VERSION"}) {
        release.version += std::string(value_of(os_release, key)) + "\n";
    }
    release.version += version_file;
    if (release.version.find_first_not_of('\n') == std::string::npos) release.version.clear();
    return release;
}

BaseDrift::BaseDrift(std::array<const Stack*, 2> stacks, std::array<const Tree*, 2> trees)
    : stacks_(stacks), trees_(trees) {
    std::array<std::optional<BaseClaim>, 2> claims;
    for (std::size_t side : {0U, 1U}) claims[side] = base_of(*stacks[side]->image);
    if (!claims[0] || !claims[1]) return;
    const bool other = claims[0]->name == claims[1]->name && claims[0]->digest != claims[1]->digest;
    if (other) layers_ = {claims[0]->layers, claims[1]->layers};
}

/// The file at `path` of the merged tree, where it is the lowest layer's.
const Entry* BaseDrift::lowest(std::size_t side, std::string_view path) const {
    const Node* const node = find_node(*trees_.at(side), path);
    if (node == nullptr) return nullptr;
    const Entry* const entry = trees_.at(side)->inode_of(*node).content;
    if (entry->type != EntryType::file || entry->size > release_limit) return nullptr;
    const std::optional<EntryPlace> place = place_of(*stacks_.at(side), *entry);
    return place && place->layer == 0 ? entry : nullptr;
}

void BaseDrift::want(SecondLook& look) {
    if (layers_[0] > 0 || stacks_[0]->layers.empty() || stacks_[1]->layers.empty()) return;
    if (stacks_[0]->layers[0].listing->diff_id == stacks_[1]->layers[0].listing->diff_id) return;
    for (std::size_t side : {0U, 1U}) {
        for (const auto& [place, paths] : {std::pair(0U, os_release_paths), std::pair(1U, version_paths)}) {
            const Entry*& entry = release_files_.at(side).at(place);
            for (const std::string_view path : paths) {
                if (entry == nullptr) entry = lowest(side, path);
            }
            if (entry != nullptr) look.want(side, *entry);
        }
    }
}

void BaseDrift::read(const SecondLook& look) {
    std::array<BaseRelease, 2> releases;
    for (std::size_t side : {0U, 1U}) {
        std::array<std::string_view, 2> texts;
        for (std::size_t i : {0U, 1U}) {
            const Entry* const entry = release_files_.at(side).at(i);
            if (entry != nullptr) texts.at(i) = as_text(look.content(*entry));
        }
        releases.at(side) = release_of(texts[0], texts[1]);
        if (releases.at(side).id.empty() || releases.at(side).version.empty()) return;
    }
    if (releases[0].id == releases[1].id && releases[0].version != releases[1].version) layers_ = {1, 1};
}

bool BaseDrift::explains(const DivergentFile& file) const {
    if (layers_[0] == 0 || !file.content_differs() || file.weight == Weight::security || file.executable())
        return false;
    for (std::size_t side : {0U, 1U}) {
        const std::optional<EntryPlace> place = place_of(*stacks_.at(side), *file.inode.at(side)->content);
        if (!place || place->layer >= layers_.at(side)) return false;
        // A squashed image has the base's files and its own in one layer.
        if (stacks_.at(side)->layers.size() <= layers_.at(side)) return false;
    }
    return true;
}

} // namespace touchstone
