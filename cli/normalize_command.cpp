// `touchstone normalize`: an image or a layer tar, written in canonical form. What was written is read back and
// compared with its source before it appears under its name: a proof costs a second reading, trust would cost more.
#include "base/error.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/layout_writer.h"
#include "cli/normalizer.h"
#include "cli/options.h"
#include "cli/progress_line.h"
#include "cli/registry_writer.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace touchstone {

namespace {

constexpr CommandText normalize_text{
    .name = "normalize",
    .summary = "write an image or a layer tar in canonical form",
    .synopsis = "[OPTIONS] INPUT -o OUT",
    .description =
        R"(Writes the canonical form of a layer tar (INPUT is tar:FILE, or - for standard input; OUT is a file, or - for
standard output) or of an image (OUT is oci:DIR, a new directory, oci-archive:FILE, or docker://NAME[:TAG] in a
registry): sorted entries in one tar dialect, times and owners by the profile, layers stored uncompressed, OCI documents
with all digests recomputed. The output is read back before it appears: its files must be those of the input under the
profile. Changes are counted on standard error by kind; --log lists them, and `touchstone rules --canonical` explains
them.

To a registry the proven image is sent blob by blob (what is there already is not, what lies in the registry's
repository of INPUT or --base is mounted), then the manifest, and the tag last. A tag that names another image stays as
it is, unless --force. NAME@DIGEST pushes without a tag, and only that very image. Standard output gets the name by which
others find it: docker://NAME:TAG@DIGEST.
)",
    .takes_images = true,
    .exit_status = "  0   the output is written, whole and proven\n"
                   "  2   trouble; nothing was written, and no tag of a registry was moved\n"
                   "  75  the same, and it may be gone when tried again\n",
    .examples = "  touchstone normalize docker-archive:saved.tar -o oci:canonical\n"
                "  touchstone normalize --log changes.jsonl oci:layout -o oci-archive:canonical.tar\n"
                "  touchstone normalize --compress zstd oci:app -o docker://registry.example/canonical/app:1.2\n"
                "  touchstone normalize --base oci:debian --compress gzip oci:app -o oci:app-canonical\n"
                "  gunzip < layer.tar.gz | touchstone normalize - -o - | sha256sum\n",
};

constexpr std::string_view to_directory = "oci:";
constexpr std::string_view to_archive = "oci-archive:";
constexpr std::string_view to_registry = "docker:";

struct NormalizeOptions {
    std::string input;
    std::string output;
    std::string log;  ///< empty = none
    std::string base; ///< empty = none
    OpenOptions open;
    NormalizerOptions normalizer;
    std::uint64_t chunk = default_chunk;
    bool force = false;
    bool quiet = false;
};

/// What is said when all is written.
struct Outcome {
    ChangeCounts changes;
    std::size_t ambiguities = 0;
    std::string result;  ///< for standard output
    std::string summary; ///< more for standard error
};

class StreamSink final : public ByteSink {
public:
    explicit StreamSink(Streams& streams) : streams_(streams) {}
    void write(ByteView bytes) override { streams_.out(as_text(bytes)); }

private:
    Streams& streams_;
};

/// "12 mtime, 3 owner-names"; "nothing" when all was canonical before.
std::string summary_of(const ChangeCounts& changes) {
    std::string summary;
    for (const auto& [what, count] : changes)
        summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count, printable(what));
    return summary.empty() ? "nothing" : summary;
}

void finish_log(const NormalizedLayers& layers, std::optional<WholeFile>& log) {
    if (!log) return;
    log->write(std::string_view(layers.log));
    log->commit();
}

bool is_for_images(std::string_view output) {
    return output.starts_with(to_directory) || output.starts_with(to_archive) || output.starts_with(to_registry);
}

std::unique_ptr<ImageWriter> registry_writer(const NormalizeOptions& options, const std::vector<const Image*>& others) {
    RegistryTarget target;
    target.name = *parse_reference(options.output).registry;
    target.remote = options.open.remote;
    target.push = {options.chunk, options.normalizer.load.progress};
    target.jobs = std::min(options.normalizer.load.jobs, options.open.remote.downloads);
    target.force = options.force;
    target.others = others;
    return write_to_registry(std::move(target));
}

