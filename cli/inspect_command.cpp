// `touchstone inspect`: what an image says about itself, quickly: documents are verified, layers are only looked at.
#include "base/compression.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/image_inspect.h"

#include <array>

namespace touchstone {

namespace {

constexpr CommandText text{
    .name = "inspect",
    .summary = "show what an image says about itself",
    .synopsis = "[OPTIONS] IMAGE",
    .description =
        R"(Shows the manifest, the configuration and the layers of an image (of every platform, unless one is named) with
the build step that the history claims for each. Digests of manifest and configuration are verified; the
layers are not read, so what is said of them is a claim: `touchstone verify` checks it.
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

} // namespace

int inspect_command(const Arguments& args, Streams& streams) {
    std::string reference;
    OpenOptions open;
    bool json = false;
    CommandLine line(text);
    line.argument("IMAGE", reference);
    add_json_option(line, json, "print touchstone.inspection/1");
    add_platform_options(line, open, false);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    open.all_platforms = !open.platform;
    open.provenance = true;
    const std::vector<Image> images = open_images(parse_reference(reference), open);
    std::vector<Inspection> inspections;
    for (const Image& image : images) {
        Inspection& inspection = inspections.emplace_back();
        inspection.image = &image;
        for (const LayerRef& layer : image.layers) inspection.compression.push_back(compression_of(layer));
    }
    streams.out(json ? render_inspection_json(inspections) : render_inspection_text(inspections));
    return exit_status::met;
}

} // namespace touchstone
