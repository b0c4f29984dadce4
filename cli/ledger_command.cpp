// `touchstone ledger`: is a ledger what was written, and what is in it?
#include "attest/ledger.h"
#include "base/error.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/json_parts.h"
#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr CommandText ledger_text{
    .name = "ledger",
    .summary = "check, list or show what `touchstone record --ledger` wrote",
    .synopsis = "verify|list|show DIR [N|DIGEST] [OPTIONS]",
    .description =
        R"(A ledger is a folder with ledger.jsonl: a record a line, each line with its number, the SHA-256 of the whole line
before it and that of its record. What was changed, dropped, repeated or moved is found, and named by its line.

  verify  holds every line against the one before it, and every record against its digest; prints the head, the
          digest of the last line. Whoever can write the file can write a new chain, or leave out the end of it: keep
          a head elsewhere, and give it as --head later
  list    a line for each entry: number, time, platform, manifest, reference
  show    the records of entry N, or of all entries that hold DIGEST (index, manifest, configuration, layer, diffID,
          canonical, tree, or of the line itself), as JSON Lines

A last line without its end is what a crash leaves behind. It is reported until the next `record --ledger` sets it
aside (as torn-LINE-DIGEST in the same folder) and goes on behind the last whole line.
)",
    .takes_images = false,
    .exit_status = "  0   in order; with show: found\n"
                   "  1   verify: something is wrong; show: there is no such entry\n"
                   "  2   trouble; also list and show of a ledger that is not in order\n",
    .examples = "  touchstone ledger verify ~/images\n"
                "  touchstone ledger verify ~/images --head sha256:9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c"
                "77e89b6a806a\n"
                "  touchstone ledger show ~/images 3\n",
};

struct LedgerOptions {
    std::vector<std::string> words;
    std::string head;
    bool json = false;
    bool quiet = false;
};

int verify(const Ledger& ledger, const LedgerOptions& options, Streams& streams) {
    std::vector<LedgerProblem> bad_records;
    LedgerCheck check = ledger.check(options.head, [&](const LedgerEntry& entry, std::uint64_t line) {
        try {
            parse_record(entry.record, "the record");
        } catch (const Error& error) {
            if (bad_records.size() < ledger_problems_kept) {
                bad_records.push_back({line, "record", "a record that can be read", error.what()});
            }
        }
    });
    check.problem_count += bad_records.size();
    check.problems.insert(check.problems.end(), bad_records.begin(), bad_records.end());
    const bool headless = !options.head.empty() && !check.has_wanted_head;
    if (headless) {
        ++check.problem_count;
        check.problems.push_back({check.entries, "head", options.head, "no line with this digest"});
    }
    const bool pass = check.problem_count == 0;
    const int status = pass ? exit_status::met : exit_status::not_met;
    if (options.quiet) return status;
    if (options.json) {
        JsonWriter json;
        json.begin_object(JsonWriter::Layout::lines);
        json.member("schema", "touchstone.ledger/1");
        write_tool(json);
        json.flag("pass", pass);
        json.member("lines", check.entries);
        json.optional_member("head", check.head.empty() ? std::nullopt : std::optional(check.head));
        json.member("problem_count", check.problem_count);
        json.key("problems");
        json.begin_array(JsonWriter::Layout::lines);
        for (const LedgerProblem& problem : check.problems) {
            json.begin_object();
            json.member("line", problem.line);
            json.member("rule", problem.rule);
            json.member("expected", problem.expected);
            json.member("found", problem.found);
            json.end_object();
        }
        json.end_array();
        json.end_object();
        streams.out(json.take());
        return status;
    }
    for (const LedgerProblem& problem : check.problems) {
        streams.out(fmt::format("line {}: {}: expected {}, found {}\n", problem.line, problem.rule, problem.expected,
                                problem.found));
    }
    if (check.problem_count > check.problems.size()) {
        streams.out(fmt::format("and {} more\n", check.problem_count - check.problems.size()));
    }
    streams.out(fmt::format("{}  {} lines, head {}\n", pass ? "in order" : "NOT IN ORDER", check.entries,
                            check.head.empty() ? "none" : check.head));
    return status;
}

Record record_of(const Ledger& ledger, const LedgerEntry& entry, std::uint64_t line) {
    return parse_record(entry.record, fmt::format("{}: line {}", printable(ledger.file_path()), line));
}

