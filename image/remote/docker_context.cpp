// See docker_context.h.
#include "image/remote/docker_context.h"

#include "base/digest.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/remote/secret_file.h"

#include <fmt/format.h>

#include <unistd.h>

namespace touchstone {

namespace {

constexpr std::string_view no_context = "default"; // docker(1): the one without files

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// The member of an object, of the kind that it must have; nullptr where there is none.
const Json* member(const Json& object, std::string_view key, Json::Kind kind, const std::string& path) {
    const Json* const value = object.find(key);
    if (value == nullptr || value->is_null()) return nullptr;
    if (!value->is(kind)) {
        fail(ErrorKind::malformed,
             fmt::format("{}: {} is {}, expected {}", printable(path), key, name_of(value->kind()), name_of(kind)));
    }
    return value;
}

std::string current_context(const std::string& folder) {
    const std::string path = folder + "/config.json";
    if (!exists(path)) return {};
    const Json document = read_secret_file(path);
    const Json* const current = member(document, "currentContext", Json::Kind::string, path);
    return current == nullptr ? std::string() : current->as_string();
}

/// Where the context says that Docker's daemon is; what it says of other orchestrators is not for us.
void read_endpoint(const std::string& path, DockerContext& context) {
    const Json document = read_secret_file(path);
    const Json* const endpoints = member(document, "Endpoints", Json::Kind::object, path);
    const Json* const docker = endpoints == nullptr ? nullptr : member(*endpoints, "docker", Json::Kind::object, path);
    if (docker == nullptr) fail(ErrorKind::malformed, fmt::format("{}: has no endpoint `docker`", printable(path)));
    if (const Json* const host = member(*docker, "Host", Json::Kind::string, path)) context.host = host->as_string();
    const Json* const skips = member(*docker, "SkipTLSVerify", Json::Kind::boolean, path);
    context.skips_verification = skips != nullptr && skips->as_boolean();
}

std::string if_there(const std::string& path) {
    return exists(path) ? path : std::string();
}

} // namespace

DockerContextPlaces docker_context_places() {
    DockerContextPlaces places{environment_variable("DOCKER_CONTEXT"), environment_variable("DOCKER_CONFIG")};
    const std::string home = environment_variable("HOME");
    if (places.folder.empty() && !home.empty()) places.folder = home + "/.docker";
    return places;
}

std::optional<DockerContext> find_docker_context(const DockerContextPlaces& places) {
    const bool is_named = !places.named.empty();
    DockerContext context;
    context.name = is_named || places.folder.empty() ? places.named : current_context(places.folder);
    if (context.name.empty() || context.name == no_context) return std::nullopt;
    // A context's folders are called by the digest of its name: no name leads anywhere else.
    const std::string folder = digest_of(as_bytes(context.name), DigestAlgorithm::sha256).hex();
    const std::string meta = fmt::format("{}/contexts/meta/{}/meta.json", places.folder, folder);
    if (!exists(meta)) {
        fail(ErrorKind::unreadable,
             fmt::format("there is no docker context `{}` (it is named in {}; `docker context ls`)",
                         printable_short(context.name),
                         is_named ? std::string("DOCKER_CONTEXT") : printable(places.folder) + "/config.json"));
    }
    read_endpoint(meta, context);
    const std::string tls = fmt::format("{}/contexts/tls/{}/docker/", places.folder, folder);
    context.ca_file = if_there(tls + "ca.pem");
    context.certificate = if_there(tls + "cert.pem");
    context.key = if_there(tls + "key.pem");
    return context;
}

} // namespace touchstone
