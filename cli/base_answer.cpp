// See base_answer.h. Every claim is shown as one, beside what was found without it.
#include "cli/base_answer.h"

#include "base/printable.h"
#include "report/html.h"
#include "report/json_parts.h"
#include "report/json_writer.h"
#include "report/recorded_base.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t listed_images = 10; // of those that provenance names; a build has one to five

std::string_view name_of(ClaimState claim) {
    constexpr std::array<std::string_view, 4> names{"none", "holds", "fails", "unknown"};
    return names[static_cast<std::size_t>(claim)];
}

/// The digest is that of the base's manifest or index.
ClaimState judge(const BaseAnswer& answer, const std::string& digest) {
    if (!answer.base) return ClaimState::unknown;
    return answer.base->manifest == digest || answer.base->index == digest ? ClaimState::holds : ClaimState::fails;
}

/// What a name stands for: the index where it is known, because that is what a tag names.
std::string named_digest(const std::optional<std::string>& index, const std::optional<std::string>& manifest) {
    return index ? *index : manifest.value_or("(no manifest)");
}

RecordedBase shown_base(const KnownImage& image) {
    return {.sequence = image.sequence,
            .time = image.time,
            .reference = image.reference,
            .index = image.index,
            .manifest = image.manifest};
}

std::string how_found(const BaseAnswer& answer) {
    if (answer.found.by == BaseBy::files) {
        return fmt::format("by files: {} of {} recorded files are in it unchanged", grouped(answer.found.held),
                           grouped(answer.found.recorded));
    }
    return fmt::format("the lowest {} of {} layers, by {}", answer.base->layers.size(), answer.image.layers.size(),
                       answer.found.by == BaseBy::diff_id ? "diffID"
                                                          : "canonical form: the same content, encoded differently");
}

/// "the tag" of a registry; elsewhere a name may be a path.
std::string_view noun_of(const KnownImage& base) {
    return base.reference.starts_with("docker://") ? "the tag" : "the name";
}

std::string moved_text(const BaseAnswer& answer) {
    if (!answer.moved) return {};
    constexpr std::size_t date = 10; // "2026-05-01"
    return fmt::format("  {} has since moved: entry {} of {} is {}\n", noun_of(*answer.base), answer.moved->sequence,
                       answer.moved->time.substr(0, date), named_digest(answer.moved->index, answer.moved->manifest));
}

std::string asked_text(const BaseAnswer& answer) {
    if (!answer.asked) return {};
    const AskedName& asked = *answer.asked;
    switch (asked.answer) {
    case AskedName::Answer::same:
        return "  asked: the tag still names it\n";
    case AskedName::Answer::moved:
        return fmt::format("  asked: the tag has since moved: it is {}{}\n", named_digest(asked.index, asked.manifest),
                           asked.manifest ? "" : ", which has no image for this platform");
    case AskedName::Answer::gone:
        return "  asked: the tag is gone\n";
    case AskedName::Answer::not_asked:
        break;
    }
    return fmt::format("  not asked: {}\n", asked.why);
}

std::string annotation_text(const BaseAnswer& answer) {
    const Record& image = answer.image;
    const std::string name = image.base_name.value_or("");
    const std::string digest = image.base_digest.value_or("");
    if (name.empty() && digest.empty()) return {}; // buildah writes both as "" FROM scratch
    return fmt::format("  the image claims {} {}: {}\n", name.empty() ? "(no name)" : printable_short(name),
                       digest.empty() ? "(no digest)" : printable_short(digest), name_of(annotation_claim(answer)));
}

/// The one that holds; else all of them.
std::string provenance_text(const BaseAnswer& answer) {
    if (!answer.provenance) return {};
    const std::vector<UsedImage>& images = answer.provenance->images;
    if (images.empty()) {
        const std::string& why = answer.provenance->unused;
        return why.empty() ? std::string("  its provenance names no image\n")
                           : fmt::format("  its provenance names no image: {}\n", why);
    }
    const auto line = [&](const UsedImage& image) {
        return fmt::format("  its provenance claims {} {}: {}", printable_short(image.uri), image.digest,
                           name_of(judge(answer, image.digest)));
    };
    const auto right = std::find_if(images.begin(), images.end(), [&](const UsedImage& image) {
        return judge(answer, image.digest) == ClaimState::holds;
    });
    if (right != images.end()) {
        const std::size_t others = images.size() - 1;
        return line(*right) + (others == 0 ? "\n" : fmt::format(" ({} more of the build)\n", others));
    }
    std::string text;
    for (std::size_t i = 0; i < std::min(images.size(), listed_images); ++i) text += line(images[i]) + "\n";
    if (images.size() > listed_images) text += fmt::format("  and {} more\n", images.size() - listed_images);
    return text;
}

