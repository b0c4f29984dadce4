// `touchstone inspect`: what an image says about itself, quickly: documents are verified, layers are only looked at.
#include "base/compression.h"
#include "base/error.h"
#include "base/parallel.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "image/remote/referrers.h"
#include "report/image_inspect.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

namespace touchstone {

namespace {

constexpr CommandText inspect_text{
    .name = "inspect",
    .summary = "show what an image says about itself",
    .synopsis = "[OPTIONS] IMAGE",
    .description =
        R"(Shows the manifest, the configuration and the layers of an image (of every platform, unless one is named) with
the build step that the history claims for each. Digests of manifest and configuration are verified; the
layers are not read, so what is said of them is a claim: `touchstone verify` checks it.

Of an image in a registry it also lists what belongs to it there by the registry's word: referrers (signatures,
attestations, bills of materials; by the API of the distribution spec 1.1, or by the tag sha256-HEX) of the manifest and
of the index behind the name, and the tags of cosign. Whoever may push can make them say anything: they are claims.
)",
    .takes_images = true,
    .exit_status = "  0   shown\n"
                   "  2   trouble\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone inspect oci:layout\n"
                "  touchstone inspect --json --platform linux/arm64 oci-archive:published.tar\n",
};

/// By the first bytes, as runtimes decide it.
std::string compression_of(const LayerRef& layer) {
    std::array<std::uint8_t, sniff_length> head{};
    const std::unique_ptr<ByteSource> source = layer.open();
    const std::size_t length = read_full(*source, head);
    try {
        return std::string(name_of(sniff_compression(ByteView(head).first(length))));
    } catch (const Error& error) {
        // xz and the like: no runtime reads them, but an image may be looked at that cannot be run.
        if (error.kind() != ErrorKind::unsupported) throw;
        return "unsupported";
    }
}

using ReferrerMap = std::map<Digest, Referrers>;

/// They are no part of the image: a registry that fails here has still shown it.
Referrers referrers_of(Registry& registry, const Digest& subject) {
    try {
        return list_referrers(registry, subject, {.artifact_type = {}, .find_tags = true});
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        Referrers unknown;
        unknown.notes.push_back(fmt::format("not known: {}", error.what()));
        return unknown;
    }
}

/// Of all manifests, and of the index that led to them, where they lie in a registry; several at a time, because each
/// takes a few short requests.
ReferrerMap find_referrers(const std::vector<Image>& images, const RemoteOptions& options) {
    ReferrerMap found;
    if (images.empty() || !images.front().reference.registry) return found;
    Registry registry(*images.front().reference.registry, options);
    std::set<Digest> subjects;
    for (const Image& image : images) {
        if (image.index) subjects.insert(*image.index);
        if (image.manifest) subjects.insert(*image.manifest);
    }
    const std::vector<Digest> order(subjects.begin(), subjects.end());
    std::vector<Referrers> results(order.size());
    parallel_for(order.size(), options.downloads,
                 [&](std::size_t i) { results[i] = referrers_of(registry, order[i]); });
    for (std::size_t i = 0; i < order.size(); ++i) found.emplace(order[i], std::move(results[i]));
    return found;
}

void add_referrers(Inspection& inspection, const ReferrerMap& referrers, const Digest& subject, bool is_index) {
    const auto found = referrers.find(subject);
    if (found != referrers.end()) inspection.referrers.push_back({subject, is_index, found->second});
}

} // namespace

int inspect_command(const Arguments& args, Streams& streams) {
    std::string reference;
    OpenOptions open;
    bool json = false;
    CommandLine line(inspect_text);
    line.argument("IMAGE", reference);
    add_json_option(line, json, "print touchstone.inspection/1");
    add_platform_options(line, open, false, streams);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    open.all_platforms = !open.platform;
    open.provenance = true;
    const std::vector<Image> images = open_images(parse_reference(reference), open);
    const ReferrerMap referrers = find_referrers(images, open.remote);
    std::vector<Inspection> inspections;
    for (const Image& image : images) {
        Inspection& inspection = inspections.emplace_back();
        inspection.image = &image;
        if (image.index) add_referrers(inspection, referrers, *image.index, true);
        if (image.manifest) add_referrers(inspection, referrers, *image.manifest, false);
        for (const LayerRef& layer : image.layers) inspection.compression.push_back(compression_of(layer));
    }
    streams.out(json ? render_inspection_json(inspections) : render_inspection_text(inspections));
    return exit_status::met;
}

} // namespace touchstone
