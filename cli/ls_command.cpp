// `touchstone ls`: what a container made from the image would see, or one layer as it is stored. Nothing is listed
// before all that it rests on has been verified.
#include "base/error.h"
#include "base/parallel.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_line.h"
#include "diff/tree.h"
#include "image/cache/layers.h"
#include "image/layer.h"
#include "report/tree_listing.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

namespace touchstone {

namespace {

constexpr CommandText ls_text{
    .name = "ls",
    .summary = "list the files of an image, or of one of its layers",
    .synopsis = "[OPTIONS] IMAGE",
    .description =
        R"(Lists every path of the merged tree, with the layer that it comes from: mode (+ marks extended attributes),
uid:gid, size, time in UTC, layer, path. With --layer, lists the entries of that layer as they are stored and
in their order, whiteouts (w), opaque markers (o) and hard links (h) among them. Layers count from 0.
)",
    .takes_images = true,
    .exit_status = "  0   the list is complete, and what it rests on was verified\n"
                   "  2   trouble; nothing was listed\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone ls oci-archive:published.tar\n"
                "  touchstone ls --layer 0 docker-archive:app.tar\n"
                "  touchstone ls --json oci:layout | jq -r 'select(.type == \"file\") | .content + \"  \" + .path'\n",
};

struct LsOptions {
    std::string reference;
    OpenOptions open;
    LoadOptions load;
    std::optional<std::uint64_t> layer;
    bool json = false;
    bool quiet = false;
    ListingFormat format() const { return json ? ListingFormat::json_lines : ListingFormat::text; }
};

struct Listed {
    Tree tree;
    std::unique_ptr<LayerListing> layer; ///< with --layer
};

const LayerRef& chosen_layer(const Image& image, std::uint64_t layer) {
    if (layer >= image.layers.size()) {
        fail(ErrorKind::usage,
             fmt::format("--layer {}: the image has {} layers, counted from 0", layer, image.layers.size()));
    }
    return image.layers[static_cast<std::size_t>(layer)];
}

/// With a thread to inflate for the one that hashes.
std::unique_ptr<LayerListing> read_one(const LayerRef& layer, const LoadOptions& load) {
    std::unique_ptr<LayerListing> listing;
    NoContent unseen(load.contents);
    const auto read = [&](std::size_t) {
        listing = keeps_listings(layer, load.limits) ? read_layer_once(layer, load.limits, load.progress)
                                                     : read_layer(layer, load.limits, load.progress, &unseen);
    };
    parallel_for(1, load.jobs, read, Threads::to_help);
    return listing;
}

Listed read(const LsOptions& options, Streams& streams) {
    Progress progress;
    LoadOptions load = options.load;
    load.progress = &progress;
    load.contents = options.json ? Contents::digests : Contents::none; // the text has no digests
    const ProgressLine shown(progress, streams, options.quiet);
    const std::vector<Image> images = open_images(parse_reference(options.reference), options.open);
    const Image& image = images.front();
    if (image.is_artifact)
        fail(ErrorKind::unsupported, "this is an artifact, not a container image: it has no files to list");
    Listed listed;
    if (options.layer) {
        listed.layer = read_one(chosen_layer(image, *options.layer), load);
        return listed;
    }
    const std::vector<Stack> stacks = load_stacks({&image}, load);
    std::vector<Oddity> oddities; // `verify` shows them
    listed.tree = build_tree(stacks.front(), oddities);
    return listed;
}

} // namespace

int ls_command(const Arguments& args, Streams& streams) {
    LsOptions options;
    CommandLine line(ls_text);
    line.argument("IMAGE", options.reference);
    line.flag("--json", options.json, "one JSON object per line");
    line.option("--layer", "N", "the entries of layer N, as stored",
                [&](const std::string& value) { options.layer = parse_number("--layer", value); });
    add_platform_options(line, options.open, false, streams, &options.quiet);
    add_quiet_option(line, options.quiet, "no progress");
    add_load_options(line, options.load);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    const Listed listed = read(options, streams);
    const ListingOutput out{options.format(), streams.out, options.load.jobs};
    if (listed.layer) {
        list_layer(*listed.layer, static_cast<std::uint32_t>(*options.layer), out);
    } else {
        list_tree(listed.tree, out);
    }
    return exit_status::met;
}

} // namespace touchstone
