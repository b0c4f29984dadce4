// See check_listing.h. Texts in a statement are its signer's: escaped wherever they are shown.
#include "attest/check_listing.h"

#include "base/digest.h"
#include "base/printable.h"
#include "base/rfc3339.h"
#include "report/json_parts.h"
#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t shown_subjects = 10;

std::string subject_lines(const Statement& statement) {
    std::string text;
    std::size_t count = 0;
    for (const StatementSubject& subject : statement.subjects) {
        if (++count > shown_subjects) break;
        for (const auto& [algorithm, value] : subject.digests) {
            text += fmt::format("  subject    {}:{}  {}\n", printable_short(algorithm), printable_short(value),
                                printable_short(subject.name));
        }
    }
    if (statement.subjects.size() > shown_subjects) {
        text += fmt::format("  and {} more subjects\n", statement.subjects.size() - shown_subjects);
    }
    return text;
}

std::string_view kind_name(PredicateKind kind) {
    const std::span<const PredicateRow> table = predicate_table();
    return std::find_if(table.begin(), table.end(), [&](const PredicateRow& row) { return row.kind == kind; })->name;
}

std::string policy_line(const Claim& claim) {
    if (!claim.policy) return {};
    std::string text = "  required   " + std::string(name_of(claim.policy->required)) + "\n";
    std::string accepted;
    for (const std::string& name : claim.policy->accept) {
        accepted += (accepted.empty() ? "" : ",") + printable_short(name);
    }
    if (!accepted.empty()) text += "  accepted   " + accepted + "\n";
    return text;
}

std::string claim_lines(const Claim& claim) {
    std::string text = fmt::format("  verdict    {}{}\n", name_of(claim.verdict),
                                   claim.kind == PredicateKind::test_result ? " or better" : "");
    text += policy_line(claim);
    if (claim.time) text += fmt::format("  made       {}\n", rfc3339(*claim.time));
    if (!claim.tool.empty()) text += fmt::format("  by         {}\n", printable_short(claim.tool));
    return text;
}

std::string statement_text(const CheckedStatement& checked) {
    std::string text = fmt::format("{}\n", printable(checked.file));
    for (const std::string& key : checked.keys) text += fmt::format("  signed by  {}\n", key);
    text += fmt::format("  predicate  {}\n", kind_name(checked.claim.kind));
    text += subject_lines(checked.statement);
    if (!checked.matched.empty()) {
        text += fmt::format("  image      the same {}{}\n", checked.matched,
                            checked.matched == "tree" ? ": the same files; a configuration was not compared" : "");
    }
    text += claim_lines(checked.claim);
    for (const std::string& reason : checked.shortfalls) text += fmt::format("  NOT ENOUGH {}\n", reason);
    return text;
}

std::string keys_text(std::size_t count) {
    return count == 1 ? "1 key says enough" : fmt::format("{} distinct keys say enough", count);
}

void write_statement(JsonWriter& json, const CheckedStatement& checked) {
    json.begin_object();
    json.bytes_member("file", checked.file);
    json.member("statement", checked.digest);
    json.key("keys");
    json.begin_array();
    for (const std::string& key : checked.keys) json.string(key);
    json.end_array();
    json.member("predicate", kind_name(checked.claim.kind));
    json.key("subjects");
    json.begin_array();
    for (const StatementSubject& subject : checked.statement.subjects) {
        for (const auto& [algorithm, value] : subject.digests) {
            json.string(utf8_or_escaped(fmt::format("{}:{}", algorithm, value)));
        }
    }
    json.end_array();
    json.optional_member("matched", checked.matched.empty() ? std::nullopt : std::optional(checked.matched));
    json.member("verdict", name_of(checked.claim.verdict));
    json.optional_member("time", checked.claim.time ? std::optional(rfc3339(*checked.claim.time)) : std::nullopt);
    json.flag("enough", checked.shortfalls.empty());
    json.key("shortfalls");
    json.begin_array();
    for (const std::string& reason : checked.shortfalls) json.string(reason);
    json.end_array();
    json.end_object();
}

/// Only of several: of one, the first line says it.
std::string image_lines(const Check& check) {
    if (check.images.size() < 2) return {};
    std::string text = "\n";
    for (const CheckedImage& image : check.images) {
        text += fmt::format("{}  {}, {}: {}\n", image.agreeing >= check.needed ? "  enough    " : "  NOT ENOUGH",
                            image.platform.empty() ? "platform unknown" : printable_short(image.platform),
                            image.digest.value_or("no digest"), keys_text(image.agreeing));
    }
    return text;
}

} // namespace

std::string render_check_text(const Check& check, bool quiet) {
    std::string text = fmt::format("{}  {}, {} needed\n", check.pass ? "VERIFIED" : "VERIFIED, BUT NOT ENOUGH",
                                   keys_text(check.agreeing), check.needed);
    if (quiet) return text;
    text += image_lines(check);
    bool any_image = false;
    for (const CheckedStatement& checked : check.statements) {
        text += "\n" + statement_text(checked);
        any_image = any_image || !checked.matched.empty() || !checked.shortfalls.empty();
    }
    if (!any_image) text += "\nNo image was named: --image or --digest says which one must be meant.\n";
    return text;
}

std::string render_check_json(const Check& check) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.attestation-check/1");
    write_tool(json);
    json.flag("pass", check.pass);
    json.member("agreeing", check.agreeing);
    json.member("needed", check.needed);
    json.flag("every", check.every);
    json.key("images");
    json.begin_array(JsonWriter::Layout::lines);
    for (const CheckedImage& image : check.images) {
        json.begin_object();
        json.member("platform", utf8_or_escaped(image.platform));
        json.optional_member("digest", image.digest);
        json.member("agreeing", image.agreeing);
        json.end_object();
    }
    json.end_array();
    json.key("statements");
    json.begin_array(JsonWriter::Layout::lines);
    for (const CheckedStatement& checked : check.statements) write_statement(json, checked);
    json.end_array();
    json.end_object();
    return json.take();
}

std::string render_envelope_text(const Envelope& envelope, std::string_view what) {
    std::string text =
        fmt::format("NOT VERIFIED  anybody can have written this; `touchstone attest verify` checks who "
                    "did\n\n{}\n  form       {}\n  payload    {}, {}\n",
                    what, envelope.bundled ? "Sigstore bundle" : "DSSE envelope",
                    printable_short(envelope.payload_type), digest_of(as_bytes(envelope.payload)).string());
    text += fmt::format("  signatures {}, none of them looked at\n", envelope.signatures.size());
    if (envelope.payload_type != statement_payload_type) return text;
    const Statement statement = parse_statement(envelope.payload, what);
    text += fmt::format("  predicate  {}\n", printable_short(statement.predicate_type)) + subject_lines(statement);
    return text + "\n" + statement.predicate.dump_pretty() + "\n";
}

} // namespace touchstone
