// Manifests, configs and layouts as the writers named in image_builder.h make them: moby's tarexport/save.go, c/image's
// docker/internal/tarfile/writer.go, ggcr's pkg/v1/tarball/write.go, and the OCI image-spec's image-layout.md.
#include "tests/support/image_builder.h"

#include "tests/support/tar_builder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace touchstone::test {

namespace {

using Document = nlohmann::ordered_json;

std::string hash_hex(std::string_view bytes, const EVP_MD* algorithm) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, algorithm, nullptr) != 1) {
        throw std::runtime_error("EVP_Digest failed");
    }
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", hash[i]);
    return text;
}

std::string index_type(MediaFamily family) {
    return family == MediaFamily::oci ? "application/vnd.oci.image.index.v1+json"
                                      : "application/vnd.docker.distribution.manifest.list.v2+json";
}

std::string manifest_type(MediaFamily family) {
    return family == MediaFamily::oci ? "application/vnd.oci.image.manifest.v1+json"
                                      : "application/vnd.docker.distribution.manifest.v2+json";
}

std::string config_type(MediaFamily family) {
    return family == MediaFamily::oci ? "application/vnd.oci.image.config.v1+json"
                                      : "application/vnd.docker.container.image.v1+json";
}

std::string layer_type(MediaFamily family, LayerCompression compression) {
    const bool oci = family == MediaFamily::oci;
    std::string base = oci ? "application/vnd.oci.image.layer.v1.tar" : "application/vnd.docker.image.rootfs.diff.tar";
    if (compression == LayerCompression::none) return base;
    return base + (oci ? "+" : ".") + (compression == LayerCompression::gzip ? "gzip" : "zstd");
}

std::string compressed(const std::string& tar, LayerCompression compression) {
    switch (compression) {
    case LayerCompression::gzip:
        return gzip_of(tar);
    case LayerCompression::zstd:
        return zstd_of(tar);
    case LayerCompression::none:
        break;
    }
    return tar;
}

LayerCompression compression_of(const ImageSpec& spec, std::size_t layer) {
    if (spec.compression.empty()) return LayerCompression::none;
    return spec.compression[std::min(layer, spec.compression.size() - 1)];
}

Document descriptor(const BuiltBlob& blob) {
    return Document{{"mediaType", blob.media_type}, {"digest", blob.digest}, {"size", blob.bytes.size()}};
}

Document platform_of(const ImageSpec& spec) {
    Document platform{{"architecture", spec.architecture}, {"os", spec.os}};
    if (!spec.variant.empty()) platform["variant"] = spec.variant;
    return platform;
}

Document config_of(const ImageSpec& spec, const std::vector<std::string>& diff_ids) {
    Document config = platform_of(spec);
    config["config"] = Document::object();
    config["rootfs"] = Document{{"type", "layers"}, {"diff_ids", diff_ids}};
    Document history = Document::array();
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
        const std::string line = i < spec.created_by.size() ? spec.created_by[i] : fmt::format("layer {}", i);
        history.push_back(Document{{"created", "1970-01-01T00:00:00Z"}, {"created_by", line}});
    }
    config["history"] = std::move(history);
    config.merge_patch(Document::parse(spec.config_patch));
    return config;
}

/// Adds a blob at its place in a layout, once.
void put_blob(ContainerFiles& files, const BuiltBlob& blob) {
    const std::string name = "blobs/sha256/" + blob.hex();
    const bool there =
        std::any_of(files.begin(), files.end(), [&](const ContainerFile& file) { return file.name == name; });
    if (!there) files.push_back({name, blob.bytes, ""});
}

void put_image(ContainerFiles& files, const BuiltImage& image) {
    for (const BuiltBlob& layer : image.layers) put_blob(files, layer);
    put_blob(files, image.config);
    put_blob(files, image.manifest);
}

