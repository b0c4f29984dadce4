// The image is read before the ledger is asked, because it is found there by what it holds.
#include "cli/recognition.h"

#include "attest/record_match.h"
#include "base/error.h"
#include "cli/progress_line.h"

namespace touchstone {

namespace {

DescribedImage describe(const std::string& reference, const OpenOptions& open, LoadOptions load, bool quiet,
                        Streams& streams) {
    const std::vector<Image> images = open_images(parse_reference(reference), open);
    Progress progress;
    load.progress = &progress;
    const ProgressLine shown(progress, streams, quiet);
    return std::move(describe_images(images, load, true).front());
}

ChosenRecord from_file(const std::string& path, Record record) {
    ChosenRecord chosen;
    if (record.listing) chosen.listing = path + ".files.zst";
    chosen.record = std::move(record);
    return chosen;
}

} // namespace

void check_recognition(const RecognitionOptions& options, const OpenOptions& open) {
    if (!options.record.empty() && !options.ledger.empty()) {
        fail(ErrorKind::usage, "--record and --ledger exclude each other");
    }
    if (options.wanted() && open.all_platforms) {
        fail(ErrorKind::usage, "a record is of one platform: --all-platforms does not go with it");
    }
    if (!options.wanted() && options.require_given) fail(ErrorKind::usage, "--require needs --record or --ledger");
}

bool recognize_image(const std::string& reference, const RecognitionOptions& options, const OpenOptions& open,
                     LoadOptions load, bool json, bool color, bool quiet, Streams& streams) {
    load.kept = false; // all is read, whatever was found before
    std::optional<Record> recorded;
    if (!options.record.empty()) recorded = read_record(options.record); // a mistake shows before anything is read
    const DescribedImage image = describe(reference, open, load, quiet, streams);
    ChosenRecord chosen =
        recorded ? from_file(options.record, std::move(*recorded)) : find_record(Ledger(options.ledger), image.record);
    const Recognition result = recognize(std::move(chosen), image);
    if (!quiet) {
        streams.out(json ? render_recognition_json(result, options.required)
                         : render_recognition_text(result, options.required, color));
    }
    return meets(result.verdict, options.required);
}

} // namespace touchstone