/// `others`: images that some of the blobs may be taken from.
std::unique_ptr<ImageWriter> image_writer(const NormalizeOptions& options, const std::vector<const Image*>& others) {
    const std::string_view output = options.output;
    if (output.starts_with(to_registry)) return registry_writer(options, others);
    const std::string_view prefix = output.starts_with(to_directory) ? to_directory : to_archive;
    const std::string path(output.substr(prefix.size()));
    if (path.empty() || path == "-") fail(ErrorKind::usage, fmt::format("-o {}: a name is missing", prefix));
    return prefix == to_directory ? write_layout_directory(path) : write_layout_archive(path, options.force);
}

std::optional<Image> open_base(const Image& image, const NormalizeOptions& options) {
    if (options.base.empty()) return std::nullopt;
    OpenOptions open = options.open;
    open.platform = image.platform;
    return std::move(open_images(parse_reference(options.base), open).front());
}

Outcome normalize_image(const Image& image, const NormalizeOptions& options, std::optional<WholeFile>& log) {
    if (!is_for_images(options.output)) {
        fail(ErrorKind::usage, fmt::format("-o {}: an image goes to oci:DIR, oci-archive:FILE or docker://NAME",
                                           printable_short(options.output)));
    }
    NormalizerOptions work = options.normalizer;
    const std::optional<Image> base = open_base(image, options);
    std::vector<const Image*> others{&image};
    if (base) {
        work.untouched = shared_layers(image, *base);
        others.push_back(&*base);
    }
    const std::unique_ptr<ImageWriter> writer = image_writer(options, others); // refuses before any layer is read
    work.directory = writer->spool_directory();
    work.keeps_files = !work.directory.empty();
    const Normalizer normalizer(image, work);
    const CanonicalImage canonical = normalizer.documents();
    writer->write(canonical, normalizer.layers().files, image);
    const Image written = writer->staged();
    if (written.manifest != canonical.manifest.digest)
        fail(ErrorKind::unverified, "another manifest was written than meant");
    normalizer.prove(written, writer->kept_files());
    writer->send();
    finish_log(normalizer.layers(), log);
    writer->commit();
    Outcome outcome{normalizer.layers().changes, normalizer.ambiguities(), writer->result(), writer->summary()};
    add_counts(outcome.changes, canonical.changes);
    return outcome;
}

/// A layer in a file, as an image of one layer, to be read like any other.
Image image_of(const std::shared_ptr<const File>& file, const CanonicalBlob& blob) {
    LayerRef layer;
    layer.name = "the canonical layer";
    layer.digest = blob.digest;
    layer.diff_id = blob.diff_id;
    layer.stored_size = file->size();
    layer.open = [file]() -> std::unique_ptr<ByteSource> { return std::make_unique<FileRange>(file, 0, file->size()); };
    Image image;
    image.reference.text = "the output";
    image.layers.push_back(std::move(layer));
    return image;
}

void check_layer_usage(const NormalizeOptions& options) {
    if (is_for_images(options.output)) {
        fail(ErrorKind::usage,
             fmt::format("-o {}: a layer tar has no configuration to make an image of; give a file, or -",
                         printable_short(options.output)));
    }
    if (!options.base.empty()) fail(ErrorKind::usage, "--base: a layer tar has no base image");
    if (options.normalizer.merge) fail(ErrorKind::usage, "--merge: a layer tar is one layer already");
}

Outcome normalize_layer(const Image& image, const NormalizeOptions& options, std::optional<WholeFile>& log,
                        Streams& streams) {
    check_layer_usage(options);
    std::optional<WholeFile> file;
    if (options.output != "-") file.emplace(options.output, options.force);
    NormalizerOptions work = options.normalizer;
    work.keeps_files = true;
    const Normalizer normalizer(image, work);
    const CanonicalBlob& blob = normalizer.layers().blobs.front();
    const std::shared_ptr<const File>& bytes = normalizer.layers().files.front();
    normalizer.prove(image_of(bytes, blob), true);
    StreamSink standard_output(streams);
    HashingSink out(file ? static_cast<ByteSink*>(&*file) : &standard_output);
    copy_file(*bytes, out);
    if (out.finish() != blob.digest) fail(ErrorKind::unverified, "the temporary file is not what was written to it");
    finish_log(normalizer.layers(), log);
    if (file) file->commit();
    return {normalizer.layers().changes, normalizer.ambiguities(), {}, {}};
}

