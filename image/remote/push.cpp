// See push.h. Distribution spec, "Push"; names of steps as there.
#include "image/remote/push.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace touchstone {

namespace {

constexpr int created = 201;
constexpr int accepted = 202;
constexpr int no_content = 204;
constexpr int not_found = 404;
constexpr int precondition_failed = 412;
constexpr int range_not_satisfiable = 416;

std::string place_of(const HttpResponse& response) {
    return printable(response.url().authority());
}

/// Docker-Content-Digest proves nothing, but a registry that says that it has something else is believed. `sent` gives
/// the digest of what was sent, nullopt where it is not known by that algorithm.
void check_digest(const HttpResponse& response, const std::function<std::optional<Digest>(DigestAlgorithm)>& sent) {
    const std::string_view header = response.headers().get("docker-content-digest");
    if (header.empty()) return;
    std::optional<Digest> found;
    try {
        found = parse_digest(header);
    } catch (const Error&) {
        // no digest at all
    }
    const std::optional<Digest> right = sent(found ? found->algorithm : DigestAlgorithm::sha256);
    if (found && (!right || *found == *right)) return;
    fail(ErrorKind::unverified, fmt::format("{}: it says that it stored {}, sent was {}", place_of(response),
                                            printable_short(header), right ? right->string() : "something else"));
}

/// One blob on its way. What the registry has of it is known by its own word only, and asked for again after each
/// failure.
class Upload {
public:
    Upload(Registry& registry, const BlobToPush& blob, const PushOptions& options)
        : registry_(registry), blob_(blob), options_(options), patience_(registry.retry_delay()),
          chunk_(std::max<std::uint64_t>(options.chunk, 1)), mount_(blob.mount) {}

    PushedBlob run() {
        for (;;) {
            try {
                return go_on();
            } catch (const Error& error) {
                patience_.wait_after(error);
                unsure_ = true;
            }
        }
    }

private:
    PushedBlob go_on() {
        if (place_ && unsure_) ask_where_it_is();
        unsure_ = false;
        if (!place_) {
            if (is_there()) {
                note_progress(blob_.size);
                return begun_ ? PushedBlob::sent : PushedBlob::was_there;
            }
            if (begin()) {
                note_progress(blob_.size);
                return PushedBlob::mounted;
            }
        }
        const bool in_one = offset_ == 0 && blob_.size <= chunk_;
        if (!in_one) {
            while (offset_ < blob_.size) send_chunk();
        }
        finish();
        note_progress(blob_.size);
        return PushedBlob::sent;
    }

    bool is_there() {
        const RegistryPlace place = registry_.at("blobs/" + blob_.digest.string());
        const std::unique_ptr<HttpResponse> response =
            registry_.exchange({.place = place, .fields = {}, .head = true, .verb = {}, .body = {}});
        if (response->status() == not_found) return false;
        if (response->status() != 200) registry_.fail_status(*response);
        const std::optional<std::uint64_t> size = response->content_length();
        if (size && *size != blob_.size) {
            fail(ErrorKind::unverified, fmt::format("{}: it has {} bytes by this digest, there are {}",
                                                    place_of(*response), *size, blob_.size));
        }
        return true;
    }

    /// Starts an upload; true when the registry took the blob from another repository instead.
    bool begin() {
        std::unique_ptr<HttpResponse> response;
        RegistryPlace place = registry_.at("blobs/uploads/");
        if (!mount_.empty()) {
            RegistryPlace mount = place;
            mount.url.target += fmt::format("?mount={}&from={}", url_escape(blob_.digest.string()), url_escape(mount_));
            response = try_mount(mount);
            if (response && response->status() == created) {
                check_digest(*response, [&](DigestAlgorithm algorithm) { return digest_by(algorithm); });
                return true;
            }
        }
        if (!response) response = send(place, "POST", {}, 0, 0);
        if (response->status() != accepted) registry_.fail_status(*response);
        begun_ = true;
        resumed_ = false;
        place_ = place;
        offset_ = 0;
        const std::optional<std::uint64_t> least = parse_decimal(response->headers().get("oci-chunk-min-length"));
        chunk_ = std::max({options_.chunk, least.value_or(0), std::uint64_t{1}});
        if (!follow_location(*response)) {
            fail(ErrorKind::malformed, fmt::format("{}: an upload without a Location", place_of(*response)));
        }
        response->discard();
        return false;
    }

