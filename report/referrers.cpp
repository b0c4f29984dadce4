// See referrers.h. Each word here was chosen by a stranger: it is escaped and, in text, short.
#include "report/referrers.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

constexpr std::size_t label_width = 12;
constexpr std::size_t listed_in_text = 50; // for each subject; all of them are in JSON

std::string_view role_of(const SubjectReferrers& referrers) {
    return referrers.is_index ? "index" : "manifest";
}

std::string type_of(const Descriptor& descriptor) {
    return printable_short(descriptor.artifact_type.empty() ? descriptor.media_type : descriptor.artifact_type);
}

void text_of_subject(Canvas& canvas, const SubjectReferrers& referrers) {
    const auto line = [&](std::string_view what) { canvas.line(padded("referrer", label_width) + std::string(what)); };
    const Referrers& found = referrers.found;
    const std::string_view role = role_of(referrers);
    const std::size_t shown = std::min(found.entries.size(), listed_in_text);
    for (std::size_t i = 0; i < shown; ++i) {
        const Descriptor& entry = found.entries[i];
        line(fmt::format("{}  {}, claims to be about the {}", entry.digest.string(), type_of(entry), role));
    }
    if (shown < found.entries.size()) line(fmt::format("and {} more (--json)", found.entries.size() - shown));
    for (const ReferrerTag& tag : found.tags) {
        line(fmt::format("tag {}, claims to be about the {}", printable_short(tag.tag), role));
    }
    for (const std::string& note : found.notes) line(fmt::format("of the {}: {}", role, note));
}

void write_entry(JsonWriter& json, const Descriptor& entry) {
    json.begin_object();
    json.member("digest", entry.digest.string());
    json.member("size", entry.size);
    json.bytes_member("media_type", entry.media_type);
    json.bytes_member("artifact_type", entry.artifact_type);
    json.key("annotations");
    json.begin_array();
    for (const auto& [name, value] : entry.annotations) {
        json.begin_object();
        json.bytes_member("name", name);
        json.bytes_member("value", value);
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void write_subject(JsonWriter& json, const SubjectReferrers& referrers) {
    json.begin_object(JsonWriter::Layout::lines);
    json.member("subject", referrers.subject.string());
    json.member("role", role_of(referrers));
    json.member("source", name_of(referrers.found.source));
    json.key("entries");
    json.begin_array(JsonWriter::Layout::lines);
    for (const Descriptor& entry : referrers.found.entries) write_entry(json, entry);
    json.end_array();
    json.key("tags");
    json.begin_array();
    for (const ReferrerTag& tag : referrers.found.tags) {
        json.begin_object();
        json.member("tag", tag.tag);
        json.member("kind", tag.kind);
        json.optional_bytes_member("digest", tag.digest);
        json.end_object();
    }
    json.end_array();
    json.key("notes");
    json.begin_array();
    for (const std::string& note : referrers.found.notes) json.string(note);
    json.end_array();
    json.end_object();
}

} // namespace

void text_referrers(Canvas& canvas, const std::vector<SubjectReferrers>& referrers) {
    for (const SubjectReferrers& one : referrers) text_of_subject(canvas, one);
}

void write_referrers(JsonWriter& json, const std::vector<SubjectReferrers>& referrers) {
    json.key("referrers");
    json.begin_array(JsonWriter::Layout::lines);
    for (const SubjectReferrers& one : referrers) write_subject(json, one);
    json.end_array();
}

} // namespace touchstone