int list(const Ledger& ledger, Streams& streams) {
    std::string lines; // shown once the whole chain is known to be in order
    ledger.read([&](const LedgerEntry& entry, std::uint64_t line) {
        const Record record = record_of(ledger, entry, line);
        lines += fmt::format("{:>5}  {}  {:<14}  {:<71}  {}{}\n", entry.sequence, record.time,
                             printable(record.platform), record.manifest.value_or("-"), printable(record.reference),
                             record.listing ? "  (with files)" : "");
    });
    streams.out(lines);
    return exit_status::met;
}

/// True for any digest that the record gives; ids of canonical forms with or without their form.
bool holds(const Record& record, const LedgerEntry& entry, const std::string& digest) {
    const auto is = [&](const std::string& value) {
        return value == digest || (value.size() > digest.size() && value.ends_with(":" + digest));
    };
    const auto in_layer = [&](const RecordedLayer& layer) {
        return (layer.digest && is(*layer.digest)) || is(layer.diff_id) || is(layer.chain_id) || is(layer.canonical);
    };
    return (record.index && is(*record.index)) || (record.manifest && is(*record.manifest)) ||
           (record.config && is(*record.config)) || is(record.image) || is(record.tree) || is(entry.digest) ||
           std::any_of(record.layers.begin(), record.layers.end(), in_layer) ||
           is(digest_of(as_bytes(ledger_line(entry))).string());
}

int show(const Ledger& ledger, const std::string& wanted, Streams& streams) {
    const bool is_number = wanted.find_first_not_of("0123456789") == std::string::npos;
    const std::uint64_t number = is_number ? parse_number("show", wanted) : 0;
    std::string lines;
    ledger.read([&](const LedgerEntry& entry, std::uint64_t line) {
        const bool chosen = is_number ? entry.sequence == number : holds(record_of(ledger, entry, line), entry, wanted);
        if (!chosen) return;
        lines += entry.record + "\n";
    });
    streams.out(lines);
    if (lines.empty()) streams.err(fmt::format("touchstone: there is no entry {}\n", printable_short(wanted)));
    return lines.empty() ? exit_status::not_met : exit_status::met;
}

std::string parse_head(const std::string& value) {
    try {
        return parse_digest(value).string();
    } catch (const Error& error) {
        fail(ErrorKind::usage, fmt::format("--head: {}", error.what()));
    }
}

void check_usage(const LedgerOptions& options) {
    if (options.words.size() < 2) fail(ErrorKind::usage, "verify, list or show is expected, and a ledger's folder");
    const std::string& action = options.words[0];
    if (action != "verify" && action != "list" && action != "show") {
        fail(ErrorKind::usage, fmt::format("\"{}\": verify, list or show is expected", printable_short(action)));
    }
    const std::size_t words = action == "show" ? 3 : 2;
    if (options.words.size() < words) fail(ErrorKind::usage, "show needs the number of an entry, or a digest");
    if (options.words.size() > words) {
        fail(ErrorKind::usage, fmt::format("\"{}\": one argument too many", printable_short(options.words[words])));
    }
    if (action != "verify" && (options.json || options.quiet || !options.head.empty())) {
        fail(ErrorKind::usage, "--head, --json and --quiet are options of `ledger verify`");
    }
}

} // namespace

int ledger_command(const Arguments& args, Streams& streams) {
    LedgerOptions options;
    CommandLine line(ledger_text);
    line.arguments("ACTION DIR [N|DIGEST]", options.words);
    line.option("--head", "DIGEST", "of verify: one of the lines must have this digest, printed by an earlier run",
                [&](const std::string& value) { options.head = parse_head(value); });
    add_json_option(line, options.json, "of verify: print touchstone.ledger/1");
    add_quiet_option(line, options.quiet, "of verify: print nothing but errors");
    if (!line.parse(args)) {
        streams.out(line.help());
        return exit_status::met;
    }
    check_usage(options);
    const Ledger ledger(options.words[1]);
    if (options.words[0] == "verify") return verify(ledger, options, streams);
    if (options.words[0] == "list") return list(ledger, streams);
    return show(ledger, options.words[2], streams);
}

} // namespace touchstone
