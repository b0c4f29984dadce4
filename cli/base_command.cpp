// `touchstone base`: which recorded image this one is built on, by what its lowest layers are, not by what it says.
#include "attest/base_files.h"
#include "attest/base_search.h"
#include "base/error.h"
#include "cli/base_answer.h"
#include "cli/base_ask.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_line.h"
#include "diff/tree.h"

namespace touchstone {

namespace {

constexpr CommandText base_text{
    .name = "base",
    .summary = "find the recorded image that an image is built on",
    .synopsis = "[OPTIONS] IMAGE --ledger DIR",
    .description =
        R"(Looks in a ledger (`touchstone record --ledger`) for the image all of whose layers are the lowest of IMAGE: by diffID,
which compression and registry do not change, else by canonical form, which rewritten times do not change either. Of
several it takes the one with most layers, then the newest.

Where no layers are found (a squashed or flattened image), the files are compared with those that were recorded
(`record --files`): at least 98 of 100 recorded files must be in IMAGE with the same type, mode, owner, content and
attributes (directories do not count), at least 16 of them regular and not empty, and IMAGE must add more files than it
changed or lost. Of several it takes the one with most such files, then the newest. That is weaker than layers: an
earlier release of the same image can look like a base. IMAGE itself is no base.

What the image says of its base is shown beside it, as the claim that it is: the annotations
org.opencontainers.image.base.name and .digest, and the images that BuildKit's provenance names, of which one should be
the base. No claim leads the search.

Where a later entry has the same name and platform and another manifest, the tag has since moved. --ask asks the
registry, too. That is news, and changes no exit status.
)",
    .takes_images = true,
    .exit_status = "  0   a base was found, and what the image claims of it holds; its tag may have moved\n"
                   "  1   none was found, or the image claims another digest\n"
                   "  2   trouble\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone record --ledger ~/images --files docker://docker.io/library/debian:12\n"
                "  touchstone base docker://registry.example/app:1 --ledger ~/images\n"
                "  touchstone base --ask oci-archive:squashed.tar --ledger ~/images\n",
};

struct BaseOptions {
    std::string reference;
    std::string ledger;
    OpenOptions open{.provenance = true}; // a claim that is shown beside what is found
    LoadOptions load;
    bool ask = false;
    bool json = false;
    bool quiet = false;
};

/// The merged tree with the digests of contents, which the first reading did without.
Tree tree_of(const Image& image, const LoadOptions& load) {
    const std::vector<Stack> stacks = load_stacks({&image}, load);
    std::vector<Oddity> oddities;
    return build_tree(stacks.front(), oddities);
}

/// By layers; where none are recorded by files, which takes another reading of the image.
BaseAnswer find(const BaseOptions& options, const Ledger& ledger, const std::vector<KnownImage>& known,
                const LoadOptions& load) {
    const std::vector<Image> images = open_images(parse_reference(options.reference), options.open);
    std::vector<DescribedImage> described = describe_images(images, load, false);
    BaseAnswer answer;
    answer.image = std::move(described.front().record);
    answer.provenance = images.front().provenance;
    std::optional<FoundBase> found = find_base(known, known_layers(answer.image));
    if (!found) {
        answer.search = plan_file_search(known, answer.image);
        if (!answer.search->candidates.empty()) {
            search_files(*answer.search, known, ledger, tree_of(images.front(), load), load.jobs);
        }
        found = answer.search->base;
    }
    if (!found) return answer;
    answer.found = *found;
    answer.base = known[found->known];
    if (const KnownImage* const moved = moved_since(known, *answer.base)) answer.moved = *moved;
    return answer;
}

BaseAnswer find_with_progress(const BaseOptions& options, Streams& streams) {
    const Ledger ledger(options.ledger);
    const std::vector<KnownImage> known =
        read_known_images(ledger); // what is wrong with it shows before an image is read
    Progress progress;
    LoadOptions load = options.load;
    load.progress = &progress;
    const ProgressLine shown(progress, streams, options.quiet);
    return find(options, ledger, known, load);
}

} // namespace

int base_command(const Arguments& args, Streams& streams) {
    BaseOptions options;
    CommandLine line(base_text);
    line.argument("IMAGE", options.reference);
    line.option("--ledger", "DIR", "where the records of possible bases are",
                [&](const std::string& value) { options.ledger = value; });
    line.flag("--ask", options.ask,
              "ask the registry what the name of the base, as it was recorded, stands for now (docker:// names only)");
    add_json_option(line, options.json, "print touchstone.base/1");
    add_platform_options(line, options.open, false, streams, &options.quiet);
    add_quiet_option(line, options.quiet, "no progress");
    add_load_options(line, options.load);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    if (options.ledger.empty()) fail(ErrorKind::usage, "--ledger DIR is required");
    BaseAnswer answer = find_with_progress(options, streams);
    if (options.ask && answer.base) answer.asked = ask_registry(*answer.base, options.open);
    streams.out(options.json ? render_base_json(answer) : render_base_text(answer));
    const bool contradicted =
        annotation_claim(answer) == ClaimState::fails || provenance_claim(answer) == ClaimState::fails;
    return answer.base && !contradicted ? exit_status::met : exit_status::not_met;
}

} // namespace touchstone
