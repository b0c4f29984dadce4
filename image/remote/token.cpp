// See token.h.
#include "image/remote/token.h"

#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/remote/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::uint64_t token_limit = std::uint64_t{1} << 20; // c/image internal/iolimits
constexpr std::chrono::seconds default_lifetime{60};          // token.md, "expires_in"
constexpr std::int64_t longest_lifetime = 24LL * 3600;        // no overflow, and a token is not for ever
constexpr std::chrono::seconds expiry_margin{5};              // a request takes time, too

/// Token servers that are known to belong to registries of another name.
struct Pair {
    std::string_view registry;
    std::string_view realm;
};
constexpr std::array known_pairs{
    Pair{"docker.io", "auth.docker.io"},
    Pair{"registry.gitlab.com", "gitlab.com"},
};

/// "repository:NAME:pull" and nothing more: what a challenge may make us ask for.
bool asks_for_pull_only(std::string_view scope) {
    return scope.starts_with("repository:") && scope.ends_with(":pull");
}

std::vector<std::string> split_scopes(std::string_view text) {
    std::vector<std::string> scopes;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        if (blank != 0) scopes.emplace_back(text.substr(0, blank));
        if (blank == std::string_view::npos) break;
        text.remove_prefix(blank + 1);
    }
    return scopes;
}

bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

struct Token {
    std::string value;
    std::chrono::seconds lifetime = default_lifetime;
};

/// Messages say nothing of the content: it is a secret.
Token parse_token(std::string_view body, std::string_view place) {
    try {
        const Json document = parse_json(body, "token", {.bytes = token_limit});
        Token token;
        for (const std::string_view key : {"token", "access_token"}) {
            const Json* const value = document.find(key);
            if (token.value.empty() && value != nullptr && value->is(Json::Kind::string))
                token.value = value->as_string();
        }
        if (const Json* const seconds = document.find("expires_in"); seconds != nullptr && !seconds->is_null()) {
            const std::int64_t lifetime = std::clamp<std::int64_t>(seconds->as_integer(), 0, longest_lifetime);
            if (lifetime > 0) token.lifetime = std::chrono::seconds(lifetime); // 0 is what "unset" looks like in Go
        }
        if (!token.value.empty() && is_visible_ascii(token.value)) return token;
    } catch (const Error&) {
        // falls through
    }
    fail(ErrorKind::malformed, fmt::format("token server {}: its answer holds no token (not shown)", place));
}

const Challenge* find_scheme(const std::vector<Challenge>& challenges, std::string_view scheme) {
    const auto found = std::find_if(challenges.begin(), challenges.end(),
                                    [&](const Challenge& challenge) { return challenge.scheme == scheme; });
    return found == challenges.end() ? nullptr : &*found;
}

std::string basic(const Credential& credential) {
    return "Basic " + base64(credential.user + ":" + credential.password);
}

} // namespace

void check_target(const Url& registry, const Url& target) {
    const std::string place = printable_short(target.authority());
    if (registry.scheme == "https" && target.scheme == "http") {
        fail(ErrorKind::unsupported, fmt::format("http://{}: refused, it would not be encrypted", place));
    }
    const bool own = target.host == registry.host && target.port == registry.port;
    if (!own && is_inner_address(target.host)) {
        fail(ErrorKind::unsupported,
             fmt::format("{}: refused, an address of an inner network that is not the registry's own", place));
    }
}

bool may_see_password(const RemoteOptions& options, std::string_view host, const Url& registry, const Url& realm) {
    if (realm.host == registry.host) return true; // any port: who answers there is who runs the host
    if (std::any_of(known_pairs.begin(), known_pairs.end(),
                    [&](const Pair& pair) { return pair.registry == host && pair.realm == realm.host; })) {
        return true;
    }
    return std::any_of(options.token_hosts.begin(), options.token_hosts.end(),
                       [&](const std::string& entry) { return names_host(entry, realm.host, realm.port); });
}

const std::optional<Credential>& Authorizer::credential() {
    if (!looked_up_) {
        credential_ = find_credential(credential_places(options_), name_.host, name_.repository);
        looked_up_ = true;
    }
    return credential_;
}

bool Authorizer::had_credential() const {
    const std::scoped_lock lock(mutex_);
    return credential_.has_value();
}

