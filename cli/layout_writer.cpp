// The directory is built beside its place and renamed; the names in it are fixed or made from digests, never from an
// image.
#include "cli/layout_writer.h"

#include "base/error.h"
#include "base/printable.h"
#include "normalize/canonical_tar.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace touchstone {

namespace {

constexpr std::string_view layout_document = R"({"imageLayoutVersion":"1.0.0"})"; // image-layout.md
constexpr std::string_view blob_directory = "blobs/sha256";

/// A file of a layout: a document, or a blob that lies in a temporary file.
struct LayoutFile {
    std::string name; ///< "blobs/sha256/<hex>", "index.json", "oci-layout"
    std::string bytes;
    std::shared_ptr<const File> file; ///< null when `bytes` is the content
    std::uint64_t size() const { return file ? file->size() : bytes.size(); }
};

std::string blob_name(const Digest& digest) {
    return fmt::format("{}/{}", blob_directory, digest.hex());
}

Json platform_json(const Platform& platform) {
    Json json = Json::object();
    json.set("architecture", Json::string(platform.architecture));
    json.set("os", Json::string(platform.os));
    if (!platform.variant.empty()) json.set("variant", Json::string(platform.variant));
    return json;
}

std::string index_json(const CanonicalImage& image, const Image& source) {
    Json manifest = Json::object();
    manifest.set("mediaType", Json::string("application/vnd.oci.image.manifest.v1+json"));
    manifest.set("digest", Json::string(image.manifest.digest.string()));
    manifest.set("size", Json::number(static_cast<std::int64_t>(image.manifest.bytes.size())));
    if (!source.ref_name.empty()) {
        Json annotations = Json::object();
        annotations.set("org.opencontainers.image.ref.name", Json::string(source.ref_name));
        manifest.set("annotations", std::move(annotations));
    }
    if (source.platform) manifest.set("platform", platform_json(*source.platform));
    Json manifests = Json::array();
    manifests.push_back(std::move(manifest));
    Json index = Json::object();
    index.set("schemaVersion", Json::number(2));
    index.set("mediaType", Json::string("application/vnd.oci.image.index.v1+json"));
    index.set("manifests", std::move(manifests));
    return index.dump();
}

/// The files of the layout that holds `image`, sorted by name.
std::vector<LayoutFile> layout_files(const CanonicalImage& image,
                                     const std::vector<std::shared_ptr<const File>>& layers, const Image& source) {
    std::vector<LayoutFile> files;
    for (std::size_t i = 0; i < layers.size(); ++i) files.push_back({blob_name(image.layers[i].digest), "", layers[i]});
    for (const CanonicalDocument* document : {&image.config, &image.manifest}) {
        files.push_back({blob_name(document->digest), document->bytes, nullptr});
    }
    files.push_back({"index.json", index_json(image, source), nullptr});
    files.push_back({"oci-layout", std::string(layout_document), nullptr});
    std::stable_sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    const auto same = [](const auto& a, const auto& b) { return a.name == b.name; }; // two layers with the same content
    files.erase(std::unique(files.begin(), files.end(), same), files.end());
    return files;
}

void write_content(const LayoutFile& file, WholeFile& out) {
    if (file.file) {
        out.write_file(*file.file);
    } else {
        out.write(std::string_view(file.bytes));
    }
}

std::string without_end_slashes(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

[[noreturn]] void fail_exists(const std::string& path) {
    fail(ErrorKind::unreadable, printable(path) + ": exists; an OCI layout is written to a new directory only");
}

/// The image of `source`'s platform, which is all that was written.
Image read_back(const Reference& layout, const std::optional<Platform>& platform) {
    return open_images(layout, {.platform = platform, .all_platforms = false}).front();
}

class DirectoryWriter final : public ImageWriter {
public:
    explicit DirectoryWriter(const std::string& path) : target_(without_end_slashes(path)) {
        struct stat status {};
        if (::lstat(target_.c_str(), &status) == 0) fail_exists(target_);
        std::string name = target_ + ".tmp-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) fail_errno(errno, printable(target_));
        directory_ = std::move(name);
    }
    ~DirectoryWriter() override {
        std::error_code ignored; // nothing can be done about what cannot be removed
        if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
    }
    DirectoryWriter(const DirectoryWriter&) = delete;
    DirectoryWriter& operator=(const DirectoryWriter&) = delete;

    std::string spool_directory() const override { return directory_; }
    void write(const CanonicalImage& image, const std::vector<std::shared_ptr<const File>>& layers,
               const Image& source) override {
        platform_ = source.platform;
        make_directory("/blobs");
        make_directory(fmt::format("/{}", blob_directory));
        for (const LayoutFile& file : layout_files(image, layers, source)) {
            const std::string name = directory_ + "/" + file.name;
            if (file.file && file.file->link_as(name)) continue;
            kept_files_ = kept_files_ && !file.file;
            WholeFile out(name, false);
            write_content(file, out);
            out.commit();
        }
        // mkdtemp makes it 0700; layouts are as readable as the other directories that the user makes.
        struct stat status {};
        if (::stat((directory_ + "/blobs").c_str(), &status) != 0) fail_errno(errno, printable(directory_));
        if (::chmod(directory_.c_str(), status.st_mode & 0777U) != 0) fail_errno(errno, printable(directory_));
    }
    bool kept_files() const override { return kept_files_; }
    Image staged() const override {
        return read_back({Transport::oci, directory_, "", "oci:" + target_, {}}, platform_);
    }
    void commit() override {
        // RENAME_NOREPLACE would leave it to the file system; a plain rename replaces an empty directory at most.
        if (::renameat2(AT_FDCWD, directory_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
            if (errno == EEXIST) fail_exists(target_);
            if (errno != EINVAL && errno != ENOSYS) fail_errno(errno, printable(target_));
            if (::rename(directory_.c_str(), target_.c_str()) != 0) fail_errno(errno, printable(target_));
        }
        directory_.clear();
    }

private:
    void make_directory(const std::string& below) const {
        if (::mkdir((directory_ + below).c_str(), 0777) != 0) fail_errno(errno, printable(directory_ + below));
    }
    std::string target_;
    std::string directory_; ///< empty once it was renamed
    bool kept_files_ = true;
    std::optional<Platform> platform_;
};

class ArchiveWriter final : public ImageWriter {
public:
    ArchiveWriter(const std::string& path, bool overwrite) : path_(path), file_(path, overwrite) {}

    void write(const CanonicalImage& image, const std::vector<std::shared_ptr<const File>>& layers,
               const Image& source) override {
        platform_ = source.platform;
        write_header({.path = "blobs", .type = EntryType::directory, .mode = 0755});
        write_header({.path = blob_directory, .type = EntryType::directory, .mode = 0755});
        for (const LayoutFile& file : layout_files(image, layers, source)) {
            write_header({.path = file.name, .type = EntryType::file, .mode = 0644, .size = file.size()});
            write_content(file, file_);
            write_zeros(canonical_padding(file.size()));
        }
        write_zeros(canonical_end_size);
    }
    Image staged() const override {
        return read_back({Transport::oci_archive, file_.temporary_path(), "", "oci-archive:" + path_, {}}, platform_);
    }
    void commit() override { file_.commit(); }

private:
    void write_header(const CanonicalMember& member) {
        std::string header;
        append_canonical_header(header, member);
        file_.write(std::string_view(header));
    }
    void write_zeros(std::uint64_t count) {
        file_.write(std::string_view(std::string(static_cast<std::size_t>(count), '\0')));
    }

    std::string path_;
    WholeFile file_;
    std::optional<Platform> platform_;
};

} // namespace

std::unique_ptr<ImageWriter> write_layout_directory(const std::string& path) {
    return std::make_unique<DirectoryWriter>(path);
}

std::unique_ptr<ImageWriter> write_layout_archive(const std::string& path, bool overwrite) {
    return std::make_unique<ArchiveWriter>(path, overwrite);
}

} // namespace touchstone
