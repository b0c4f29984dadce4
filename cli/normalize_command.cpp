// `touchstone normalize`: an image or a layer tar, written in canonical form. What was written is read back and
// compared with its source before it appears under its name: a proof costs a second reading, trust would cost more.
#include "base/error.h"
#include "base/printable.h"
#include "cli/canonical_reader.h"
#include "cli/commands.h"
#include "cli/layout_writer.h"
#include "cli/options.h"
#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace touchstone {

namespace {

constexpr CommandText text{
    .name = "normalize",
    .summary = "write an image or a layer tar in canonical form",
    .synopsis = "[OPTIONS] INPUT -o OUT",
    .description =
        R"(Writes the canonical form of a layer tar (INPUT is tar:FILE, or - for standard input; OUT is a file, or - for
standard output) or of an image (OUT is oci:DIR, a new directory, or oci-archive:FILE): sorted entries in one tar
dialect, times and owners by the profile, layers stored uncompressed, OCI documents with all digests recomputed.
The output is read back before it appears: its files must be those of the input under the profile. Changes are
counted on standard error by kind; --log lists them.
)",
    .takes_images = true,
    .exit_status = "  0   the output is written, whole and proven\n"
                   "  2   trouble; nothing was written\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone normalize docker-archive:saved.tar -o oci:canonical\n"
                "  touchstone normalize --log changes.jsonl oci:layout -o oci-archive:canonical.tar\n"
                "  gunzip < layer.tar.gz | touchstone normalize - -o - | sha256sum\n",
};

constexpr std::string_view to_directory = "oci:";
constexpr std::string_view to_archive = "oci-archive:";

struct NormalizeOptions {
    std::string input;
    std::string output;
    std::string log; ///< empty = none
    OpenOptions open;
    LayerLimits limits;
    Profile profile;
    bool force = false;
    bool quiet = false;
};

class SpoolSink final : public ByteSink {
public:
    explicit SpoolSink(std::string name) : file_(std::move(name)) {}
    void write(ByteView bytes) override { file_.append(bytes); }
    std::shared_ptr<const File> finish() { return file_.finish(); }

private:
    SpoolFile file_;
};

class StreamSink final : public ByteSink {
public:
    explicit StreamSink(Streams& streams) : streams_(streams) {}
    void write(ByteView bytes) override { streams_.out(as_text(bytes)); }

private:
    Streams& streams_;
};

/// All layers in canonical form, each in an unnamed file, and what was changed in them.
struct CanonicalLayers {
    std::vector<CanonicalResult> results;
    std::vector<std::shared_ptr<const File>> files;
    ChangeCounts changes;
    std::string log; ///< JSON Lines
};

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

void add_counts(ChangeCounts& all, const ChangeCounts& more) {
    for (const auto& [what, count] : more) all[what] += count;
}

CanonicalLayers canonical_layers(CanonicalReader& reader, const NormalizeOptions& options) {
    CanonicalLayers layers;
    for (std::size_t i = 0; i < reader.layers(); ++i) {
        SpoolSink out(fmt::format("the canonical form of layer {}", i));
        std::vector<Change> changes;
        layers.results.push_back(
            reader.write_layer(i, options.profile, &out, options.log.empty() ? nullptr : &changes));
        layers.files.push_back(out.finish());
        append_log(layers.log, i, changes);
        add_counts(layers.changes, layers.results.back().changes);
    }
    return layers;
}

/// Reads what was written, and compares it with what it was made from: the merged tree with that of the source under
/// the declared profile; and each layer with its own canonical form, which it must be already.
void prove(const Image& written, CanonicalReader& source, const CanonicalLayers& layers,
           const NormalizeOptions& options) {
    const Profile keep{.mtime = {.kind = MtimePolicy::Kind::keep, .limit = 0}, .owner = {}};
    CanonicalReader reader(written, options.limits);
    const auto check = [](std::string_view what, const Digest& expected, const Digest& found) {
        if (expected == found) return;
        fail(ErrorKind::unverified,
             fmt::format("the canonical form does not hold what its source holds ({}: expected {}, found {}); "
                         "nothing was written",
                         what, expected.string(), found.string()));
    };
    if (reader.layers() != layers.results.size()) {
        fail(ErrorKind::unverified, fmt::format("{} layers were written, {} are found; nothing was written",
                                                layers.results.size(), reader.layers()));
    }
    for (std::size_t i = 0; i < reader.layers(); ++i) {
        check(fmt::format("layer {}", i), layers.results[i].digest,
              reader.write_layer(i, keep, nullptr, nullptr).digest);
    }
    check("tree", source.tree(options.profile).digest, reader.tree(keep).digest);
}

/// "12 mtime, 3 owner-names"; "nothing" when all was canonical before.
std::string summary_of(const ChangeCounts& changes) {
    std::string summary;
    for (const auto& [what, count] : changes)
        summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count, printable(what));
    return summary.empty() ? "nothing" : summary;
}

void finish_log(const CanonicalLayers& layers, std::optional<WholeFile>& log) {
    if (!log) return;
    log->write(std::string_view(layers.log));
    log->commit();
}

bool is_layout(std::string_view output) {
    return output.starts_with(to_directory) || output.starts_with(to_archive);
}