void check_usage(const NormalizeOptions& options, const Streams& streams) {
    if (options.output.empty()) fail(ErrorKind::usage, "-o OUT is required");
    if (options.output == "-" && streams.out_is_terminal)
        fail(ErrorKind::usage, "-o -: a tar is not written to a terminal");
    if (options.output.starts_with(to_registry)) parse_reference(options.output); // refused before anything is read
    if (options.normalizer.merge && !options.base.empty())
        fail(ErrorKind::usage, "--merge and --base exclude each other: one layer shares nothing with the base");
}

Outcome normalize(const NormalizeOptions& options, Streams& streams) {
    const std::string input = options.input == "-" ? "tar:-" : options.input;
    const std::vector<Image> images = open_images(parse_reference(input), options.open);
    std::optional<WholeFile> log; // refused early, too
    if (!options.log.empty()) log.emplace(options.log, options.force);
    const Image& image = images.front();
    return image.config ? normalize_image(image, options, log) : normalize_layer(image, options, log, streams);
}

Outcome normalize_with_progress(NormalizeOptions options, Streams& streams) {
    Progress progress;
    options.normalizer.load.progress = &progress;
    options.normalizer.log = !options.log.empty();
    const ProgressLine shown(progress, streams, options.quiet);
    return normalize(options, streams);
}

void tell(const Outcome& outcome, Streams& streams) {
    streams.err(fmt::format("touchstone: changed: {}\n", summary_of(outcome.changes)));
    if (!outcome.summary.empty()) streams.err(outcome.summary);
    if (outcome.ambiguities > 0) {
        streams.err(
            fmt::format("touchstone: note: {} of the input that known runtimes read in different ways; the "
                        "output holds the reading of the OCI specification (`touchstone verify` lists them)\n",
                        outcome.ambiguities == 1 ? "1 construct" : fmt::format("{} constructs", outcome.ambiguities)));
    }
}

Compression parse_compression(const std::string& kind_name) {
    for (const Compression kind : {Compression::none, Compression::gzip, Compression::zstd}) {
        if (name_of(kind) == kind_name) return kind;
    }
    fail(ErrorKind::usage, fmt::format("--compress \"{}\": expected none, gzip or zstd", printable_short(kind_name)));
}

} // namespace

int normalize_command(const Arguments& args, Streams& streams) {
    NormalizeOptions options;
    CommandLine line(normalize_text);
    line.argument("INPUT", options.input);
    line.option("-o,--output", "OUT",
                "oci:DIR, oci-archive:FILE or docker://NAME for an image; a file, or -, for a layer tar",
                [&](const std::string& value) { options.output = value; });
    line.flag("--force", options.force,
              "replace a file that exists (never a directory), move a tag that names another image");
    add_profile_options(line, options.normalizer.profile, streams);
    line.option("--compress", "KIND", "how layers are stored: none, gzip or zstd, with fixed parameters (default none)",
                [&](const std::string& value) { options.normalizer.compression = parse_compression(value); });
    line.flag("--merge", options.normalizer.merge, "one layer that holds the whole root file system");
    line.option("--base", "IMAGE", "leave the layers that INPUT shares with this image as they are",
                [&](const std::string& value) { options.base = value; });
    line.option("--log", "FILE", "list each change: one JSON object (layer, path, what, before, after) per line",
                [&](const std::string& value) { options.log = value; });
    line.option("--chunk-size", "SIZE", "what is sent to a registry in one request (default 16M)",
                [&](const std::string& value) {
                    options.chunk = parse_size("--chunk-size", value);
                    if (options.chunk == 0) fail(ErrorKind::usage, "--chunk-size: at least 1");
                });
    add_quiet_option(line, options.quiet, "no summary of the changes, and no progress");
    add_platform_options(line, options.open, false, streams, &options.quiet);
    add_load_options(line, options.normalizer.load);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_usage(options, streams);
    const Outcome outcome = normalize_with_progress(options, streams);
    if (!outcome.result.empty()) streams.out(outcome.result);
    if (!options.quiet) tell(outcome, streams);
    return exit_status::met;
}

} // namespace touchstone
