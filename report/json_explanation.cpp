// Everything that the second pass found, for machines. Bytes from images are text with escapes, and whole in a *_base64
// member beside it where they are not UTF-8; marks count the bytes of the raw line.
#include "report/json_explanation.h"

#include "base/printable.h"
#include "report/explained.h"

#include <array>

namespace touchstone {

namespace {

constexpr std::array<std::string_view, 2> side_keys{"published", "rebuilt"};

void write_pair(JsonWriter& json, std::uint64_t first, std::uint64_t second) {
    json.begin_array();
    json.number(first);
    json.number(second);
    json.end_array();
}

void write_counts(JsonWriter& json, std::string_view name, const std::array<std::uint64_t, 2>& counts) {
    json.key(name);
    write_pair(json, counts[0], counts[1]);
}

void write_causes(JsonWriter& json, const std::map<CauseId, std::uint64_t>& causes) {
    json.key("causes");
    json.begin_object();
    for (const auto& [cause, count] : causes) json.member(code_of(cause), count);
    json.end_object();
}

void write_cause(JsonWriter& json, const std::optional<CauseId>& cause) {
    json.key("cause");
    if (cause) {
        json.string(code_of(*cause));
    } else {
        json.null();
    }
}

/// Raw bytes, null where there are none.
void write_raw_or_null(JsonWriter& json, std::string_view name, std::string_view raw) {
    json.optional_bytes_member(name, raw.empty() ? std::nullopt : std::optional(std::string(raw)));
}

void write_owner(JsonWriter& json, const std::optional<Ownership>& owner) {
    if (!owner) {
        json.null();
        return;
    }
    json.begin_object();
    json.member("system", utf8_or_escaped(owner->system));
    json.bytes_member("package", owner->package);
    json.bytes_member("version", owner->version);
    json.member("recorded", utf8_or_escaped(owner->digest));
    json.member("match", name_of(owner->match));
    json.flag("configuration", owner->configuration);
    json.end_object();
}

void write_owners(JsonWriter& json, const FileExplanation& file) {
    json.key("package");
    if (!file.owner[0] && !file.owner[1]) {
        json.null();
        return;
    }
    json.begin_array();
    for (const auto& owner : file.owner) write_owner(json, owner);
    json.end_array();
}

std::string_view name_of_kind(ViewLine::Kind kind) {
    switch (kind) {
    case ViewLine::Kind::hunk:
        return "hunk";
    case ViewLine::Kind::published:
        return "published";
    case ViewLine::Kind::rebuilt:
        return "rebuilt";
    case ViewLine::Kind::note:
        return "note";
    case ViewLine::Kind::context:
        break;
    }
    return "context";
}

void write_view(JsonWriter& json, const std::vector<ViewLine>& view) {
    json.key("view");
    json.begin_array();
    for (const ViewLine& line : view) {
        json.begin_object();
        json.member("kind", name_of_kind(line.kind));
        json.bytes_member("text", line.text);
        if (!line.marks.empty()) {
            json.key("marks");
            json.begin_array();
            for (const auto& [from, to] : line.marks) write_pair(json, from, to);
            json.end_array();
        }
        json.end_object();
    }
    json.end_array();
}

void write_difference(JsonWriter& json, const Difference& difference) {
    json.begin_object();
    json.member("where", utf8_or_escaped(difference.where));
    json.key("spans");
    json.begin_array();
    for (const Span& span : difference.spans) write_pair(json, span.offset, span.size);
    json.end_array();
    for (std::size_t side : {0U, 1U}) json.bytes_member(side_keys[side], difference.values[side]);
    write_cause(json, difference.cause);
    if (!difference.evidence.empty()) json.member("evidence", utf8_or_escaped(difference.evidence));
    if (!difference.derived_of.empty()) json.bytes_member("derived_of", difference.derived_of);
    json.end_object();
}

/// As deep as Part is: ExplainLimits::depth.
void write_part(JsonWriter& json, const Part& part) {
    json.begin_object();
    json.bytes_member("name", part.name);
    json.member("kind", utf8_or_escaped(part.kind));
    json.key("size");
    json.begin_array();
    for (const auto& size : part.size) {
        if (size) {
            json.number(*size);
        } else {
            json.null();
        }
    }
    json.end_array();
    json.flag("complete", part.complete);
    if (!part.complete) json.member("limit", utf8_or_escaped(part.limit));
    write_counts(json, "differing", part.differing);
    write_counts(json, "covered", part.covered);
    write_causes(json, part.causes);
    json.key("differences");
    json.begin_array();
    for (const Difference& difference : part.differences) write_difference(json, difference);
    json.end_array();
    if (part.more > 0) json.member("more", part.more);
    if (!part.view.empty()) write_view(json, part.view);
    json.key("parts");
    json.begin_array();
    for (const Part& inner : part.parts) write_part(json, inner);
    json.end_array();
    json.end_object();
}

void write_file(JsonWriter& json, const FileExplanation& file) {
    json.begin_object();
    json.bytes_member("path", file.path);
    write_answer(json, file);
    json.flag("examined", file.examined);
    write_raw_or_null(json, "accepted", file.accepted);
    write_causes(json, file.causes);
    if (file.diffoscope) {
        json.key("diffoscope");
        json.begin_object();
        if (file.diffoscope->output.empty()) {
            json.member("why", utf8_or_escaped(file.diffoscope->why));
        } else {
            json.bytes_member("output", file.diffoscope->output);
        }
        json.end_object();
    }
    json.key("part");
    if (file.part.kind.empty()) {
        json.null();
    } else {
        write_part(json, file.part);
    }
    json.end_object();
}

void write_drift(JsonWriter& json, const PackageDrift& drift) {
    json.begin_object();
    json.member("system", utf8_or_escaped(drift.system));
    json.bytes_member("package", drift.package);
    for (std::size_t side : {0U, 1U}) json.optional_bytes_member(side_keys[side], drift.version[side]);
    json.key("files");
    json.begin_array();
    for (const std::string& path : drift.files) json.string(utf8_or_escaped(path));
    json.end_array();
    json.end_object();
}

void write_remedy(JsonWriter& json, const Remedy& remedy) {
    json.begin_object();
    json.member("cause", code_of(remedy.cause));
    json.member("text", utf8_or_escaped(remedy.text));
    json.member("files", remedy.files);
    json.member("settles", remedy.settles);
    json.bytes_member("example", remedy.example);
    json.end_object();
}

void write_vote(JsonWriter& json, const Vote& vote) {
    json.begin_object();
    json.member("cause", code_of(vote.cause));
    for (std::size_t side : {0U, 1U}) json.bytes_member(side_keys[side], vote.values[side]);
    json.member("files", vote.files);
    json.end_object();
}

void write_accepted(JsonWriter& json, const AcceptedFile& file) {
    json.begin_object();
    json.bytes_member("path", file.path);
    json.bytes_member("rule", file.rule);
    for (std::size_t side : {0U, 1U}) {
        const auto& content = file.content[side];
        json.optional_member(side_keys[side], content ? std::optional(utf8_or_escaped(*content)) : std::nullopt);
    }
    json.end_object();
}

template <class Value>
void write_list(JsonWriter& json, std::string_view name, const std::vector<Value>& list,
                void (*write)(JsonWriter&, const Value&)) {
    json.key(name);
    json.begin_array(JsonWriter::Layout::lines);
    for (const Value& value : list) write(json, value);
    json.end_array();
}

} // namespace

void write_answer(JsonWriter& json, const FileExplanation& file) {
    write_cause(json, settled_cause(file));
    json.key("class");
    // The class says how bad it can be; of a file that was not looked at nothing is known.
    if (file.examined) {
        json.string(name_of(file.worst));
    } else {
        json.null();
    }
    json.flag("explained", file.explained);
    json.member("coverage", std::uint64_t{file.coverage});
    write_raw_or_null(json, "derived_of", file.derived_of);
    write_owners(json, file);
    write_raw_or_null(json, "remedy", file.remedy);
}

void write_explanation(JsonWriter& json, const Explanation& explanation) {
    json.key("explanation");
    json.begin_object(JsonWriter::Layout::lines);
    json.member("unexamined", explanation.unexamined);
    json.optional_member("cut", explanation.cut.empty() ? std::nullopt : std::optional(said(explanation.cut)));
    json.key("packages");
    json.begin_array();
    for (const std::string& packages : explanation.packages) json.string(utf8_or_escaped(packages));
    json.end_array();
    write_list(json, "remedies", explanation.remedies, write_remedy);
    write_list(json, "votes", explanation.votes, write_vote);
    write_list(json, "drift", explanation.drift, write_drift);
    write_list(json, "accepted", explanation.accepted, write_accepted);
    write_list(json, "files", explanation.files, write_file);
    json.end_object();
}

} // namespace touchstone