/// BuildKit's attestation manifest, legacy form: a config that looks like an image's, and in-toto layers.
Document put_attestation(ContainerFiles& files, const BuiltImage& image, const LayoutOptions& options) {
    const std::string words =
        options.statement
            ? options.statement(image)
            : fmt::format(R"({{"_type":"https://in-toto.io/Statement/v0.1","subject":"{}"}})", image.manifest.digest);
    const BuiltBlob statement = make_blob(words, "application/vnd.in-toto+json");
    Document layer = descriptor(statement);
    if (!options.predicate.empty()) layer["annotations"]["in-toto.io/predicate-type"] = options.predicate;
    const Document config{{"architecture", "unknown"},
                          {"os", "unknown"},
                          {"config", Document::object()},
                          {"rootfs", {{"type", "layers"}, {"diff_ids", Document::array({statement.digest})}}}};
    const BuiltBlob config_blob = make_blob(config.dump(), config_type(MediaFamily::oci));
    const Document manifest{{"schemaVersion", 2},
                            {"mediaType", manifest_type(MediaFamily::oci)},
                            {"config", descriptor(config_blob)},
                            {"layers", Document::array({layer})}};
    const BuiltBlob blob = make_blob(manifest.dump(), manifest_type(MediaFamily::oci));
    for (const BuiltBlob* part : {&statement, &config_blob, &blob}) put_blob(files, *part);
    Document entry = descriptor(blob);
    entry["annotations"] = Document{{"vnd.docker.reference.digest", image.manifest.digest},
                                    {"vnd.docker.reference.type", "attestation-manifest"}};
    entry["platform"] = Document{{"architecture", "unknown"}, {"os", "unknown"}};
    return entry;
}

Document name_annotations(const std::string& ref, const LayoutOptions& options) {
    if (!options.containerd_names) return Document{{"org.opencontainers.image.ref.name", ref}};
    return Document{{"io.containerd.image.name", "docker.io/library/" + ref},
                    {"org.opencontainers.image.ref.name", ref.substr(ref.find(':') + 1)}};
}

Document index_document(MediaFamily family, Document manifests) {
    return Document{{"schemaVersion", 2}, {"mediaType", index_type(family)}, {"manifests", std::move(manifests)}};
}

Document docker_entry(const ImageSpec& spec, const std::string& config, const std::vector<std::string>& layers) {
    const Document tags = spec.ref.empty() ? Document(nullptr) : Document::array({spec.ref});
    return Document{{"Config", config}, {"RepoTags", tags}, {"Layers", layers}};
}

/// An id for a legacy layer directory: any 64 hex digits that depend on all layers below.
std::string legacy_id(const std::string& parent, const std::string& diff_id) {
    return sha256_hex(parent + " " + diff_id);
}

void put_once(ContainerFiles& files, ContainerFile file) {
    const bool there =
        std::any_of(files.begin(), files.end(), [&](const ContainerFile& other) { return other.name == file.name; });
    if (!there) files.push_back(std::move(file));
}

Document put_legacy(ContainerFiles& files, const ImageSpec& spec) {
    const BuiltImage image = build_image(spec);
    std::vector<std::string> names;
    std::string parent;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
        parent = legacy_id(parent, image.diff_ids[i]);
        names.push_back(parent + "/layer.tar");
        put_once(files, {parent + "/", "", ""});
        put_once(files, {parent + "/VERSION", "1.0", ""});
        put_once(files, {parent + "/json", fmt::format(R"({{"id":"{}"}})", parent), ""});
        const auto same = std::find(image.diff_ids.begin(), image.diff_ids.begin() + static_cast<std::ptrdiff_t>(i),
                                    image.diff_ids[i]);
        const auto first = static_cast<std::size_t>(same - image.diff_ids.begin());
        if (first < i) {
            put_once(files, {names.back(), "", "../" + names[first]});
        } else {
            put_once(files, {names.back(), image.layers[i].bytes, ""});
        }
    }
    put_once(files, {image.config.hex() + ".json", image.config.bytes, ""});
    return docker_entry(spec, image.config.hex() + ".json", names);
}

Document put_podman(ContainerFiles& files, const ImageSpec& spec) {
    const BuiltImage image = build_image(spec);
    std::vector<std::string> names;
    std::string parent;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
        parent = legacy_id(parent, image.diff_ids[i]);
        names.push_back(image.diff_ids[i].substr(7) + ".tar");
        put_once(files, {names.back(), image.layers[i].bytes, ""});
        put_once(files, {parent + "/layer.tar", "", "../" + names.back()});
    }
    put_once(files, {image.config.hex() + ".json", image.config.bytes, ""});
    return docker_entry(spec, image.config.hex() + ".json", names);
}

