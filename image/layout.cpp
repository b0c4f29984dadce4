// See layout.h. Every document below index.json is verified against the descriptor that names it before it is parsed.
#include "image/layout.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/assemble.h"
#include "image/attestation.h"
#include "image/document.h"
#include "image/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace touchstone {

namespace {

constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";
constexpr std::string_view image_name = "io.containerd.image.name";
constexpr std::uint64_t layout_file_limit = 4096; // {"imageLayoutVersion":"1.0.0"} and blanks

std::string annotation(const Descriptor& descriptor, std::string_view key) {
    for (const auto& [name, value] : descriptor.annotations) {
        if (name == key) return value;
    }
    return {};
}

/// What a manifest beside the images is, or "" for an image. BuildKit marks attestations with an annotation and the
/// platform unknown/unknown (docs/attestations/attestation-storage.md).
std::string companion_kind(const Descriptor& descriptor) {
    if (media_type_of(descriptor.media_type).kind != MediaKind::manifest) return descriptor.media_type;
    if (std::string type = annotation(descriptor, "vnd.docker.reference.type"); !type.empty()) return type;
    const bool has_type = !descriptor.artifact_type.empty();
    if (has_type && media_type_of(descriptor.artifact_type).kind != MediaKind::config) return descriptor.artifact_type;
    if (descriptor.platform && descriptor.platform->os == "unknown" && descriptor.platform->architecture == "unknown") {
        return "unknown platform";
    }
    return {};
}

bool same_place(const FoundManifest& leaf, const Descriptor& descriptor) {
    return leaf.descriptor.digest == descriptor.digest && leaf.descriptor.platform == descriptor.platform;
}

void add_leaf(std::vector<FoundManifest>& leaves, FoundManifest leaf) {
    const auto known = std::find_if(leaves.begin(), leaves.end(),
                                    [&](const FoundManifest& other) { return same_place(other, leaf.descriptor); });
    if (known == leaves.end()) {
        leaves.push_back(std::move(leaf));
    } else { // two tags of one image
        known->names.insert(known->names.end(), leaf.names.begin(), leaf.names.end());
    }
}

std::string label_of(const FoundManifest& leaf) {
    std::string label;
    for (const std::string& name : leaf.names) label += ":" + printable_short(name) + "  ";
    return label + "@" + leaf.descriptor.digest.string();
}

Companion companion_of(const FoundManifest& leaf) {
    return {leaf.descriptor.digest, leaf.descriptor.media_type, companion_kind(leaf.descriptor),
            annotation(leaf.descriptor, "vnd.docker.reference.digest")};
}

} // namespace

std::vector<std::string> names_of(const Descriptor& descriptor) {
    std::vector<std::string> names;
    for (const std::string_view key : {ref_name, image_name}) {
        if (std::string name = annotation(descriptor, key); !name.empty()) names.push_back(std::move(name));
    }
    return names;
}

/// One walk through the indexes below some entries; the bounds count over all of it.
struct Layout::Walk {
    const BlobStore& store;
    FoundManifests leaves;
    std::set<Digest> expanded;
    std::size_t manifests = 0;
    std::optional<Digest> outermost; ///< index, while what is below it is visited

    void visit(const Descriptor& descriptor, const std::vector<std::string>& names, unsigned depth) {
        if (++manifests > index_manifest_limit) {
            fail(ErrorKind::over_limit, fmt::format("more than {} manifests in the indexes", index_manifest_limit));
        }
        const MediaKind kind = media_type_of(descriptor.media_type).kind;
        if (kind == MediaKind::index) {
            expand(descriptor, names, depth);
        } else if (kind == MediaKind::schema1) {
            fail(ErrorKind::unsupported, fmt::format("manifest {}: a Docker schema 1 manifest: it cannot be verified",
                                                     descriptor.digest.string()));
        } else {
            visit_manifest(descriptor, names);
        }
    }

    void visit_manifest(const Descriptor& descriptor, const std::vector<std::string>& names) {
        if (companion_kind(descriptor).empty()) {
            add_leaf(leaves.images, {descriptor, names, outermost});
        } else { // never merged: each says in its annotations what it is about
            leaves.companions.push_back({descriptor, names, outermost});
        }
    }

