// See registry.h.
#include "image/remote/registry.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/descriptor.h"
#include "image/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// Exactly these, in one field (some registries read only the first): with */* old ones give schema 1.
constexpr std::string_view accept_manifests =
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// Types that say nothing about what kind of manifest it is; registries that serve files from disk send them.
constexpr std::array<std::string_view, 3> generic_types{"application/json", "application/octet-stream", "text/plain"};

constexpr std::size_t warning_limit = 20;

constexpr int partial_content = 206;
constexpr int range_not_satisfiable = 416;

std::string content_type(const HttpHeaders& headers) {
    const std::string_view value = headers.get("content-type");
    std::string type = ascii_lower(value.substr(0, value.find(';')));
    while (!type.empty() && type.back() == ' ') type.pop_back();
    return std::find(generic_types.begin(), generic_types.end(), type) == generic_types.end() ? type : std::string();
}

/// Sent back in If-Match: what would break a header field, or is longer than any that is made, is as good as none.
std::string etag_of(const HttpHeaders& headers) {
    constexpr std::size_t etag_limit = 1024;
    const std::string_view etag = headers.get("etag");
    const bool good = etag.size() <= etag_limit && !etag.starts_with("W/") &&
                      std::all_of(etag.begin(), etag.end(), [](char c) { return c > ' ' && c < 0x7f; });
    return good ? std::string(etag) : std::string();
}

std::string blob_path(const Digest& digest, bool is_manifest) {
    return fmt::format("{}/{}", is_manifest ? "manifests" : "blobs", digest.string());
}

/// Empty for reading: then the registry may say what that takes.
std::vector<std::string> scopes_of(const RegistryName& name, const RegistryAccess& access) {
    if (!access.push) return {};
    std::vector<std::string> scopes{fmt::format("repository:{}:pull,push", name.repository)};
    for (const std::string& mount : access.mounts) {
        if (mount != name.repository) scopes.push_back(fmt::format("repository:{}:pull", mount));
    }
    return scopes;
}

bool is_good(int status) {
    return status == 200 || status == partial_content || status == range_not_satisfiable;
}

} // namespace

Registry::Registry(RegistryName name, const RemoteOptions& options, const RegistryAccess& access)
    : name_(std::move(name)), options_(options), session_(session_of(name_, options)),
      authorizer_(session_->authorizer(name_, scopes_of(name_, access))) {}

void Registry::note_warnings(const HttpHeaders& headers) {
    for (const std::string_view field : headers.all("warning")) {
        const std::optional<std::string> text = parse_warning(field);
        if (!text) continue;
        const std::scoped_lock lock(mutex_);
        if (warnings_.size() < warning_limit) warnings_.insert(printable_short(*text));
    }
}

std::vector<std::string> Registry::warnings() const {
    const std::scoped_lock lock(mutex_);
    return {warnings_.begin(), warnings_.end()};
}

void Registry::fail_status(HttpResponse& response, bool was_authorized) {
    const int status = response.status();
    std::string meaning;
    if (status == 401 || status == 403) {
        meaning = authorizer_->had_credential() ? " (not allowed with the credential that is there)"
                  : was_authorized              ? " (not allowed without a credential, or there is no such image)"
                                                : " (not allowed)";
    } else if (status == 404) {
        meaning = " (not there)";
    }
    fail(ErrorKind::unreadable, fmt::format("{}: status {}{}{}", printable(response.url().authority()), status, meaning,
                                            server_message(response)));
}

RegistryPlace Registry::at(std::string_view rest) {
    Url url = session_->base();
    url.target = fmt::format("/v2/{}/{}", name_.repository, rest);
    return {url, true};
}

RegistryPlace Registry::next_place(const RegistryPlace& from, const HttpResponse& answer, std::string_view location) {
    const Url registry = session_->base();
    return within(fmt::format("{}: where it says to go on", printable(answer.url().authority())), [&] {
        Url url = resolve_url(answer.url(), location);
        if (answer.url().scheme == "https" && url.scheme == "http") {
            fail(ErrorKind::unsupported,
                 fmt::format("http://{}: refused, it would not be encrypted", printable_short(url.authority())));
        }
        check_target(registry, url);
        // Whoever was sent away once has no credentials any more, wherever the stranger sends him next.
        const bool own = from.own && same_origin(answer.url(), registry) && same_origin(url, registry);
        return RegistryPlace{std::move(url), own};
    });
}

