// See registry_writer.h.
#include "cli/registry_writer.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "image/assemble.h"
#include "image/blob_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace touchstone {

namespace {

constexpr std::string_view manifest_type = "application/vnd.oci.image.manifest.v1+json";

/// A source over text that it shares.
class SharedText final : public ByteSource {
public:
    explicit SharedText(std::shared_ptr<const std::string> text) : text_(std::move(text)), rest_(*text_) {}
    std::size_t read(ByteSpan buffer) override { return rest_.read(buffer); }

private:
    std::shared_ptr<const std::string> text_;
    MemorySource rest_;
};

/// What will be pushed, where it lies: to be read back, and to be sent.
class StagedBlobs final : public BlobStore {
public:
    void add(const Digest& digest, std::shared_ptr<const File> file) {
        const std::uint64_t size = file->size();
        blobs_[digest] = {size, [file = std::move(file), size]() -> std::unique_ptr<ByteSource> {
                              return std::make_unique<FileRange>(file, 0, size);
                          }};
    }
    void add(const Digest& digest, const std::string& bytes) {
        blobs_[digest] = {bytes.size(),
                          [text = std::make_shared<const std::string>(bytes)]() -> std::unique_ptr<ByteSource> {
                              return std::make_unique<SharedText>(text);
                          }};
    }
    std::optional<StoredBytes> find(const Digest& digest) const override {
        const auto found = blobs_.find(digest);
        return found == blobs_.end() ? std::nullopt : std::optional(found->second);
    }
    std::optional<StoredBytes> find_file(std::string_view) const override { return std::nullopt; }
    std::string place_of(const Digest& digest) const override { return "what is to be pushed, " + digest.string(); }
    const std::map<Digest, StoredBytes>& all() const { return blobs_; }

private:
    std::map<Digest, StoredBytes> blobs_; // each once, however often the manifest names it
};

/// Where else in the registry `target` blobs are known to lie: digest -> repository.
std::map<Digest, std::string> mounts_of(const RegistryTarget& target) {
    std::map<Digest, std::string> mounts;
    for (const Image* const image : target.others) {
        const std::optional<RegistryName>& name = image->reference.registry;
        const bool elsewhere = !name || name->server() != target.name.server();
        if (elsewhere || name->repository == target.name.repository) continue;
        for (const LayerRef& layer : image->layers) {
            if (layer.digest) mounts.emplace(*layer.digest, name->repository);
        }
        if (image->config) mounts.emplace(*image->config, name->repository);
    }
    return mounts;
}

RegistryAccess access_of(const std::map<Digest, std::string>& mounts) {
    RegistryAccess access{.push = true, .mounts = {}};
    for (const auto& [digest, repository] : mounts) access.mounts.push_back(repository);
    std::sort(access.mounts.begin(), access.mounts.end());
    access.mounts.erase(std::unique(access.mounts.begin(), access.mounts.end()), access.mounts.end());
    return access;
}

class RegistryWriter final : public ImageWriter {
public:
    explicit RegistryWriter(RegistryTarget target)
        : target_(std::move(target)), mounts_(mounts_of(target_)),
          registry_(std::make_shared<Registry>(target_.name, target_.remote, access_of(mounts_))),
          blobs_(std::make_shared<StagedBlobs>()) {
        at_the_registry([&] { look_at_tag(); });
    }

    void write(const CanonicalImage& image, const std::vector<std::shared_ptr<const File>>& layers,
               const Image&) override {
        for (std::size_t i = 0; i < layers.size(); ++i) blobs_->add(image.layers[i].digest, layers[i]);
        blobs_->add(image.config.digest, image.config.bytes);
        manifest_ = image.manifest.bytes;
        digest_ = image.manifest.digest;
        if (const std::optional<Digest>& wanted = target_.name.digest) {
            digest_ = digest_of(as_bytes(manifest_), wanted->algorithm);
            if (digest_ != *wanted) {
                fail(ErrorKind::unverified, fmt::format("-o {}: the image that was made is {}",
                                                        printable(target_.name.full_name()), digest_.string()));
            }
        }
        at_the_registry([&] { check_tag(); });
    }

    Image staged() const override {
        Image image = assemble_manifest(blobs_, manifest_, digest_of(as_bytes(manifest_)), manifest_type);
        image.reference.text = "what is to be pushed";
        return image;
    }

    void send() override {
        at_the_registry([&] {
            send_blobs();
            put(digest_.string());
        });
    }

    void commit() override {
        const std::string& tag = target_.name.tag;
        if (tag.empty()) return;
        at_the_registry([&] {
            look_at_tag(); // somebody may have moved it while we worked
            check_tag();
            if (!target_.force && there_) return; // it names this image already
            put(tag);
        });
    }

    std::string result() const override {
        RegistryName name = target_.name;
        name.digest = digest_;
        return fmt::format("docker://{}\n", name.full_name());
    }

    std::string summary() const override {
        constexpr std::array<std::string_view, 3> words{"there already", "mounted", "sent"};
        std::string text;
        for (std::size_t i = words.size(); i-- > 0;) {
            if (counts_[i] == 0) continue;
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts_[i], words[i]);
        }
        return fmt::format("touchstone: pushed: blobs: {}\n", text);
    }

private:
    template <class Work>
    void at_the_registry(Work&& work) const {
        within(printable(target_.name.full_name()), std::forward<Work>(work));
    }

    /// Also finds out whether the registry wants a credential that is not there. What --force replaces is not read.
    void look_at_tag() {
        const std::string& tag = target_.name.tag;
        if (tag.empty() || target_.force) {
            registry_->claimed_digest(tag.empty() ? target_.name.digest->string() : tag);
            return;
        }
        const std::optional<FetchedManifest> found = registry_->find_manifest(tag);
        there_ = found ? std::optional(found->digest) : std::nullopt;
    }

    void check_tag() const {
        if (!there_ || *there_ == digest_of(as_bytes(manifest_))) return;
        fail(ErrorKind::unreadable,
             fmt::format("exists, and is another image ({}, this one is {}); --force moves the tag, another tag or "
                         "@{} leaves it",
                         there_->string(), digest_.string(), digest_.string()));
    }

    void send_blobs() {
        std::vector<BlobToPush> blobs;
        std::uint64_t total = 0;
        for (const auto& [digest, stored] : blobs_->all()) {
            const auto mount = mounts_.find(digest);
            blobs.push_back({digest, stored.size, stored.open, mount == mounts_.end() ? "" : mount->second});
            total += stored.size;
        }
        if (target_.push.progress != nullptr) target_.push.progress->total_bytes += total;
        std::vector<PushedBlob> how(blobs.size());
        parallel_for(blobs.size(), target_.jobs,
                     [&](std::size_t i) { how[i] = push_blob(*registry_, blobs[i], target_.push); });
        for (const PushedBlob one : how) ++counts_[static_cast<std::size_t>(one)];
    }

    void put(const std::string& reference) {
        put_manifest(*registry_, {reference, std::string(manifest_type), manifest_, ""});
    }

    RegistryTarget target_;
    std::map<Digest, std::string> mounts_;
    std::shared_ptr<Registry> registry_;
    std::shared_ptr<StagedBlobs> blobs_;
    std::string manifest_;
    Digest digest_;                       ///< of the manifest, by the algorithm of the name's digest
    std::optional<Digest> there_;         ///< what the tag named when it was last looked at
    std::array<std::size_t, 3> counts_{}; ///< by PushedBlob
};

} // namespace

std::unique_ptr<ImageWriter> write_to_registry(RegistryTarget target) {
    return std::make_unique<RegistryWriter>(std::move(target));
}

} // namespace touchstone