Document put_kaniko(ContainerFiles& files, ImageSpec spec) {
    spec.compression = {LayerCompression::gzip};
    const BuiltImage image = build_image(spec);
    std::vector<std::string> names;
    put_once(files, {image.config.digest, image.config.bytes, ""});
    for (const BuiltBlob& layer : image.layers) {
        names.push_back(layer.hex() + ".tar.gz");
        put_once(files, {names.back(), layer.bytes, ""});
    }
    return docker_entry(spec, image.config.digest, names);
}

Document dual_entry(const ImageSpec& spec) {
    const BuiltImage image = build_image(spec);
    std::vector<std::string> names;
    for (const BuiltBlob& layer : image.layers) names.push_back("blobs/sha256/" + layer.hex());
    return docker_entry(spec, "blobs/sha256/" + image.config.hex(), names);
}

} // namespace

std::string sha256_hex(std::string_view bytes) {
    return hash_hex(bytes, EVP_sha256());
}
std::string sha512_hex(std::string_view bytes) {
    return hash_hex(bytes, EVP_sha512());
}

std::string gzip_of(std::string_view bytes, int level) {
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2 failed");
    }
    std::string input(bytes);
    std::string output(deflateBound(&stream, static_cast<uLong>(input.size())) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    const int result = deflate(&stream, Z_FINISH);
    output.resize(stream.total_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END) throw std::runtime_error("deflate failed");
    return output;
}

std::string zstd_of(std::string_view bytes, int level) {
    std::string output(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress(output.data(), output.size(), bytes.data(), bytes.size(), level);
    if (ZSTD_isError(size) != 0) throw std::runtime_error("ZSTD_compress failed");
    output.resize(size);
    return output;
}

std::string BuiltBlob::hex() const {
    return digest.substr(digest.find(':') + 1);
}
std::string BuiltBlob::descriptor_json() const {
    return descriptor(*this).dump();
}

BuiltBlob make_blob(std::string bytes, std::string media_type) {
    std::string digest = "sha256:" + sha256_hex(bytes);
    return {std::move(bytes), std::move(media_type), std::move(digest)};
}

BuiltImage build_image(const ImageSpec& spec) {
    BuiltImage image;
    Document layers = Document::array();
    for (std::size_t i = 0; i < spec.layer_tars.size(); ++i) {
        const LayerCompression compression = compression_of(spec, i);
        image.diff_ids.push_back("sha256:" + sha256_hex(spec.layer_tars[i]));
        image.layers.push_back(
            make_blob(compressed(spec.layer_tars[i], compression), layer_type(spec.family, compression)));
        layers.push_back(descriptor(image.layers.back()));
    }
    image.config = make_blob(config_of(spec, image.diff_ids).dump(), config_type(spec.family));
    Document manifest{{"schemaVersion", 2},
                      {"mediaType", manifest_type(spec.family)},
                      {"config", descriptor(image.config)},
                      {"layers", std::move(layers)}};
    for (const auto& [key, value] : spec.annotations) manifest["annotations"][key] = value;
    image.manifest = make_blob(manifest.dump(), manifest_type(spec.family));
    image.platform_json = platform_of(spec).dump();
    return image;
}

ContainerFiles oci_layout_files(const std::vector<ImageSpec>& images, const LayoutOptions& options) {
    ContainerFiles files;
    files.push_back({"oci-layout", R"({"imageLayoutVersion":"1.0.0"})", ""});
    files.push_back({"blobs/", "", ""});
    files.push_back({"blobs/sha256/", "", ""});
    Document entries = Document::array();
    for (const ImageSpec& spec : images) {
        const BuiltImage image = build_image(spec);
        put_image(files, image);
        Document entry = descriptor(image.manifest);
        entry["platform"] = platform_of(spec);
        if (!spec.ref.empty() && !options.nested) entry["annotations"] = name_annotations(spec.ref, options);
        entries.push_back(std::move(entry));
        if (options.attestations) entries.push_back(put_attestation(files, image, options));
    }
    const MediaFamily family = images.empty() ? MediaFamily::oci : images.front().family;
    if (options.nested) {
        const BuiltBlob inner = make_blob(index_document(family, std::move(entries)).dump(), index_type(family));
        put_blob(files, inner);
        Document entry = descriptor(inner);
        if (!images.empty() && !images.front().ref.empty()) {
            entry["annotations"] = name_annotations(images.front().ref, options);
        }
        entries = Document::array({std::move(entry)});
    }
    files.push_back({"index.json", index_document(MediaFamily::oci, std::move(entries)).dump(), ""});
    return files;
}

ContainerFiles docker_archive_files(const std::vector<ImageSpec>& images, DockerForm form) {
    ContainerFiles files;
    if (form == DockerForm::dual) files = oci_layout_files(images, {.containerd_names = true});
    Document entries = Document::array();
    for (const ImageSpec& spec : images) {
        switch (form) {
        case DockerForm::legacy:
            entries.push_back(put_legacy(files, spec));
            break;
        case DockerForm::podman:
            entries.push_back(put_podman(files, spec));
            break;
        case DockerForm::kaniko:
            entries.push_back(put_kaniko(files, spec));
            break;
        case DockerForm::dual:
            entries.push_back(dual_entry(spec));
            break;
        }
    }
    files.push_back({"manifest.json", entries.dump(), ""});
    return files;
}

ContainerFiles skopeo_dir_files(const ImageSpec& spec) {
    const BuiltImage image = build_image(spec);
    ContainerFiles files{{"version", "Directory Transport Version: 1.1\n", ""}};
    for (const BuiltBlob& layer : image.layers) put_once(files, {layer.hex(), layer.bytes, ""});
    files.push_back({image.config.hex(), image.config.bytes, ""});
    files.push_back({"manifest.json", image.manifest.bytes, ""});
    return files;
}

std::string& content_of(ContainerFiles& files, std::string_view name) {
    for (ContainerFile& file : files) {
        if (file.name == name) return file.content;
    }
    throw std::runtime_error(fmt::format("the container has no file {}", name));
}

void remove_file(ContainerFiles& files, std::string_view name) {
    std::erase_if(files, [&](const ContainerFile& file) { return file.name == name; });
}

void write_file(const std::string& path, std::string_view content) {
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent);
    std::ofstream out(path, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out) throw std::runtime_error("cannot write " + path);
}

