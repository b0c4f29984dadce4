// Index, manifest and config parsing. The rules against confusion are those of containers/image's
// ValidateUnambiguousManifestFormat and containerd's validateMediaType.
#include "image/manifest.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/document.h"

#include <fmt/format.h>

#include <array>
#include <span>

namespace touchstone {

namespace {

// One list for both kinds, so that a case variant of the other kind's key is refused too.
constexpr std::array<std::string_view, 11> manifest_keys{"schemaVersion", "mediaType",   "config",    "layers",
                                                         "manifests",     "annotations", "subject",   "artifactType",
                                                         "fsLayers",      "history",     "signatures"};
constexpr std::array<std::string_view, 16> config_keys{
    "created",   "author", "architecture", "os",      "os.version",       "os.features",
    "variant",   "config", "rootfs",       "history", "container_config", "docker_version",
    "container", "id",     "parent",       "comment"};
constexpr std::array<std::string_view, 2> rootfs_keys{"type", "diff_ids"};
constexpr std::array<std::string_view, 5> history_keys{"created", "created_by", "author", "comment", "empty_layer"};
// The OCI fields and Docker's additions (moby api/types/container/config.go).
constexpr std::array<std::string_view, 27> run_config_keys{
    "User",      "ExposedPorts",   "Env",         "Entrypoint",   "Cmd",
    "Volumes",   "WorkingDir",     "Labels",      "StopSignal",   "ArgsEscaped",
    "Memory",    "MemorySwap",     "CpuShares",   "Healthcheck",  "OnBuild",
    "Shell",     "StopTimeout",    "Hostname",    "Domainname",   "Tty",
    "OpenStdin", "StdinOnce",      "AttachStdin", "AttachStdout", "AttachStderr",
    "Image",     "NetworkDisabled"};

constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";

/// Keys that a document of this kind must not have, because a reader of another kind would use them.
std::span<const std::string_view> foreign_keys(MediaKind kind) {
    static constexpr std::array<std::string_view, 5> not_in_index{"config", "layers", "fsLayers", "history",
                                                                  "signatures"};
    static constexpr std::array<std::string_view, 4> not_in_manifest{"manifests", "fsLayers", "history", "signatures"};
    if (kind == MediaKind::index) return not_in_index;
    return not_in_manifest;
}

[[noreturn]] void refuse_schema1(std::string_view what) {
    fail(ErrorKind::unsupported,
         fmt::format("{}: a Docker schema 1 manifest: its digest covers neither its signatures nor a config, so it "
                     "cannot be verified; convert it, for example with skopeo copy --format v2s2",
                     what));
}

std::string_view type_by_shape(const Json& document) {
    if (document.find("manifests") != nullptr) return oci_index;
    if (document.find("layers") == nullptr) return {};
    const Json* const config = document.find("config");
    const Json* const type = config == nullptr ? nullptr : config->find("mediaType");
    const bool docker = type != nullptr && type->is(Json::Kind::string) && type->as_string() == docker_config;
    return docker ? docker_manifest : oci_manifest;
}

std::string_view bare_type(std::string_view media_type) {
    return media_type.substr(0, media_type.find(';'));
}

std::optional<std::size_t> first_foreign_key(const Json& document, std::span<const std::string_view> keys) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (document.find(keys[i]) != nullptr) return i;
    }
    return std::nullopt;
}

void check_version(const ObjectReader& reader) {
    const std::int64_t version = reader.required_integer("schemaVersion");
    if (version == 1) refuse_schema1(reader.what());
    if (version != 2) {
        fail(ErrorKind::unsupported, fmt::format("{}: expected 2, found {}", reader.place("schemaVersion"), version));
    }
}

std::vector<Descriptor> parse_descriptors(const ObjectReader& reader, std::string_view key) {
    if (!reader.has(key)) fail(ErrorKind::malformed, fmt::format("{}: `{}` is missing", reader.what(), key));
    std::vector<Descriptor> result;
    const std::span<const Json> items = reader.list(key);
    result.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        result.push_back(parse_descriptor(items[i], fmt::format("{}, `{}[{}]`", reader.what(), key, i)));
    }
    return result;
}

/// A media type that must be an index (or a manifest) and is not.
void expect_kind(std::string_view media_type, MediaKind kind, std::string_view what) {
    if (media_type_of(media_type).kind == kind) return;
    fail(ErrorKind::malformed,
         fmt::format("{}: expected {}, found media type {}", what,
                     kind == MediaKind::index ? "an index" : "an image manifest", printable_short(media_type)));
}

