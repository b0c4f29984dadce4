// One repository in a registry, by the distribution protocol: manifests are read whole, blobs as streams that go on
// where a broken connection left off. What is verified against what stands at each function; blobs are verified by
// their reader. push.h and referrers.h build on exchange().
#pragma once

#include "base/digest.h"
#include "base/source.h"
#include "image/oddity.h"
#include "image/remote/http.h"
#include "image/remote/options.h"
#include "image/remote/pool.h"
#include "image/remote/registry_name.h"
#include "image/remote/retry.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// A manifest or an index as the registry gave it.
struct FetchedManifest {
    std::string bytes;
    Digest digest;          ///< computed from the bytes
    std::string media_type; ///< the Content-Type; empty when it says nothing about manifests
    std::string etag = {};  ///< as it came; empty when there was none, or none that could be sent back
    std::vector<Oddity> oddities;
};

/// What is done in the repository beyond reading it: tokens have to allow it.
struct RegistryAccess {
    bool push = false;
    std::vector<std::string> mounts; ///< repositories of the same registry that blobs are taken from
};

/// Where a request goes: into the registry, or to where its answers (Location, Link) sent us.
struct RegistryPlace {
    Url url;
    bool own = true; ///< no other origin was on the way: credentials may be shown
};

struct RegistryRequest {
    RegistryPlace place;
    std::vector<std::string> fields;
    bool head = false;
    std::string verb;             ///< as in HttpRequest
    std::optional<HttpBody> body; ///< likewise
};

/// Thread-safe. Errors: transient when it gave up on something that may be gone later; unreadable for what is not there
/// or not allowed; unverified, malformed, over_limit, unsupported for what the registry does wrong.
class Registry : public std::enable_shared_from_this<Registry> {
public:
    Registry(RegistryName name, const RemoteOptions& options, const RegistryAccess& access = {});

    const RegistryName& name() const { return name_; }

    /// What the name means: its digest, else its tag. A digest is checked against the body; of a tag the body's own is
    /// returned, whatever the registry says that it is.
    FetchedManifest manifest();
    /// Another one of the repository, by its digest or tag; nullopt when it is not there.
    std::optional<FetchedManifest> find_manifest(const std::string& reference);
    /// What the registry says that the digest of a tag is (HEAD): raw bytes, empty when it says nothing; nullopt when
    /// there is no such tag.
    std::optional<std::string> claimed_digest(const std::string& tag);

    /// A blob, or a manifest by its digest, unverified. `size` is what the stream is expected to have: a body that ends
    /// before is gone on with, one that the registry announces as longer or shorter is refused.
    std::unique_ptr<ByteSource> open(const Digest& digest, std::uint64_t size, bool is_manifest);

    /// The size of a blob that may be missing (HEAD).
    std::optional<std::uint64_t> blob_size(const Digest& digest);

    /// `Warning: 299` texts so far, printable, each once.
    std::vector<std::string> warnings() const;

    /// "/v2/NAME/" and `rest` at the registry itself. Asks it what it speaks, the first time.
    RegistryPlace at(std::string_view rest);
    /// Where `answer` to a request at `from` says to go on. Throws unsupported for plain HTTP behind TLS and for inner
    /// addresses that are not the registry's, malformed for what is no URL.
    RegistryPlace next_place(const RegistryPlace& from, const HttpResponse& answer, std::string_view location);
    /// One try, with as many exchanges as redirects and challenges make of it; credentials are shown to the registry
    /// alone. Throws transient for an answer of "later".
    std::unique_ptr<HttpResponse> exchange(const RegistryRequest& request);
    /// For an answer that is of no use.
    [[noreturn]] void fail_status(HttpResponse& response, bool was_authorized = false);
    std::chrono::milliseconds retry_delay() const { return options_.retry_delay; }

private:
    friend class RegistryStream;
    std::unique_ptr<HttpResponse> request(const std::string& rest, const std::vector<std::string>& fields, bool head);
    void note_warnings(const HttpHeaders& headers);
    std::unique_ptr<HttpResponse> request_manifest(const std::string& reference);
    FetchedManifest take_manifest(HttpResponse& response, const std::optional<Digest>& expected);
    void note_promised_digest(const HttpResponse& response, FetchedManifest& fetched) const;

    RegistryName name_;
    RemoteOptions options_;
    std::shared_ptr<RegistrySession> session_;
    std::shared_ptr<Authorizer> authorizer_;
    mutable std::mutex mutex_; // guards what follows
    std::set<std::string> warnings_;
};

} // namespace touchstone