void write_directory(const std::string& directory, const ContainerFiles& files) {
    std::filesystem::create_directories(directory);
    for (const ContainerFile& file : files) {
        const std::filesystem::path path = std::filesystem::path(directory) / file.name;
        if (file.name.ends_with('/')) {
            std::filesystem::create_directories(path);
        } else if (!file.link.empty()) {
            std::filesystem::create_directories(path.parent_path());
            std::filesystem::create_symlink(file.link, path);
        } else {
            write_file(path.string(), file.content);
        }
    }
}

std::string tar_of(const ContainerFiles& files) {
    TarBuilder tar;
    for (const ContainerFile& file : files) {
        if (file.name.ends_with('/')) {
            tar.dir(file.name);
        } else if (!file.link.empty()) {
            tar.symlink(file.name, file.link);
        } else {
            tar.file(file.name, file.content);
        }
    }
    return tar.finish();
}

void write_oci_layout(const std::string& directory, const std::vector<ImageSpec>& images,
                      const LayoutOptions& options) {
    write_directory(directory, oci_layout_files(images, options));
}

void write_oci_archive(const std::string& file, const std::vector<ImageSpec>& images, const LayoutOptions& options) {
    write_file(file, tar_of(oci_layout_files(images, options)));
}

void write_docker_archive(const std::string& file, const std::vector<ImageSpec>& images, DockerForm form) {
    write_file(file, tar_of(docker_archive_files(images, form)));
}

void write_skopeo_dir(const std::string& directory, const ImageSpec& image) {
    write_directory(directory, skopeo_dir_files(image));
}

void write_oci_layout(const std::string& directory, const ImageSpec& image) {
    write_oci_layout(directory, std::vector<ImageSpec>{image});
}

void write_oci_archive(const std::string& file, const ImageSpec& image) {
    write_oci_archive(file, std::vector<ImageSpec>{image});
}

void write_docker_archive(const std::string& file, const ImageSpec& image, DockerForm form) {
    write_docker_archive(file, std::vector<ImageSpec>{image}, form);
}

} // namespace touchstone::test
