// `touchstone diff`: the main command. Everything that can be wrong with the request is found before an image is
// opened; nothing is written to standard output unless there is a verdict.
#include "base/error.h"
#include "base/printable.h"
#include "cli/attest_options.h"
#include "cli/bases.h"
#include "cli/commands.h"
#include "cli/diffoscope.h"
#include "cli/explain_options.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/pairing.h"
#include "cli/progress_line.h"
#include "diff/compare.h"
#include "image/cache/upkeep.h"
#include "report/canvas.h"
#include "report/report.h"

#include <fmt/format.h>

#include <algorithm>

#include <filesystem>
#include <utility>

namespace touchstone {

namespace {

constexpr CommandText diff_text{
    .name = "diff",
    .summary = "compare a published image with a rebuilt one, and give a verdict",
    .synopsis = "[OPTIONS] PUBLISHED REBUILT",
    .description =
        R"(Reads both images, verifies every digest and size on the way, and compares what they hold: every
file with its facts, the whole configuration, the layers and how they are encoded. Differences that only
the build's encoding makes (times, order, owner names, compression; see `touchstone rules`) are noise: they
are counted, and they disappear from the verdict. The verdict is the best of this ladder that holds:

  identical    the same manifest
  equivalent   the same layers and configuration, encoded differently
  same-files   the same files and run configuration, in layers that are cut differently
  accepted     what remains is covered by differences that were accepted by name
  divergent    anything else

Files that differ are read again, to say why: every byte that differs is given a cause (`touchstone rules --causes`), or
is shown as not explained; beside it stand the package that owns the file and the change to the build that would settle
it. A cause never makes a difference lighter; only --accept can hide one, by name.

What an image says about its own history is shown, and never taken as evidence.
)",
    .takes_images = true,
    .exit_status =
        R"(  0   the verdict is at least the one required
  1   it is not
  2   trouble: there is no verdict, because something could not be read, verified or understood
  75  trouble that may be gone when tried again
)",
    .examples =
        R"(  touchstone diff oci-archive:published.tar oci:rebuilt
  touchstone diff --require equivalent docker-archive:app.tar:app:1.2 dir:rebuilt
  touchstone diff -o text -o json=report.json --extract differs published.tar rebuilt.tar
  touchstone diff -o html=report.html docker-archive:published.tar docker-archive:rebuilt.tar
  touchstone diff --diffoscope=3 --diffoscope-output looked-at oci:published oci:rebuilt
  touchstone diff --accept hygiene --require accepted oci:published oci:rebuilt
  touchstone diff --attest app.dsse.json --attest-key release.key docker://registry.example/app:1 oci:rebuilt
  touchstone diff --rules +owner,-mtime --all-platforms oci:published oci:rebuilt
)",
};

struct DiffOptions {
    std::string published;
    std::string rebuilt;
    std::vector<Output> outputs;
    Verdict required = Verdict::same_files;
    OpenOptions open{.provenance = true}; // claims of the layers' lines are shown beside those of the history
    CompareOptions compare;
    DiffoscopeOptions diffoscope;
    AttestOptions attest;
    ColorChoice color = ColorChoice::automatic;
    std::string extract;
    std::string ledger;
    bool all = false;
    bool quiet = false;
    bool force = false;
    bool canonical = false;
    bool whole = false;
};

void declare(CommandLine& line, DiffOptions& options, const Streams& streams) {
    line.argument("PUBLISHED", options.published);
    line.argument("REBUILT", options.rebuilt);
    line.repeatable("-o,--output", "FORMAT[=FILE]",
                    "text, json, html or markdown, to standard output or to a file that appears whole; may be repeated "
                    "(default text)",
                    [&](const std::string& value) { options.outputs.push_back(parse_output(value)); });
    line.flag("-f,--force", options.force, "replace reports and statements that exist");
    line.option("--require", "VERDICT", "what passes, at the least (default same-files)",
                [&](const std::string& value) { options.required = parse_verdict(value); });
    line.option("--rules", "+RULE,-RULE", "which differences are noise, changing the default set; `none` clears it",
                [&](const std::string& value) { options.compare.rules = parse_rules(value); });
    add_platform_options(line, options.open, true, streams, &options.quiet);
    add_explain_options(line, options.compare.explain);
    add_diffoscope_options(line, options.diffoscope);
    line.flag("-a,--all", options.all, "list every finding and every difference that is noise");
    line.option("--extract", "DIR", "write the files that differ, from both sides, below DIR (new or empty)",
                [&](const std::string& value) { options.extract = value; });
    line.option("--ledger", "DIR",
                "say which of the images that were recorded there (`touchstone record`) both sides stand on",
                [&](const std::string& value) { options.ledger = value; });
    add_attest_options(line, options.attest);
    line.flag("--canonical", options.canonical,
              "compute the digests of canonical forms, as `touchstone digest` does; by default only for a JSON report "
              "or a statement whose verdict is equivalent");
    line.flag(
        "--whole", options.whole,
        "also list the layers at the bottom that both images share; without it they are verified by their digests "
        "where what lies in them decides nothing");
    add_color_option(line, options.color);
    add_quiet_option(line, options.quiet, "the verdict line only, and no progress");
    add_load_options(line, options.compare.load);
}

