// What holding an image against lists found, for people and for programs.
#include "attest/checksum_check.h"

#include "base/printable.h"
#include "report/canvas.h"
#include "report/json_parts.h"
#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t lines_shown = 200; // of findings as text; JSON has them all
constexpr std::size_t ignored_shown = 8; // names of what is not compared

constexpr std::string_view weak_note = "shows consistency, not authenticity: two files with one digest can be made";

std::uint64_t sum(const ChecksumCheck& check, std::uint64_t ChecksumCounts::*count) {
    std::uint64_t total = 0;
    for (const CheckedList& one : check.lists) total += one.counts.*count;
    return total;
}

std::string files_are(std::uint64_t count) {
    return count == 1 ? "1 file is" : fmt::format("{} files are", count);
}

std::string headline(const ChecksumCheck& check) {
    const std::uint64_t listed = sum(check, &ChecksumCounts::listed);
    const std::uint64_t matches = sum(check, &ChecksumCounts::matches);
    if (!check.pass && matches == 0) return fmt::format("none of {} is as listed", counted(listed, "listed path"));
    if (matches == listed) {
        const bool unlisted = !check.pass && check.rules.complete && check.unlisted_files > 0;
        return fmt::format("{} as listed{}",
                           listed == 1 ? "the listed path is" : fmt::format("all {} listed paths are", listed),
                           unlisted ? fmt::format(", but {} in no list", files_are(check.unlisted_files)) : "");
    }
    return fmt::format("{} of {} are as listed", matches, counted(listed, "listed path"));
}

/// "3 differ, 1 missing": the counts that are not 0.
std::string counts_text(const ChecksumCheck& check, const ChecksumCounts& counts) {
    std::string text = fmt::format("{} listed, {} as listed", counts.listed, counts.matches);
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) text += fmt::format(", {} {}", count, what);
    };
    add(counts.differs, counts.differs == 1 ? "differs" : "differ");
    add(counts.other_kind, "of another kind");
    add(counts.missing - counts.optional, check.rules.ignore_missing ? "missing (ignored)" : "missing");
    add(counts.optional, "missing that may be");
    add(counts.uncheckable, "by no digest that can be computed");
    return text;
}

void draw_list(Canvas& canvas, const ChecksumCheck& check, const CheckedList& one) {
    const ChecksumList& list = one.list;
    const std::string packed =
        list.compression == Compression::none ? std::string() : fmt::format(", {}", name_of(list.compression));
    canvas.line(
        fmt::format("  {}  ({}{}): {}", list.name, describe(list.format), packed, counts_text(check, one.counts)));
    canvas.line(list.signer ? fmt::format("    signed by the key {}", *list.signer)
                            : "    nobody vouches for this list (--checksums-key)");
    if (one.counts.weak > 0) {
        canvas.line(fmt::format("    {} by MD5 or SHA-1 only: that {}", one.counts.weak, weak_note));
    }
    if (one.counts.without_content > 0) {
        canvas.line(
            fmt::format("    {} listed without a digest of what is in them", files_are(one.counts.without_content)));
    }
    if (list.ignored.empty()) return;
    std::string text;
    std::size_t shown = 0;
    for (const auto& [name, times] : list.ignored) {
        if (shown == ignored_shown) text += ", …";
        if (shown++ >= ignored_shown) break;
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", name, times);
    }
    canvas.line("    listed and not compared: " + text);
}

void draw_finding(Canvas& canvas, const ChecksumCheck& check, const ChecksumFinding& finding) {
    const std::string place = finding.place.empty() ? std::string() : fmt::format(" (at {})", printable(finding.place));
    const std::string list = check.lists.size() > 1 && finding.list
                                 ? fmt::format("  [{}]", check.lists[*finding.list].list.name)
                                 : std::string();
    canvas.line(fmt::format("  {:<11} {}{}{}", name_of(finding.state), printable(finding.path), place, list));
    for (const ListedDifference& one : finding.differences) {
        canvas.line(fmt::format("      {}: listed {}, found {}", one.fact, printable_short(one.listed),
                                printable_short(one.found)));
    }
}

