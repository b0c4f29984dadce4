// See engine_place.h.
#include "image/remote/engine_place.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "image/remote/docker_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace touchstone {

namespace {

/// The usual sockets: Docker's, and podman's of this user or of the system (podman-system-service(1)).
std::string default_socket(Engine engine) {
    if (engine == Engine::docker) return "/var/run/docker.sock";
    const std::string runtime = environment_variable("XDG_RUNTIME_DIR");
    const std::string own = runtime + "/podman/podman.sock";
    return !runtime.empty() && access(own.c_str(), F_OK) == 0 ? own : "/run/podman/podman.sock";
}

/// TLS as somebody asks for it: what is empty is not there.
struct Tls {
    bool wanted = false;
    bool verified = true;
    std::string ca_file;
    std::string certificate;
    std::string key;
};

/// With DOCKER_TLS_VERIFY or DOCKER_CERT_PATH, and the certificates that docker(1) names there.
Tls tls_of_environment() {
    const std::string folder = environment_variable("DOCKER_CERT_PATH");
    Tls tls;
    tls.verified = !environment_variable("DOCKER_TLS_VERIFY").empty();
    tls.wanted = tls.verified || !folder.empty() || !environment_variable("DOCKER_TLS").empty();
    if (folder.empty()) return tls;
    tls.ca_file = folder + "/ca.pem";
    tls.certificate = folder + "/cert.pem";
    tls.key = folder + "/key.pem";
    return tls;
}

Tls tls_of(const DockerContext& context) {
    return {context.has_tls(), !context.skips_verification, context.ca_file, context.certificate, context.key};
}

EnginePlace socket_place(std::string path, const RemoteOptions& options) {
    EnginePlace place{{parse_url("http://localhost/")}, options, printable(path)};
    place.request.socket = std::move(path);
    return place;
}

EnginePlace tcp_place(std::string_view address, const Tls& tls, const RemoteOptions& options) {
    EnginePlace place{{}, options, printable_short(address)};
    place.request.url = parse_url(fmt::format("{}://{}/", tls.wanted ? "https" : "http", address));
    if (!tls.wanted) return place;
    if (!tls.verified) place.options.verify_tls = false;
    if (!tls.ca_file.empty()) place.options.ca_file = tls.ca_file;
    place.options.certificate = tls.certificate;
    place.options.key = tls.key;
    place.request.shows_certificate = !tls.certificate.empty();
    return place;
}

/// `whose` says in messages where the address comes from.
EnginePlace place_of(const std::string& host, const Tls& tls, const std::string& whose, const RemoteOptions& options) {
    constexpr std::string_view unix_scheme = "unix://";
    constexpr std::string_view tcp_scheme = "tcp://";
    if (host.starts_with(unix_scheme)) return socket_place(host.substr(unix_scheme.size()), options);
    if (host.starts_with(tcp_scheme)) {
        return tcp_place(std::string_view(host).substr(tcp_scheme.size()), tls, options);
    }
    fail(ErrorKind::unsupported,
         fmt::format(
             "{} is {}: only unix:// and tcp:// are spoken; else: save the image to a file with the engine's own "
             "program, or forward its socket (ssh -L LOCAL.sock:REMOTE.sock HOST)",
             whose, printable_short(host)));
}

EnginePlace chosen(EnginePlace place) {
    place.is_chosen = true;
    return place;
}

} // namespace

EnginePlace engine_place(Engine engine, const RemoteOptions& options) {
    const char* const variable = engine == Engine::docker ? "DOCKER_HOST" : "CONTAINER_HOST";
    const std::string host = environment_variable(variable);
    if (!host.empty()) return chosen(place_of(host, tls_of_environment(), variable, options));
    if (engine != Engine::docker) return socket_place(default_socket(engine), options);
    const std::optional<DockerContext> context = find_docker_context(docker_context_places());
    if (!context || context->host.empty()) return socket_place(default_socket(engine), options);
    const std::string whose = fmt::format("docker context {}", printable_short(context->name));
    EnginePlace place = chosen(place_of(context->host, tls_of(*context), whose, options));
    place.name = fmt::format("{} of {}", place.name, whose);
    return place;
}

std::string socket_trouble(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::generic_category().message(ENAMETOOLONG);
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return std::generic_category().message(errno);
    const int done = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (done == 0 || errno == EAGAIN) return {}; // or it is busy
    return std::generic_category().message(errno);
}

} // namespace touchstone
