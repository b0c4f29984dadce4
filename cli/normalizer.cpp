// Each step works on unnamed temporary files, so an error at any point leaves nothing behind.
#include "cli/normalizer.h"

#include "base/compressor.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "diff/canonical_proof.h"
#include "diff/readings.h"
#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace touchstone {

namespace {

CanonicalOptions canonical_options(const NormalizerOptions& options) {
    // What is compressed or merged is written anew, so only the rest is best made where it is to stay.
    const bool in_place = options.compression == Compression::none && !options.merge;
    return {.profile = options.profile,
            .keep_stream = !options.merge,
            .changes = true,
            .log = options.log,
            .read_back = options.keeps_files && options.compression == Compression::none && !options.merge,
            .directory = in_place ? options.directory : std::string()};
}

/// True for the layers of `image` that stay as they are.
CanonicalStacks::Untouched untouched_layers(const Image& image, std::size_t count) {
    if (count == 0) return {};
    const LayerRef* const first = image.layers.data();
    return [first, count](const LayerRef& layer) { return static_cast<std::size_t>(&layer - first) < count; };
}

void append_log(std::string& log, std::size_t layer, const std::vector<Change>& changes) {
    for (const Change& change : changes) {
        JsonWriter json;
        json.begin_object();
        json.member("layer", std::uint64_t{layer});
        json.bytes_member("path", change.path.empty() ? "." : std::string_view(change.path));
        json.member("what", change.what);
        json.bytes_member("before", change.before);
        json.bytes_member("after", change.after);
        json.end_object();
        log += json.take();
        if (!log.ends_with('\n')) log += '\n';
    }
}

} // namespace

std::size_t shared_layers(const Image& image, const Image& base) {
    const std::size_t most = std::min(image.layers.size(), base.layers.size());
    std::size_t shared = 0;
    while (shared < most && image.layers[shared].diff_id && image.layers[shared].diff_id == base.layers[shared].diff_id)
        ++shared;
    if (shared == 0) {
        fail(ErrorKind::usage, fmt::format("--base {}: no layer at the bottom of the image is one of it",
                                           printable(base.reference.text)));
    }
    return shared;
}

Normalizer::Normalizer(const Image& image, NormalizerOptions options)
    : image_(image), options_(std::move(options)),
      stacks_({&image}, canonical_options(options_), options_.load, untouched_layers(image, options_.untouched)) {
    for (std::size_t i = 0; i < image_.layers.size(); ++i) add_changes(i);
    if (options_.merge) {
        merge_layers();
    } else {
        keep_layers();
    }
}

void Normalizer::add_changes(std::size_t index) {
    const SpooledLayer* const layer = stacks_.layer(0, index);
    if (layer == nullptr) return;
    add_counts(layers_.changes, layer->canonical.changes);
    append_log(layers_.log, index, layer->log);
}

void Normalizer::keep_layers() {
    const std::size_t count = image_.layers.size();
    layers_.blobs.resize(count);
    layers_.files.resize(count);
    parallel_for(count, options_.load.jobs, [&](std::size_t i) {
        const SpooledLayer* const layer = stacks_.layer(0, i);
        layers_.blobs[i] = layer == nullptr ? carry_over(i, layers_.files[i])
                                            : store(layer->canonical, layer->stream, layers_.files[i]);
    });
}

void Normalizer::merge_layers() {
    std::vector<Oddity> oddities;
    const Readings readings = build_readings(stacks_.stack(0), oddities);
    // A runtime that refuses the layers makes no other tree of them.
    const auto other = std::find_if(readings.others.begin(), readings.others.end(),
                                    [](const OtherReading& reading) { return reading.tree.has_value(); });
    if (other != readings.others.end()) {
        fail(ErrorKind::unsupported,
             fmt::format("--merge: the {} reading of these layers is another tree than that of the OCI specification; "
                         "`touchstone verify` says why",
                         name_of(other->reading)));
    }
    SpoolFile out("the merged root file system",
                  options_.compression == Compression::none ? options_.directory : std::string());
    const CanonicalResult merged = stacks_.write_tree(0, out);
    layers_.blobs.resize(1);
    layers_.files.resize(1);
    layers_.blobs.front() = store(merged, out.finish(), layers_.files.front());
}