std::unique_ptr<HttpResponse> Registry::exchange(const RegistryRequest& request) {
    const Url registry = session_->base();
    const bool own = request.place.own;
    for (int challenges = 0;;) {
        const std::string authorization = own ? authorizer_->header(registry) : std::string();
        std::unique_ptr<HttpResponse> response =
            session_->client().follow({.url = request.place.url,
                                       .fields = request.fields,
                                       .authorization = authorization,
                                       .form = {},
                                       .head = request.head,
                                       .shows_certificate = own,
                                       .socket = {},
                                       .verb = request.verb,
                                       .body = request.body},
                                      [&](const Url& target) { check_target(registry, target); });
        throw_if_busy(*response, printable(response->url().authority()));
        note_warnings(response->headers());
        if (response->status() == 401 && own && same_origin(response->url(), registry)) {
            const std::vector<Challenge> found = parse_challenges(response->headers().all("www-authenticate"));
            const bool wants_more = std::any_of(found.begin(), found.end(), [](const Challenge& challenge) {
                return challenge.get("error") == "insufficient_scope";
            });
            ++challenges;
            if (found.empty() || challenges > 2 || (challenges == 2 && !wants_more)) {
                fail_status(*response, !authorization.empty());
            }
            response->discard();
            authorizer_->answer(found, authorization, registry);
            continue;
        }
        return response;
    }
}

std::unique_ptr<HttpResponse> Registry::request(const std::string& rest, const std::vector<std::string>& fields,
                                                bool head) {
    return exchange({.place = at(rest), .fields = fields, .head = head, .verb = {}, .body = {}});
}

std::unique_ptr<HttpResponse> Registry::request_manifest(const std::string& reference) {
    return request("manifests/" + reference, {std::string(accept_manifests)}, false);
}

FetchedManifest Registry::manifest() {
    const std::string reference = name_.digest ? name_.digest->string() : name_.tag;
    return patiently(options_.retry_delay, [&] { return take_manifest(*request_manifest(reference), name_.digest); });
}

std::optional<FetchedManifest> Registry::find_manifest(const std::string& reference) {
    std::optional<Digest> expected;
    if (reference.find(':') != std::string::npos) expected = parse_digest(reference);
    return patiently(options_.retry_delay, [&]() -> std::optional<FetchedManifest> {
        const std::unique_ptr<HttpResponse> response = request_manifest(reference);
        if (response->status() == 404) return std::nullopt;
        return take_manifest(*response, expected);
    });
}

std::optional<std::string> Registry::claimed_digest(const std::string& tag) {
    return patiently(options_.retry_delay, [&]() -> std::optional<std::string> {
        const std::unique_ptr<HttpResponse> response =
            request("manifests/" + tag, {std::string(accept_manifests)}, true);
        if (response->status() == 404) return std::nullopt;
        if (response->status() != 200) fail_status(*response);
        return std::string(response->headers().get("docker-content-digest"));
    });
}

FetchedManifest Registry::take_manifest(HttpResponse& response, const std::optional<Digest>& expected) {
    if (response.status() != 200) fail_status(response);
    if (response.content_length().value_or(0) > manifest_limit) {
        fail(ErrorKind::over_limit,
             fmt::format("manifest: {} bytes, the limit is {}", *response.content_length(), manifest_limit));
    }
    FetchedManifest fetched;
    fetched.media_type = content_type(response.headers());
    fetched.etag = etag_of(response.headers());
    fetched.bytes = read_all(response, manifest_limit, "manifest");
    fetched.digest = digest_of(as_bytes(fetched.bytes), expected ? expected->algorithm : DigestAlgorithm::sha256);
    if (expected && fetched.digest != *expected) {
        fail(ErrorKind::unverified, fmt::format("the manifest is not what was asked for: expected {}, found {}",
                                                expected->string(), fetched.digest.string()));
    }
    note_promised_digest(response, fetched);
    return fetched;
}

/// Docker-Content-Digest proves nothing; that it is wrong is worth knowing.
void Registry::note_promised_digest(const HttpResponse& response, FetchedManifest& fetched) const {
    const std::string_view header = response.headers().get("docker-content-digest");
    if (header.empty()) return;
    bool is_right = false;
    try {
        const Digest promised = parse_digest(header);
        is_right = promised == digest_of(as_bytes(fetched.bytes), promised.algorithm);
    } catch (const Error&) {
        // no digest at all
    }
    if (is_right) return;
    fetched.oddities.push_back({OddityCode::registry_digest_differs, "",
                                fmt::format("Docker-Content-Digest is {}, the manifest's digest is {}",
                                            printable_short(header), fetched.digest.string())});
}

