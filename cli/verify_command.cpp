// `touchstone verify`: reads one image as `diff` would, and says what was checked. Anything that is not as promised is
// an error, so that reaching the end means that all of it held.
#include "cli/checksums_option.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_line.h"
#include "cli/recognition.h"
#include "diff/summary.h"
#include "diff/tree.h"
#include "report/image_inspect.h"

namespace touchstone {

namespace {

constexpr CommandText verify_text{
    .name = "verify",
    .summary = "read a whole image and check every digest and size in it",
    .synopsis = "[OPTIONS] IMAGE",
    .description =
        R"(Checks the digests and sizes of the manifest, the configuration and every layer, each layer's diffID, the
compression down to its checksums, and every tar header; applies the layers; and lists what is odd. The
digests that it prints were computed from the bytes. One mismatch anywhere is an error.

With --record FILE or --ledger DIR (see `touchstone record`) it answers instead whether this is the image that was
recorded: identical (the same manifest), equivalent (the same layers and configuration in another encoding, wherever it
came from), same-files (the same files in other layers), or divergent, and then what differs: layers, configuration and,
where the files were recorded, too, which paths and which facts. In a ledger it takes the newest entry with the manifest
of the image, else with its canonical digest, else with its tree, else with its reference.

With --checksums FILE it answers whether the files are those of a list that somebody published: each listed path must
be there, and be what the list says of it (content, size, mode, owner, target of a link). The format is told by
content. With --checksums-key each list must be signed; without it nobody vouches for the list.
)",
    .takes_images = true,
    .exit_status = "  0   everything in the image is what its digests promise, and what was recorded or listed\n"
                   "  1   with --record, --ledger or --checksums: it is not what was recorded or listed\n"
                   "  2   the image is not what its digests promise, or something cannot be read\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone verify oci-archive:published.tar\n"
                "  touchstone verify --all-platforms --json oci:layout\n"
                "  touchstone verify --record app-1.json docker://mirror.example/app:1\n"
                "  touchstone verify --checksums SHA256SUMS --checksums-key vendor.pub docker://vendor.example/app:1\n",
};

std::vector<SideSummary> verify_all(const std::string& reference, const OpenOptions& open, const LoadOptions& load) {
    const std::vector<Image> images = open_images(parse_reference(reference), open);
    std::vector<SideSummary> summaries;
    for (const Image& image : images) {
        const std::vector<Stack> stacks = load_stacks({&image}, load);
        std::vector<Oddity> stack_oddities;
        const Tree tree = image.is_artifact ? Tree() : build_tree(stacks.front(), stack_oddities);
        summaries.push_back(summarize(Side::published, stacks.front(), tree, stack_oddities));
    }
    return summaries;
}

std::vector<SideSummary> verify_with_progress(const std::string& reference, const OpenOptions& open, LoadOptions load,
                                              bool quiet, Streams& streams) {
    Progress progress;
    load.progress = &progress;
    load.kept = false;              // all is read, whatever was found before
    load.contents = Contents::none; // entries, digests of streams and oddities are what is shown
    const ProgressLine shown(progress, streams, quiet);
    return verify_all(reference, open, load);
}

} // namespace

int verify_command(const Arguments& args, Streams& streams) {
    std::string reference;
    OpenOptions open;
    LoadOptions load;
    ColorChoice color = ColorChoice::automatic;
    bool json = false;
    bool all = false;
    bool quiet = false;
    RecognitionOptions recognition;
    ChecksumsOptions checksums;
    CommandLine line(verify_text);
    line.argument("IMAGE", reference);
    line.option("--record", "FILE", "is this the image of this record?",
                [&](const std::string& value) { recognition.record = value; });
    line.option("--ledger", "DIR", "is this the image of the entry of this ledger that fits best?",
                [&](const std::string& value) { recognition.ledger = value; });
    line.option("--require", "LEVEL",
                "with them: identical, equivalent or same-files; exit 1 when worse (default same-files)",
                [&](const std::string& value) {
                    recognition.required = parse_verdict(value);
                    recognition.require_given = true;
                });
    add_checksums_options(line, checksums);
    add_json_option(line, json,
                    "print touchstone.verification/1, touchstone.recognition/1 with a record, or "
                    "touchstone.checksums/1 with a list");
    add_platform_options(line, open, true, streams, &quiet);
    line.flag("-a,--all", all,
              "list every oddity, also those of ordinary images; with --checksums what fails nothing, too");
    add_color_option(line, color);
    add_quiet_option(line, quiet, "print nothing but errors");
    add_load_options(line, load);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_checksums(checksums, recognition.wanted() || recognition.require_given, open);
    check_recognition(recognition, open);
    if (checksums.wanted()) {
        const ChecksumsShown shown{.json = json, .all = all, .color = wants_color(color, streams), .quiet = quiet};
        const bool pass = compare_checksums(reference, checksums, open, load, shown, streams);
        return pass ? exit_status::met : exit_status::not_met;
    }
    if (recognition.wanted()) {
        const bool pass =
            recognize_image(reference, recognition, open, load, json, wants_color(color, streams), quiet, streams);
        return pass ? exit_status::met : exit_status::not_met;
    }
    const std::vector<SideSummary> images = verify_with_progress(reference, open, load, quiet, streams);
    if (quiet) return exit_status::met;
    streams.out(json ? render_verification_json(images, all)
                     : render_verification_text(images, {.color = wants_color(color, streams), .all = all}));
    return exit_status::met;
}

} // namespace touchstone