std::string Authorizer::header(const Url& registry) {
    const std::scoped_lock lock(mutex_);
    if (expires_ && place_ && std::chrono::steady_clock::now() >= *expires_) fetch_token(registry);
    return header_;
}

void Authorizer::answer(const std::vector<Challenge>& challenges, const std::string& used, const Url& registry) {
    const std::scoped_lock lock(mutex_);
    if (header_ != used) return; // another thread was faster
    const std::string host = printable(name_.host);
    if (const Challenge* const bearer = find_scheme(challenges, "bearer")) {
        place_ = place_of(*bearer, registry);
        fetch_token(registry);
        return;
    }
    if (find_scheme(challenges, "basic") == nullptr) {
        fail(ErrorKind::unreadable,
             fmt::format("{}: asks for authentication, but neither by Basic nor by Bearer", host));
    }
    if (!credential() || credential()->user.empty()) {
        fail(ErrorKind::unreadable,
             fmt::format("{}: asks for a user and a password, and there is none for it "
                         "(touchstone reads what podman login or docker login wrote; --authfile)",
                         host));
    }
    const std::string header = basic(*credential());
    if (header == used) fail(ErrorKind::unreadable, fmt::format("{}: refuses the user or the password", host));
    header_ = header;
    place_.reset();
    expires_.reset();
}

Authorizer::TokenPlace Authorizer::place_of(const Challenge& challenge, const Url& registry) const {
    return within(fmt::format("{}: the place for tokens that it names", printable(name_.host)), [&] {
        TokenPlace place{parse_url(challenge.get("realm")), std::string(challenge.get("service")), {}};
        check_target(registry, place.realm);
        place.scopes = scopes_;
        if (!scopes_.empty()) return place;
        place.scopes = split_scopes(challenge.get("scope"));
        const bool fair = !place.scopes.empty() && place.scopes.size() <= challenge_limit &&
                          std::all_of(place.scopes.begin(), place.scopes.end(), asks_for_pull_only);
        if (!fair) place.scopes = {fmt::format("repository:{}:pull", name_.repository)};
        return place;
    });
}

void Authorizer::fetch_token(const Url& registry) {
    const Url& realm = place_->realm;
    const std::string place = printable_short(realm.authority());
    const std::optional<Credential>& known = credential();
    if (known && !may_see_password(options_, name_.host, registry, realm)) {
        fail(
            ErrorKind::unreadable,
            fmt::format("{}: sends its users to {} for a token, which is not known to belong to it: the credential for "
                        "{} is not shown there; --token-host {} allows it",
                        printable(name_.host), place, printable(name_.host), place));
    }
    std::string query = "service=" + url_escape(place_->service);
    HttpRequest request{realm, {"Accept: application/json"}, {}, {}, false, same_origin(realm, registry)};
    if (known && !known->identity_token.empty()) {
        std::string scope; // oauth.md: one field, separated by blanks
        for (const std::string& one : place_->scopes) scope += (scope.empty() ? "" : " ") + one;
        request.form = fmt::format("grant_type=refresh_token&client_id=touchstone&{}&scope={}&refresh_token={}", query,
                                   url_escape(scope), url_escape(known->identity_token));
    } else {
        for (const std::string& scope : place_->scopes) query += "&scope=" + url_escape(scope);
        request.url.target += (realm.target.find('?') == std::string::npos ? "?" : "&") + query;
        if (known) request.authorization = basic(*known);
    }
    const std::unique_ptr<HttpResponse> response =
        client_.follow(std::move(request), [&](const Url& target) { check_target(registry, target); });
    throw_if_busy(*response, fmt::format("token server {}", place));
    if (response->status() != 200) {
        fail(ErrorKind::unreadable, fmt::format("token server {}: status {}{}{}", place, response->status(),
                                                known ? " for the credential that is there" : ", without a credential",
                                                server_message(*response)));
    }
    const Token token = parse_token(read_all(*response, token_limit, "token"), place);
    header_ = "Bearer " + token.value;
    const std::chrono::seconds margin = std::min<std::chrono::seconds>(expiry_margin, token.lifetime / 2);
    expires_ = std::chrono::steady_clock::now() + token.lifetime - margin;
}

} // namespace touchstone
