// See pool.h.
#include "image/remote/pool.h"

#include "base/interrupt.h"

#include <algorithm>
#include <chrono>

namespace touchstone {

namespace {

/// A pool within what it keeps would never go.
RemoteOptions without_pool(RemoteOptions options) {
    options.pool.reset();
    return options;
}

} // namespace

void DownloadSlots::take() {
    constexpr std::chrono::milliseconds glance{100}; // how late a Ctrl-C may be noticed
    constexpr int idle_glances = 10;                 // without a byte: a second
    std::unique_lock<std::mutex> lock(mutex_);
    std::uint64_t seen = moves_.load(std::memory_order_relaxed);
    for (int idle = 0; free_ <= 0 && idle < idle_glances;) {
        freed_.wait_for(lock, glance, [&] { return free_ > 0; });
        stop_if_interrupted();
        const std::uint64_t now = moves_.load(std::memory_order_relaxed);
        idle = now == seen ? idle + 1 : 0;
        seen = now;
    }
    --free_;
}

void DownloadSlots::give_back() {
    {
        const std::scoped_lock lock(mutex_);
        ++free_;
    }
    freed_.notify_one();
}

RegistrySession::RegistrySession(const RegistryName& name, RemoteOptions options)
    : server_(name.server()), options_(without_pool(std::move(options))), client_(options_),
      downloads_(std::max(options_.downloads, 1U)) {}

Url RegistrySession::base() {
    const std::scoped_lock lock(mutex_);
    if (base_) return *base_;
    Url url = parse_url("https://" + server_ + "/");
    const Url plain = parse_url("http://" + server_ + "/");
    const bool is_plain =
        std::any_of(options_.plain_http.begin(), options_.plain_http.end(),
                    [&](const std::string& entry) { return names_host(entry, plain.host, plain.port); });
    if (is_plain) {
        url = plain;
    } else if (is_loopback_host(url.host)) {
        url = probe_loopback();
    }
    base_ = url;
    return url;
}

/// A registry on this machine may speak either; TLS is asked for first. Anywhere else nobody falls back to plain HTTP.
Url RegistrySession::probe_loopback() const {
    Url url = parse_url("https://" + server_ + "/v2/");
    Url plain = parse_url("http://" + server_ + "/v2/");
    try {
        HttpRequest request{url};
        request.shows_certificate = true;
        client_.send(request)->discard();
        return url;
    } catch (const TlsHandshakeError&) {
        const std::unique_ptr<HttpResponse> response = client_.send(HttpRequest{plain});
        const bool is_registry = response->status() == 200 || response->status() == 401;
        if (!is_registry) throw;
        response->discard();
        return plain;
    }
}

std::shared_ptr<Authorizer> RegistrySession::authorizer(const RegistryName& name,
                                                        const std::vector<std::string>& scopes) {
    const std::scoped_lock lock(mutex_);
    std::shared_ptr<Authorizer>& known = authorizers_[{name.repository, scopes}];
    if (!known) known = std::make_shared<Authorizer>(client_, options_, name, scopes);
    return known;
}

std::shared_ptr<RegistrySession> RegistryPool::session(const RegistryName& name, const RemoteOptions& options) {
    const RemoteOptions bare = without_pool(options);
    const std::string server = name.server();
    const std::scoped_lock lock(mutex_);
    const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
        return known.server == server && known.options == bare;
    });
    if (found != known_.end()) return found->session;
    known_.push_back({server, bare, std::make_shared<RegistrySession>(name, bare)});
    return known_.back().session;
}

std::shared_ptr<RegistrySession> session_of(const RegistryName& name, const RemoteOptions& options) {
    return options.pool ? options.pool->session(name, options) : std::make_shared<RegistrySession>(name, options);
}

} // namespace touchstone