std::vector<Digest> parse_diff_ids(const ObjectReader& config) {
    const ObjectReader rootfs(config.required("rootfs"), config.place("rootfs"), rootfs_keys);
    const std::string type = rootfs.required_text("type");
    if (type != "layers") {
        fail(ErrorKind::malformed,
             fmt::format("{}: expected `layers`, found `{}`", rootfs.place("type"), printable_short(type)));
    }
    std::vector<Digest> diff_ids;
    for (const std::string& text : rootfs.texts("diff_ids")) {
        diff_ids.push_back(within(rootfs.place("diff_ids"), [&] { return parse_digest(text); }));
    }
    return diff_ids;
}

HistoryEntry parse_history_entry(const Json& json, std::string what) {
    const ObjectReader reader(json, std::move(what), history_keys);
    return {reader.text("created"), reader.text("created_by"), reader.text("author"), reader.text("comment"),
            reader.flag("empty_layer")};
}

} // namespace

std::string document_media_type(const Json& document, std::string_view what, std::string_view promised) {
    const ObjectReader reader(document, std::string(what), manifest_keys);
    const std::string stated = reader.text("mediaType");
    if (media_type_of(stated).kind == MediaKind::schema1 || media_type_of(promised).kind == MediaKind::schema1) {
        refuse_schema1(what);
    }
    check_version(reader);
    if (!stated.empty() && !promised.empty() && bare_type(stated) != bare_type(promised)) {
        fail(ErrorKind::malformed, fmt::format("{}: its mediaType is {}, but its descriptor says {}", what,
                                               printable_short(stated), printable_short(promised)));
    }
    std::string type(bare_type(!stated.empty() ? std::string_view(stated) : promised));
    if (type.empty()) type = type_by_shape(document);
    const MediaKind kind = media_type_of(type).kind;
    if (kind != MediaKind::index && kind != MediaKind::manifest) {
        fail(ErrorKind::unsupported,
             fmt::format("{}: neither an index nor an image manifest (media type `{}`)", what, printable_short(type)));
    }
    const std::span<const std::string_view> foreign = foreign_keys(kind);
    if (const std::optional<std::size_t> key = first_foreign_key(document, foreign)) {
        fail(ErrorKind::malformed,
             fmt::format("{}: {} that has `{}` too: readers would take it for different things (CVE-2021-41190)", what,
                         kind == MediaKind::index ? "an index" : "an image manifest", foreign[*key]));
    }
    return type;
}

Index parse_index(const Json& document, std::string_view what, std::string_view promised) {
    expect_kind(document_media_type(document, what, promised), MediaKind::index, what);
    const ObjectReader reader(document, std::string(what), manifest_keys);
    return {parse_descriptors(reader, "manifests")};
}

Manifest parse_manifest(const Json& document, std::string_view what, std::string_view promised) {
    Manifest manifest;
    manifest.media_type = document_media_type(document, what, promised);
    expect_kind(manifest.media_type, MediaKind::manifest, what);
    const ObjectReader reader(document, std::string(what), manifest_keys);
    manifest.artifact_type = reader.text("artifactType");
    manifest.config = parse_descriptor(reader.required("config"), reader.place("config"));
    manifest.layers = parse_descriptors(reader, "layers");
    if (manifest.layers.size() > layer_count_limit) {
        fail(ErrorKind::over_limit,
             fmt::format("{}: {} layers, the limit is {}", what, manifest.layers.size(), layer_count_limit));
    }
    reader.text_map("annotations"); // compared by others; its types are checked here
    if (const Json* const subject = reader.find("subject")) parse_descriptor(*subject, reader.place("subject"));
    return manifest;
}

ImageConfig parse_config(const Json& document, std::string_view what) {
    const ObjectReader reader(document, std::string(what), config_keys);
    ImageConfig config;
    Platform platform{reader.text("os"), reader.text("architecture"), reader.text("variant")};
    if (!platform.os.empty() || !platform.architecture.empty()) config.platform = std::move(platform);
    config.diff_ids = parse_diff_ids(reader);
    const std::span<const Json> history = reader.list("history");
    for (std::size_t i = 0; i < history.size(); ++i) {
        config.history.push_back(parse_history_entry(history[i], fmt::format("{}, `history[{}]`", what, i)));
    }
    if (const Json* const run = reader.find("config")) ObjectReader(*run, reader.place("config"), run_config_keys);
    return config;
}

} // namespace touchstone