    /// Null where it is refused: a registry need not know how, nor let us read the other repository.
    std::unique_ptr<HttpResponse> try_mount(const RegistryPlace& mount) {
        std::unique_ptr<HttpResponse> response;
        try {
            response = send(mount, "POST", {}, 0, 0);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::unreadable) throw;
        }
        mount_.clear(); // tried
        if (response && response->status() != created && response->status() != accepted) {
            response->discard();
            response.reset();
        }
        return response;
    }

    bool follow_location(const HttpResponse& response) {
        const std::string_view location = response.headers().get("location");
        if (location.empty()) return false;
        place_ = registry_.next_place(*place_, response, location);
        return true;
    }

    std::unique_ptr<HttpResponse> send(const RegistryPlace& place, std::string verb, std::vector<std::string> fields,
                                       std::uint64_t offset, std::uint64_t size) {
        if (size > 0) fields.emplace_back("Content-Type: application/octet-stream");
        HttpBody body{size, [open = blob_.open, offset, size]() -> std::unique_ptr<ByteSource> {
                          if (size == 0) return std::make_unique<MemorySource>(std::string_view());
                          std::unique_ptr<ByteSource> source = open();
                          source->skip(offset);
                          return source;
                      }};
        return registry_.exchange({.place = place,
                                   .fields = std::move(fields),
                                   .head = false,
                                   .verb = std::move(verb),
                                   .body = std::move(body)});
    }

    void send_chunk() {
        const std::uint64_t size = std::min(chunk_, blob_.size - offset_);
        const std::unique_ptr<HttpResponse> response =
            send(*place_, "PATCH", {fmt::format("Content-Range: {}-{}", offset_, offset_ + size - 1)}, offset_, size);
        if (response->status() != accepted && response->status() != no_content) stumble(*response);
        std::uint64_t has = offset_ + size;
        if (const std::string_view range = response->headers().get("range"); !range.empty()) {
            const std::optional<std::uint64_t> said = parse_upload_range(range);
            if (!said || *said > has) {
                fail(ErrorKind::malformed, fmt::format("{}: sent were bytes up to {}, it answers with Range {}",
                                                       place_of(*response), has, printable_short(range)));
            }
            // One byte is "0-0", which is nothing, too; there is no other way to say it.
            if (!(has == 1 && *said == 0)) has = *said;
        }
        follow_location(*response);
        response->discard();
        const std::uint64_t before = std::exchange(offset_, has);
        note_progress(offset_);
        if (has >= before + size) return;
        // It may do so now and then; who takes a byte of each chunk would never end.
        fail(ErrorKind::transient, fmt::format("{}: of the bytes from {} to {} it took those up to {}",
                                               place_of(*response), before, before + size, has));
    }

    /// The upload's end, with all of the blob where it is small.
    void finish() {
        RegistryPlace place = *place_;
        place.url.target += place.url.target.find('?') == std::string::npos ? '?' : '&';
        place.url.target += "digest=" + url_escape(blob_.digest.string());
        const std::unique_ptr<HttpResponse> response = send(place, "PUT", {}, offset_, blob_.size - offset_);
        constexpr int bad_request = 400;
        if (response->status() == bad_request && std::exchange(resumed_, false)) {
            // Some keep bytes of a broken chunk that they do not count; what began again from nothing is not given
            // this benefit of the doubt.
            start_over(*response);
        }
        if (response->status() != created && response->status() != no_content) stumble(*response);
        check_digest(*response, [&](DigestAlgorithm algorithm) { return digest_by(algorithm); });
        response->discard();
    }

    /// An answer that was not hoped for: the upload may have been forgotten, or be elsewhere than we think.
    void stumble(HttpResponse& response) {
        const bool forgotten = response.status() == not_found;
        if (!forgotten && response.status() != range_not_satisfiable) registry_.fail_status(response);
        if (forgotten) start_over(response);
        fail_midway(response);
    }

    [[noreturn]] void start_over(HttpResponse& response) {
        place_.reset();
        fail_midway(response);
    }

