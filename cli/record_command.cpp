// `touchstone record`: what is to be known of an image when its publisher, its registry or its tag is gone.
#include "attest/ledger.h"
#include "attest/record.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/rfc3339.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_line.h"

#include <fmt/format.h>

#include <ctime>
#include <optional>

namespace touchstone {

namespace {

constexpr CommandText record_text{
    .name = "record",
    .summary = "write down what recognizes an image later, without its publisher",
    .synopsis = "[OPTIONS] IMAGE [-o FILE | --ledger DIR]",
    .description =
        R"(Reads and verifies a whole image, and writes touchstone.record/1: its digests (index, manifest, configuration,
layers, diffIDs, chainIDs), the canonical digests that do not depend on registry, compression and tar dialect, its
configuration as it is, and, marked as claims, its history and the base that its annotations name. A record holds no
layer and no password; what the configuration holds (Env, labels), it holds, too.

With --files the files are listed as well (type, mode, owner, size, SHA-256, links, attributes), so that an image that
vanished can still be compared file by file: in FILE.files.zst, or in the ledger's folder `listings`.

With --ledger the record is appended to DIR/ledger.jsonl, in which each line names the digest of the one before it.
Any number of writers may append at once. `touchstone verify --record FILE` or `--ledger DIR` answers later whether an
image is the one that was recorded.
)",
    .takes_images = true,
    .exit_status = "  0   recorded\n"
                   "  2   trouble: nothing was recorded\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone record docker://registry.example/app:1 -o app-1.json\n"
                "  touchstone record --files --ledger ~/images docker://registry.example/app:1\n"
                "  touchstone verify oci-archive:found.tar --record app-1.json\n"
                "  SOURCE_DATE_EPOCH=1700000000 touchstone record oci:layout\n",
};

struct RecordOptions {
    std::string reference;
    std::string output; ///< empty = standard output
    std::string ledger;
    std::optional<std::int64_t> time;
    OpenOptions open;
    LoadOptions load;
    bool files = false;
    bool force = false;
    bool quiet = false;
};

std::int64_t parse_moment(std::string_view option, std::string_view value) {
    if (const auto time = parse_rfc3339(value)) return *time;
    return static_cast<std::int64_t>(parse_number(option, value));
}

/// RFC 3339 has years of four digits.
std::string written(std::int64_t seconds) {
    constexpr std::int64_t first = -62167219200; // the year 0000
    constexpr std::int64_t last = 253402300799;  // the end of 9999
    if (seconds < first || seconds > last)
        fail(ErrorKind::usage, fmt::format("{}: not in the years 0 to 9999", seconds));
    return rfc3339(seconds);
}

/// --time, else SOURCE_DATE_EPOCH (reproducible-builds.org), else the clock.
std::string time_of(const RecordOptions& options, const Streams& streams) {
    if (options.time) return written(*options.time);
    if (const auto epoch = streams.environment("SOURCE_DATE_EPOCH")) {
        return written(static_cast<std::int64_t>(parse_number("SOURCE_DATE_EPOCH", *epoch)));
    }
    return written(std::time(nullptr));
}

void check_usage(const RecordOptions& options) {
    const bool to_file = !options.output.empty() && options.output != "-";
    if (!options.output.empty() && !options.ledger.empty()) {
        fail(ErrorKind::usage, "--output and --ledger exclude each other");
    }
    if (options.files && !to_file && options.ledger.empty()) {
        fail(ErrorKind::usage, "--files needs -o FILE or --ledger DIR, to have a place for the listing");
    }
    if (options.open.all_platforms && options.ledger.empty()) {
        fail(ErrorKind::usage, "--all-platforms needs --ledger: a file holds one record");
    }
    if (options.force && !to_file) fail(ErrorKind::usage, "--force needs -o FILE");
}

std::vector<DescribedImage> describe(const RecordOptions& options, Streams& streams) {
    const std::vector<Image> images = open_images(parse_reference(options.reference), options.open);
    Progress progress;
    LoadOptions load = options.load;
    load.progress = &progress;
    const ProgressLine shown(progress, streams, options.quiet);
    return describe_images(images, load, options.files);
}

void append_to_ledger(const RecordOptions& options, std::vector<DescribedImage>& images, Streams& streams) {
    const Ledger ledger(options.ledger);
    ledger.create();
    for (DescribedImage& image : images) {
        if (options.files) {
            const SpooledListing listing = spool_listing(image.tree);
            ledger.store(listing);
            image.record.listing = listing.name;
        }
        std::string note;
        const LedgerEntry entry = ledger.append(image.record, note);
        if (!note.empty()) streams.err(fmt::format("touchstone: note: {}\n", note));
        if (options.quiet) continue;
        const std::string head = digest_of(as_bytes(ledger_line(entry))).string();
        streams.out(fmt::format("{}  {}\n", entry.sequence, head));
    }
}

/// The listing first: a record never names what is not there.
void write_to_file(const RecordOptions& options, DescribedImage& image, Streams& streams) {
    if (options.output.empty() || options.output == "-") {
        streams.out(record_json(image.record, JsonWriter::Layout::lines));
        return;
    }
    WholeFile file(options.output, options.force);
    if (options.files) {
        const SpooledListing listing = spool_listing(image.tree);
        WholeFile stored(options.output + ".files.zst", options.force);
        stored.write_file(*listing.compressed);
        stored.commit();
        image.record.listing = listing.name;
    }
    file.write(record_json(image.record, JsonWriter::Layout::lines));
    file.commit();
}

} // namespace

int record_command(const Arguments& args, Streams& streams) {
    RecordOptions options;
    CommandLine line(record_text);
    line.argument("IMAGE", options.reference);
    line.option("-o,--output", "FILE", "where the record goes (default: standard output)",
                [&](const std::string& value) { options.output = value; });
    line.option("--ledger", "DIR",
                "append it to the ledger there, which is made where it is missing; prints the "
                "entry's number and the digest of its line",
                [&](const std::string& value) { options.ledger = value; });
    line.flag("--files", options.files, "list the files, too");
    line.option("--time", "TIME",
                "when the image was seen: RFC 3339 or unix seconds (default: SOURCE_DATE_EPOCH, else now)",
                [&](const std::string& value) { options.time = parse_moment("--time", value); });
    line.flag("--force", options.force, "overwrite FILE");
    add_platform_options(line, options.open, true, streams, &options.quiet);
    add_quiet_option(line, options.quiet, "no progress, and nothing on standard output with --ledger");
    add_load_options(line, options.load);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_usage(options);
    const std::string time = time_of(options, streams);
    std::vector<DescribedImage> images = describe(options, streams);
    for (DescribedImage& image : images) image.record.time = time;
    if (options.ledger.empty()) {
        write_to_file(options, images.front(), streams);
    } else {
        append_to_ledger(options, images, streams);
    }
    return exit_status::met;
}

} // namespace touchstone
