// See attach.h. The fallback index belongs to all who attach something: what others wrote into it stays byte for byte
// in meaning, and what is no index is left alone.
#include "image/remote/attach.h"

#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/document.h"
#include "image/manifest.h"
#include "image/remote/push.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace touchstone {

namespace {

constexpr std::string_view manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view index_type = "application/vnd.oci.image.index.v1+json";
// image-spec manifest.md, "Guidance for an Empty Descriptor".
constexpr std::string_view empty_type = "application/vnd.oci.empty.v1+json";
constexpr std::string_view empty_content = "{}";

Json annotations_json(const std::vector<std::pair<std::string, std::string>>& annotations) {
    Json object = Json::object();
    for (const auto& [key, value] : annotations) object.set(key, Json::string(value));
    return object;
}

Json descriptor_json(std::string_view media_type, const Digest& digest, std::uint64_t size) {
    Json json = Json::object();
    json.set("mediaType", Json::string(std::string(media_type)));
    json.set("digest", Json::string(digest.string()));
    json.set("size", Json::number(static_cast<std::int64_t>(size)));
    return json;
}

Json content_json(std::string_view media_type, std::string_view content) {
    return descriptor_json(media_type, digest_of(as_bytes(content)), content.size());
}

void push_content(Registry& registry, std::string_view content) {
    push_blob(registry,
              {digest_of(as_bytes(content)), content.size(),
               [content]() -> std::unique_ptr<ByteSource> { return std::make_unique<MemorySource>(content); }, ""});
}

/// The entry of the fallback index, as the API would list it (distribution spec, "Listing Referrers").
Json entry_of(const Attachment& attachment, const std::string& manifest) {
    Json entry = content_json(manifest_type, manifest);
    entry.set("artifactType", Json::string(attachment.artifact_type));
    if (!attachment.annotations.empty()) entry.set("annotations", annotations_json(attachment.annotations));
    return entry;
}

/// The index with the entry; nullopt when it has it already. Throws malformed for what is no index.
std::optional<std::string> with_entry(const std::optional<FetchedManifest>& there, const Json& entry,
                                      const Digest& digest) {
    Json manifests = Json::array();
    Json index = Json::object();
    index.set("schemaVersion", Json::number(2));
    index.set("mediaType", Json::string(std::string(index_type)));
    Json others = Json::object(); // annotations and whatever else it has
    if (there) {
        const Json document = parse_document(there->bytes, "the index that is there", manifest_limit);
        const Index parsed = parse_index(document, "the index that is there", there->media_type);
        if (std::any_of(parsed.manifests.begin(), parsed.manifests.end(),
                        [&](const Descriptor& known) { return known.digest == digest; })) {
            return std::nullopt;
        }
        for (const Json::Member& member : document.members()) {
            if (member.first == "manifests" && !member.second.is_null()) manifests = member.second;
            const bool ours = index.find(member.first) != nullptr || member.first == "manifests";
            if (!ours) others.set(member.first, member.second);
        }
    }
    manifests.push_back(entry);
    index.set("manifests", std::move(manifests));
    for (const Json::Member& member : others.members()) index.set(member.first, member.second);
    return index.dump();
}

/// Read, add, write; again when somebody else was faster. Registries without If-Match are looked at once more: two who
/// write at the same moment lose no entry that way, as long as both look.
void maintain_index(Registry& registry, const Digest& subject, const Json& entry, const Digest& digest) {
    const std::string tag = referrers_tag(subject);
    within(fmt::format("tag {}, which lists the referrers", tag), [&] {
        for (unsigned tries = 0; tries < try_limit; ++tries) {
            const std::optional<FetchedManifest> there = registry.find_manifest(tag);
            const std::optional<std::string> index = with_entry(there, entry, digest);
            if (!index) return;
            put_manifest(registry, {tag, std::string(index_type), *index, there ? there->etag : std::string()});
        }
        const std::optional<FetchedManifest> there = registry.find_manifest(tag);
        if (!with_entry(there, entry, digest)) return;
        fail(ErrorKind::transient, fmt::format("others changed it {} times in a row (given up)", try_limit));
    });
}

} // namespace

std::string attachment_manifest(const Attachment& attachment) {
    Json layers = Json::array();
    for (const AttachmentLayer& layer : attachment.layers) {
        Json json = content_json(layer.media_type, layer.bytes);
        if (!layer.annotations.empty()) json.set("annotations", annotations_json(layer.annotations));
        layers.push_back(std::move(json));
    }
    // "layers" must have an entry: the empty one where there is nothing to say.
    if (attachment.layers.empty()) layers.push_back(content_json(empty_type, empty_content));
    Json manifest = Json::object();
    manifest.set("schemaVersion", Json::number(2));
    manifest.set("mediaType", Json::string(std::string(manifest_type)));
    manifest.set("artifactType", Json::string(attachment.artifact_type));
    manifest.set("config", content_json(empty_type, empty_content));
    manifest.set("layers", std::move(layers));
    const Descriptor& subject = attachment.subject;
    manifest.set("subject", descriptor_json(subject.media_type, subject.digest, subject.size));
    if (!attachment.annotations.empty()) manifest.set("annotations", annotations_json(attachment.annotations));
    return manifest.dump();
}

Attached attach(const std::shared_ptr<Registry>& registry, const Attachment& attachment) {
    return within(fmt::format("an attachment to {}", attachment.subject.digest.string()), [&] {
        const std::string manifest = attachment_manifest(attachment);
        push_content(*registry, empty_content);
        for (const AttachmentLayer& layer : attachment.layers) push_content(*registry, layer.bytes);
        Attached attached{digest_of(as_bytes(manifest)), manifest.size(), ReferrerSource::api};
        const PutManifest put =
            put_manifest(*registry, {attached.digest.string(), std::string(manifest_type), manifest, ""});
        if (!put.knows_subject) {
            attached.listed = ReferrerSource::tag;
            maintain_index(*registry, attachment.subject.digest, entry_of(attachment, manifest), attached.digest);
        }
        return attached;
    });
}

} // namespace touchstone