    void expand(const Descriptor& descriptor, const std::vector<std::string>& names, unsigned depth) {
        const std::string what = fmt::format("index {}", descriptor.digest.string());
        if (depth >= index_depth_limit) {
            fail(ErrorKind::over_limit, fmt::format("{}: indexes are nested deeper than {}", what, index_depth_limit));
        }
        if (!expanded.insert(descriptor.digest).second) return; // its leaves are there already
        const std::string bytes = read_blob(store, descriptor, manifest_limit, what);
        const Index index = parse_index(parse_document(bytes, what, manifest_limit), what, descriptor.media_type);
        if (depth == 0) outermost = descriptor.digest;
        for (const Descriptor& child : index.manifests) visit(child, names, depth + 1);
        if (depth == 0) outermost.reset();
    }
};

Layout::Layout(std::shared_ptr<const BlobStore> store, std::string name)
    : store_(std::move(store)), name_(std::move(name)) {
    within(name_, [&] {
        if (const std::optional<StoredBytes> file = store_->find_file("oci-layout")) {
            static constexpr std::array<std::string_view, 1> keys{"imageLayoutVersion"};
            const Json document = parse_json(read_stored(*file, layout_file_limit, "oci-layout"), "oci-layout");
            const std::string version = ObjectReader(document, "oci-layout", keys).required_text("imageLayoutVersion");
            if (version != "1.0.0") {
                fail(ErrorKind::unsupported,
                     fmt::format("oci-layout: expected imageLayoutVersion 1.0.0, found {}", printable_short(version)));
            }
        } else {
            oddities_.push_back({OddityCode::missing_layout_file, "", ""});
        }
        const std::optional<StoredBytes> index = store_->find_file("index.json");
        if (!index) fail(ErrorKind::unreadable, "no OCI layout: there is no index.json");
        read_index(read_stored(*index, manifest_limit, "index.json"), "index.json");
    });
}

Layout::Layout(std::shared_ptr<const BlobStore> store, std::string name, std::string_view index_bytes)
    : store_(std::move(store)), name_(std::move(name)) {
    within(name_, [&] { read_index(index_bytes, "the index"); });
}

void Layout::read_index(std::string_view bytes, std::string_view what) {
    const Json document = parse_document(bytes, what, manifest_limit);
    note_control_keys(document, what, oddities_);
    entries_ = parse_index(document, what, "").manifests;
}

std::vector<const Descriptor*> Layout::all_entries() const {
    std::vector<const Descriptor*> result;
    result.reserve(entries_.size());
    for (const Descriptor& entry : entries_) result.push_back(&entry);
    return result;
}

std::string Layout::list_entries(const std::vector<const Descriptor*>& entries) const {
    std::vector<std::string> lines;
    lines.reserve(entries.size());
    for (const Descriptor* const entry : entries) lines.push_back(label_of({*entry, names_of(*entry), {}}));
    return lines.empty() ? std::string(" nothing") : bullet_list(lines);
}

std::vector<const Descriptor*> Layout::entries_named(const std::string& name) const {
    std::vector<const Descriptor*> by_ref;
    std::vector<const Descriptor*> by_image_name;
    for (const Descriptor& entry : entries_) {
        if (annotation(entry, ref_name) == name) by_ref.push_back(&entry);
        const std::string image = annotation(entry, image_name);
        if (!image.empty() && full_name(image) == full_name(name)) by_image_name.push_back(&entry);
    }
    const std::vector<const Descriptor*>& found = by_ref.empty() ? by_image_name : by_ref;
    if (found.size() > 1) { // umoci: "tag is ambiguous"; skopeo: "more than one image"
        fail(ErrorKind::usage, fmt::format("the name `{}` is there more than once; say which with a digest:{}",
                                           printable_short(name), list_entries(found)));
    }
    if (found.empty()) {
        fail(ErrorKind::usage,
             fmt::format("no image is called `{}`; there are:{}", printable_short(name), list_entries(all_entries())));
    }
    return found;
}

FoundManifests Layout::walk(const std::vector<const Descriptor*>& entries) const {
    Walk walk{*store_, {}, {}, 0, {}};
    for (const Descriptor* const entry : entries) walk.visit(*entry, names_of(*entry), 0);
    return std::move(walk.leaves);
}

FoundManifests Layout::pick_digest(const std::vector<const Descriptor*>& entries, const Digest& digest) const {
    std::vector<const Descriptor*> direct;
    for (const Descriptor* const entry : entries) {
        if (entry->digest == digest && direct.empty()) direct.push_back(entry);
    }
    if (!direct.empty() && media_type_of(direct.front()->media_type).kind == MediaKind::index) return walk(direct);
    FoundManifests all = walk(entries);
    FoundManifests picked;
    for (std::vector<FoundManifest>* const leaves : {&all.images, &all.companions}) {
        for (FoundManifest& leaf : *leaves) {
            if (leaf.descriptor.digest != digest || !picked.images.empty()) continue;
            picked.images.push_back(leaf); // named by its digest, an attestation may be looked at too
        }
    }
    if (picked.images.empty()) {
        fail(ErrorKind::usage,
             fmt::format("nothing with the digest {}; there are:{}", digest.string(), list_entries(entries)));
    }
    picked.companions = std::move(all.companions);
    std::erase_if(picked.companions, [&](const FoundManifest& leaf) { return leaf.descriptor.digest == digest; });
    return picked;
}

