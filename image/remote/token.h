// Authentication at one registry for one repository: Basic, or tokens (distribution docs spec/auth: token.md, oauth.md,
// scope.md). The registry chooses where tokens come from, so that place is a stranger's choice: it is checked before
// anything is asked of it, and again before it is shown a password.
#pragma once

#include "image/remote/credentials.h"
#include "image/remote/http.h"
#include "image/remote/registry_name.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// Refuses (unsupported) to be sent from `registry` to `target`: from https to http, or to an inner address that is not
/// the registry's own.
void check_target(const Url& registry, const Url& target);

/// Whether a password of `host` may be shown to a token server: the registry's own host, one that is known to be its,
/// or one that the user allows.
bool may_see_password(const RemoteOptions& options, std::string_view host, const Url& registry, const Url& realm);

/// Thread-safe: one token for all threads that read from the repository.
class Authorizer {
public:
    /// `scopes` are asked for whatever the registry's challenge says; when empty, what the challenge says counts as
    /// long as it is about reading. The client must outlive this.
    Authorizer(const HttpClient& client, RemoteOptions options, RegistryName name, std::vector<std::string> scopes = {})
        : client_(client), options_(std::move(options)), name_(std::move(name)), scopes_(std::move(scopes)) {}

    /// The value for the next request's Authorization; empty as long as nobody asked for one. Gets a new token when the
    /// one at hand is about to expire.
    std::string header(const Url& registry);

    /// After an answer of 401 from the registry itself to a request with `used`: gets what the challenges ask for,
    /// unless another thread already has. Throws unreadable when there is no way, and what the token server fails with.
    void answer(const std::vector<Challenge>& challenges, const std::string& used, const Url& registry);

    /// For the message when it was not enough.
    bool had_credential() const;

private:
    struct TokenPlace {
        Url realm;
        std::string service;
        std::vector<std::string> scopes;
    };
    TokenPlace place_of(const Challenge& challenge, const Url& registry) const;
    void fetch_token(const Url& registry);
    const std::optional<Credential>& credential();

    const HttpClient& client_;
    RemoteOptions options_;
    RegistryName name_;
    std::vector<std::string> scopes_;
    mutable std::mutex mutex_; // guards all below; held while a token is fetched: all who wait for it need it
    bool looked_up_ = false;
    std::optional<Credential> credential_;
    std::optional<TokenPlace> place_;
    std::string header_;
    std::optional<std::chrono::steady_clock::time_point> expires_;
};

} // namespace touchstone
