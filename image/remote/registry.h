// One repository in a registry, read by the distribution protocol: manifests whole, blobs as streams that go on where a
// broken connection left off. What is verified against what stands at each function; blobs are verified by their
// reader.
#pragma once

#include "base/digest.h"
#include "base/source.h"
#include "image/oddity.h"
#include "image/remote/http.h"
#include "image/remote/options.h"
#include "image/remote/registry_name.h"
#include "image/remote/retry.h"
#include "image/remote/token.h"

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
    std::vector<Oddity> oddities;
};

/// Thread-safe. Errors: transient when it gave up on something that may be gone later; unreadable for what is not there
/// or not allowed; unverified, malformed, over_limit, unsupported for what the registry does wrong.
class Registry : public std::enable_shared_from_this<Registry> {
public:
    Registry(RegistryName name, const RemoteOptions& options);

    const RegistryName& name() const { return name_; }

    /// What the name means: its digest, else its tag. A digest is checked against the body; of a tag the body's own is
    /// returned, whatever the registry says that it is.
    FetchedManifest manifest();

    /// A blob, or a manifest by its digest, unverified. `size` is what the stream is expected to have: a body that ends
    /// before is gone on with, one that the registry announces as longer or shorter is refused.
    std::unique_ptr<ByteSource> open(const Digest& digest, std::uint64_t size, bool is_manifest);

    /// The size of a blob that may be missing (HEAD).
    std::optional<std::uint64_t> blob_size(const Digest& digest);

    /// `Warning: 299` texts so far, printable, each once.
    std::vector<std::string> warnings() const;

private:
    friend class RegistryStream;
    std::unique_ptr<HttpResponse> request(const std::string& path, const std::vector<std::string>& fields, bool head);
    Url base();
    Url probe_loopback();
    void note_warnings(const HttpHeaders& headers);
    [[noreturn]] void fail_status(HttpResponse& response, bool was_authorized);
    FetchedManifest read_manifest(const std::string& path);
    void note_promised_digest(const HttpResponse& response, FetchedManifest& fetched) const;
    std::string path_of(const Digest& digest, bool is_manifest) const;

    RegistryName name_;
    RemoteOptions options_;
    HttpClient client_;
    Authorizer authorizer_;
    mutable std::mutex mutex_; // guards what follows; the first request holds it while the scheme is found out
    std::optional<Url> base_;
    std::set<std::string> warnings_;
};

} // namespace touchstone
