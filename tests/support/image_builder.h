// Makes whole images for tests: from layer tars and a few wishes to the files of every container that Touchstone reads.
// Independent of the code under test (digests by OpenSSL, compression by zlib and libzstd, JSON by nlohmann directly).
// Each container can be had as a set of files first, so that a test may spoil one of them before it is written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone::test {

enum class LayerCompression : std::uint8_t { none, gzip, zstd };
enum class MediaFamily : std::uint8_t { oci, docker };

struct ImageSpec {
    std::vector<std::string> layer_tars;
    std::vector<std::string> created_by;       ///< history, one per layer; what is missing is "layer <N>"
    std::vector<LayerCompression> compression; ///< per layer; the last one given goes on, none when empty
    MediaFamily family = MediaFamily::oci;
    std::string config_patch = "{}"; ///< RFC 7396 merge patch over the whole config, e.g. {"config":{"Env":["A=b"]}}
    std::string os = "linux";
    std::string architecture = "amd64";
    std::string variant;
    std::string ref; ///< org.opencontainers.image.ref.name in layouts, RepoTags in docker archives; may be empty
    std::vector<std::pair<std::string, std::string>> annotations; ///< of the manifest
};

/// One blob of an image, with what describes it.
struct BuiltBlob {
    std::string bytes;
    std::string media_type;
    std::string digest;                  ///< "sha256:…"
    std::string hex() const;             ///< without the algorithm
    std::string descriptor_json() const; ///< {"mediaType":…,"digest":…,"size":…}
};

struct BuiltImage {
    BuiltBlob manifest;
    BuiltBlob config;
    std::vector<BuiltBlob> layers;     ///< as stored
    std::vector<std::string> diff_ids; ///< of the plain tars
    std::string platform_json;         ///< {"os":…,"architecture":…}
};

BuiltBlob make_blob(std::string bytes, std::string media_type);
BuiltImage build_image(const ImageSpec& spec);

/// A file, directory (name ends in '/') or symlink of a container, in the order of its archive.
struct ContainerFile {
    std::string name;
    std::string content;
    std::string link; ///< a symlink's target; empty for others
};
using ContainerFiles = std::vector<ContainerFile>;

struct LayoutOptions {
    bool nested = false;       ///< the platforms lie in an index of their own, which index.json names (BuildKit)
    bool attestations = false; ///< a BuildKit attestation manifest beside each image
    /// With attestations: makes the in-toto statement that is the attestation's blob; a few words when empty.
    std::function<std::string(const BuiltImage&)> statement;
    std::string predicate;         ///< the type that its annotation promises; none when empty
    bool containerd_names = false; ///< io.containerd.image.name is the whole name, ref.name only the tag (Docker)
};

enum class DockerForm : std::uint8_t {
    legacy, ///< docker save before 25: <id>/{VERSION,json,layer.tar}, repeated layers as symlinks
    dual,   ///< docker save from 25 on: an OCI layout with a manifest.json that points into blobs/
    podman, ///< <diffid>.tar and <id>/layer.tar -> ../<diffid>.tar (also skopeo's docker-archive)
    kaniko, ///< config named "sha256:<hex>", layers <hex>.tar.gz (ggcr's tarball)
};

ContainerFiles oci_layout_files(const std::vector<ImageSpec>& images, const LayoutOptions& options = {});
ContainerFiles docker_archive_files(const std::vector<ImageSpec>& images, DockerForm form);
ContainerFiles skopeo_dir_files(const ImageSpec& image);

/// The content of the file called `name`; throws when there is none. To be read, or spoiled.
std::string& content_of(ContainerFiles& files, std::string_view name);
void remove_file(ContainerFiles& files, std::string_view name);

void write_directory(const std::string& directory, const ContainerFiles& files);
std::string tar_of(const ContainerFiles& files);
void write_file(const std::string& path, std::string_view content); ///< makes the parent directories

/// The whole way at once. `directory` and `file` are made or replaced.
void write_oci_layout(const std::string& directory, const std::vector<ImageSpec>& images,
                      const LayoutOptions& options = {});
void write_oci_archive(const std::string& file, const std::vector<ImageSpec>& images,
                       const LayoutOptions& options = {});
void write_docker_archive(const std::string& file, const std::vector<ImageSpec>& images, DockerForm form);
void write_skopeo_dir(const std::string& directory, const ImageSpec& image);
void write_oci_layout(const std::string& directory, const ImageSpec& image);
void write_oci_archive(const std::string& file, const ImageSpec& image);
void write_docker_archive(const std::string& file, const ImageSpec& image, DockerForm form);

std::string sha256_hex(std::string_view bytes);
std::string sha512_hex(std::string_view bytes);
std::string gzip_of(std::string_view bytes, int level = 6);
std::string zstd_of(std::string_view bytes, int level = 3);

} // namespace touchstone::test