FoundManifests Layout::select(const Selector& selector) const {
    if (selector.index) {
        fail(ErrorKind::usage,
             fmt::format("@N counts the images of a docker-archive; name one of:{}", list_entries(all_entries())));
    }
    const std::vector<const Descriptor*> entries = selector.name.empty() ? all_entries() : entries_named(selector.name);
    FoundManifests leaves = selector.digest ? pick_digest(entries, *selector.digest) : walk(entries);
    // An artifact that is all there is, or that was named, is what the user means.
    if (leaves.images.empty() && leaves.companions.size() == 1) std::swap(leaves.images, leaves.companions);
    return leaves;
}

FoundManifests Layout::select_named(const std::vector<std::string>& names, bool& named) const {
    std::vector<const Descriptor*> entries;
    for (const Descriptor& entry : entries_) {
        const std::vector<std::string> own = names_of(entry);
        const bool hit = std::any_of(own.begin(), own.end(), [&](const std::string& name) {
            return std::find(names.begin(), names.end(), full_name(name)) != names.end();
        });
        if (hit) entries.push_back(&entry);
    }
    named = !entries.empty();
    return walk(named ? entries : all_entries());
}

Image Layout::open_leaf(const FoundManifest& leaf) const {
    const std::string what = fmt::format("manifest {}", leaf.descriptor.digest.string());
    const std::string bytes = read_blob(*store_, leaf.descriptor, manifest_limit, what);
    Image image = assemble_manifest(store_, bytes, leaf.descriptor.digest, leaf.descriptor.media_type);
    take_index_platform(image, leaf.descriptor.platform);
    image.index = leaf.index;
    image.oddities.insert(image.oddities.begin(), oddities_.begin(), oddities_.end());
    return image;
}

/// Entries without a platform get their config's; those that turn out to be artifacts step aside.
void Layout::place_unplaced(FoundManifests& leaves) const {
    std::vector<FoundManifest> images;
    std::vector<FoundManifest> artifacts;
    for (FoundManifest& leaf : leaves.images) {
        bool is_artifact = false;
        if (!leaf.descriptor.platform) {
            const Image image = open_leaf(leaf); // not kept: a hostile index may name a thousand of them
            leaf.descriptor.platform = image.platform;
            is_artifact = image.is_artifact;
        }
        (is_artifact ? artifacts : images).push_back(std::move(leaf));
    }
    if (images.empty() && artifacts.size() == 1) images.swap(artifacts);
    leaves.images = std::move(images);
    leaves.companions.insert(leaves.companions.end(), artifacts.begin(), artifacts.end());
}

Image Layout::with_companions(Image image, const std::vector<FoundManifest>& companions, bool provenance) const {
    std::vector<Descriptor> attestations;
    for (const FoundManifest& leaf : companions) {
        Companion companion = companion_of(leaf);
        const bool other =
            !companion.describes.empty() && image.manifest && companion.describes != image.manifest->string();
        if (other) continue; // speaks about another platform's manifest
        if (companion.kind.empty()) companion.kind = "artifact";
        if (companion.kind == "attestation-manifest" && !companion.describes.empty()) {
            attestations.push_back(leaf.descriptor);
        }
        image.companions.push_back(std::move(companion));
    }
    if (provenance) image.provenance = find_provenance(*store_, attestations, image);
    return image;
}

std::vector<OpenedLeaf> Layout::open(const Selector& selector, const OpenOptions& options) const {
    return within(name_, [&] {
        FoundManifests leaves = select(selector);
        const bool platform_matters = leaves.images.size() > 1 || options.platform || options.all_platforms;
        if (platform_matters) place_unplaced(leaves);
        std::vector<Candidate> candidates;
        for (const FoundManifest& leaf : leaves.images)
            candidates.push_back({leaf.descriptor.platform, label_of(leaf)});
        std::vector<OpenedLeaf> images;
        for (const std::size_t index : choose(candidates, options)) {
            const FoundManifest& leaf = leaves.images[index];
            images.push_back({with_companions(open_leaf(leaf), leaves.companions, options.provenance), leaf.names});
        }
        return images;
    });
}

} // namespace touchstone
