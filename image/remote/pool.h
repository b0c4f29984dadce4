// What all images of one registry share in one run: its connections, the scheme that it was found to speak, its tokens,
// and how many blobs are read from it at the same time. Forty layers do not mean forty handshakes, and the two images
// of a comparison are two visits to one place.
#pragma once

#include "image/remote/http.h"
#include "image/remote/options.h"
#include "image/remote/registry_name.h"
#include "image/remote/token.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace touchstone {

/// Places for those who read blobs. A limit of courtesy, not of correctness: when nothing was read in any of them for a
/// while, their holders wait for something else (it may be for the one who waits here), and he goes ahead.
class DownloadSlots {
public:
    explicit DownloadSlots(unsigned count) : free_(count) {}

    /// Waits for a place. Throws interrupted.
    void take();
    void give_back();
    void note_bytes() { moves_.fetch_add(1, std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> moves_{0};
    std::mutex mutex_;
    std::condition_variable freed_;
    std::int64_t free_; // less than none where somebody went ahead
};

/// A place, held from construction to destruction.
class DownloadSlot {
public:
    explicit DownloadSlot(DownloadSlots& slots) : slots_(slots) { slots_.take(); }
    ~DownloadSlot() { slots_.give_back(); }
    DownloadSlot(const DownloadSlot&) = delete;
    DownloadSlot& operator=(const DownloadSlot&) = delete;

private:
    DownloadSlots& slots_;
};

/// One registry. Thread-safe.
class RegistrySession {
public:
    RegistrySession(const RegistryName& name, RemoteOptions options);

    const HttpClient& client() const { return client_; }
    /// Its root. The first call finds out whether a registry on this machine speaks TLS.
    Url base();
    /// The one that has (or gets) the right to `scopes`; see Authorizer.
    std::shared_ptr<Authorizer> authorizer(const RegistryName& name, const std::vector<std::string>& scopes);
    DownloadSlots& downloads() { return downloads_; }

private:
    Url probe_loopback() const;

    std::string server_;
    RemoteOptions options_;
    HttpClient client_;
    DownloadSlots downloads_;
    std::mutex mutex_; // guards what follows; the first request holds it while the scheme is found out
    std::optional<Url> base_;
    std::map<std::pair<std::string, std::vector<std::string>>, std::shared_ptr<Authorizer>> authorizers_;
};

/// The sessions of one run. Thread-safe; whoever makes it decides how long connections and tokens live.
class RegistryPool {
public:
    /// The session for the registry of `name`; another one for each set of `options`, which say what is trusted.
    std::shared_ptr<RegistrySession> session(const RegistryName& name, const RemoteOptions& options);

private:
    struct Known {
        std::string server;
        RemoteOptions options;
        std::shared_ptr<RegistrySession> session;
    };
    std::mutex mutex_;
    std::vector<Known> known_; // a command speaks to two or three registries
};

/// That of options.pool, or one of its own.
std::shared_ptr<RegistrySession> session_of(const RegistryName& name, const RemoteOptions& options);

} // namespace touchstone
