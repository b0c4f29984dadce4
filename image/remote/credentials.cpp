// See credentials.h. Rules: containers-auth.json(5); docker's config.json; containers/image pkg/docker/config.
#include "image/remote/credentials.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/remote/headers.h"
#include "image/remote/secret_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unistd.h>

namespace touchstone {

namespace {

constexpr std::string_view hub = "docker.io";
constexpr std::string_view hub_server = "https://index.docker.io/v1/"; // what `docker login` calls it

struct AuthFile {
    std::string path;
    bool namespaced = false; ///< keys may have a path behind the host: containers-auth.json only
    bool legacy = false;     ///< ~/.dockercfg: the auths without the key around them
    bool required = false;
};

std::vector<AuthFile> files_of(const CredentialPlaces& places) {
    if (!places.only.empty()) return {{places.only, true, false, true}};
    std::vector<AuthFile> files;
    if (!places.runtime_dir.empty()) {
        files.push_back({places.runtime_dir + (places.runtime_is_xdg ? "/containers/auth.json" : "/auth.json"), true});
    }
    if (!places.config_home.empty()) files.push_back({places.config_home + "/containers/auth.json", true});
    if (!places.docker_config.empty()) files.push_back({places.docker_config + "/config.json"});
    if (!places.home.empty()) files.push_back({places.home + "/.dockercfg", false, true});
    return files;
}

bool is_there(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// A key as c/image normalizes it: without scheme and path, and Docker Hub by one name.
std::string normal_host(std::string_view key) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
    }
    std::string host = ascii_lower(key.substr(0, key.find('/')));
    if (host == "index.docker.io" || host == "registry-1.docker.io") host = hub;
    return host;
}

/// What one entry of `auths` says; nullopt for the empty one that marks a helper's.
std::optional<Credential> credential_of(const Json& entry) {
    if (const Json* const token = entry.find("identitytoken"); token != nullptr && !token->as_string().empty()) {
        return Credential{"", "", token->as_string()};
    }
    const Json* const auth = entry.find("auth");
    if (auth != nullptr && !auth->as_string().empty()) {
        std::string pair = unbase64(auth->as_string());
        while (!pair.empty() && pair.back() == '\0') pair.pop_back();
        const std::size_t colon = pair.find(':');
        if (colon == std::string::npos) fail(ErrorKind::malformed, "no colon");
        return Credential{pair.substr(0, colon), pair.substr(colon + 1), ""};
    }
    const Json* const user = entry.find("username");
    const Json* const password = entry.find("password");
    if (user == nullptr || password == nullptr || user->as_string().empty()) return std::nullopt;
    return Credential{user->as_string(), password->as_string(), ""};
}

class Lookup {
public:
    Lookup(const CredentialPlaces& places, std::string_view host, std::string_view repository)
        : places_(places), host_(normal_host(host)), repository_(repository) {}

    std::optional<Credential> in(const AuthFile& file) const {
        const Json document = read_secret_file(file.path);
        if (file.legacy) return in_auths(document, file);
        if (const Json* const helpers = document.find("credHelpers"); helpers != nullptr) {
            if (const Json* const suffix = by_host(*helpers); suffix != nullptr) {
                // What has a helper of its own is kept there and nowhere else.
                return ask(*suffix, file);
            }
        }
        if (const Json* const store = document.find("credsStore"); store != nullptr && store->is(Json::Kind::string)) {
            if (!store->as_string().empty()) {
                if (std::optional<Credential> found = ask(*store, file)) return found;
            }
        }
        const Json* const auths = document.find("auths");
        return auths == nullptr ? std::nullopt : in_auths(*auths, file);
    }

private:
    std::optional<Credential> ask(const Json& suffix, const AuthFile& file) const {
        if (!suffix.is(Json::Kind::string)) {
            fail(ErrorKind::malformed, fmt::format("{}: a helper's name is no string", printable(file.path)));
        }
        return ask_helper(suffix.as_string(), host_ == hub ? hub_server : std::string_view(host_), places_.search_path);
    }

    const Json* by_host(const Json& object) const {
        if (!object.is(Json::Kind::object)) return nullptr;
        if (const Json* const exact = object.find(host_)) return exact;
        for (const Json::Member& member : object.members()) {
            if (normal_host(member.first) == host_) return &member.second;
        }
        return nullptr;
    }

    std::optional<Credential> in_auths(const Json& auths, const AuthFile& file) const {
        if (!auths.is(Json::Kind::object)) return std::nullopt;
        const Json* entry = nullptr;
        if (file.namespaced) {
            // "host/a/b", "host/a", "host": the most specific one decides.
            for (std::string key = host_ + "/" + repository_; entry == nullptr; key.resize(key.rfind('/'))) {
                entry = auths.find(key);
                if (key.find('/') == std::string::npos) break;
            }
        }
        if (entry == nullptr) entry = plain_key(auths, file.namespaced);
        if (entry == nullptr || !entry->is(Json::Kind::object)) return std::nullopt;
        try {
            return credential_of(*entry);
        } catch (const Error&) {
            fail(ErrorKind::malformed,
                 fmt::format("{}: the entry for {} is not a credential: `auth` is the base64 of USER:PASSWORD (what it "
                             "holds is not shown)",
                             printable(file.path), printable(host_)));
        }
    }

    /// By host alone. Keys with a path are namespaces where there are such, and old spellings of a host elsewhere
    /// ("https://index.docker.io/v1/"); with a scheme they are the latter everywhere.
    const Json* plain_key(const Json& auths, bool namespaced) const {
        if (const Json* const exact = auths.find(host_)) return exact;
        for (const Json::Member& member : auths.members()) {
            const bool has_scheme = member.first.starts_with("http://") || member.first.starts_with("https://");
            if (namespaced && !has_scheme && member.first.find('/') != std::string::npos) continue;
            if (normal_host(member.first) == host_) return &member.second;
        }
        return nullptr;
    }

    const CredentialPlaces& places_;
    std::string host_;
    std::string repository_;
};

} // namespace

CredentialPlaces credential_places(const RemoteOptions& options) {
    CredentialPlaces places;
    places.only = options.auth_file.empty() ? environment_variable("REGISTRY_AUTH_FILE") : options.auth_file;
    places.runtime_dir = environment_variable("XDG_RUNTIME_DIR");
    places.runtime_is_xdg = !places.runtime_dir.empty();
    if (!places.runtime_is_xdg) places.runtime_dir = fmt::format("/run/containers/{}", ::getuid());
    places.home = environment_variable("HOME");
    const std::string& home = places.home;
    places.config_home = environment_variable("XDG_CONFIG_HOME", home.empty() ? std::string() : home + "/.config");
    places.docker_config = environment_variable("DOCKER_CONFIG", home.empty() ? std::string() : home + "/.docker");
    places.search_path = environment_variable("PATH");
    return places;
}

std::optional<Credential> find_credential(const CredentialPlaces& places, std::string_view host,
                                          std::string_view repository) {
    const Lookup lookup(places, host, repository);
    for (const AuthFile& file : files_of(places)) {
        if (!file.required && !is_there(file.path)) continue;
        if (std::optional<Credential> found = lookup.in(file)) return found;
    }
    return std::nullopt;
}

} // namespace touchstone