std::unique_ptr<LayoutWriter> layout_writer(const NormalizeOptions& options) {
    const std::string_view output = options.output;
    const std::string_view prefix = output.starts_with(to_directory) ? to_directory : to_archive;
    const std::string path(output.substr(prefix.size()));
    if (path.empty() || path == "-") fail(ErrorKind::usage, fmt::format("-o {}: a name is missing", prefix));
    return prefix == to_directory ? write_layout_directory(path) : write_layout_archive(path, options.force);
}

ChangeCounts normalize_image(const Image& image, const NormalizeOptions& options, std::optional<WholeFile>& log) {
    if (!is_layout(options.output)) {
        fail(ErrorKind::usage,
             fmt::format("-o {}: an image goes to oci:DIR or oci-archive:FILE", printable_short(options.output)));
    }
    const std::unique_ptr<LayoutWriter> writer = layout_writer(options); // refuses before any layer is read
    CanonicalReader reader(image, options.limits);
    CanonicalLayers layers = canonical_layers(reader, options);
    const CanonicalImage canonical =
        canonical_image(image.config_json, image.manifest_json, layers.results, options.profile.mtime);
    writer->write(layout_files(canonical, layers.files, image));
    const std::vector<Image> written =
        open_images(writer->staged(), {.platform = image.platform, .all_platforms = false});
    if (written.front().manifest != canonical.manifest.digest)
        fail(ErrorKind::unverified, "another manifest was written than meant");
    prove(written.front(), reader, layers, options);
    finish_log(layers, log);
    writer->commit();
    add_counts(layers.changes, canonical.changes);
    return layers.changes;
}

/// The canonical layer as an image of one layer, to be read like any other.
Image image_of(const std::shared_ptr<const File>& file, const Digest& digest) {
    LayerRef layer;
    layer.name = "the canonical layer";
    layer.digest = digest;
    layer.diff_id = digest;
    layer.stored_size = file->size();
    layer.open = [file]() -> std::unique_ptr<ByteSource> { return std::make_unique<FileRange>(file, 0, file->size()); };
    Image image;
    image.layers.push_back(std::move(layer));
    return image;
}

ChangeCounts normalize_layer(const Image& image, const NormalizeOptions& options, std::optional<WholeFile>& log,
                             Streams& streams) {
    if (is_layout(options.output)) {
        fail(ErrorKind::usage,
             fmt::format("-o {}: a layer tar has no configuration to make an image of; give a file, or -",
                         printable_short(options.output)));
    }
    std::optional<WholeFile> file;
    if (options.output != "-") file.emplace(options.output, options.force);
    CanonicalReader reader(image, options.limits);
    CanonicalLayers layers = canonical_layers(reader, options);
    prove(image_of(layers.files.front(), layers.results.front().digest), reader, layers, options);
    StreamSink standard_output(streams);
    HashingSink out(file ? static_cast<ByteSink*>(&*file) : &standard_output);
    copy_file(*layers.files.front(), out);
    if (out.finish() != layers.results.front().digest) {
        fail(ErrorKind::unverified, "the temporary file is not what was written to it");
    }
    finish_log(layers, log);
    if (file) file->commit();
    return layers.changes;
}

void check_usage(const NormalizeOptions& options, const Streams& streams) {
    if (options.output.empty()) fail(ErrorKind::usage, "-o OUT is required");
    if (options.output == "-" && streams.out_is_terminal)
        fail(ErrorKind::usage, "-o -: a tar is not written to a terminal");
}

int normalize(const NormalizeOptions& options, Streams& streams) {
    const std::string input = options.input == "-" ? "tar:-" : options.input;
    const std::vector<Image> images = open_images(parse_reference(input), options.open);
    std::optional<WholeFile> log; // refused early, too
    if (!options.log.empty()) log.emplace(options.log, options.force);
    const Image& image = images.front();
    const ChangeCounts changes =
        image.config ? normalize_image(image, options, log) : normalize_layer(image, options, log, streams);
    if (!options.quiet) streams.err(fmt::format("touchstone: changed: {}\n", summary_of(changes)));
    return exit_status::met;
}

} // namespace

int normalize_command(const Arguments& args, Streams& streams) {
    NormalizeOptions options;
    CommandLine line(text);
    line.argument("INPUT", options.input);
    line.option("-o,--output", "OUT", "oci:DIR or oci-archive:FILE for an image; a file, or -, for a layer tar",
                [&](const std::string& value) { options.output = value; });
    line.flag("--force", options.force, "replace a file that exists (never a directory)");
    add_profile_options(line, options.profile, streams);
    line.option(
        "--compress", "KIND", "how layers are stored; only none, which is the default", [](const std::string& value) {
            if (value != "none") {
                fail(ErrorKind::usage, fmt::format("--compress \"{}\": layers are stored uncompressed (none) only",
                                                   printable_short(value)));
            }
        });
    line.option("--log", "FILE", "list each change: one JSON object (layer, path, what, before, after) per line",
                [&](const std::string& value) { options.log = value; });
    add_quiet_option(line, options.quiet, "no summary of the changes");
    add_platform_options(line, options.open, false);
    add_limit_options(line, options.limits);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_usage(options, streams);
    return normalize(options, streams);
}

} // namespace touchstone