/// Finds what cannot work before it costs time.
void check(DiffOptions& options) {
    check_outputs(options.outputs, options.force);
    check_diffoscope(options.diffoscope, options.compare.explain);
    if (options.open.platform && options.open.all_platforms) {
        fail(ErrorKind::usage, "--platform and --all-platforms exclude each other");
    }
    if (options.extract.empty()) return;
    if (options.open.all_platforms) fail(ErrorKind::usage, "--extract works on one platform; name it with --platform");
    std::error_code error;
    const std::filesystem::path directory(options.extract);
    const auto status = std::filesystem::symlink_status(directory, error);
    if (!std::filesystem::exists(status)) return;
    if (!std::filesystem::is_directory(status) || !std::filesystem::is_empty(directory, error)) {
        fail(ErrorKind::usage,
             fmt::format("--extract: {} exists and is not an empty directory", printable(options.extract)));
    }
}

std::size_t extract(const DiffOptions& options, const Image& published, const Image& rebuilt,
                    const Comparison& comparison) {
    if (options.extract.empty()) return 0;
    return extract_differences(published, rebuilt, comparison, options.compare.load, options.extract);
}

struct Compared {
    Report report;
    std::size_t extracted = 0;
};

CanonicalValues canonical_values(const DiffOptions& options) {
    if (options.canonical) return CanonicalValues::always;
    const bool json = std::any_of(options.outputs.begin(), options.outputs.end(),
                                  [](const Output& output) { return output.format == ReportFormat::json; });
    // A statement has the digest of the JSON report of the same run.
    return json || !options.attest.file.empty() ? CanonicalValues::when_equivalent : CanonicalValues::none;
}

std::vector<const Image*> published_of(const std::vector<Image>& published, const Pairing& pairing) {
    std::vector<const Image*> images;
    for (const auto& pair : pairing.pairs) images.push_back(&published[pair.first]);
    return images;
}

Compared compare_all(const DiffOptions& options, Progress& progress) {
    CompareOptions compare = options.compare;
    compare.keep_noise = options.all;
    compare.canonical = canonical_values(options);
    compare.load.progress = &progress;
    compare.load.shared = options.whole ? SharedBottom::list : SharedBottom::verify;
    const Reference published_reference = parse_reference(options.published);
    const Reference rebuilt_reference = parse_reference(options.rebuilt);
    if (published_reference.path == "-" && rebuilt_reference.path == "-") {
        fail(ErrorKind::usage, "standard input can be one of the images, not both");
    }
    const std::vector<Image> published = open_images(published_reference, options.open);
    const std::vector<Image> rebuilt = open_images(rebuilt_reference, options.open);
    // Without --all-platforms each side is one image, and the user has said that they are to be compared.
    Pairing pairing;
    if (options.open.all_platforms) {
        pairing = pair_platforms(published, rebuilt);
    } else {
        pairing.pairs.emplace_back(0, 0);
    }
    check_attestation(options.attest, published_of(published, pairing), options.open.remote);
    Compared result;
    std::vector<Comparison> comparisons;
    std::size_t handed_over = 0;
    for (const auto& [left, right] : pairing.pairs) {
        comparisons.push_back(compare_images(published[left], rebuilt[right], compare));
        run_diffoscope(options.diffoscope, published[left], rebuilt[right], compare, comparisons.back(), handed_over);
        result.extracted += extract(options, published[left], rebuilt[right], comparisons.back());
    }
    result.report = make_report(std::move(comparisons), std::move(pairing.unpaired), options.required);
    return result;
}

Compared compare_with_progress(const DiffOptions& options, Streams& streams) {
    Progress progress;
    const ProgressLine shown(progress, streams, options.quiet);
    return compare_all(options, progress);
}

void attest(const DiffOptions& options, const PrivateKey& key, const Report& report, Streams& streams) {
    const AttestedRun run{
        .report = report,
        .names = {attested_name(parse_reference(options.published)), attested_name(parse_reference(options.rebuilt))},
        .accept = options.compare.explain.accept,
        .time = now_in_seconds()};
    const std::string said = write_attestation(options.attest, key, run, options.open.remote, options.force);
    if (!options.quiet) streams.err(said);
}

} // namespace

int diff_command(const Arguments& args, Streams& streams) {
    DiffOptions options;
    CommandLine line(diff_text);
    declare(line, options, streams);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    if (options.outputs.empty()) options.outputs.emplace_back();
    check(options);
    std::optional<std::vector<KnownImage>> known;
    if (!options.ledger.empty()) known = read_known_images(Ledger(options.ledger));
    const std::optional<PrivateKey> signer =
        prepare_attestation(options.attest, options.outputs, options.force, streams);
    Compared compared = compare_with_progress(options, streams);
    if (known) find_recorded_bases(*known, compared.report);
    const TextOptions terminal{
        .color = wants_color(options.color, streams), .all = options.all, .quiet = options.quiet};
    if (signer) attest(options, *signer, compared.report, streams);
    write_outputs(options.outputs, compared.report, terminal, options.color == ColorChoice::always, options.force,
                  streams);
    if (!options.extract.empty() && !options.quiet) {
        streams.err(fmt::format("touchstone: {} that {} written below {}\n", counted(compared.extracted, "path"),
                                compared.extracted == 1 ? "differs" : "differ", printable(options.extract)));
    }
    return compared.report.pass ? exit_status::met : exit_status::not_met;
}

} // namespace touchstone