std::optional<std::uint64_t> Registry::blob_size(const Digest& digest) {
    return patiently(options_.retry_delay, [&]() -> std::optional<std::uint64_t> {
        const std::unique_ptr<HttpResponse> response = request(blob_path(digest, false), {}, true);
        if (response->status() == 404) return std::nullopt;
        if (response->status() != 200) fail_status(*response);
        return response->content_length();
    });
}

/// A body that is gone on with (RFC 9110 section 14) when its connection breaks.
class RegistryStream final : public ByteSource {
public:
    RegistryStream(std::shared_ptr<Registry> registry, const Digest& digest, std::uint64_t size, bool is_manifest)
        : registry_(std::move(registry)), path_(blob_path(digest, is_manifest)), size_(size), is_manifest_(is_manifest),
          patience_(registry_->options_.retry_delay) {}

    std::size_t read(ByteSpan buffer) override {
        if (ended_ || buffer.empty()) return 0;
        return within(registry_->name_.name(), [&] {
            for (;;) {
                try {
                    return read_once(buffer);
                } catch (const Error& error) {
                    end_response();
                    patience_.wait_after(error);
                }
            }
        });
    }

private:
    std::size_t read_once(ByteSpan buffer) {
        if (!response_) open();
        const std::size_t count = ended_ ? 0 : response_->read(buffer);
        if (count > 0) {
            offset_ += count;
            patience_.progress(count);
            registry_->session_->downloads().note_bytes();
            if (offset_ >= size_) slot_.reset(); // what is left is to see that it ends
            return count;
        }
        if (!ended_ && offset_ < size_) {
            fail(ErrorKind::transient, fmt::format("{}: the body ended after {} of {} bytes",
                                                   printable(response_->url().authority()), offset_, size_));
        }
        ended_ = true;
        end_response();
        return 0;
    }

    void end_response() {
        response_.reset();
        slot_.reset();
    }

    void open() {
        if (!is_manifest_) slot_.emplace(registry_->session_->downloads());
        std::vector<std::string> fields;
        if (is_manifest_) fields.emplace_back(accept_manifests);
        if (offset_ > 0) fields.push_back(fmt::format("Range: bytes={}-", offset_));
        response_ = registry_->request(path_, fields, false);
        const int status = response_->status();
        if (!is_good(status)) registry_->fail_status(*response_);
        if (status == range_not_satisfiable) {
            if (offset_ < size_) refuse(fmt::format("there are no bytes behind {} of {}", offset_, size_));
            ended_ = true;
        } else if (status == partial_content) {
            check_range();
        } else {
            check_length(size_);
            drop_known(); // it knows no ranges: all over again
        }
    }

    void check_range() const {
        const std::vector<std::string_view> ranges = response_->headers().all("content-range");
        const std::optional<ContentRange> range =
            ranges.size() == 1 ? parse_content_range(ranges.front()) : std::nullopt;
        const bool fits = offset_ > 0 && range && range->first == offset_ && range->total == size_ &&
                          range->last + 1 == *range->total;
        if (!fits) {
            refuse(fmt::format("asked for bytes {} to {}, it answers with Content-Range {}", offset_, size_,
                               ranges.empty() ? "missing" : printable_short(ranges.front())));
        }
        check_length(size_ - offset_);
    }

    void check_length(std::uint64_t expected) const {
        const std::optional<std::uint64_t> length = response_->content_length();
        if (!length || *length == expected) return;
        fail(ErrorKind::unverified, fmt::format("{}: the body has the wrong size: expected {} bytes, announced are {}",
                                                printable(response_->url().authority()), expected, *length));
    }

    void drop_known() {
        const std::uint64_t dropped = response_->skip(offset_);
        if (dropped == offset_) return;
        fail(ErrorKind::transient, fmt::format("{}: the body ended after {} of {} bytes",
                                               printable(response_->url().authority()), dropped, size_));
    }

    [[noreturn]] void refuse(const std::string& why) const {
        fail(ErrorKind::malformed, fmt::format("{}: {}", printable(response_->url().authority()), why));
    }

    std::shared_ptr<Registry> registry_;
    std::string path_;
    std::uint64_t size_;
    bool is_manifest_;
    Patience patience_;
    std::optional<DownloadSlot> slot_;
    std::unique_ptr<HttpResponse> response_;
    std::uint64_t offset_ = 0;
    bool ended_ = false;
};

std::unique_ptr<ByteSource> Registry::open(const Digest& digest, std::uint64_t size, bool is_manifest) {
    return std::make_unique<RegistryStream>(shared_from_this(), digest, size, is_manifest);
}

} // namespace touchstone
