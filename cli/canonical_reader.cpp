// One pass over each layer fills the spool; everything after that is written from it.
#include "cli/canonical_reader.h"

#include "base/error.h"
#include "base/printable.h"
#include "diff/tree.h"

#include <fmt/format.h>

#include <functional>
#include <map>

namespace touchstone {

namespace {

class NullSink final : public ByteSink {
public:
    void write(ByteView) override {}
};

/// All that is promised about a layer with a digest, as a key.
std::string promise_of(const LayerRef& layer) {
    return fmt::format("{} {} {} {}", layer.digest->string(), layer.size ? std::to_string(*layer.size) : "",
                       layer.diff_id ? layer.diff_id->string() : "", layer.media_type);
}

} // namespace

void add_profile_options(CommandLine& line, Profile& profile, const Streams& streams) {
    const std::string epoch = streams.environment("SOURCE_DATE_EPOCH").value_or("");
    line.option("--mtime", "POLICY",
                "zero, keep, clamp:SECONDS, or clamp, which takes SOURCE_DATE_EPOCH (default zero)",
                [&profile, epoch](const std::string& text) { profile.mtime = parse_mtime_policy(text, epoch); });
    line.option("--owner", "POLICY", "keep, UID:GID, or map:FROM:TO[:COUNT],... (default keep)",
                [&profile](const std::string& text) { profile.owner = parse_owner_policy(text); });
}

CanonicalReader::CanonicalReader(const Image& image, const LayerLimits& limits) : image_(image) {
    if (image.is_artifact) {
        fail(ErrorKind::unsupported,
             "this is an artifact, not a container image: it has no files to put in canonical form");
    }
    // Only what is promised to be the same bytes is the same work; everything that is promised is verified once.
    std::map<std::string, std::shared_ptr<const LayerListing>, std::less<>> known;
    for (const LayerRef& layer : image.layers) {
        if (!layer.digest) {
            listings_.push_back(content_.read(layer, limits, nullptr));
            continue;
        }
        std::shared_ptr<const LayerListing>& listing = known[promise_of(layer)];
        if (!listing) listing = content_.read(layer, limits, nullptr);
        listings_.push_back(listing);
    }
}

CanonicalResult CanonicalReader::write_layer(std::size_t index, const Profile& profile, ByteSink* out,
                                             std::vector<Change>* log) {
    NullSink nowhere;
    return within(image_.layers[index].name, [&] {
        const Tree tree = build_layer_tree(listings_[index], static_cast<std::uint32_t>(index));
        return write_canonical_layer(tree, profile, content_, out != nullptr ? *out : nowhere, log);
    });
}

CanonicalResult CanonicalReader::tree(const Profile& profile) {
    Stack stack{.image = &image_, .layers = {}};
    for (std::size_t i = 0; i < listings_.size(); ++i) {
        stack.layers.push_back({.ref = &image_.layers[i], .listing = listings_[i], .stream = listings_[i]});
    }
    std::vector<Oddity> oddities; // `verify` shows them
    const Tree tree = build_tree(stack, oddities);
    NullSink nowhere;
    return write_canonical_tree(tree, profile, content_, nowhere);
}

CanonicalDigests canonical_digests(const std::string& reference, const OpenOptions& open, const LayerLimits& limits,
                                   const Profile& profile) {
    const std::vector<Image> images = open_images(parse_reference(reference), open); // names what it fails on by itself
    const Image& image = images.front();
    return within(printable(reference), [&] {
        CanonicalReader reader(image, limits);
        std::vector<CanonicalResult> layers;
        CanonicalDigests digests;
        for (std::size_t i = 0; i < reader.layers(); ++i) {
            layers.push_back(reader.write_layer(i, profile, nullptr, nullptr));
            digests.layers.push_back(profile.id("clf1", layers.back().digest.string()));
        }
        digests.tree = profile.id("crf1", reader.tree(profile).digest.string());
        if (image.config) {
            digests.image =
                canonical_image(image.config_json, image.manifest_json, layers, profile.mtime).manifest.digest.string();
        }
        return digests;
    });
}

} // namespace touchstone