CanonicalBlob Normalizer::store(const CanonicalResult& canonical, std::shared_ptr<const File> stream,
                                std::shared_ptr<const File>& stored) const {
    if (options_.compression == Compression::none) {
        stored = std::move(stream);
        return stored_plain(canonical);
    }
    SpoolFile file("a compressed layer", options_.directory);
    HashingSink hashing(&file);
    CompressingSink compressing(options_.compression, hashing);
    copy_file(*stream, compressing);
    compressing.finish();
    CanonicalBlob blob{.media_type = std::string(layer_media_type(options_.compression)),
                       .digest = {},
                       .size = hashing.size(),
                       .diff_id = canonical.digest,
                       .compression = compression_record(options_.compression)};
    blob.digest = hashing.finish();
    stored = file.finish();
    return blob;
}

CanonicalBlob Normalizer::carry_over(std::size_t index, std::shared_ptr<const File>& stored) const {
    const LayerRef& layer = image_.layers[index];
    const StackLayer& read = stacks_.stack(0).layers[index];
    return within(layer.name, [&] {
        // Read a second time: what is copied is verified while it is.
        VerifyingSource blob(layer.open(), {read.stream->blob, read.stream->size}, "blob");
        stored = spool(blob, read.stream->size, "a copy of " + layer.name);
        return CanonicalBlob{.media_type = std::string(layer_media_type(read.stream->compression.kind)),
                             .digest = read.stream->blob,
                             .size = read.stream->size,
                             .diff_id = read.listing->diff_id,
                             .compression = {}};
    });
}

CanonicalImage Normalizer::documents() const {
    const Json config = options_.merge ? merged_history_config(image_.config_json) : image_.config_json;
    return canonical_image(config, image_.manifest_json, layers_.blobs, options_.profile.mtime);
}

/// The listing of a layer that was read back from its file; null where none was.
std::shared_ptr<const LayerListing> Normalizer::read_before(const LayerRef& layer) const {
    for (std::size_t i = 0; i < image_.layers.size(); ++i) {
        const SpooledLayer* const made = stacks_.layer(0, i);
        if (made == nullptr || !made->written) continue;
        const Digest& digest = made->written->diff_id;
        if (layer.digest == digest && layer.diff_id == digest) return made->written;
    }
    return nullptr;
}

void Normalizer::prove(const Image& written, bool kept_files) const {
    LoadOptions load = options_.load;
    load.progress = nullptr;
    load.contents = Contents::fingerprints;                                      // as those of the source
    load.limits.inflate.ratio_floor = std::numeric_limits<std::uint64_t>::max(); // what we compressed is no bomb
    if (kept_files) {
        load.list = [&](const LayerRef& layer, const LayerLimits& limits, Progress* progress) {
            if (std::shared_ptr<const LayerListing> listing = read_before(layer)) return listing;
            NoContent unseen(Contents::fingerprints);
            return std::shared_ptr<const LayerListing>(read_layer(layer, limits, progress, &unseen));
        };
    }
    const std::vector<Stack> stacks = load_stacks({&written}, load);
    prove_canonical({.source = stacks_.stack(0),
                     .written = stacks.front(),
                     .profile = options_.profile,
                     .untouched = options_.untouched,
                     .merged = options_.merge,
                     .alone = !image_.config,
                     .jobs = options_.load.jobs});
}

std::size_t Normalizer::ambiguities() const {
    std::size_t count = 0;
    for (const StackLayer& layer : stacks_.stack(0).layers) {
        const std::vector<Oddity>& oddities = layer.listing->oddities;
        count += static_cast<std::size_t>(std::count_if(oddities.begin(), oddities.end(), is_ambiguous));
    }
    return count;
}

} // namespace touchstone
