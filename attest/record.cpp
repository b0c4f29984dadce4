// From verified layers to a record: every value is computed here from what was read, or is marked as a claim.
#include "attest/record.h"

#include "base/error.h"
#include "base/printable.h"
#include "diff/canonical.h"
#include "diff/tree.h"
#include "normalize/canonical_image.h"
#include "report/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace touchstone {

namespace {

bool has_hidden_bytes(const LayerListing& listing) {
    return listing.tail.bytes_after_end > 0 ||
           std::any_of(listing.entries.begin(), listing.entries.end(), [](const Entry& e) { return !e.padding_zero; });
}

/// image-spec config.md: the first ChainID is the diffID, each other one the digest of "the one below, blank, diffID".
std::string chain_id(const std::string& below, const std::string& diff_id) {
    return below.empty() ? diff_id : digest_of(as_bytes(below + " " + diff_id)).string();
}

std::vector<RecordedLayer> recorded_layers(const Stack& stack, const CanonicalIds& ids) {
    std::vector<RecordedLayer> layers;
    for (std::size_t i = 0; i < stack.layers.size(); ++i) {
        const StackLayer& layer = stack.layers[i];
        RecordedLayer recorded;
        if (layer.ref->digest) recorded.digest = layer.ref->digest->string();
        recorded.diff_id = layer.listing->diff_id.string();
        recorded.chain_id = chain_id(layers.empty() ? "" : layers.back().chain_id, recorded.diff_id);
        recorded.canonical = ids.layers[i];
        recorded.size = layer.stream->size;
        recorded.uncompressed = layer.listing->uncompressed;
        recorded.media_type = layer.ref->media_type;
        recorded.compression = name_of(layer.stream->compression.kind);
        recorded.entries = layer.listing->entries.size();
        recorded.hidden = has_hidden_bytes(*layer.listing);
        layers.push_back(std::move(recorded));
    }
    return layers;
}

std::vector<std::string> ambiguous_codes(const Image& image, const Stack& stack, const std::vector<Oddity>& of_stack) {
    std::set<std::string> codes;
    const auto add = [&](const std::vector<Oddity>& oddities) {
        for (const Oddity& oddity : oddities) {
            if (is_ambiguous(oddity)) codes.emplace(row_of(oddity.code).name);
        }
    };
    add(image.oddities);
    add(of_stack);
    for (const StackLayer& layer : stack.layers) add(layer.listing->oddities);
    return {codes.begin(), codes.end()};
}

std::optional<std::string> annotation(const Image& image, std::string_view key) {
    const Json* annotations = image.manifest_json.find("annotations");
    const Json* value = annotations == nullptr ? nullptr : annotations->find(key);
    if (value == nullptr || !value->is(Json::Kind::string)) return std::nullopt;
    return value->as_string();
}

std::string canonical_manifest_digest(const Image& image, const CanonicalStacks& stacks, std::size_t index) {
    std::vector<CanonicalBlob> layers;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
        layers.push_back(stored_plain(stacks.layer(index, i)->canonical));
    }
    return canonical_image(image.config_json, image.manifest_json, layers, Profile().mtime).manifest.digest.string();
}

Record record_of(const Image& image, const Stack& stack, const CanonicalIds& ids) {
    Record record;
    record.version = version();
    record.reference = recorded_reference(image.reference);
    if (image.platform) record.platform = image.platform->string();
    if (image.index) record.index = image.index->string();
    if (image.manifest) record.manifest = image.manifest->string();
    record.manifest_size = image.manifest_size;
    record.media_type = image.media_type;
    if (image.config) record.config = image.config->string();
    record.config_document = image.config_bytes;
    record.layers = recorded_layers(stack, ids);
    record.tree = ids.tree;
    record.history = image.history;
    record.base_name = annotation(image, "org.opencontainers.image.base.name");
    record.base_digest = annotation(image, "org.opencontainers.image.base.digest");
    return record;
}

} // namespace

std::string recorded_reference(const Reference& reference) {
    // A registry's name has no place for a password, but what the user wrote might have been anything.
    return reference.registry ? "docker://" + reference.registry->full_name() : reference.text;
}

std::vector<DescribedImage> describe_images(const std::vector<Image>& images, const LoadOptions& load, bool files) {
    std::vector<const Image*> all;
    for (const Image& image : images) all.push_back(&image);
    const CanonicalStacks stacks(
        all, {.profile = {}, .contents = files ? Contents::digests : Contents::none, .with_root = true}, load);
    const std::vector<CanonicalIds> ids = canonical_ids(stacks, images.size(), {}, load.jobs);
    std::vector<DescribedImage> described(images.size());
    for (std::size_t i = 0; i < images.size(); ++i) {
        std::vector<Oddity> oddities;
        described[i].tree = build_tree(stacks.stack(i), oddities);
        Record& record = described[i].record;
        record = record_of(images[i], stacks.stack(i), ids[i]);
        record.ambiguous = ambiguous_codes(images[i], stacks.stack(i), oddities);
        record.files = described[i].tree.nodes.size();
        if (images[i].config) record.image = canonical_manifest_digest(images[i], stacks, i);
    }
    return described;
}

Record read_record(const std::string& path) {
    const std::shared_ptr<const File> file = open_file(path);
    FileRange bytes(file, 0, file->size());
    return parse_record(read_all(bytes, record_limit, file->name()), file->name());
}

} // namespace touchstone