    [[noreturn]] static void fail_midway(HttpResponse& response) {
        fail(ErrorKind::transient, fmt::format("{}: status {} in the middle of an upload{}", place_of(response),
                                               response.status(), server_message(response)));
    }

    /// "Pushing a blob in chunks": GET says how much is there. Who cannot say gets it all over again.
    void ask_where_it_is() {
        const std::unique_ptr<HttpResponse> response =
            registry_.exchange({.place = *place_, .fields = {}, .head = false, .verb = {}, .body = {}});
        const std::optional<std::uint64_t> has = parse_upload_range(response->headers().get("range"));
        const bool good =
            (response->status() == no_content || response->status() == accepted || response->status() == 200) && has &&
            *has <= blob_.size;
        if (!good) {
            place_.reset();
        } else {
            offset_ = *has;
            resumed_ = offset_ > 0;
            follow_location(*response);
        }
        response->discard();
    }

    std::optional<Digest> digest_by(DigestAlgorithm algorithm) const {
        return algorithm == blob_.digest.algorithm ? std::optional(blob_.digest) : std::nullopt;
    }

    /// What was sent before, and had to be sent again, is no progress.
    void note_progress(std::uint64_t has) {
        if (has <= furthest_) return;
        patience_.progress(has - furthest_);
        if (options_.progress != nullptr) options_.progress->bytes += has - furthest_;
        furthest_ = has;
    }

    Registry& registry_;
    const BlobToPush& blob_;
    const PushOptions& options_;
    Patience patience_;
    std::uint64_t chunk_;
    std::string mount_;
    std::optional<RegistryPlace> place_; // of the upload, while there is one
    std::uint64_t offset_ = 0;           // bytes that it has
    std::uint64_t furthest_ = 0;         // the most that any upload had
    bool begun_ = false;
    bool unsure_ = false;
    bool resumed_ = false;
};

} // namespace

PushedBlob push_blob(Registry& registry, const BlobToPush& blob, const PushOptions& options) {
    return within(fmt::format("blob {}", blob.digest.string()), [&] { return Upload(registry, blob, options).run(); });
}

void check_may_push(Registry& registry) {
    const auto ask = [&registry](const RegistryPlace& place, const char* verb) {
        const HttpBody nothing{0, [] { return std::make_unique<MemorySource>(std::string_view()); }};
        return registry.exchange({.place = place, .fields = {}, .head = false, .verb = verb, .body = nothing});
    };
    patiently(registry.retry_delay(), [&] {
        const RegistryPlace place = registry.at("blobs/uploads/");
        const std::unique_ptr<HttpResponse> begun = ask(place, "POST");
        if (begun->status() != accepted) registry.fail_status(*begun);
        begun->discard();
        const std::string_view location = begun->headers().get("location");
        if (location.empty()) return;
        try {
            // "Canceling an upload" is optional: registries forget what nobody goes on with.
            ask(registry.next_place(place, *begun, location), "DELETE")->discard();
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted) throw;
        }
    });
}

PutManifest put_manifest(Registry& registry, const ManifestToPut& manifest) {
    return patiently(registry.retry_delay(), [&] {
        std::vector<std::string> fields{"Content-Type: " + manifest.media_type};
        if (!manifest.if_match.empty()) fields.push_back("If-Match: " + manifest.if_match);
        const HttpBody body{manifest.bytes.size(), [bytes = manifest.bytes]() -> std::unique_ptr<ByteSource> {
                                return std::make_unique<MemorySource>(bytes);
                            }};
        const std::unique_ptr<HttpResponse> response =
            registry.exchange({.place = registry.at("manifests/" + manifest.reference),
                               .fields = fields,
                               .head = false,
                               .verb = "PUT",
                               .body = body});
        if (response->status() == precondition_failed && !manifest.if_match.empty()) return PutManifest{};
        if (response->status() != created && response->status() != 200) registry.fail_status(*response);
        check_digest(*response,
                     [&](DigestAlgorithm algorithm) { return digest_of(as_bytes(manifest.bytes), algorithm); });
        const bool knows = !response->headers().get("oci-subject").empty();
        response->discard();
        return PutManifest{true, knows};
    });
}

} // namespace touchstone
