// See attach.h. What lies under the tags belongs to all who attach something: what others wrote into it stays byte for
// byte in meaning, and what is no index, or no manifest, is left alone.
#include "image/remote/attach.h"

#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/document.h"
#include "image/manifest.h"
#include "image/remote/push.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

namespace touchstone {

namespace {

constexpr std::string_view manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view index_type = "application/vnd.oci.image.index.v1+json";
// image-spec manifest.md, "Guidance for an Empty Descriptor".
constexpr std::string_view empty_type = "application/vnd.oci.empty.v1+json";
constexpr std::string_view empty_content = "{}";
constexpr std::string_view config_type = "application/vnd.oci.image.config.v1+json";

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

struct Tagged {
    std::string media_type;
    std::string bytes;
};
/// What is to be under a tag in place of what is there; nothing where that is right already.
using Change = std::function<std::optional<Tagged>(const std::optional<FetchedManifest>&)>;

/// Read, change, write; again when somebody else was faster. Registries without If-Match are looked at once more: two
/// who write at the same moment lose no entry that way, as long as both look. What is there in the end.
Digest maintain(Registry& registry, const std::string& tag, const Change& change) {
    for (unsigned tries = 0;; ++tries) {
        const std::optional<FetchedManifest> there = registry.find_manifest(tag);
        const std::optional<Tagged> wanted = change(there);
        if (!wanted) return there.value().digest; // nothing at all is never right
        if (tries == try_limit) {
            fail(ErrorKind::transient, fmt::format("others changed it {} times in a row (given up)", try_limit));
        }
        put_manifest(registry, {tag, wanted->media_type, wanted->bytes, there ? there->etag : std::string()});
    }
}

void maintain_index(Registry& registry, const Digest& subject, const Json& entry, const Digest& digest) {
    const std::string tag = referrers_tag(subject);
    within(fmt::format("tag {}, which lists the referrers", tag), [&] {
        maintain(registry, tag, [&](const std::optional<FetchedManifest>& there) -> std::optional<Tagged> {
            std::optional<std::string> index = with_entry(there, entry, digest);
            if (!index) return std::nullopt;
            return Tagged{std::string(index_type), std::move(*index)};
        });
    });
}

/// The object with this member, at its place where it was there already.
Json with_member(const Json& object, std::string_view name, const Json& value) {
    Json result = Json::object();
    for (const Json::Member& member : object.members()) {
        result.set(member.first, member.first == name ? value : member.second);
    }
    if (object.find(name) == nullptr) result.set(std::string(name), value);
    return result;
}

Json with_item(const Json& array, Json item) {
    Json result = array;
    result.push_back(std::move(item));
    return result;
}

/// A layer more in the configuration of something that only looks like an image: go-containerregistry, by which cosign
/// writes, names each layer there, and gives it an empty line of history. One that never did that stays as it is.
Json with_diff_id(const Json& config, const Digest& layer, std::size_t layers_before) {
    const Json* const root = config.find("rootfs");
    const Json* const diff_ids = root == nullptr ? nullptr : root->find("diff_ids");
    if (diff_ids == nullptr || !diff_ids->is(Json::Kind::array) || diff_ids->items().size() != layers_before) {
        return config;
    }
    const Json more = with_item(*diff_ids, Json::string(layer.string()));
    Json result = with_member(config, "rootfs", with_member(*root, "diff_ids", more));
    const Json* const history = config.find("history");
    if (history == nullptr || !history->is(Json::Kind::array)) return result;
    return with_member(result, "history", with_item(*history, parse_json(R"({"created":"0001-01-01T00:00:00Z"})", "")));
}

/// What go-containerregistry makes of nothing.
const Json& first_config() {
    static const Json config = parse_json(R"({"architecture":"","created":"0001-01-01T00:00:00Z","history":[],"os":"",)"
                                          R"("rootfs":{"type":"layers","diff_ids":[]},"config":{}})",
                                          "");
    return config;
}

const Json& first_manifest() {
    static const Json manifest = [] {
        Json json = Json::object();
        json.set("schemaVersion", Json::number(2));
        json.set("mediaType", Json::string(std::string(manifest_type)));
        json.set("config", Json());
        json.set("layers", Json::array());
        return json;
    }();
    return manifest;
}

Json fetch_config(const std::shared_ptr<Registry>& registry, const Descriptor& config) {
    if (config.size > config_limit) fail(ErrorKind::over_limit, "config: too large");
    VerifyingSource source(registry->open(config.digest, config.size, false), {config.digest, config.size}, "config");
    return parse_document(read_all(source, config_limit, "config"), "config", config_limit);
}

/// The manifest with the layer, whose configuration is pushed on the way; nothing where it has the layer already.
std::optional<Tagged> with_layer(const std::shared_ptr<Registry>& registry, const std::optional<FetchedManifest>& there,
                                 const Json& layer, const Digest& digest) {
    Json manifest = first_manifest();
    Json config = first_config();
    std::string type(config_type);
    std::string media_type(manifest_type);
    std::size_t before = 0;
    if (there) {
        manifest = parse_document(there->bytes, "the manifest that is there", manifest_limit);
        const Manifest parsed = parse_manifest(manifest, "the manifest that is there", there->media_type);
        const auto same = [&](const Descriptor& known) { return known.digest == digest; };
        if (std::any_of(parsed.layers.begin(), parsed.layers.end(), same)) return std::nullopt;
        before = parsed.layers.size();
        // More would be read by nobody: see fetch_referrer.
        if (before >= referrer_layer_limit) {
            fail(ErrorKind::over_limit,
                 fmt::format("it has {} layers, and the limit is {}", before, referrer_layer_limit));
        }
        type = parsed.config.media_type;
        config = media_type_of(type).kind == MediaKind::config ? fetch_config(registry, parsed.config) : Json();
        media_type = parsed.media_type;
    }
    const Json longer = with_diff_id(config, digest, before);
    if (!(longer == config)) {
        const std::string text = longer.dump();
        push_content(*registry, text);
        manifest = with_member(manifest, "config", content_json(type, text));
    }
    const Json* const layers = manifest.find("layers");
    const bool none = layers == nullptr || layers->is_null();
    manifest = with_member(manifest, "layers", with_item(none ? Json::array() : *layers, layer));
    return Tagged{media_type, manifest.dump()};
}

Json layer_json(const AttachmentLayer& layer) {
    Json json = content_json(layer.media_type, layer.bytes);
    if (!layer.annotations.empty()) json.set("annotations", annotations_json(layer.annotations));
    return json;
}

} // namespace

std::string attachment_manifest(const Attachment& attachment) {
    Json layers = Json::array();
    for (const AttachmentLayer& layer : attachment.layers) layers.push_back(layer_json(layer));
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

Digest attach_by_tag(const std::shared_ptr<Registry>& registry, const std::string& tag, const AttachmentLayer& layer) {
    return within(fmt::format("tag {}", tag), [&] {
        push_content(*registry, layer.bytes);
        return maintain(*registry, tag, [&](const std::optional<FetchedManifest>& there) {
            return with_layer(registry, there, layer_json(layer), digest_of(as_bytes(layer.bytes)));
        });
    });
}

} // namespace touchstone