/// Which entries could have been the base by files, and were not looked at.
std::string search_text(const BaseAnswer& answer) {
    if (!answer.search) return {};
    std::string text;
    if (const std::uint64_t count = answer.search->without_listing; count > 0) {
        text += fmt::format("  {} without a list of files (record --files) could not be judged by files\n",
                            count == 1 ? "1 entry" : fmt::format("{} entries", count));
    }
    if (const std::uint64_t count = answer.search->unreadable; count > 0) {
        text +=
            fmt::format("  {} could not be judged by files: {}\n",
                        count == 1 ? "1 entry" : fmt::format("{} entries", count), answer.search->unreadable_example);
    }
    return text;
}

void write_base(JsonWriter& json, const BaseAnswer& answer) {
    json.key("base");
    if (!answer.base) {
        json.null();
        return;
    }
    json.begin_object();
    write_recorded_base_members(json, shown_base(*answer.base));
    json.member("layers", std::uint64_t{answer.base->layers.size()});
    json.member("by", name_of(answer.found.by));
    if (answer.found.by == BaseBy::files) {
        json.member("files_held", answer.found.held);
        json.member("files_recorded", answer.found.recorded);
    }
    json.end_object();
}

void write_moved(JsonWriter& json, const BaseAnswer& answer) {
    json.key("moved");
    if (answer.moved) {
        json.begin_object();
        write_recorded_base_members(json, shown_base(*answer.moved));
        json.end_object();
    } else {
        json.null();
    }
    if (!answer.asked) return;
    json.key("asked");
    json.begin_object();
    json.member("answer", name_of(answer.asked->answer));
    if (!answer.asked->why.empty()) json.member("why", utf8_or_escaped(answer.asked->why));
    json.optional_member("index", answer.asked->index);
    json.optional_member("manifest", answer.asked->manifest);
    json.end_object();
}

void write_search(JsonWriter& json, const BaseAnswer& answer) {
    if (!answer.search) return;
    json.key("not_judged");
    json.begin_object();
    json.member("without_listing", answer.search->without_listing);
    json.member("unreadable", answer.search->unreadable);
    json.end_object();
}

void write_claims(JsonWriter& json, const BaseAnswer& answer) {
    json.key("claims");
    json.begin_object(JsonWriter::Layout::lines);
    json.optional_bytes_member("base_name", answer.image.base_name);
    json.optional_bytes_member("base_digest", answer.image.base_digest);
    json.member("digest", name_of(annotation_claim(answer)));
    json.member("provenance", name_of(provenance_claim(answer)));
    if (answer.provenance) {
        if (!answer.provenance->unused.empty()) json.member("why", utf8_or_escaped(answer.provenance->unused));
        json.key("images");
        json.begin_array(JsonWriter::Layout::lines);
        for (const UsedImage& image : answer.provenance->images) {
            json.begin_object();
            json.bytes_member("uri", image.uri);
            json.member("digest", image.digest);
            json.member("claim", name_of(judge(answer, image.digest)));
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}

} // namespace

ClaimState annotation_claim(const BaseAnswer& answer) {
    const std::optional<std::string>& digest = answer.image.base_digest;
    return digest && !digest->empty() ? judge(answer, *digest) : ClaimState::none;
}

ClaimState provenance_claim(const BaseAnswer& answer) {
    if (!answer.provenance || answer.provenance->images.empty()) return ClaimState::none;
    const std::vector<UsedImage>& images = answer.provenance->images;
    const bool holds = std::any_of(images.begin(), images.end(), [&](const UsedImage& image) {
        return judge(answer, image.digest) == ClaimState::holds;
    });
    return holds ? ClaimState::holds : judge(answer, images.front().digest);
}

std::string render_base_text(const BaseAnswer& answer) {
    std::string out = "no recorded image is the base of this one\n";
    if (answer.base) {
        out =
            fmt::format("{}  {}\n  entry {}, recorded {}, {}\n", answer.base->manifest.value_or("(no manifest)"),
                        printable(answer.base->reference), answer.base->sequence, answer.base->time, how_found(answer));
    }
    return out + moved_text(answer) + asked_text(answer) + annotation_text(answer) + provenance_text(answer) +
           search_text(answer);
}

std::string render_base_json(const BaseAnswer& answer) {
    JsonWriter json;
    json.begin_object(JsonWriter::Layout::lines);
    json.member("schema", "touchstone.base/1");
    write_tool(json);
    json.bytes_member("reference", answer.image.reference);
    write_base(json, answer);
    write_moved(json, answer);
    write_search(json, answer);
    write_claims(json, answer);
    json.end_object();
    return json.take();
}

} // namespace touchstone
