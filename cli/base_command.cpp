// `touchstone base`: which recorded image this one is built on, by what its lowest layers are, not by what it says.
#include "attest/record_match.h"
#include "base/error.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_line.h"
#include "report/json_parts.h"
#include "report/json_writer.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr CommandText text{
    .name = "base",
    .summary = "find the recorded image that an image is built on",
    .synopsis = "[OPTIONS] IMAGE --ledger DIR",
    .description =
        R"(Looks in a ledger (`touchstone record --ledger`) for the image all of whose layers are the lowest of IMAGE: by diffID,
which compression and registry do not change, else by canonical form, which rewritten times do not change either. Of
several it takes the one with most layers, then the newest. What the image itself says of its base (the annotations
org.opencontainers.image.base.name and .digest) is shown beside it, as the claim that it is. An image that was squashed
has no base that could be found so.
)",
    .takes_images = true,
    .exit_status = "  0   a base was found, and a claimed digest, if there is one, is its manifest or index\n"
                   "  1   none was found, or the image claims another digest\n"
                   "  2   trouble\n"
                   "  75  trouble that may be gone when tried again\n",
    .examples = "  touchstone record --ledger ~/images docker://docker.io/library/debian:12\n"
                "  touchstone base docker://registry.example/app:1 --ledger ~/images\n",
};

enum class Claim { none, holds, fails, unknown };

std::string_view name_of(Claim claim) {
    switch (claim) {
    case Claim::none:
        return "none";
    case Claim::holds:
        return "holds";
    case Claim::fails:
        return "fails";
    case Claim::unknown:
        break;
    }
    return "unknown";
}

Claim judge_claim(const Record& image, const std::optional<BaseMatch>& base) {
    if (!image.base_digest) return Claim::none;
    if (!base) return Claim::unknown;
    const bool named = base->record.manifest == image.base_digest || base->record.index == image.base_digest;
    return named ? Claim::holds : Claim::fails;
}

std::string text_of(const Record& image, const std::optional<BaseMatch>& base, Claim claim) {
    std::string out;
    if (base) {
        out = fmt::format("{}  {}\n  entry {}, recorded {}, the lowest {} of {} layers, by {}\n",
                          base->record.manifest.value_or("(no manifest)"), printable(base->record.reference),
                          base->sequence, base->record.time, base->record.layers.size(), image.layers.size(),
                          base->by_diff_id ? "diffID" : "canonical form: the same content, encoded differently");
    } else {
        out = "no recorded image is the base of this one\n";
    }
    if (image.base_name || image.base_digest) {
        out += fmt::format("  the image claims {} {}: {}\n", printable_short(image.base_name.value_or("(no name)")),
                           printable_short(image.base_digest.value_or("(no digest)")), name_of(claim));
    }
    return out;
}

std::string json_of(const Record& image, const std::optional<BaseMatch>& base, Claim claim) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.base/1");
    write_tool(json);
    json.bytes_member("reference", image.reference);
    json.key("base");
    if (base) {
        json.begin_object();
        json.member("sequence", base->sequence);
        json.member("time", base->record.time);
        json.bytes_member("reference", base->record.reference);
        json.optional_member("index", base->record.index);
        json.optional_member("manifest", base->record.manifest);
        json.member("layers", std::uint64_t{base->record.layers.size()});
        json.member("by", base->by_diff_id ? "diff-id" : "canonical");
        json.end_object();
    } else {
        json.null();
    }
    json.key("claims");
    json.begin_object();
    json.optional_bytes_member("base_name", image.base_name);
    json.optional_bytes_member("base_digest", image.base_digest);
    json.member("digest", name_of(claim));
    json.end_object();
    json.end_object();
    return json.take();
}

} // namespace

int base_command(const Arguments& args, Streams& streams) {
    std::string reference;
    std::string ledger;
    OpenOptions open;
    LoadOptions load;
    bool json = false;
    bool quiet = false;
    CommandLine line(text);
    line.argument("IMAGE", reference);
    line.option("--ledger", "DIR", "where the records of possible bases are",
                [&](const std::string& value) { ledger = value; });
    add_json_option(line, json, "print touchstone.base/1");
    add_platform_options(line, open, false, streams);
    add_quiet_option(line, quiet, "no progress");
    add_load_options(line, load);
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    if (ledger.empty()) fail(ErrorKind::usage, "--ledger DIR is required");
    const std::vector<Image> images = open_images(parse_reference(reference), open);
    Progress progress;
    load.progress = &progress;
    std::vector<DescribedImage> described;
    {
        const ProgressLine shown(progress, streams, quiet);
        described = describe_images(images, load, false);
    }
    const Record& image = described.front().record;
    const std::optional<BaseMatch> base = find_base(Ledger(ledger), image);
    const Claim claim = judge_claim(image, base);
    streams.out(json ? json_of(image, base, claim) : text_of(image, base, claim));
    return base && claim != Claim::fails ? exit_status::met : exit_status::not_met;
}

} // namespace touchstone
