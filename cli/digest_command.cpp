// `touchstone digest`: the names of an image's content that do not depend on who packed it, where, and how.
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/digest_check.h"
#include "cli/digests.h"
#include "cli/options.h"
#include "cli/progress_line.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr CommandText digest_text{
    .name = "digest",
    .summary = "print host-independent digests of layers, files and the whole image",
    .synopsis = "[OPTIONS] IMAGE...\n       touchstone digest [OPTIONS] --check FILE",
    .description =
        R"(Prints the SHA-256 of the canonical form of each layer (clf1), of the merged tree (crf1) and of the image (the
digest of the manifest that `touchstone normalize` writes), one line each, as sha256sum does. The same content has
the same digests from any archive, in any compression, tar dialect and order of entries. Everything that the
digests rest on is verified first. A profile other than the default is part of the id. Layers count from 0.
)",
    .takes_images = true,
    .exit_status = "  0   the digests are printed; with --check, all of them hold\n"
                   "  1   with --check: at least one does not\n"
                   "  2   trouble; with --check the other images are checked all the same\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone digest oci-archive:published.tar\n"
                "  touchstone digest oci:layout docker-archive:saved.tar > DIGESTS\n"
                "  touchstone digest --check DIGESTS\n"
                "  SOURCE_DATE_EPOCH=1700000000 touchstone digest --mtime clamp tar:layer.tar.gz\n",
};

struct DigestOptions {
    std::vector<std::string> references;
    std::string check; ///< empty = print
    OpenOptions open;
    LoadOptions load;
    Profile profile;
    bool json = false;
    bool quiet = false;
};

void check_usage(const DigestOptions& options) {
    if (options.references.empty() && options.check.empty()) fail(ErrorKind::usage, "IMAGE is required");
    if (!options.check.empty() && !options.references.empty()) {
        fail(ErrorKind::usage, "--check takes its images from the file: give no IMAGE");
    }
    if (!options.check.empty() && options.json) fail(ErrorKind::usage, "--check and --json exclude each other");
    if (options.check.empty() && options.quiet) fail(ErrorKind::usage, "--quiet needs --check");
    for (const std::string& reference : options.references) {
        if (reference.find('\n') != std::string::npos) fail(ErrorKind::usage, "a reference with a line break");
    }
}

std::string lines_of(const std::string& reference, const CanonicalDigests& digests) {
    std::string lines;
    for (std::size_t i = 0; i < digests.layers.size(); ++i) {
        lines += fmt::format("{}  {} layer {}\n", digests.layers[i], reference, i);
    }
    if (!digests.tree.empty()) lines += fmt::format("{}  {} tree\n", digests.tree, reference);
    if (!digests.image.empty()) lines += fmt::format("{}  {} image\n", digests.image, reference);
    return lines;
}

std::string json_of(const std::string& reference, const CanonicalDigests& digests) {
    Json layers = Json::array();
    for (const std::string& layer : digests.layers) layers.push_back(Json::string(layer));
    Json line = Json::object();
    line.set("reference", Json::string(reference));
    line.set("layers", std::move(layers));
    if (!digests.tree.empty()) line.set("tree", Json::string(digests.tree));
    if (!digests.image.empty()) line.set("image", Json::string(digests.image));
    return line.dump() + "\n";
}

CanonicalDigests digests_with_progress(const std::string& reference, const DigestOptions& options, Streams& streams) {
    Progress progress;
    LoadOptions load = options.load;
    load.progress = &progress;
    const ProgressLine shown(progress, streams, false);
    return canonical_digests(reference, options.open, load, options.profile);
}

int check(const DigestOptions& options, Streams& streams) {
    switch (check_digests(options.check, options.open, options.load, options.profile, options.quiet, streams)) {
    case CheckResult::holds:
        return exit_status::met;
    case CheckResult::fails:
        return exit_status::not_met;
    case CheckResult::trouble:
        break;
    }
    return exit_status::trouble;
}

} // namespace

int digest_command(const Arguments& args, Streams& streams) {
    DigestOptions options;
    CommandLine line(digest_text);
    line.arguments("IMAGE", options.references);
    add_profile_options(line, options.profile, streams);
    line.option("-c,--check", "FILE",
                "recompute the lines of FILE (- for standard input), and say for each whether it holds",
                [&](const std::string& value) {
                    if (value.empty()) fail(ErrorKind::usage, "--check: a file name is missing");
                    options.check = value;
                });
    add_quiet_option(line, options.quiet, "with --check: print only the lines that do not hold");
    add_json_option(line, options.json, "one JSON object per image and line");
    add_platform_options(line, options.open, false, streams, &options.quiet);
    add_load_options(line, options.load);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_usage(options);
    if (!options.check.empty()) return check(options, streams);
    for (const std::string& reference : options.references) {
        const CanonicalDigests digests = digests_with_progress(reference, options, streams);
        if (digests.tree.empty()) streams.err(fmt::format("touchstone: note: no tree: {}\n", digests.no_tree));
        streams.out(options.json ? json_of(reference, digests) : lines_of(reference, digests));
    }
    return exit_status::met;
}

} // namespace touchstone