void write_counts(JsonWriter& json, const ChecksumCounts& counts) {
    json.member("listed", counts.listed);
    json.member("matches", counts.matches);
    json.member("differs", counts.differs);
    json.member("other_kind", counts.other_kind);
    json.member("missing", counts.missing);
    json.member("uncheckable", counts.uncheckable);
    json.member("diverted", counts.diverted);
    json.member("optional", counts.optional);
    json.member("weak", counts.weak);
    json.member("without_content", counts.without_content);
}

void write_list(JsonWriter& json, const CheckedList& one) {
    const ChecksumList& list = one.list;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("name", list.name);
    json.member("format", name_of(list.format));
    json.member("compression", name_of(list.compression));
    json.member("digest", list.digest);
    json.member("size", list.size);
    json.optional_member("signer", list.signer);
    write_counts(json, one.counts);
    if (one.counts.weak > 0) json.member("weak_note", fmt::format("a match by MD5 or SHA-1 {}", weak_note));
    json.key("ignored");
    json.begin_array(JsonWriter::Layout::lines);
    for (const auto& [name, times] : list.ignored) {
        json.begin_object();
        json.member("what", name);
        json.member("count", times);
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void write_finding_of(JsonWriter& json, const ChecksumFinding& finding) {
    json.begin_object();
    json.bytes_member("path", finding.path);
    json.member("state", name_of(finding.state));
    json.flag("fails", finding.fails);
    json.key("list");
    if (finding.list) {
        json.number(*finding.list);
    } else {
        json.null();
    }
    if (!finding.place.empty()) json.bytes_member("place", finding.place);
    json.key("differences");
    json.begin_array();
    for (const ListedDifference& one : finding.differences) {
        json.begin_object();
        json.member("fact", one.fact);
        json.bytes_member("listed", one.listed);
        json.bytes_member("found", one.found);
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

} // namespace

std::string render_checksums_text(const ChecksumCheck& check, bool color) {
    Canvas canvas(color);
    canvas.line(fmt::format(
        "{}  {}: {}", canvas.styled(check.pass ? Style::good : Style::bad, check.pass ? "as listed" : "not as listed"),
        printable(check.reference), headline(check)));
    for (const CheckedList& one : check.lists) draw_list(canvas, check, one);
    if (check.unlisted_files + check.unlisted_others > 0) {
        canvas.line(fmt::format("  in no list: {}, {} of other kinds{}", counted(check.unlisted_files, "file"),
                                check.unlisted_others, check.rules.all ? "" : " (--all lists them)"));
    }
    const std::size_t shown = std::min(check.findings.size(), lines_shown);
    if (shown > 0) canvas.gap();
    for (std::size_t i = 0; i < shown; ++i) draw_finding(canvas, check, check.findings[i]);
    if (check.findings_total > shown) canvas.line(fmt::format("  and {} more", check.findings_total - shown));
    return canvas.text();
}

std::string render_checksums_json(const ChecksumCheck& check) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.checksums/1");
    write_tool(json);
    json.bytes_member("reference", check.reference);
    json.bytes_member("platform", check.platform);
    json.optional_member("manifest", check.manifest);
    json.flag("pass", check.pass);
    json.flag("ignore_missing", check.rules.ignore_missing);
    json.flag("complete", check.rules.complete);
    json.key("lists");
    json.begin_array(JsonWriter::Layout::lines);
    for (const CheckedList& one : check.lists) write_list(json, one);
    json.end_array();
    json.member("unlisted_files", check.unlisted_files);
    json.member("unlisted_others", check.unlisted_others);
    json.member("findings_total", check.findings_total);
    json.key("findings");
    json.begin_array(JsonWriter::Layout::lines);
    for (const ChecksumFinding& finding : check.findings) write_finding_of(json, finding);
    json.end_array();
    json.end_object();
    return json.take();
}

} // namespace touchstone
